"""What a check finds and a repair mends, and the words of the commands. With the real PBX: tests/pbx/test_check.py."""

import time
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from asterisk import check, views
from asterisk.apply.errors import ApplyError
from asterisk.engine import store as engine
from asterisk.models import ApplyRun, CheckRun
from asterisk.nodes import from_settings
from core.audit.models import AuditRecord
from core.coded_text import show
from core.preferences.models import Preferences, SystemChange
from extensions.changes import record as changes
from tests.asterisk.manager import Manager
from tests.node import apply
from tests.people import make_extension
from tests.trunks.typed import make_trunk

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(manager: Manager) -> Manager:
    """The PBX has 1000 and 1001."""
    make_extension("1000", first_name="Ada")
    make_extension("1001", first_name="Grace")
    apply(["1000", "1001"], None)
    return manager


def sql(text: str) -> None:
    with engine.opened(from_settings().engine_file) as db:
        db.execute(text)


def found(run: CheckRun) -> list[tuple[Any, ...]]:
    names = ("field", "wished", "engine", "said")
    return [
        (each["number"], *(None if each[name] is None else show(each[name]) for name in names)) for each in run.drifts
    ]


PHONES = "IP Phone Concurrent Registrations"


def test_where_nothing_differs_a_check_says_so(applied: Manager) -> None:
    run = check.check(from_settings())
    assert (run.drifts, run.total, run.compared, run.differing, run.asterisk_asked) == ([], 2, 2, 0, True)
    assert run.seconds is not None
    assert [headers["Endpoint"] for _, headers in applied.named("PJSIPShowEndpoint")][-1:] == ["1000"]  # one of a chunk


@pytest.mark.parametrize(
    ("changed", "drifts"),
    [
        ("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'", [("1001", PHONES, "1", "9", "9")]),
        ("DELETE FROM sip_login WHERE id = '1001'", [("1001", "Registration", "present", "missing", "missing")]),
        (
            "UPDATE pbx_number SET rings = '1000' WHERE number = '1001'",
            [("1001", "Calls Redirected To", "", "1000", "1000")],
        ),
        (
            "INSERT INTO emergency_number VALUES ('777')",
            [("", "Outside lines, table emergency_number", "", "0 rows missing, 1 too many", None)],
        ),
    ],
)
def test_what_somebody_changed_is_found_and_repaired(
    applied: Manager, ada: User, changed: str, drifts: list[tuple[Any, ...]]
) -> None:
    sql(changed)
    run = check.check(from_settings())
    numbers = sorted({each[0] for each in drifts} - {""})
    assert found(run) == drifts
    assert (run.differing, run.numbers, run.lines_differ) == (len(numbers), numbers, not numbers)
    repaired = check.repair(from_settings(), run, ada)
    assert (found(repaired), repaired.differing) == ([], 0)
    recorded = AuditRecord.objects.get(action="engine.repaired")
    on = {"code": "extension.many", "number": 1} if numbers else {"code": "module.trunk"}
    assert (recorded.by, recorded.result, recorded.on) == (ada.pk, "done", on)
    assert recorded.on_text == ("1 extension" if numbers else "Trunk")
    assert recorded.detail == ({"numbers": numbers} if numbers else {})
    assert len(applied.named("Reload")) == (0 if numbers else 3)
    assert check.check(from_settings()).drifts == []


def test_what_the_pbx_alone_says_otherwise_is_found(applied: Manager) -> None:
    applied.says["written", "text"] = "another"
    applied.says["AorDetail", "MaxContacts"] = "7"
    assert found(check.check(from_settings())) == [
        ("1000", PHONES, "1", "1", "7"),
        ("1001", PHONES, "1", "1", "7"),
    ]


def test_without_the_pbx_the_table_alone_is_compared(applied: Manager) -> None:
    sql("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'")
    applied.refuses["Login"] = "Permission denied"
    run = check.check(from_settings())
    assert (run.asterisk_asked, found(run)) == (False, [("1001", PHONES, "1", "9", None)])


