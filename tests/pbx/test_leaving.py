"""Real phones of one who leaves, comes back, or is deleted when the time is over, and of the colleague who answers."""

from dataclasses import replace
from datetime import date
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils.timezone import localdate

from accounts.models import User
from asterisk import check
from asterisk.apply.errors import ApplyError
from asterisk.apply.run import is_behind
from asterisk.apply.undo import undo
from asterisk.engine import store as engine
from asterisk.engine.columns import Dial
from asterisk.engine.render import Rows
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.leaving.forms import LeaveForm
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.node import apply, catch_up, make_whole
from tests.pbx.office import Office, channels, engine_tables, eventually, refusal, rings
from tests.pbx.test_apply import rows
from tests.pbx.test_dialplan import words
from tests.phones.phone import Phone


def again(extension: SipExtension) -> SipExtension:
    return SipExtension.objects.select_related("user").get(pk=extension.pk)


def to_be_called(number: str) -> Rows:
    """The rows of a number, without the account by which its phones may still call emergency numbers."""
    return replace(rows(number), emergency_login=None)


def leave(extension: SipExtension, by: User, to: SipExtension | None = None) -> ApplyRun:
    answers = {"calls": "colleague" if to else "nobody", "colleague": to.number if to else "", "keep": "30"}
    form = LeaveForm(answers, extension=again(extension), by=by)
    assert form.is_valid(), form.errors
    return apply([extension.number, *form.save()], by)


def come_back(extension: SipExtension, by: User) -> None:
    assert actions.come_back(again(extension).number, by)
    apply([extension.number], by)


def answers(caller: Phone, number: str, callee: Phone) -> bool:
    """Whether a call to the number is answered at that phone, so that the caller hears it."""
    outgoing = caller.call(number)
    incoming = callee.wait_call()
    incoming.answer()
    outgoing.wait_answered()
    outgoing.hangup()
    incoming.wait_ended()
    return True


@pytest.fixture
def grace(office: Office) -> SipExtension:
    return office.extension(first_name="Grace", last_name="Hopper", max_phones=2)


@pytest.fixture
def linus(office: Office) -> SipExtension:
    return office.extension(first_name="Linus", last_name="Torvalds")


