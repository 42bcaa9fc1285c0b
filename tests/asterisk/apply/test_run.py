"""What an apply does and says, whatever the PBX answers: by one that is made up. With the real one: tests/pbx."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.apply.errors import ApplyError
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.live import store as live
from asterisk.models import ApplyRun, BlockedAddress
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.asterisk.manager import Manager
from tests.node import apply, apply_preferences, catch_up, make_whole, plan
from tests.people import make_extension
from tests.settings import free_port

pytestmark = pytest.mark.django_db
Outcome = ApplyRun.Outcome
TOKEN = "REALTIME_FIELD(pbx_table,name,token,value)"
CONTACT = {
    "Event": "ContactStatusDetail",
    "AOR": "1000",
    "ID": "1000;@abc",
    "URI": "sip:1000@192.0.2.7:5060;transport=udp",
    "Status": "Reachable",
}


def rows(manager: Manager, number: str = "1000") -> Rows:
    with engine.opened(manager.engine_file) as db:
        return engine.read(db, [number])[number]


def recorded() -> tuple[Any, ...]:
    """Of the last apply, what the operation log has of it."""
    found = AuditRecord.objects.filter(action__startswith="apply.").latest("pk")
    return found.action, found.on, found.number, found.result, found.by_name, found.detail


def change(number: str = "1000", **values: Any) -> None:
    with changes.edit(number, None) as edited:
        for name, value in values.items():
            setattr(edited, name, value)


def test_one_extension_is_written_compared_and_recorded(manager: Manager, ada: User) -> None:
    make_extension("1000")
    make_extension("1001")
    run = apply(["1000"], ada)
    run.refresh_from_db()
    assert (run.outcome, run.numbers, run.rows_written, run.by) == (Outcome.PROVED, ["1000"], 1, ada)
    assert run.explanation_text == f"Verified: Asterisk has all {run.values_compared} values."
    assert run.values_compared > 40
    assert run.seconds is not None
    assert recorded() == (
        "apply.proved",
        {"code": "extension.one", "number": "1000"},
        "1000",
        "done",
        "Ada",
        {"run": run.pk, "outcome": "proved", "error": "", "numbers": ["1000"]},
    )
    assert Change.objects.waiting().numbers() == ["1001"]
    assert rows(manager, "1001") == Rows()
    assert apply(["1000"], ada).rows_written == 0


def test_what_the_pbx_reads_differently_is_taken_back_and_recorded(manager: Manager, ada: User) -> None:
    make_extension("1000")
    make_extension("1001")
    apply(["1000", "1001"], ada)
    before = rows(manager)
    Preferences.objects.update(restore_points=1)
    change(max_phones=3)
    manager.says["AorDetail", "MaxContacts"] = "9"
    with pytest.raises(ApplyError) as told:
        apply(["1000", "1001"], ada)
    where = "Extension 1000, IP Phone Concurrent Registrations"
    assert str(told.value) == f"{where}: the PBX reported “9” instead of “3”."
    assert rows(manager) == before
    run = ApplyRun.objects.get()  # no more are kept
    assert (run.outcome, run.explanation_text) == (Outcome.REFUSED, str(told.value))
    action, on, number, result, _by, detail = recorded()
    assert (action, on, number, result) == (
        "apply.refused",
        {"code": "extension.one", "number": "1000"},
        "1000",
        "refused",
    )
    assert detail["error"] == run.explanation
    assert detail["numbers"] == ["1000", "1001"]
    assert Change.objects.waiting().numbers() == ["1000"]


@pytest.mark.parametrize(
    ("says", "refuses", "said"),
    [
        ({TOKEN: ""}, {}, "Waiting for the PBX. The change takes effect and is verified as soon as the PBX responds."),
        (
            {TOKEN: "another"},
            {},
            "Waiting for the PBX: its table was replaced while it was running. Restart the PBX to apply the change.",
        ),
        (
            {TOKEN: "another", ("AorDetail", "MaxContacts"): "9"},
            {},
            "Waiting for the PBX: its table was replaced while it was running. Restart the PBX to apply the change.",
        ),
        (
            {},
            {"Login": "Authentication failed"},
            "Waiting for the PBX: it refuses the portal's sign-in. If this lasts, check AMI_SECRET and ARI_SECRET, and"
            " restart the portal and its PBX.",
        ),
        (
            {},
            {"Login": "Permission denied"},
            "Waiting for the PBX. The change takes effect and is verified as soon as the PBX responds.",
        ),
        (
            {},
            {"Getvar": "No such thing"},
            "Waiting for the PBX. The change takes effect and is verified as soon as the PBX responds.",
        ),
        (
            {},
            {"ShowDialPlan": "Did not find context hints"},
            "Waiting for the PBX. The change takes effect and is verified as soon as the PBX responds.",
        ),
    ],
)
def test_what_cannot_be_proved_is_written_and_waits_until_it_can(
    manager: Manager, says: dict[str | tuple[str, str], str], refuses: dict[str, str], said: str
) -> None:
    make_extension("1000")
    manager.says, manager.refuses = says, refuses
    run = apply(["1000"], None)
    assert (run.outcome, run.explanation_text, run.rows_written) == (Outcome.WAITING, said, 1)
    assert rows(manager).login
    assert recorded()[0] == "apply.waiting"
    assert Change.objects.waiting().numbers() == ["1000"]
    manager.says, manager.refuses = {}, {}
    catch_up()
    run.refresh_from_db()
    last = ApplyRun.objects.first()
    assert last
    assert (last.outcome, last.by, last.numbers, last.rows_written) == (Outcome.PROVED, None, ["1000"], 0)
    assert (run.outcome, run.explanation_text) == (Outcome.PROVED, f"Verified by apply {last.pk}.")
    assert not Change.objects.waiting().exists()
    catch_up()
    assert ApplyRun.objects.count() == 2


def test_without_a_pbx_nothing_is_caught_up_with_and_one_that_is_refused_keeps_no_other(
    manager: Manager, settings: Settings
) -> None:
    port, settings.AMI_PORT = settings.AMI_PORT, int(free_port())
    for number, phones in ("1000", 2), ("1001", 3):
        make_extension(number, max_phones=phones)
        assert apply([number], None).outcome == Outcome.WAITING
    settings.AMI_PORT = port
    manager.says["AorDetail", "MaxContacts"] = "3"  # so that 1000 is read otherwise
    catch_up()
    outcomes = {run.numbers[0]: run.outcome for run in ApplyRun.objects.order_by("pk") if len(run.numbers) == 1}
    assert outcomes == {"1000": Outcome.REFUSED, "1001": Outcome.PROVED}
    assert Change.objects.waiting().numbers() == ["1000"]
    assert (rows(manager).login, rows(manager, "1001").login is None) == (None, False)


def test_phones_with_a_former_password_are_signed_off_and_others_are_not(manager: Manager) -> None:
    make_extension("1000")
    apply(["1000"], None)
    manager.contacts["1000"] = [CONTACT]
    change(caller_id="77")
    apply(["1000"], None)
    assert manager.rest == []
    until = timezone.now() + timedelta(hours=1)
    for network, accounts in ("192.0.2.7", ["1000"]), ("192.0.2.8", ["1001"]):
        BlockedAddress.objects.create(network=network, reason="attempts", tries=9, accounts=accounts, until=until)
    change(registration_password="t7Rw9KqX2mZv5LpB8nYc")
    apply(["1000"], None)
    assert [each.network for each in BlockedAddress.objects.in_force()] == ["192.0.2.8"]
    assert manager.rest == [("DELETE", "/ari/asterisk/config/dynamic/res_pjsip/contact/1000%3B%40abc")]


@pytest.mark.parametrize(
    ("values", "is_signed_off"),
    [
        ({"transport": "tls"}, True),
        ({"transport": "udp"}, False),
        ({"allowed_networks": "10.0.0.0/8"}, True),
        ({"allowed_networks": "192.0.2.0/24"}, False),
        ({"enabled": False}, True),
    ],
)
def test_a_phone_that_is_where_it_may_not_be_is_signed_off(
    manager: Manager, values: dict[str, Any], is_signed_off: bool
) -> None:
    make_extension("1000")
    apply(["1000"], None)
    manager.contacts["1000"] = [CONTACT]
    change(**values)
    apply(["1000"], None)
    assert [method for method, _path in manager.rest] == (["DELETE"] if is_signed_off else [])


def test_lights_of_messages_follow_a_mailbox_that_comes_and_goes(manager: Manager) -> None:
    make_extension("1000")
    apply(["1000"], None)
    manager.contacts["1000"] = [CONTACT]
    change(voicemail=True, voicemail_pin="4711")
    apply(["1000"], None)
    assert manager.rest == [("PUT", "/ari/asterisk/config/dynamic/res_pjsip/contact/1000%3B%40abc")]
    assert manager.named("PJSIPNotify") == []
    change(voicemail=False)
    apply(["1000"], None)
    notice = "Event=message-summary,Content-Type=application/simple-message-summary,Content=Messages-Waiting: no"
    assert manager.named("PJSIPNotify") == [("PJSIPNotify", {"Endpoint": "1000", "Variable": notice})]
    assert len(manager.rest) == 1


def test_a_number_that_is_deleted_is_gone_from_the_table(manager: Manager) -> None:
    make_extension("1000")
    apply(["1000"], None)
    manager.contacts["1000"] = [CONTACT]
    extension = SipExtension.objects.get()
    before = changes.picture(extension)
    extension.delete()
    changes.record(None, Change.Kind.DELETED, "1000", before, changes.NOTHING)
    assert [step.after for step in plan(["1000"])] == [Rows()]
    run = apply(["1000"], None)
    assert (run.outcome, run.rows_written) == (Outcome.PROVED, 1)
    assert rows(manager) == Rows()
    assert [method for method, _path in manager.rest] == ["DELETE"]


def test_a_table_that_was_lost_is_filled_with_what_was_applied_alone(manager: Manager) -> None:
    make_extension("1000")
    apply(["1000"], None)
    make_extension("1001")
    change(caller_id="77")
    engine_file = manager.engine_file
    for each in engine_file.parent.glob("engine.sqlite3*"):
        each.unlink()
    make_whole()
    login = rows(manager).login
    assert login
    assert login.caller_id.endswith("<1000>")
    assert rows(manager, "1001") == Rows()
    assert Change.objects.waiting().numbers() == ["1000", "1001"]
    with engine.opened(engine_file) as db:
        limit = db.execute("SELECT value FROM common WHERE name = 'voicemail_messages'").fetchone()
        assert engine.is_complete(db)
    assert limit == (str(Preferences.now("voicemail_messages")),)


def test_an_apply_that_was_cut_short_is_said_to_be(manager: Manager) -> None:
    make_extension("1000")
    cut = ApplyRun.objects.create(numbers=["1000"])
    apply([], None)
    cut.refresh_from_db()
    assert (cut.outcome, cut.explanation_text) == (
        Outcome.WAITING,
        "Interrupted. Its changes are verified at the next apply or restart.",
    )


def test_an_apply_of_nothing_says_so_and_is_of_preferences(manager: Manager) -> None:
    run = apply_preferences(None)
    assert (run.outcome, run.explanation_text) == (Outcome.PROVED, "There was nothing to compare.")
    assert recorded()[1] == {"code": "module.preferences"}


def test_many_are_proved_by_what_the_pbx_reads_of_all(manager: Manager, ada: User) -> None:
    for number in ("1000", "1001"):
        make_extension(number, first_name="Grace", last_name="Hopper")
    apply(["1000", "1001"], None)
    Preferences.objects.update(name_format="last_first")
    SystemChange.note(ada, SystemChange.Field.NAME_FORMAT, "first_last", "last_first")
    manager.asked.clear()
    run = apply_preferences(ada)
    assert (run.outcome, run.numbers, run.rows_written) == (Outcome.PROVED, ["1000", "1001"], 2)
    assert [row.caller_name for row in (rows(manager, each).login for each in run.numbers) if row] == [
        "Hopper Grace",
        "Hopper Grace",
    ]
    asked = [headers["Endpoint"] for _action, headers in manager.named("PJSIPShowEndpoint")]
    assert asked == ["1000"]  # the other differs by its name alone
    assert not SystemChange.objects.unproved().exists()
    assert recorded()[:2] == ("apply.proved", {"code": "extension.many", "number": 2})
    manager.says["written", "text"] = "something else"
    manager.says["AorDetail", "MaxContacts"] = "9"
    Preferences.objects.update(name_format="first_last")
    SystemChange.note(ada, SystemChange.Field.NAME_FORMAT, "last_first", "first_last")
    with pytest.raises(ApplyError):
        apply_preferences(ada)
    assert SystemChange.objects.waiting().count() == 1


def test_a_phone_that_signs_off_by_the_portal_is_marked(manager: Manager, settings: Settings) -> None:
    make_extension("1000")
    apply(["1000"], None)
    manager.contacts["1000"] = [CONTACT]
    with live.opened(settings.LIVE_FILE) as db:
        live.replace(db, {"1000": [live.contact_of(CONTACT)]})
    change(registration_password="t7Rw9KqX2mZv5LpB8nYc")
    apply(["1000"], None)
    with live.opened(settings.LIVE_FILE) as db:
        assert live.being_removed(db, 5) == ["1000"]