def test_what_waits_is_compared_with_the_table_alone_and_not_repaired(applied: Manager) -> None:
    with changes.edit("1001", None) as edited:
        edited.max_phones = 3
    assert check.check(from_settings()).drifts == []
    applied.says["written", "text"] = "another"
    applied.says["AorDetail", "MaxContacts"] = "7"
    run = check.check(from_settings())
    assert found(run) == [("1000", PHONES, "1", "1", "7"), ("1001", PHONES, None, "1", "7")]
    applied.says.clear()
    assert check.repair(from_settings(), run, None).drifts == []
    last = ApplyRun.objects.first()
    assert last
    assert last.numbers == ["1000"]


def test_a_repair_that_is_refused_is_recorded_as_failed(applied: Manager) -> None:
    sql("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'")
    run = check.check(from_settings())
    applied.says["AuthDetail", "Username"] = "another"
    with pytest.raises(ApplyError):
        check.repair(from_settings(), run, None)
    results = AuditRecord.objects.filter(action="engine.repaired").order_by("pk").values_list("result", flat=True)
    assert list(results) == ["done", "failed"]


def test_one_check_runs_at_a_time(applied: Manager) -> None:
    file = from_settings().engine_file
    assert not check.is_running(file)
    with check.only_one(file):
        assert check.is_running(file)
        with pytest.raises(check.Running, match="A check is already running"):
            check.check(from_settings())
    assert not check.is_running(file)


def called(*command: Any) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


def test_the_command_of_the_check_says_what_differs(applied: Manager) -> None:
    assert called("check_engine").endswith(" s: 0 differ.\n")
    sql("UPDATE sip_login SET max_contacts = 9, password_digest = 'MD5:00' WHERE id = '1001'")
    sql("INSERT INTO emergency_number VALUES ('777')")
    applied.refuses["Login"] = "Permission denied"
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("check_engine", stdout=out)
    assert ended.value.code == 1
    *lines, last = out.getvalue().splitlines()
    assert lines == [
        "1001",
        "  Registration Password: applied (secret); PBX table (secret); Asterisk not compared",
        f"  {PHONES}: applied 1; PBX table 9; Asterisk not compared",
        "Outside lines",
        "  Outside lines, table emergency_number: applied none; PBX table 0 rows missing, 1 too many; Asterisk not"
        " compared",
    ]
    assert last.startswith("2 extensions in ")
    assert last.endswith(" s: 1 differ. Asterisk could not be checked.")
    applied.refuses.clear()
    text = called("check_engine", "--repair").splitlines()
    assert (text[0], text[-1][-13:]) == ("1001", " s: 0 differ.")


def test_the_command_of_an_apply_shows_what_it_would_write(applied: Manager) -> None:
    assert called("apply") == "No differences: the PBX's tables are up to date.\n"
    with changes.edit("1000", None) as edited:
        edited.max_phones, edited.registration_password = 3, "t7Rw9KqX2mZv5LpB8nYc"
    make_extension("1002")
    expected = ["  1000 max_contacts: 1 -> 3", "  1000 password_digest: changed", "+ 1002"]
    assert called("apply").splitlines() == [*expected, "2 extensions differ. Nothing is written without --yes."]
    assert called("apply", "--all").splitlines()[:-1] == expected
    text = called("apply", "--yes")
    assert text.startswith("2 extensions, 2 rows written, ")
    assert text.rstrip().endswith(" values.")
    run = ApplyRun.objects.first()
    assert run
    assert run.by is None
    shown = called("apply", f"--undo={run.pk}").splitlines()
    assert shown[0] == "  1000 max_contacts: 3 -> 1"
    assert shown[2] == "- 1002"
    assert called("apply") == "No differences: the PBX's tables are up to date.\n"  # what is shown is not done
    with pytest.raises(CommandError, match="Apply 99999 is not in Apply History"):
        call_command("apply", "--undo=99999")
    with pytest.raises(CommandError, match="enter a date and time such as 2026-01-31T18:00"):
        call_command("apply", "--to", "2026-13-31T18:00")
    with pytest.raises(CommandError, match="enter a date and time"):
        call_command("apply", "--to", "yesterday")


