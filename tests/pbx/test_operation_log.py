"""What applies, repairs and commands leave in the operation log."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk import check
from asterisk.apply.errors import ApplyError
from asterisk.engine import store as engine
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from core.audit.models import AuditRecord
from extensions.models import SipExtension
from tests.node import apply
from tests.people import PASSWORD, make_extension

COMMAND = (AuditRecord.COMMAND, "command line", "command")


def newest(action: str) -> AuditRecord:
    return AuditRecord.objects.filter(action=action)[0]


def who(record: AuditRecord) -> tuple[int, str, str]:
    return record.by, record.who, record.origin


def test_an_apply_says_who_how_many_the_outcome_and_the_run(asterisk: Embedded, ada: User) -> None:
    make_extension("1000")
    make_extension("1001")
    run = apply(["1000", "1001"], ada)
    record = newest("apply.proved")
    assert (record.by, record.on_text, record.number, record.result) == (ada.pk, "2 extensions", "", "done")
    assert dict(record.more) == {"Apply": str(run.pk), "Outcome": "Verified", "Numbers": "1000, 1001"}
    run = apply(["1000"], None)
    record = newest("apply.proved")
    assert (record.who, record.on_text, record.number) == ("system", "Extension 1000", "1000")


def test_an_apply_that_waits_and_one_that_is_refused_are_there(
    asterisk: Embedded, ada: User, settings: Settings
) -> None:
    extension = make_extension("1000")
    port, settings.AMI_PORT = settings.AMI_PORT, 9
    apply(["1000"], ada)
    record = newest("apply.waiting")
    assert (record.result, record.number, dict(record.more)["Outcome"]) == ("done", "1000", "waiting for the PBX")
    settings.AMI_PORT = port
    SipExtension.objects.filter(pk=extension.pk).update(caller_id="10\n00")
    with pytest.raises(ApplyError):
        apply(["1000"], ada)
    record = newest("apply.refused")
    assert (record.result, record.number, record.by) == ("refused", "1000", ada.pk)
    assert dict(record.more)["Message"] == ApplyRun.objects.all()[0].explanation_text


def test_commands_are_recorded_as_such(asterisk: Embedded, ada: User, settings: Settings) -> None:
    make_extension("1000")
    call_command("apply", "--yes", stdout=StringIO())
    assert who(newest("apply.proved")) == COMMAND
    run = ApplyRun.objects.all()[0]
    call_command("apply", f"--undo={run.pk}", stdout=StringIO())
    assert not AuditRecord.objects.filter(action="apply.undone").exists()
    call_command("apply", "--yes", f"--undo={run.pk}", stdout=StringIO())
    undone = newest("apply.undone")
    assert (who(undone), undone.on_text) == (COMMAND, f"Apply {run.pk}")
    assert who(newest("extension.deleted")) == COMMAND
    make_extension("1001")
    assert newest("extension.added").origin == "system"


def test_a_repair_is_recorded(asterisk: Embedded, ada: User, settings: Settings) -> None:
    make_extension("1000")
    apply(["1000"], ada)
    with engine.opened(settings.ENGINE_FILE) as tables:
        tables.execute("UPDATE sip_login SET max_contacts = 9")
    with pytest.raises(SystemExit):
        call_command("check_engine", stdout=StringIO())
    assert not AuditRecord.objects.filter(action="engine.repaired").exists()
    call_command("check_engine", "--repair", stdout=StringIO())
    record = newest("engine.repaired")
    assert (who(record), record.on_text, record.detail["numbers"]) == (COMMAND, "1 extension", ["1000"])
    assert not check.check(from_settings()).drifts


def test_a_password_set_at_the_terminal_is_recorded_and_not_told(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda **_: PASSWORD + "x")
    call_command("changepassword", "ada@example.com", stdout=StringIO())
    record = newest("sign_in.password_changed")
    assert (who(record), record.on) == (COMMAND, "ada@example.com")
    assert PASSWORD not in str(list(AuditRecord.objects.values_list()))
    with pytest.raises(CommandError):
        call_command("changepassword", "nobody@example.com", stdout=StringIO())
    assert AuditRecord.objects.filter(action="sign_in.password_changed").count() == 1