def test_calls_go_to_the_colleague_while_one_is_away_and_come_back_with_one(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    own, colleague, caller = office.registered(grace), office.registered(linus), office.registered()
    assert answers(caller, grace.number, own)
    assert leave(grace, ada, linus).outcome == ApplyRun.Outcome.PROVED
    assert own.register() == 403
    assert answers(caller, grace.number, colleague)
    assert not rings(own)
    come_back(grace, ada)
    assert refusal(caller.call(grace.number)) == 480, "until a phone registers"
    assert own.register() == 200
    assert answers(caller, grace.number, own)
    assert not rings(colleague)


def test_without_a_colleague_there_is_no_such_number(office: Office, ada: User, grace: SipExtension) -> None:
    own, caller = office.registered(grace), office.registered()
    leave(grace, ada)
    assert refusal(caller.call(grace.number)) == 404
    assert own.register() == 403
    assert to_be_called(grace.number) == Rows()


def test_the_words_say_who_rings(office: Office, ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leave(grace, ada, linus)
    said = words(grace.number)
    assert f"Calls to {grace.number} ring {linus.number} Linus Torvalds for 30 seconds." in said
    assert f"If no phone is registered as {linus.number}, the caller hears that no one is available (480)." in said
    caller = office.registered()
    assert refusal(caller.call(grace.number)) == 480
    colleague = office.registered(linus)
    outgoing = caller.call(grace.number)
    colleague.wait_call().reject(486)
    assert refusal(outgoing) == 486
    actions.disable(again(linus).number, ada)
    apply([linus.number], ada)
    absent = f"{linus.number} is not on the PBX or is disabled. The caller hears that no one is available (480)."
    assert absent in words(grace.number)
    assert refusal(caller.call(grace.number)) == 480


def test_the_colleague_who_calls_the_number_hears_busy(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    colleague = office.registered(linus)
    leave(grace, ada, linus)
    assert refusal(colleague.call(grace.number)) == 486
    assert not rings(colleague)


def test_the_row_is_the_dial_plan_and_asterisk_has_it(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    leave(grace, ada, linus)
    assert to_be_called(grace.number) == Rows(dial=Dial(grace.number, 30, linus.number))
    assert check.check(from_settings()).differing == 0
    with engine_tables() as tables:
        tables.execute("UPDATE pbx_number SET rings = '' WHERE number = ?", (grace.number,))
    run = check.check(from_settings())
    assert [(drift["field"], drift["wished"], drift["engine"]) for drift in run.drifts] == [
        ({"code": "field.handed_to"}, linus.number, "")
    ]
    check.repair(from_settings(), run, None)
    assert to_be_called(grace.number) == Rows(dial=Dial(grace.number, 30, linus.number))


def test_what_asterisk_reads_otherwise_is_refused(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    before = rows(grace.number)
    with engine_tables() as tables:
        tables.execute(
            "CREATE TRIGGER planted AFTER INSERT ON pbx_number BEGIN UPDATE pbx_number SET rings = '77'; END"
        )
    try:
        with pytest.raises(ApplyError, match="Calls Redirected To"):
            leave(grace, ada, linus)
    finally:
        with engine_tables() as tables:
            tables.execute("DROP TRIGGER planted")
    with engine_tables() as tables:
        tables.execute("UPDATE pbx_number SET rings = ''")
    assert rows(grace.number) == before


@pytest.mark.parametrize("rings_whom", ["own", "other", "each other"])
def test_rows_that_nobody_wished_make_no_ring_either(
    office: Office, grace: SipExtension, linus: SipExtension, rings_whom: str
) -> None:
    """What one number rings is never asked what it rings itself."""
    caller = office.registered()
    pairs = {
        "own": [(grace, grace)],
        "other": [(grace, linus)],
        "each other": [(grace, linus), (linus, grace)],
    }[rings_whom]
    with engine_tables() as tables:
        for one, other in pairs:
            tables.execute("UPDATE pbx_number SET rings = ? WHERE number = ?", (other.number, one.number))
    assert refusal(caller.call(grace.number)) == 480
    assert eventually(lambda: channels() == [])


@pytest.mark.parametrize("text", ["&PJSIP/x", "1,30", "${SHELL(id)}", "x", "1002-1", "*43"])
def test_what_is_no_number_there_is_no_way_in(office: Office, grace: SipExtension, text: str) -> None:
    other = office.registered()
    caller = office.registered()
    with engine_tables() as tables:
        hostile = text.replace("1002", other.number)
        tables.execute("UPDATE pbx_number SET rings = ? WHERE number = ?", (hostile, grace.number))
    call = caller.call(grace.number)
    call.wait_ended()
    assert call.status in (404, 480)
    assert not rings(caller, other)


def test_undo_and_discard_bring_it_back_to_the_pbx(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    colleague, caller = office.registered(linus), office.registered()
    run = leave(grace, ada, linus)
    assert undo(run, ada) == [grace.number]
    undone = apply([grace.number], ada)
    own = office.registered(again(grace))
    assert answers(caller, grace.number, own)
    assert undo(undone, ada) == [grace.number]
    apply([grace.number], ada)
    assert answers(caller, grace.number, colleague)
    actions.delete(again(linus).number, ada)
    for number in (linus.number, grace.number):
        review.discard(number, ada)
    apply([linus.number, grace.number], ada)
    assert answers(caller, grace.number, colleague)


def test_what_waits_leaves_the_hand_over_alone(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    """A table that is made anew is given what had been applied, not what waits."""
    leave(grace, ada, linus)
    assert actions.come_back(again(grace).number, ada)
    with engine.opened(settings.ENGINE_FILE) as tables:
        tables.execute("DELETE FROM pbx_number")
        tables.execute("DELETE FROM sip_login")
        tables.execute("DELETE FROM common WHERE name = 'complete'")
    make_whole()
    assert to_be_called(grace.number) == Rows(dial=Dial(grace.number, 30, linus.number))
    assert rows(linus.number).login


def test_a_colleague_who_leaves_too_takes_the_calls_along(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    caller = office.registered()
    leave(grace, ada, linus)
    leave(linus, ada)
    assert refusal(caller.call(grace.number)) == 404
    assert to_be_called(grace.number) == Rows()


def leavers() -> str:
    said = StringIO()
    call_command("leavers", stdout=said)
    return said.getvalue()


def due(extension: SipExtension) -> None:
    SipExtension.objects.filter(pk=extension.pk).update(delete_on=localdate())


def test_when_the_time_is_over_the_number_is_gone_from_the_pbx(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    caller = office.registered()
    office.registered(linus)
    leave(grace, ada, linus)
    assert leavers().startswith("1 scheduled for deletion later")
    due(grace)
    assert leavers().startswith(f"{grace.number}: Verified: Asterisk has all")
    assert refusal(caller.call(grace.number)) == 404
    assert rows(grace.number) == Rows()
    assert not Change.objects.waiting().exists()
    assert leavers() == "No later deletions are scheduled.\n"


def test_with_the_pbx_down_it_is_done_when_it_is_up(
    asterisk: Embedded, office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    leave(grace, ada, linus)
    due(grace)
    asterisk.stop()
    assert "Waiting for the PBX" in leavers()
    assert not SipExtension.objects.filter(pk=grace.pk).exists()
    asterisk.start()
    catch_up()
    assert not is_behind()
    assert not Change.objects.waiting().exists()
    assert refusal(office.registered().call(grace.number)) == 404


def test_a_colleague_who_is_due_takes_the_hand_over_along(
    office: Office, ada: User, grace: SipExtension, linus: SipExtension
) -> None:
    """Left to the database alone, the PBX would go on with a number that nobody has."""
    leave(grace, ada, linus)
    SipExtension.objects.filter(pk=linus.pk).update(left_on=date(2026, 1, 1), delete_on=date(2026, 1, 2), enabled=False)
    leavers()
    assert to_be_called(grace.number) == Rows()
    assert check.check(from_settings()).differing == 0
