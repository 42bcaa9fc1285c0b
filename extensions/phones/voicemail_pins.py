"""What happened to a mailbox by phone, as the PBX tells it afterwards: who dialled is not known."""

from core.audit import log
from core.mail import outbox
from extensions.changes import record as changes
from extensions.models import Change, SipExtension


def changed(number: str, pin: str) -> None:
    """The PBX has it already: it waits for no apply. What waits of the extension is not to bring back the old one."""
    with log.together():
        extension = changes.locked([number]).get(number)
        if extension is None or extension.voicemail_pin == pin:
            return
        with changes.saved(number) as edit:
            edit.extension.voicemail_pin = pin
        sealed = edit.extension.sealed_voicemail_pin
        for change in Change.objects.waiting().of([number]):
            if change.former:
                change.former["extension"]["sealed_voicemail_pin"] = sealed
                change.save(update_fields=["former"])
        fields = changes.difference(edit.before.values, edit.after.values)
        log.record(None, "extension.pin_changed_by_phone", number, fields=fields)


def greeting_changed(number: str) -> None:
    log.record(None, "extension.greeting_by_phone", number)


def locked(number: str, caller: str) -> None:
    """Ten wrong PINs were typed within an hour, the last by the phone of `caller`."""
    with log.together():
        extension = SipExtension.objects.select_related("user").filter(number=number).first()
        log.record(None, "extension.voicemail_locked", number, caller=caller)
        if extension and extension.user.is_active:
            outbox.notify("voicemail_locked", extension.user, number=number, caller=caller)