def test_the_command_of_an_apply_says_what_waits_of_preferences(applied: Manager) -> None:
    Preferences.objects.update(voicemail_messages=7)
    SystemChange.note(None, SystemChange.Field.VOICEMAIL_MESSAGES, "100", "7")
    nothing = "Preferences have unapplied changes. Nothing is written without --yes."
    assert called("apply").splitlines() == ["  Preferences Messages per mailbox: 100 -> 7", nothing]
    text = called("apply", "--yes")
    assert text.startswith("0 extensions, 0 rows written, ")
    assert text.rstrip().endswith("Verified: Asterisk has all 3 values.")
    run = ApplyRun.objects.first()
    assert run
    assert called("apply", f"--undo={run.pk}").splitlines()[0] == "  Preferences Messages per mailbox: 7 -> 100"
    make_trunk()
    assert called("apply", f"--undo={run.pk}") == "No differences: the PBX's tables are up to date.\n"


def test_the_command_of_an_apply_ends_with_what_the_pbx_said(applied: Manager) -> None:
    with changes.edit("1000", None) as edited:
        edited.max_phones = 3
    applied.says["AorDetail", "MaxContacts"] = "9"
    with pytest.raises(CommandError, match="reported “9” instead of “3”"):
        call_command("apply", "--yes")


def test_the_command_of_the_dial_plan_tells_what_becomes_of_a_call(applied: Manager) -> None:
    assert called("dialplan", "1000", "--dials", "1001") == "1001 is an extension. Its phones ring.\n"
    with pytest.raises(CommandError, match="Enter --at as a date and time"):
        call_command("dialplan", "1000", "--dials", "1001", "--at", "soon")
    applied.engine_file.write_bytes(b"no table" * 99)
    with pytest.raises(CommandError, match="file is not a database"):
        call_command("dialplan", "1000")


@pytest.mark.parametrize(
    ("numbers", "preferences", "words"),
    [
        ([], True, "The undo is ready. Review and apply it."),
        (["1000"], True, "The undo of extension 1000 and other settings is ready. Review and apply it."),
        (["1000"], False, "The undo of extension 1000 is ready. Review and apply it."),
        (["1000"] * 1200, True, "The undo of 1,200 extensions and other settings is ready. Review and apply it."),
        (["1000", "1001"], False, "The undo of 2 extensions is ready. Review and apply it."),
    ],
)
def test_it_is_said_what_an_undo_prepared(numbers: list[str], preferences: bool, words: str) -> None:
    assert views.what_waits(numbers, preferences) == words


def test_what_a_repair_left_is_counted() -> None:
    assert [views.still_differ(count) for count in (1, 1200)] == [
        "1 extension still differs.",
        "1,200 extensions still differ.",
    ]


def said(client: Client, answer: Any) -> list[str]:
    assert (answer.status_code, answer.headers["Location"]) == (302, "/history/check/")
    return [str(each) for each in client.get("/history/check/").context["messages"]]


def test_the_page_repairs_what_differs_and_says_what_came_of_it(applied: Manager, client: Client, ada: User) -> None:
    client.force_login(ada)
    url = "/history/check/repair/"
    assert said(client, client.post(url)) == ["There are no differences."]
    sql("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'")
    check.check(from_settings())
    applied.says["AorDetail", "MaxContacts"] = "7"
    (words,) = said(client, client.post(url))
    assert words == f"Not repaired. Extension 1001, {PHONES}: the PBX reported “7” instead of “1”."
    with check.only_one(from_settings().engine_file):
        assert said(client, client.post(url)) == ["Not repaired. A check is already running."]
    applied.says.clear()
    assert said(client, client.post(url)) == ["Repaired. The PBX has exactly what was applied."]
    assert said(client, client.post(url)) == ["There are no differences."]


