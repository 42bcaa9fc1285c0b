"""The words of `manage.py dialplan` against what real phones get."""

from io import StringIO

from django.core.management import call_command

from accounts.models import User
from extensions import actions
from tests.node import apply
from tests.pbx.office import Office


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
