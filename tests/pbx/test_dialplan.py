"""The words of `manage.py dialplan` against what real phones get."""

from io import StringIO

from django.conf import settings
from django.core.management import call_command

from accounts.models import User
from extensions import actions
from extensions.changes import record as changes
from tests.node import apply
from tests.pbx.office import Office, engine_tables, eventually


def words(number: str) -> str:
    said = StringIO()
    call_command("dialplan", number, stdout=said)
    return said.getvalue()


def status(office: Office, number: str) -> int | None:
    caller = office.phone(office.extension())
    caller.register()
    call = caller.call(number)
    call.wait_ended()
    return call.status


def test_what_the_words_say_happens(office: Office, ada: User) -> None:
    called = office.extension(max_phones=3)
    assert "up to 3, ring for 30 seconds" in words(called.number)
    assert "If no phone is registered as" in words(called.number)
    assert status(office, called.number) == 480
    actions.disable(called.number, ada)
    assert "up to 3" in words(called.number), "what the PBX reads, not what is wished"
    apply([called.number], ada)
    assert "the number does not exist (404)" in words(called.number)
    assert status(office, called.number) == 404


def test_the_words_tell_of_a_mailbox_and_calls_reach_it(office: Office, ada: User) -> None:
    called = office.extension(voicemail=True)
    said = words(called.number)
    assert f"If no phone is registered as {called.number}, the caller can leave a message." in said
    assert "After 30 seconds without an answer, the caller can leave a message." in said
    assert "(480)" not in said
    assert "(486)" not in said
    office.registered().call(called.number).wait_answered()
    with changes.edit(called.number, ada) as wish:
        wish.voicemail = False
    assert words(called.number) == said, "what the PBX reads, not what is wished"
    apply([called.number], ada)
    assert "the caller hears that no one is available (480)" in words(called.number)
    assert status(office, called.number) == 480


def test_the_mailbox_of_whose_phones_ring_takes_the_message(office: Office, ada: User) -> None:
    colleague = office.extension(voicemail=True)
    gone = office.extension(voicemail=True)
    with engine_tables() as tables:
        tables.execute("DELETE FROM sip_login WHERE number = ?", (gone.number,))
        tables.execute("DELETE FROM mailbox WHERE number = ?", (gone.number,))
        tables.execute("UPDATE pbx_number SET rings = ? WHERE number = ?", (colleague.number, gone.number))
    assert f"If no phone is registered as {colleague.number}, the caller can leave a message." in words(gone.number)
    office.registered().call(gone.number).wait_answered()
    mailboxes = settings.ASTERISK_DIR / "spool/voicemail/default"
    assert eventually((mailboxes / colleague.number).is_dir)
    assert not (mailboxes / gone.number).exists()
