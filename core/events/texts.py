"""What events say: codes with parameters, shown in the language of the reader."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from core.events.kinds import KINDS

TEXTS = {
    "webhook.answer": _("HTTP %(status)s"),
    "webhook.none": _("No webhook is set up."),
    "webhook.sealed": _("The signing secret cannot be decrypted. Create a new one."),
    **{f"event.kind.{name}": kind.label for name, kind in KINDS.items()},
    "event.test": _("This is a test. Nothing is wrong."),
    "event.pbx": _("Phones cannot register or call. %(why)s"),
    "event.pbx_ended": _("Asterisk stopped and was restarted. Calls were cut off."),
    "event.apply_refused": _("Apply %(run)s was refused. Review the changes, and apply them again."),
    "event.apply_waiting": _("Apply %(run)s has been waiting for the PBX for more than a minute."),
    "event.drift": ngettext_lazy(
        "%(count)s extension differs. Run a repair in Engine Check.",
        "%(count)s extensions differ. Run a repair in Engine Check.",
        "count",
    ),
    "event.disk": _("The disk that holds %(path)s is %(share)s%% full. Free up space."),
    "event.certificate_expires": _("The HTTPS certificate for %(names)s expires on %(until)s."),
    "event.no_certificate": _("There is no HTTPS certificate yet. Check Preferences > HTTPS."),
    "event.attack": ngettext_lazy(
        "%(count)s address is blocked. Check Blocked Addresses.",
        "%(count)s addresses are blocked. Check Blocked Addresses.",
        "count",
    ),
    "event.backup_failed": _("The backup of %(started)s failed. Maintenance > Backup says why."),
    "event.backup_old": _("The last good backup is of %(started)s. Check Maintenance > Backup."),
    "event.backup_none": _("No backup has been made since %(since)s. Check Maintenance > Backup."),
    "event.backup_not_copied": _("The backup of %(started)s could not be copied. Maintenance > Backup says why."),
    "event.voicemail": _("The mailbox of %(number)s had a damaged message. Was the disk full? Check the log."),
    "event.mail": _("E-mail has been waiting since %(since)s. Check the mail server in Preferences > Email."),
    "event.part.portal": _("The portal"),
    "event.part.mail_worker": _("The mail worker"),
    "event.part.listener": _("The PBX listener"),
    "event.part.front_server": _("The front server"),
    "event.worker": _("%(part)s stopped and is being restarted. Check its log if this happens again."),
    "event.listener": _("The PBX listener does not respond. Pages do not show what phones do."),
    "event.clock_unset": _("The clock is not synchronized. Turn on NTP on this machine."),
    "event.clock_jumped": _("The clock jumped by %(seconds)s seconds. Check NTP on this machine."),
    "event.log": _("The operation log was altered at entry %(row)s. Run verify_audit for details."),
}
