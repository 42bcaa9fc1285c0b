"""How many messages a mailbox takes, and how long they may be, as Preferences say."""

from asterisk.apply.undo import undo
from core.preferences.models import SystemChange
from tests.node import apply_preferences, connected, make_whole
from tests.pbx.office import Office, engine_tables, eventually
from tests.pbx.prompts import Ear
from tests.pbx.test_preferences import wish
from tests.pbx.voicemail.mailbox import leave_message, messages, with_mailbox


def limits() -> list[str]:
    with connected() as ami:
        fields = [f"REALTIME_FIELD(pbx_table,name,voicemail_{name},value)" for name in ("seconds", "messages")]
        return [ami.ask("Getvar", Variable=field)["Value"] for field in fields]


def test_how_many_and_how_long_follow_the_preferences_with_an_apply(desk: Office) -> None:
    extension = with_mailbox(desk)
    wish(voicemail_minutes="2", voicemail_messages="1")
    assert [str(each) for each in SystemChange.objects.waiting()] == [
        "Longest message (minutes): 10 -> 2",
        "Messages per mailbox: 100 -> 1",
    ]
    run = apply_preferences(None)
    assert (run.outcome, run.values_compared, limits()) == ("proved", 3, ["120", "1"])
    assert not SystemChange.objects.waiting().exists()
    caller = desk.registered()
    leave_message(caller, extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 1)
    call = caller.call(extension.number)
    assert Ear(call).hears("vm-mailboxfull")
    undo(run, None)
    assert apply_preferences(None).outcome == "proved"
    assert limits() == ["600", "100"]
    leave_message(caller, extension.number)
    assert eventually(lambda: len(messages(extension.number)) == 2)


def test_limits_are_there_again_in_a_table_that_was_made_anew(office: Office) -> None:
    wish(voicemail_messages="7")
    apply_preferences(None)
    with engine_tables() as tables:
        tables.execute("DELETE FROM common WHERE name IN ('complete', 'voicemail_messages')")
    make_whole()
    assert limits()[1] == "7"
