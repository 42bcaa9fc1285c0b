"""An apply is proved by Asterisk, or undone, or kept until Asterisk is there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.apply.errors import ApplyError
from asterisk.engine import snapshot
from asterisk.engine import store as engine
from asterisk.engine.render import Rows
from asterisk.models import ApplyRun
from asterisk.process.embedded import Embedded
from extensions import actions
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.node import all_numbers, apply, catch_up, plan
from tests.pbx.office import Office, contacts, engine_tables, refusal, rings, talking
from tests.people import make_extension

Outcome = ApplyRun.Outcome


def rows(number: str) -> Rows:
    with engine.opened(settings.ENGINE_FILE) as tables:
        return engine.read(tables, [number])[number]


def waiting() -> list[str]:
    return Change.objects.waiting().numbers()


def rename(extension: SipExtension, first_name: str) -> None:
    extension.user.first_name = first_name
    extension.user.save()
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)


# --- proved ---


def test_a_proved_apply_leaves_nothing_waiting(asterisk: Embedded, ada: User) -> None:
    extension = make_extension()
    run = apply([extension.number], ada)
    assert (run.outcome, run.rows_written, run.by) == (Outcome.PROVED, 1, ada)
    assert waiting() == []
    assert plan([extension.number]) == []


def test_a_second_apply_writes_nothing(asterisk: Embedded, ada: User) -> None:
    extension = make_extension()
    apply([extension.number], ada)
    assert apply([extension.number], ada).rows_written == 0


def test_the_apply_of_one_extension_leaves_the_others_waiting(office: Office, asterisk: Embedded, ada: User) -> None:
    one, other = make_extension(), make_extension()
    apply([one.number], ada)
    assert waiting() == [other.number]
    assert rows(other.number) == Rows()
    assert office.phone(other).register() == 401


def test_many_extensions_are_proved_at_once(asterisk: Embedded, ada: User) -> None:
    numbers = [make_extension().number for _ in range(60)]
    assert apply(numbers, ada).outcome == Outcome.PROVED
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_two_applies_at_once_come_one_after_the_other(asterisk: Embedded) -> None:
    extensions = [make_extension() for _ in range(4)]
    numbers = [extension.number for extension in extensions]
    runs: list[ApplyRun] = []

    def apply_here(some: list[str]) -> None:
        runs.append(apply(some, None))
        connection.close()

    threads = [Thread(target=apply_here, args=(some,)) for some in (numbers[:3], numbers[1:], numbers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.outcome for run in runs] == [Outcome.PROVED] * 3
    runs.sort(key=lambda run: run.started_at)
    for earlier, later in pairwise(runs):
        assert earlier.finished_at
        assert earlier.finished_at <= later.started_at
    assert sum(run.rows_written for run in runs) == len(numbers)
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_what_another_saves_while_an_apply_begins_waits_and_is_not_carried_along(
    asterisk: Embedded, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = make_extension(first_name="Ada")
    apply([extension.number], None)

    def save(name: str) -> None:
        def save_here() -> None:
            with changes.edit(extension.number, None) as edited:
                edited.user.first_name = name
            connection.close()

        thread = Thread(target=save_here)
        thread.start()
        thread.join()

    save("Grace")
    take = snapshot.take

    def take_after_another_saved(*given: Any) -> Any:
        monkeypatch.undo()
        save("Zoe")
        return take(*given)

    monkeypatch.setattr(snapshot, "take", take_after_another_saved)
    assert apply([extension.number], None).outcome == Outcome.PROVED
    login = rows(extension.number).login
    assert login
    assert (login.caller_name, waiting()) == ("Grace", [extension.number])
    apply([extension.number], None)
    login = rows(extension.number).login
    assert login
    assert (login.caller_name, waiting()) == ("Zoe", [])


# --- refused ---

PLANTED = [
    ("ps_auths", "registration_name AS username", "'x' || registration_name AS username", "Registration Name"),
    ("ps_auths", "password_digest", "'MD5:' || hex(zeroblob(16)) AS password_digest", "Registration Password"),
    ("ps_aors", "max_contacts", "9 AS max_contacts", "IP Phone Concurrent Registrations"),
    ("ps_aors", "'3600' AS maximum_expiration", "'60' AS maximum_expiration", "MaximumExpiration"),
    ("ps_endpoints", "caller_id AS callerid", "'\"Boss\" <9999>' AS callerid", "Caller ID"),
    ("ps_endpoints", "'CALLERID(name)=' ||", "'CALLERID(num)=' ||", "Name"),
    ("ps_endpoints", "'ulaw,alaw,g722,opus' AS allow", "'alaw' AS allow", "Allow"),
    ("ps_endpoints", "'from-extension' AS context", "'ring' AS context", "Context"),
    ("ps_endpoints", "id AS auth", "'' AS auth", "Auth"),
    ("ps_endpoints", "FROM sip_login", "FROM sip_login WHERE 0", "Registration"),
]


@contextmanager
def planted(view: str, text: str, other: str) -> Iterator[None]:
    """A view that shows Asterisk something else than what was written."""
    with engine_tables() as tables:
        (sql,) = tables.execute("SELECT sql FROM sqlite_master WHERE name = ?", (view,)).fetchone()
        assert text in sql
        replace_view(tables, view, sql.replace(text, other, 1))
        try:
            yield
        finally:
            replace_view(tables, view, sql)


def replace_view(tables: sqlite3.Connection, view: str, sql: str) -> None:
    with engine.transaction(tables):
        tables.execute(f"DROP VIEW {view}")
        tables.execute(sql)


@pytest.mark.parametrize(("view", "text", "other", "field"), PLANTED)
def test_what_asterisk_reads_differently_is_refused_and_put_back(
    office: Office, view: str, text: str, other: str, field: str
) -> None:
    extension = office.extension(first_name="Ada")
    before = rows(extension.number)
    rename(extension, "Grace")
    with planted(view, text, other), pytest.raises(ApplyError) as refused:
        apply([extension.number], None)
    assert (refused.value.extension, str(refused.value.field)) == (extension.number, field)
    run = ApplyRun.objects.latest("id")
    assert (run.outcome, waiting()) == (Outcome.REFUSED, [extension.number])
    assert extension.registration_password not in str(run.explanation)
    assert before.login
    assert before.login.password_digest not in str(run.explanation)
    assert rows(extension.number) == before
    assert office.phone(extension).register() == 200


def test_a_refused_apply_disturbs_no_phone(office: Office) -> None:
    extension = office.extension()
    phone, caller = office.registered(extension), office.registered()
    extension.registration_password = "Another7Horse9Staple"
    extension.save()
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), pytest.raises(ApplyError):
        apply([extension.number], None)
    talking(caller, phone)


def test_one_bad_extension_undoes_the_whole_apply(office: Office) -> None:
    good, bad = office.extension(first_name="Good"), office.extension(first_name="Bad")
    before = [rows(each.number) for each in (good, bad)]
    rename(good, "Better")
    rename(bad, "Worse")
    other = f"CASE id WHEN '{bad.number}' THEN 9 ELSE max_contacts END AS max_contacts"
    with planted("ps_aors", "max_contacts", other), pytest.raises(ApplyError) as refused:
        apply([good.number, bad.number], None)
    assert refused.value.extension == bad.number
    assert [rows(each.number) for each in (good, bad)] == before
    assert waiting() == [good.number, bad.number]


def test_a_dial_plan_that_asterisk_reads_differently_is_refused(asterisk: Embedded) -> None:
    extension = make_extension()
    with engine_tables() as tables:
        tables.execute(
            "CREATE TRIGGER planted AFTER INSERT ON pbx_number BEGIN UPDATE pbx_number SET ring_seconds = 7; END"
        )
        try:
            with pytest.raises(ApplyError) as refused:
                apply([extension.number], None)
        finally:
            tables.execute("DROP TRIGGER planted")
    assert str(refused.value).endswith(", Dial plan: the PBX reported “7” instead of “30”.")
    assert rows(extension.number) == Rows()


def test_a_deleted_login_that_asterisk_still_has_is_refused(office: Office, ada: User) -> None:
    extension = office.extension()
    before = rows(extension.number)
    actions.disable(extension.number, ada)
    row = ", ".join(f"'{extension.number}' AS id" if name == "id" else "1" for name in engine.NAMES["sip_login"])
    ghost = f"(SELECT * FROM sip_login UNION SELECT {row})"
    with (
        planted("ps_endpoints", "FROM sip_login", f"FROM {ghost}"),
        planted("ps_endpoints", "JOIN sip_login", f"JOIN {ghost} AS sip_login"),
        pytest.raises(ApplyError) as refused,
    ):
        apply([extension.number], None)
    assert refused.value.extension == extension.number
    assert str(refused.value).endswith("Registration: the PBX reported “present” instead of “missing”.")
    assert rows(extension.number) == before


def test_a_value_that_the_form_should_have_refused_reaches_no_table(office: Office) -> None:
    extension = office.extension()
    before = rows(extension.number)
    SipExtension.objects.filter(pk=extension.pk).update(caller_id='1" <2>')
    with pytest.raises(ApplyError) as refused:
        apply([extension.number], None)
    assert (refused.value.extension, str(refused.value.field)) == (extension.number, "Caller ID")
    assert ApplyRun.objects.latest("id").outcome == Outcome.REFUSED
    assert rows(extension.number) == before


def test_an_engine_that_cannot_be_written_is_said_so(office: Office) -> None:
    extension = office.extension(first_name="Ada")
    before = rows(extension.number)
    rename(extension, "Grace")
    with engine_tables() as tables:
        tables.execute("CREATE TRIGGER planted BEFORE INSERT ON restore_point BEGIN SELECT RAISE(ABORT, 'full'); END")
        try:
            with pytest.raises(ApplyError, match="full"):
                apply([extension.number], None)
        finally:
            tables.execute("DROP TRIGGER planted")
    assert ApplyRun.objects.latest("id").outcome == Outcome.REFUSED
    assert (rows(extension.number), waiting()) == (before, [extension.number])


def test_with_a_rest_interface_that_refuses_the_apply_waits(office: Office, ada: User, settings: Settings) -> None:
    extension = office.extension()
    office.registered(extension)
    actions.disable(extension.number, ada)
    settings.ARI_SECRET = "wrong"
    assert apply([extension.number], None).outcome == Outcome.WAITING
    assert rows(extension.number).login is None
    assert waiting() == [extension.number]


# --- waiting for the PBX ---


def test_without_a_pbx_the_rows_are_written_and_wait(office: Office, asterisk: Embedded) -> None:
    asterisk.stop()
    extension = make_extension()
    run = apply([extension.number], None)
    assert (run.outcome, waiting()) == (Outcome.WAITING, [extension.number])
    assert rows(extension.number).login
    asterisk.start()
    assert office.phone(extension).register() == 200
    catch_up()
    run.refresh_from_db()
    assert (run.outcome, waiting()) == (Outcome.PROVED, [])


def test_what_nobody_applied_goes_on_waiting_when_the_pbx_starts(asterisk: Embedded) -> None:
    asterisk.stop()
    applied, saved = make_extension(), make_extension()
    apply([applied.number], None)
    asterisk.start()
    catch_up()
    assert waiting() == [saved.number]
    assert rows(saved.number) == Rows()


def test_an_engine_that_was_lost_is_filled_again(office: Office, asterisk: Embedded) -> None:
    live, saved = office.extension(), make_extension()
    phone, caller = office.registered(live), office.registered()
    asterisk.stop()
    for file in Path(settings.ENGINE_FILE).parent.glob("engine.sqlite3*"):
        file.unlink()
    asterisk.start()
    assert phone.register() == 401
    catch_up()
    talking(caller, phone)
    assert phone.register() == 200
    assert waiting() == [saved.number]
    assert rows(saved.number) == Rows()


def test_with_a_wrong_secret_the_rows_wait(asterisk: Embedded, settings: Settings) -> None:
    extension = make_extension()
    right, settings.AMI_SECRET = settings.AMI_SECRET, "not-the-secret"
    run = apply([extension.number], None)
    assert (run.outcome, waiting()) == (Outcome.WAITING, [extension.number])
    assert rows(extension.number).login
    assert "not-the-secret" not in str(run.explanation)
    settings.AMI_SECRET = right
    catch_up()
    assert waiting() == []


def test_a_number_given_away_while_the_pbx_was_down_does_not_reach_its_former_phone(
    office: Office, asterisk: Embedded, ada: User
) -> None:
    former, caller = office.registered(office.extension(number="1777")), office.registered()
    asterisk.stop()
    actions.delete("1777", ada)
    apply(["1777"], ada)
    make_extension(number="1777", first_name="Successor")
    apply(["1777"], ada)
    asterisk.start()
    catch_up()
    assert contacts("1777") == []
    assert refusal(caller.call("1777")) == 480
    assert not rings(former)


def test_a_password_changed_while_the_pbx_was_away_ends_the_old_registration(
    office: Office, asterisk: Embedded, settings: Settings
) -> None:
    extension = office.extension()
    office.registered(extension)
    extension.registration_password = "Another7Horse9Staple"
    extension.save()
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
    right, settings.AMI_PORT = settings.AMI_PORT, 9
    assert apply([extension.number], None).outcome == Outcome.WAITING
    settings.AMI_PORT = right
    assert len(contacts(extension.number)) == 1
    assert apply([extension.number], None).outcome == Outcome.PROVED
    assert contacts(extension.number) == []
    office.registered(extension)
    rename(extension, "Grace")
    apply([extension.number], None)
    assert len(contacts(extension.number)) == 1


def test_an_extension_enabled_again_after_the_pbx_was_down_does_not_reach_its_former_phone(
    office: Office, asterisk: Embedded, ada: User
) -> None:
    extension = office.extension()
    former, caller = office.registered(extension), office.registered()
    asterisk.stop()
    actions.disable(extension.number, ada)
    apply([extension.number], ada)
    asterisk.start()
    catch_up()
    actions.enable(extension.number, ada)
    apply([extension.number], ada)
    assert contacts(extension.number) == []
    assert refusal(caller.call(extension.number)) == 480
    assert not rings(former)


# --- manage.py apply ---


def told(*options: str) -> str:
    out = StringIO()
    call_command("apply", *options, stdout=out)
    return out.getvalue()


def test_the_command_shows_the_plan_and_writes_nothing(office: Office) -> None:
    changed, added = office.extension(first_name="Ada"), make_extension()
    rename(changed, "Grace")
    changed.registration_password = "Another7Horse9Staple"
    changed.save()
    before = rows(changed.number)
    text = told()
    assert f"+ {added.number}" in text
    assert f"  {changed.number} caller_name: Ada -> Grace" in text
    assert f"  {changed.number} password_digest: changed" in text
    assert "2 extensions differ. Nothing is written without --yes." in text
    for secret in ("Another7Horse9Staple", added.registration_password, "MD5:"):
        assert secret not in text
    assert (rows(changed.number), rows(added.number)) == (before, Rows())
    assert waiting() == sorted([changed.number, added.number])
    assert ApplyRun.objects.count() == 1


def test_the_command_applies_what_waits(office: Office, asterisk: Embedded) -> None:
    extension = make_extension()
    assert "1 extension, 1 row written" in told("--yes")
    assert waiting() == []
    assert office.phone(extension).register() == 200
    assert told() == "No differences: the PBX's tables are up to date.\n"


def test_the_command_finds_and_repairs_rows_that_somebody_else_changed(office: Office) -> None:
    lost, changed = office.extension(), office.extension()
    with engine_tables() as tables:
        tables.execute("DELETE FROM sip_login WHERE number = ?", (lost.number,))
        tables.execute("UPDATE sip_login SET max_contacts = 9 WHERE number = ?", (changed.number,))
        tables.execute("INSERT INTO pbx_number VALUES ('4999', 30, '')")
    assert "No differences" in told()
    text = told("--all")
    assert f"  {changed.number} max_contacts: 9 -> 1" in text
    assert f"  {lost.number} caller_name:  -> " in text
    assert "- 4999" in text
    assert "3 rows written" in told("--all", "--yes")
    assert office.phone(lost).register() == 200
    assert all_numbers() == [lost.number, changed.number]
    assert told("--all") == "No differences: the PBX's tables are up to date.\n"


def test_the_command_ends_with_an_error_when_asterisk_refuses(asterisk: Embedded) -> None:
    extension = make_extension()
    with planted("ps_aors", "max_contacts", "9 AS max_contacts"), pytest.raises(CommandError, match=extension.number):
        told("--yes")


def test_the_command_says_that_it_waits(asterisk: Embedded) -> None:
    asterisk.stop()
    make_extension()
    assert "Waiting for the PBX" in told("--yes")