def test_the_page_tells_of_the_last_check_that_ended_and_of_one_that_goes_on(
    applied: Manager, client: Client, ada: User
) -> None:
    client.force_login(ada)
    url = "/history/check/"
    page = client.get(url)
    assert "No check has run yet" in page.content.decode()
    named = [page.context[name] for name in ("run", "running", "broken_off", "drifts", "more", "section")]
    assert named == [None, None, None, [], 0, "check"]
    drift = {"number": "1000", "field": "Name", "wished": "a", "engine": None, "said": "b"}
    ended = CheckRun.objects.create(total=2)
    ended.close(True, [{**drift, "number": number} for number in ["1000", "1999", *["1001"] * 199]])
    page = client.get(url)
    assert (page.context["run"], page.context["more"], page.context["broken_off"]) == (ended, 1, False)
    assert (len(page.context["drifts"]), page.context["known"]) == (200, {"1000", "1001"})
    assert page.context["drifts"][0] == drift
    assert "3 extensions differ" in " ".join(page.content.decode().split())
    CheckRun.objects.create(total=1200, compared=1000)
    page = client.get(url)
    assert (page.context["run"], page.context["broken_off"]) == (ended, True)
    assert "The last check was interrupted. Check again." in page.content.decode()
    with check.only_one(from_settings().engine_file):
        part = client.get(url, headers={"HX-Request": "true"})
        assert part.templates[0].name == "asterisk/_check.html"
        text = " ".join(part.content.decode().split())
        assert "Comparing: 1,000 of 1,200 extensions" in text
        assert "interrupted" not in text
        assert part.context["broken_off"] is False
    assert client.get(url).templates[0].name == "asterisk/check.html"


def test_a_check_is_begun_and_recorded_unless_one_runs(
    applied: Manager, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[float] = []
    waited: list[bool] = []
    monkeypatch.setattr(check, "start", lambda: begun.append(time.monotonic()))
    monkeypatch.setattr(views, "wait_until", lambda true: waited.append(true()))
    client.force_login(ada)
    for _ in range(2):
        assert said(client, client.post("/history/check/now/")) == []
    assert (len(begun), waited) == (2, [False, False])
    with check.only_one(from_settings().engine_file):
        said(client, client.post("/history/check/now/"))
    assert len(begun) == 2
    recorded = AuditRecord.objects.filter(action="engine.checked")
    assert [(each.by, each.on) for each in recorded] == [(ada.pk, {"code": "extension.all"})] * 2


def test_a_repair_that_could_not_ask_the_pbx_does_not_say_that_it_has_it(
    applied: Manager, client: Client, ada: User
) -> None:
    client.force_login(ada)
    sql("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'")
    check.check(from_settings())
    applied.refuses["Login"] = "Permission denied"
    words = "Repaired in the PBX's tables. Asterisk could not be checked. Check again."
    assert said(client, client.post("/history/check/repair/")) == [words]
    assert CheckRun.objects.get().asterisk_asked is False
    assert "Asterisk could not be checked" in client.get("/history/check/").content.decode()


@pytest.mark.parametrize(
    "changed",
    ["INSERT INTO emergency_number VALUES ('777')", "UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'"],
)
def test_what_a_check_could_not_ask_is_not_known_by_a_repair_of_a_part(applied: Manager, changed: str) -> None:
    sql(changed)
    applied.refuses["Login"] = "Permission denied"
    run = check.check(from_settings())
    applied.refuses.clear()
    repaired = check.repair(from_settings(), run, None)
    assert (repaired.drifts, repaired.asterisk_asked) == ([], False)
    assert check.check(from_settings()).asterisk_asked


def test_it_is_waited_for_what_comes_and_no_longer_than_that() -> None:
    answers = [False, False, True, True]
    views.wait_until(lambda: answers.pop(0))
    assert answers == [True]
    at = time.monotonic()
    views.wait_until(lambda: False, 0.1)
    assert 0.1 <= time.monotonic() - at < 1


def test_a_table_that_was_emptied_is_whole_after_a_repair(applied: Manager) -> None:
    sql("UPDATE sip_login SET max_contacts = 9 WHERE id = '1001'")
    run = check.check(from_settings())
    with engine.opened(applied.engine_file) as db:
        token = engine.token(db)
    for each in applied.engine_file.parent.glob("engine.sqlite3*"):
        each.write_bytes(b"")
    assert check.repair(from_settings(), run, None).drifts == []
    with engine.opened(applied.engine_file) as db:
        assert engine.token(db) not in ("", token)
        assert engine.is_complete(db)


def test_checks_of_three_months_ago_are_forgotten(applied: Manager) -> None:
    now = timezone.now()
    for days in (91, 89):
        CheckRun.objects.create(started_at=now - timedelta(days=days))
    run = check.check(from_settings())
    assert [(now - each.started_at).days for each in CheckRun.objects.exclude(pk=run.pk)] == [89]
