"""What changed behind the portal's back is found in every place, reported by extension, and repaired."""

import json
from collections.abc import Callable
from dataclasses import astuple, replace
from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk import check
from asterisk.engine.store import INSERT
from asterisk.models import CheckRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from core.coded_text import show
from extensions.models import SipExtension
from tests.node import apply
from tests.pbx.lines import apply_lines, in_country, provider, route_over, trunk_to
from tests.pbx.office import Office, engine_tables
from tests.pbx.test_apply import rename, rows
from tests.people import make_extension


def checked(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_engine", *options, stdout=out)
    except SystemExit as end:
        return int(str(end.code)), out.getvalue()
    return 0, out.getvalue()


def drifts() -> list[tuple[str | None, ...]]:
    found = CheckRun.objects.latest("id").drifts
    values = ("field", "wished", "engine", "said")
    return [(each["number"], *(None if each[name] is None else show(each[name]) for name in values)) for each in found]


def sql(statement: str) -> Callable[[SipExtension], None]:
    def change(extension: SipExtension) -> None:
        with engine_tables() as tables:
            tables.execute(statement.format(number=extension.number))

    return change


def test_what_an_asterisk_that_ends_says_is_no_drift(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    extension = office.extension()
    empty: dict[str, proof.Columns] = {family: {} for family in proof.FAMILIES}
    with monkeypatch.context() as patch:
        patch.setattr(proof, "read", lambda _ami, numbers: ((number, empty) for number in numbers))
        patch.setattr(proof, "table", lambda *_: "")
        run = check.check(from_settings())
    assert (run.asterisk_asked, drifts(), run.total) == (False, [], 1)
    assert extension.number not in str(run.drifts)
    assert check.check(from_settings()).asterisk_asked


BEHIND_OUR_BACK = {
    "a value": (
        sql("UPDATE sip_login SET max_contacts = 9 WHERE number = '{number}'"),
        ("IP Phone Concurrent Registrations", "1", "9", "9"),
    ),
    "a secret": (
        sql("UPDATE sip_login SET password_digest = 'MD5:00112233445566778899aabbccddeeff' WHERE number = '{number}'"),
        ("Registration Password", "(secret)", "(secret)", "(secret)"),
    ),
    "a login": (
        sql("DELETE FROM sip_login WHERE number = '{number}'"),
        ("Registration", "present", "missing", "missing"),
    ),
    "a dial plan": (sql("DELETE FROM pbx_number WHERE number = '{number}'"), ("Dial plan", "30", "", "")),
}


@pytest.mark.parametrize("what", BEHIND_OUR_BACK)
def test_a_row_that_was_changed_by_hand_is_found_and_repaired(office: Office, what: str) -> None:
    change, found = BEHIND_OUR_BACK[what]
    extension, other = office.extension(), office.extension()
    before = [rows(extension.number), rows(other.number)]
    assert checked()[0] == 0
    change(extension)
    code, text = checked()
    assert code == 1
    assert drifts() == [(extension.number, *found)]
    assert f"{extension.number}\n  {found[0]}: applied" in text
    assert "2 extensions in" in text
    assert rows(extension.number) != before[0]
    code, text = checked("--repair")
    assert code == 0
    assert f"{extension.number}\n  {found[0]}: applied" in text
    assert [rows(extension.number), rows(other.number)] == before
    assert checked()[0] == 0


def test_a_row_that_nobody_wished_is_found_and_removed(office: Office) -> None:
    extension = office.extension()
    held = rows(extension.number).login
    assert held
    with engine_tables() as tables:
        tables.execute(INSERT["sip_login"], astuple(replace(held, id="4711", number="4711")))
    assert checked()[0] == 1
    assert drifts() == [("4711", "Registration", "missing", "present", "present")]
    assert checked("--repair")[0] == 0
    assert rows("4711").login is None
    assert rows(extension.number).login


def test_what_asterisk_reads_differently_is_found_and_repaired(office: Office) -> None:
    extension = office.extension()
    with engine_tables() as tables:
        (view,) = tables.execute("SELECT sql FROM sqlite_master WHERE name = 'ps_aors'").fetchone()
        tables.execute("DROP VIEW ps_aors")
        tables.execute(view.replace("max_contacts", "7 AS max_contacts", 1))
    assert checked()[0] == 1
    assert drifts() == [(extension.number, "IP Phone Concurrent Registrations", "1", "1", "7")]
    assert checked("--repair")[0] == 0


def test_what_waits_is_no_drift(office: Office, ada: User) -> None:
    changed = office.extension(first_name="Ada")
    rename(changed, "Grace")
    make_extension()
    assert checked()[0] == 0


def test_a_repair_ships_nothing_that_waits(office: Office) -> None:
    changed, broken = office.extension(first_name="Ada"), office.extension()
    before = rows(changed.number)
    rename(changed, "Grace")
    with engine_tables() as tables:
        tables.execute("UPDATE sip_login SET max_contacts = 9 WHERE number = ?", (broken.number,))
    assert checked("--repair")[0] == 0
    assert rows(changed.number) == before


def test_without_a_pbx_the_tables_are_compared(office: Office, settings: Settings) -> None:
    extension = office.extension()
    with engine_tables() as tables:
        tables.execute("DELETE FROM pbx_number WHERE number = ?", (extension.number,))
    settings.AMI_PORT = 9
    code, text = checked()
    assert code == 1
    assert "Asterisk could not be checked." in text
    assert drifts() == [(extension.number, "Dial plan", "30", "", None)]


def test_no_report_shows_a_secret(office: Office) -> None:
    extension = office.extension()
    held = rows(extension.number).login
    assert held
    sql("UPDATE sip_login SET password_digest = 'MD5:00112233445566778899aabbccddeeff'")(extension)
    text = checked()[1] + json.dumps(drifts())
    assert held.password_digest not in text
    assert "00112233445566778899aabbccddeeff" not in text


def test_one_check_at_a_time(asterisk: Embedded) -> None:
    with check.only_one(from_settings().engine_file), pytest.raises(check.Running):
        check.check(from_settings())
    assert not check.is_running(from_settings().engine_file)


def test_many_are_compared_in_chunks(office: Office) -> None:
    numbers = [make_extension().number for _ in range(60)]
    apply(numbers, None)
    run = check.check(from_settings())
    assert (run.total, run.compared, run.differing, run.asterisk_asked) == (60, 60, 0, True)


def test_what_is_equal_is_not_asked_for_value_by_value(office: Office) -> None:
    extensions = [office.extension(), office.extension(allowed_networks="10.0.0.0/8"), office.extension(max_phones=3)]
    assert check._unlike_what_asterisk_reads(from_settings(), [each.number for each in extensions]) == []


def test_lines_that_were_altered_behind_our_back_are_found_and_repaired(asterisk: Embedded) -> None:
    with provider() as phone:
        in_country()
        route_over(trunk_to(phone))
        apply_lines()
    assert check.check(from_settings()).drifts == []
    with engine_tables() as tables:
        tables.execute("UPDATE outbound_pattern SET trunks = ''")
        tables.execute("DELETE FROM emergency_number WHERE number = '112'")
    run = check.check(from_settings())
    assert run.lines_differ
    assert {drift["field"]["table"] for drift in run.drifts} == {"outbound_pattern", "emergency_number"}
    assert check.repair(from_settings(), run, None).drifts == []
