"""The operation log's rows: what is recorded, that it cannot be changed, and that a change of it is found."""

import ast
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from datetime import timezone as zone
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries, Settings

from accounts.models import Role, User
from core import coded_text, proxies
from core.audit import context, fields, hash_chain, log, triggers
from core.audit.actions import ACTIONS
from core.audit.fields import RecordedField
from core.audit.models import AuditRecord, FieldChange
from core.coded_text import CodedText
from core.preferences.models import Preferences, in_force
from extensions.fields import BY_NAME
from extensions.models import Change, SipExtension
from pbxportal.pbx_settings.forms import PreferencesForm
from tests.people import PASSWORD, Typed, make_extension, make_user

ROOT = Path(__file__).resolve().parents[3]


REFUSED = [
    "UPDATE core_auditrecord SET by_name = 'eve'",
    "DELETE FROM core_auditrecord",
    "DELETE FROM core_audithead",
    "UPDATE core_audithead SET count = 1",
    "UPDATE core_audithead SET last_hash = 'x'",
    "UPDATE core_audithead SET count = count + 1",
    "UPDATE core_audithead SET count = count - 1",
    *(
        [
            "INSERT OR REPLACE INTO core_auditrecord SELECT * FROM core_auditrecord WHERE id = 3",
            "REPLACE INTO core_auditrecord SELECT * FROM core_auditrecord",
            "INSERT OR IGNORE INTO core_auditrecord SELECT * FROM core_auditrecord WHERE id = 3",
            "UPDATE OR REPLACE core_auditrecord SET id = 2 WHERE id = 3",
            "INSERT INTO core_auditrecord SELECT * FROM core_auditrecord WHERE id = 3"
            " ON CONFLICT (id) DO UPDATE SET by_name = 'eve'",
            "INSERT OR REPLACE INTO core_audithead SELECT * FROM core_audithead",
            "UPDATE OR REPLACE core_audithead SET last_hash = 'x'",
        ]
        if connection.vendor == "sqlite"
        else [
            "INSERT INTO core_auditrecord OVERRIDING SYSTEM VALUE SELECT * FROM core_auditrecord WHERE id = 3"
            " ON CONFLICT (id) DO UPDATE SET by_name = 'eve'",
        ]
    ),
    *(["TRUNCATE core_auditrecord", "TRUNCATE core_audithead"] if connection.vendor == "postgresql" else []),
]


def newest() -> AuditRecord:
    record = AuditRecord.objects.first()
    assert record
    return record


def verified(*options: str) -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("verify_audit", *options, stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue().strip()
    return 0, said.getvalue().strip()


def tampered(statement: str, *values: Any) -> None:
    """By somebody who took the triggers away."""
    triggers.release(connection)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
    triggers.protect(connection)


@pytest.fixture
def five(ada: User) -> list[AuditRecord]:
    for number in range(1000, 1005):
        log.record(ada, "extension.changed", number, fields={"last_name": ["Ö", "日本"]})
    return list(AuditRecord.objects.order_by("id"))


# --- only growing ---


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses_to_change_or_remove_a_row(five: list[AuditRecord], statement: str) -> None:
    with pytest.raises(DatabaseError, match="log"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert list(AuditRecord.objects.order_by("id")) == five
    assert verified()[0] == 0


def test_many_rows_are_written_with_few_statements(
    ada: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with in_force(), django_assert_max_num_queries(12), log.together():
        for number in range(1000, 1300):
            log.record(ada, "extension.changed", number)
    assert AuditRecord.objects.count() == 300
    assert verified()[0] == 0


def test_the_triggers_come_back_with_the_next_migrate(five: list[AuditRecord]) -> None:
    triggers.release(connection)
    call_command("migrate", verbosity=0)
    with pytest.raises(DatabaseError), transaction.atomic():
        AuditRecord.objects.all().delete()


def test_a_deleted_person_stays_in_the_log_as_they_were(five: list[AuditRecord], ada: User) -> None:
    key = ada.pk
    make_user("Grace", role="super_administrator")  # the last one would stay
    ada.delete()
    assert set(AuditRecord.objects.values_list("by", "by_email")) == {(key, "ada@example.com")}
    assert verified()[0] == 0


# --- what is found ---


def test_a_log_that_nobody_touched_is_whole(five: list[AuditRecord]) -> None:
    code, said = verified()
    assert (code, said) == (0, f"5 entries, none altered. Last entry: 5:{five[-1].hash}")


def test_an_empty_log_is_whole(db: None) -> None:
    assert verified() == (0, f"0 entries, none altered. Last entry: 0:{hash_chain.START}")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01 00:00:00+00:00"),
        ("by", 99),
        ("by_name", "eve"),
        ("origin", "192.0.2.1"),
        ("module", "role"),
        ("action", "extension.added"),
        ('"on"', '"1001x"'),
        ("number", "9"),
        ("result", "failed"),
        ("detail", '{"fields": {}}'),
        ("set_back", True),
    ],
)
def test_a_row_altered_by_hand_is_named(five: list[AuditRecord], column: str, value: object) -> None:
    tampered(f"UPDATE core_auditrecord SET {column} = %s WHERE id = 3", value)
    assert verified() == (1, "Entry 3 was altered.")


def test_an_altered_row_with_a_hash_made_to_fit_is_found_at_the_next(five: list[AuditRecord]) -> None:
    third = five[2]
    third.by_name = "eve"
    made = hash_chain.digest(five[1].hash, [getattr(third, name) for name in hash_chain.HASHED])
    tampered("UPDATE core_auditrecord SET by_name = 'eve', hash = %s WHERE id = 3", made)
    assert verified() == (1, "Entry 4 was altered.")


def test_rows_taken_out_are_named(five: list[AuditRecord]) -> None:
    tampered("DELETE FROM core_auditrecord WHERE id IN (2, 3)")
    assert verified() == (1, "Entries 2 to 3 are missing.")


def test_rows_cut_off_at_the_end_are_named(five: list[AuditRecord]) -> None:
    tampered("DELETE FROM core_auditrecord WHERE id = 5")
    assert verified() == (1, "Entry 5 is missing at the end.")
    tampered("DELETE FROM core_auditrecord WHERE id > 2")
    assert verified() == (1, "Entries 3 to 5 are missing at the end.")


@pytest.mark.parametrize("row", [0, 6])
def test_a_row_put_in_is_named(five: list[AuditRecord], row: int) -> None:
    columns = ", ".join(f'"{field.column}"' for field in AuditRecord._meta.fields if field.column != "id")
    tampered(f"INSERT INTO core_auditrecord (id, {columns}) SELECT {row}, {columns} FROM core_auditrecord WHERE id = 1")
    code, said = verified()
    assert code == 1
    assert said.startswith(f"Entry {row} was inserted")


def test_a_lost_head_is_named(five: list[AuditRecord]) -> None:
    tampered("DELETE FROM core_audithead")
    code, said = verified()
    assert (code, said) == (1, "The log's head is missing: entries may be missing at the end.")


def test_a_log_written_anew_as_a_whole_is_found_by_a_hash_kept_elsewhere(five: list[AuditRecord]) -> None:
    kept = f"3:{five[2].hash}"
    assert verified("--known", kept)[0] == 0
    previous = hash_chain.START
    for each in five:
        each.by_name = "eve"
        previous = hash_chain.digest(previous, [getattr(each, name) for name in hash_chain.HASHED])
        tampered("UPDATE core_auditrecord SET by_name = 'eve', hash = %s WHERE id = %s", previous, each.pk)
    tampered("UPDATE core_audithead SET last_hash = %s", previous)
    assert verified()[0] == 0
    code, said = verified("--known", kept)
    assert (code, said) == (1, "Entry 3 does not match the known hash: it or an earlier entry was altered.")


# --- what is recorded ---


def test_no_record_no_change(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/extensions/add/", Typed().fields)
    count = AuditRecord.objects.count()
    refuse_inserts()
    kept = {"version": "1", "password": "", "registration_password": "", "caller_id": "1000", "last_name": "Stopped"}
    with pytest.raises(DatabaseError, match="disk"):
        client.post("/extensions/1000/edit/", Typed(more=kept).fields)
    extension = SipExtension.objects.get()
    assert (extension.user.last_name, extension.version) == ("Hopper", 1)
    with pytest.raises(DatabaseError, match="disk"):
        client.post("/extensions/1000/delete/", {"then": "save"})
    with pytest.raises(DatabaseError, match="disk"), transaction.atomic():
        client.post("/extensions/1000/registration-password/")
    assert SipExtension.objects.count() == 1
    assert AuditRecord.objects.count() == count
    assert verified()[0] == 0


def refuse_inserts() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE TRIGGER stop BEFORE INSERT ON core_auditrecord BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        else:
            cursor.execute(triggers.REFUSE.format("stop", "disk full"))
            cursor.execute("CREATE TRIGGER stop BEFORE INSERT ON core_auditrecord FOR EACH ROW EXECUTE FUNCTION stop()")


def test_a_record_says_from_where(client: Client, ada: User, settings: Settings) -> None:
    client.force_login(ada)
    client.post("/extensions/add/", Typed().fields, REMOTE_ADDR="192.0.2.7")
    assert (newest().origin, newest().number) == ("192.0.2.7", "1000")
    behind = Client(REMOTE_ADDR="127.0.0.1", headers={"X-Forwarded-For": "1.1.1.1, 2001:db8::9"})
    behind.force_login(ada)
    behind.post("/extensions/1000/registration-password/")
    assert newest().origin == "127.0.0.1"
    settings.BEHIND_PROXY = proxies.named("True")
    behind.post("/extensions/1000/registration-password/")
    assert newest().origin == "2001:db8::9"
    client.post("/extensions/1000/registration-password/", headers={"X-Forwarded-For": "x" * 400})
    assert newest().origin == "unknown"
    make_extension("1001")
    assert (newest().origin, newest().by, newest().who) == ("system", AuditRecord.SYSTEM, "system")
    with context.override_origin(context.COMMAND):
        log.record(None, "engine.checked", "All")
    assert (newest().origin, newest().by, newest().who) == ("command", AuditRecord.COMMAND, "command line")


def test_a_change_is_recorded_with_its_old_and_new_values_and_no_secret(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/extensions/add/", Typed().fields)
    secret = "q8Rw9KqX2mZv5LpB8nYc"
    typed = {"version": "1", "password": PASSWORD, "registration_password": secret, "caller_id": "1000"}
    client.post("/extensions/1000/edit/", Typed(last_name="Murray", more=typed).fields)
    record = newest()
    assert (record.action_label, record.module_label, record.result) == ("changed an extension", "Extension", "done")
    assert record.detail["fields"]["last_name"] == ["Hopper", "Murray"]
    assert record.fields == [
        FieldChange("Last Name", "Hopper", "Murray", is_masked=False),
        FieldChange("Registration Password", "", "changed", is_masked=True),
        FieldChange("User Password", "", "changed", is_masked=True),
    ]
    assert secret not in str(record.detail)


def test_preferences_are_recorded_with_their_values(client: Client, ada: User) -> None:
    client.force_login(ada)
    saved = PreferencesForm(by=ada).initial
    typed = {name: value for name, value in saved.items() if value not in (None, False)}
    changed = {"company": "Acme", "country": "DE", "first_number": "200", "last_number": "299"}
    client.post("/preferences/", {**typed, **changed, "organization_management": "", "version": "1"})
    assert newest().action == "preferences.changed"
    assert [(each.label, each.old, each.new) for each in newest().fields] == [
        ("Company Name", "Company", "Acme"),
        ("Country", "United States", "Germany"),
        ("First extension number", "1000", "200"),
        ("Last extension number", "5999", "299"),
        ("Organization Management", "on", "off"),
    ]


def test_discarding_says_what_it_took_back(client: Client, ada: User) -> None:
    client.force_login(ada)
    client.post("/extensions/add/", Typed().fields)
    client.post("/extensions/1000/discard/")
    record = AuditRecord.objects.filter(action="extension.discarded").get()
    assert FieldChange("First Name", "Grace", "", is_masked=False) in record.fields


# --- sign-ins and refusals ---


def signing(client: Client, login: str, password: str) -> AuditRecord:
    client.post("/sign-in/", {"login": login, "password": password}, REMOTE_ADDR="192.0.2.8")
    return newest()


def test_sign_ins_sign_outs_and_failures_are_recorded(client: Client, ada: User) -> None:
    record = signing(client, "ADA@example.com", "wrong")
    assert (record.action, record.by, record.by_email) == ("sign_in.failed", ada.pk, "ada@example.com")
    assert (record.result, record.origin, record.module) == ("failed", "192.0.2.8", "sign_in")
    record = signing(client, "ada@example.com", PASSWORD)
    assert (record.action, record.result) == ("sign_in.done", "done")
    client.post("/sign-out/")
    assert (newest().action, newest().by_email) == ("sign_in.ended", "ada@example.com")


def test_what_is_no_account_is_masked_as_people_type_passwords_there(client: Client, ada: User) -> None:
    record = signing(client, "Correct7Horse9Staple@example.com", "x")
    assert (record.by, record.who, record.on_text) == (
        AuditRecord.NOBODY, "unknown person", "an address without an account",
    )  # fmt: skip
    assert "Horse" not in "".join(map(str, AuditRecord.objects.values_list()))


def test_a_disabled_account_that_is_tried_says_so(client: Client, ada: User) -> None:
    User.objects.update(is_active=False)
    record = signing(client, "ada@example.com", PASSWORD)
    assert (record.action, record.more) == ("sign_in.failed", [("Reason", "the account is disabled")])


def test_a_refusal_is_recorded_and_what_does_not_exist_is_not(client: Client, hugo: User, ada: User) -> None:
    make_extension("1000", user=ada)
    client.force_login(hugo)
    assert client.post("/extensions/1000/toggle/", {"enabled": "no"}).status_code == 403
    record = newest()
    assert (record.action, record.result, record.by) == ("page.refused", "refused", hugo.pk)
    assert (record.on, record.number, record.module) == ("POST /extensions/1000/toggle/", "1000", "extension")
    before = AuditRecord.objects.count()
    assert client.get("/preferences/").status_code == 404
    assert client.get("/extensions/4711/").status_code == 404
    assert AuditRecord.objects.count() == before


def test_a_refused_permission_is_filed_under_its_module(client: Client, ada: User) -> None:
    ada.role = Role.objects.create(name="Watcher", granted=["check.view"])
    ada.save()
    client.force_login(ada)
    assert client.post("/history/check/repair/").status_code == 403
    assert (newest().action, newest().module) == ("page.refused", "check")


# --- the row itself ---


def test_text_that_no_database_keeps_is_kept_as_far_as_it_goes(db: None) -> None:
    log.record(None, "extension.changed", "1\0\ud800" + "x" * 300, number="1", odd=("\0", {"a": 1.5, "b": None}))
    record = newest()
    assert record.on.startswith("1?xxx")
    assert len(record.on) == 254
    assert record.detail == {"odd": ["", {"a": "1.5", "b": None}]}
    assert verified()[0] == 0


def test_a_clock_that_was_set_back_is_noted(db: None) -> None:
    log.record(None, "engine.checked", "All")
    assert not newest().set_back
    tampered("UPDATE core_audithead SET last_at = %s", timezone.now() + timedelta(hours=1))
    log.record(None, "engine.checked", "All")
    assert newest().set_back
    log.record(None, "engine.checked", "All")
    assert not newest().set_back
    assert verified()[0] == 0


def calls(*names: str) -> Iterator[ast.Call]:
    for app in ("core", "accounts", "extensions", "asterisk", "pbxportal"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in names:
                    yield node


def literals(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value


def test_each_action_that_the_code_records_is_in_the_table() -> None:
    named = {ast.unparse(call.args[1]).strip("'") for call in calls("log.record", "_record")}
    patterns = {each for each in named if each.startswith(('f"', "f'"))} | {"action", "self.action"}
    assert named - patterns <= ACTIONS.keys()
    spelled = {each.lstrip("f").strip("'\"") for each in patterns}
    kinds = {"extension.{action or kind}", "extension.{kind}"}
    assert spelled <= {"action", "self.action", "second_factor.{what}"} | kinds
    assert {f"extension.{kind}" for kind in Change.Kind.values} <= ACTIONS.keys()


def test_each_text_that_the_code_stores_is_known_by_its_code() -> None:
    codes = set(literals(call.args[0] for call in calls("CodedText") if call.args))
    assert len(codes) > 40
    assert {code for code in codes if not coded_text.is_known(code)} == {
        "field.",
        "event.kind.",
        "event.part.",
        "import.",
    }


def test_each_field_and_detail_that_the_code_records_has_a_label() -> None:
    own = {"number", "result", "module", "fields"}  # record()'s own
    details = {word.arg for call in calls("log.record", "_tell") for word in call.keywords if word.arg} - own
    names = set(BY_NAME) | {field.name for field in Preferences._meta.fields if field.editable}
    assert {name for name in details | names - {"id"} if not coded_text.is_known(f"field.{name}")} == set()


def test_a_label_cannot_be_given_twice() -> None:
    with pytest.raises(ValueError, match="mobile"):
        fields.register({"mobile": RecordedField("Another")})


def test_what_is_stored_of_somebody_unknown_is_a_code_and_shown_as_a_text(db: None) -> None:
    log.record(log.NOBODY, "sign_in.failed", CodedText("sign_in.no_account"), why=CodedText("sign_in.account_disabled"))
    record = newest()
    assert (record.by_name, record.on) == ("", {"code": "sign_in.no_account"})
    assert record.detail == {"why": {"code": "sign_in.account_disabled"}}
    assert (record.who, record.on_text) == ("unknown person", "an address without an account")
    assert record.more == [("Reason", "the account is disabled")]
    assert verified()[0] == 0


# --- the chain by itself ---

ROW = [None] * (len(hash_chain.HASHED) - 1)


def rows_of(*numbers: int) -> tuple[list[list[object]], str]:
    """Rows with hashes that fit, and the last hash."""
    made: list[list[object]] = []
    previous = hash_chain.START
    for number in numbers:
        previous = hash_chain.digest(previous, [number, *ROW])
        made.append([number, *ROW, previous])
    return made, previous


@pytest.mark.parametrize(
    ("numbers", "count", "row", "words"),
    [
        ((1, 3), 3, 2, "Entry 2 is missing."),
        ((1, 4), 4, 2, "Entries 2 to 3 are missing."),
        ((1, 1), 2, 1, "Entry 1 was inserted: entries are numbered from 1."),
        ((0, 1), 2, 0, "Entry 0 was inserted: entries are numbered from 1."),
        ((1, 2), 3, 3, "Entry 3 is missing at the end."),
        ((1, 2), 1004, 3, "Entries 3 to 1,004 are missing at the end."),
        ((), 1, 1, "Entry 1 is missing at the end."),
    ],
)
def test_what_is_wrong_with_the_chain_is_said_with_its_first_row(
    numbers: tuple[int, ...], count: int, row: int, words: str
) -> None:
    rows, last = rows_of(*numbers)
    with pytest.raises(hash_chain.Broken) as broken:
        hash_chain.walk(rows, count, last)
    assert (broken.value.row, str(broken.value)) == (row, words)


def test_a_head_of_another_log_is_told() -> None:
    rows, last = rows_of(1, 2)
    hash_chain.walk(rows, 2, last)
    hash_chain.walk([], 0, hash_chain.START)
    with pytest.raises(hash_chain.Broken, match="Entry 2 was altered: the log's head has a different hash for it"):
        hash_chain.walk(rows, 2, "0" * 64)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\0b\ud800", "ab?"),
        ({1: ["x\0", 2, True, None]}, {"1": ["x", 2, True, None]}),
        (("a", 1.5), ["a", "1.5"]),
        (frozenset({"a"}), ["a"]),
    ],
)
def test_what_is_recorded_is_what_every_database_gives_back(value: object, kept: object) -> None:
    assert hash_chain.clean(value) == kept


def test_the_hash_is_of_the_moment_in_whichever_zone_it_is_read() -> None:
    moment = datetime(2026, 1, 31, 12, tzinfo=UTC)
    there = moment.astimezone(zone(timedelta(hours=5)))
    assert hash_chain.digest("", [moment]) == hash_chain.digest("", [there])
    assert hash_chain.digest("", [moment]) != hash_chain.digest("x", [moment])


def test_whatever_is_shown_as_a_mask_is_told_as_such() -> None:
    every = fields._fields
    masked = {name for name, field in every.items() if field.show is fields.show_mask}
    assert {"password", "registration_password", "greeting", "picture", "key", "backup_passphrase"} <= masked
    assert masked == {name for name, field in every.items() if field.is_secret}
