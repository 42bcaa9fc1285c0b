"""What people change by phone is taken over, and mailboxes are kept apart. With the real PBX: tests/pbx/voicemail."""

import os
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization, Role
from asterisk.apply import by_phone, retention, route_members
from asterisk.apply.by_phone import Taking
from asterisk.apply.year import TurnOfYear
from asterisk.engine import store as engine
from asterisk.live import voicemail_spool as spool
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from core.audit import log
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.asterisk.live.test_voicemail_spool import put
from tests.asterisk.manager import Manager
from tests.node import apply, apply_preferences
from tests.people import make_extension, make_user
from tests.trunks.typed import make_outbound, make_trunk, set_hours
from trunks.models import Emergency


def actions() -> list[tuple[str, str]]:
    """What was recorded of phones: action, and number of the extension."""
    found = AuditRecord.objects.filter(action__contains="by_phone").order_by("pk")
    locked = AuditRecord.objects.filter(action="extension.voicemail_locked").order_by("pk")
    return [(each.action, each.number) for each in (*found, *locked)]


def sql(text: str) -> list[tuple[object, ...]]:
    with engine.opened(from_settings().engine_file) as db:
        return db.execute(text).fetchall()


@pytest.mark.django_db
def test_what_was_changed_by_phone_is_taken_over_before_an_apply(manager: Manager) -> None:
    user = make_user("Vic")
    make_extension("1000", voicemail=True, voicemail_pin="4711", user=user)
    make_extension("1001", voicemail=True, voicemail_pin="4711")
    apply(["1000", "1001"], None)
    with changes.edit("1000", None) as edited:
        edited.caller_id = "77"
    box = spool.box(from_settings().directory, "1000")
    box.mkdir(parents=True, exist_ok=True)
    (box / "busy.wav").touch()
    old = spool.box(from_settings().directory, "1001")
    old.mkdir(parents=True, exist_ok=True)
    (old / "unavail.wav").touch()
    os.utime(old / "unavail.wav", (1, 1))
    sql("INSERT INTO pin_by_phone (number, pin) VALUES ('1000', '8153'), ('1001', '9264'), ('1999', '1')")
    sql("INSERT INTO pin_locked (number, caller) VALUES ('1000', '1001')")
    now = int(time.time()) - 60
    sql(f"INSERT INTO mailbox_visit (number, since) VALUES ('1000', {now}), ('1001', {now}), ('../1000', 0)")
    apply(["1000"], None)
    assert SipExtension.objects.get(number="1000").voicemail_pin == "8153"
    assert sql("SELECT number, pin FROM mailbox ORDER BY number") == [("1000", "8153"), ("1001", "9264")]
    assert actions() == [
        ("extension.pin_changed_by_phone", "1000"),
        ("extension.pin_changed_by_phone", "1001"),
        ("extension.greeting_by_phone", "1000"),
        ("extension.voicemail_locked", "1000"),
    ]
    assert AuditRecord.objects.get(action="extension.voicemail_locked").detail["caller"] == "1001"
    assert [(each.kind, each.facts["caller"]) for each in Email.objects.filter(kind="voicemail_locked")] == [
        ("voicemail_locked", "1001")
    ]
    with engine.opened(manager.engine_file) as db:
        assert not engine.has_news_by_phone(db)
    apply(["1000"], None)
    assert len(actions()) == 4


@pytest.mark.django_db
def test_rows_have_the_pin_that_was_chosen_meanwhile(manager: Manager) -> None:
    make_extension("1000", voicemail=True, voicemail_pin="4711")
    make_extension("1001")
    apply(["1000", "1001"], None)
    sql("INSERT INTO pin_by_phone (number, pin) VALUES ('1000', '8153'), ('1001', '8153')")
    with engine.opened(manager.engine_file) as db:
        held = engine.read(db, ["1000", "1001"])
    changed = {number: by_phone.as_changed_since(manager.engine_file, number, rows) for number, rows in held.items()}
    assert changed["1001"] == held["1001"]
    assert changed["1000"].mailbox
    assert changed["1000"].mailbox.pin == "8153"
    assert (changed["1000"].login, changed["1000"].dial) == (held["1000"].login, held["1000"].dial)


def until(true: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


@pytest.mark.django_db(transaction=True)
def test_news_are_told_at_once_and_taken_over_when_no_apply_goes_on(
    manager: Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(by_phone, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(by_phone, "FOLLOW_SECONDS", 0.05)
    ada = make_user("Ada", role="super_administrator")
    make_extension("1000", voicemail=True, voicemail_pin="4711", location="2nd floor", user=ada)
    Emergency(pk=1, people=[ada.pk]).save()
    apply(["1000"], None)
    sql("INSERT INTO pin_by_phone (number, pin) VALUES ('1000', '8153')")
    sql("INSERT INTO emergency_call (dialed, caller, at) VALUES ('112', '1000', '2026-11-30T00:00:00.000Z')")
    sql("INSERT INTO emergency_call (dialed, caller) VALUES ('110', '1999')")
    sql("INSERT INTO outbound_lock (number, dialed) VALUES ('1000', '0900')")
    taking = Taking(from_settings())
    with engine.locked(manager.engine_file):
        taking.start()
        taking.notice()
        assert until(lambda: not sql("SELECT 1 FROM emergency_call") and not sql("SELECT 1 FROM outbound_lock_news"))
        assert sql("SELECT pin FROM pin_by_phone") == [("8153",)]  # that waits for the apply
    assert until(lambda: not sql("SELECT 1 FROM pin_by_phone"))
    taking.stop()
    assert "changes-by-phone" not in [each.name for each in threading.enumerate()]
    assert SipExtension.objects.get(number="1000").voicemail_pin == "8153"
    calls = AuditRecord.objects.filter(action="emergency.called").order_by("pk")
    assert [(each.on, each.by, each.detail["dialed"], each.detail["location"]) for each in calls] == [
        ("1000", ada.pk, "112", "2nd floor"),
        ("1999", 0, "110", ""),
    ]
    facts = [each.facts for each in Email.objects.filter(kind="emergency_call").order_by("pk")]
    assert [(each["dialed"], each["caller"], each["location"]) for each in facts] == [
        ("112", "1000", "2nd floor"),
        ("110", "1999", ""),
    ]
    assert facts[0]["at"] == "2026-11-30T00:00:00.000Z"


@pytest.mark.django_db(transaction=True)
def test_hours_are_put_anew_when_a_year_has_turned(manager: Manager) -> None:
    set_hours(monday="09:00-17:00")
    apply_preferences(None)
    before = sql("SELECT * FROM hours_first")
    sql("UPDATE common SET value = '2020 0.1' WHERE name = 'hours_of'")
    sql("DELETE FROM hours_first")
    turn = TurnOfYear(from_settings())
    turn.start()
    assert until(lambda: sql("SELECT * FROM hours_first") == before)
    turn.stop()
    sql("DELETE FROM hours_first")
    turn.look()  # of this year they are taken to be there
    assert sql("SELECT * FROM hours_first") == []
    manager.engine_file.write_bytes(b"no table" * 99)
    turn.look()
    assert manager.engine_file.read_bytes()[:8] == b"no table"


@pytest.mark.django_db
def test_a_route_follows_who_may_use_it(manager: Manager) -> None:
    make_extension("1000")
    make_extension("1150")
    trunk = make_trunk()
    route = make_outbound(trunk, restricted=True, extensions="1100-1199")
    make_outbound(trunk, name="Off", restricted=True, extensions="1000", enabled=False)
    make_outbound(trunk, name="All", extensions="1000")
    apply_preferences(None)
    assert sql("SELECT id FROM outbound_member") == [(f"{route.pk}-1150",)]
    following = route_members.Following()
    with engine.opened(manager.engine_file) as db:
        following.follow(db)
        db.execute("INSERT INTO outbound_member VALUES ('9-9999')")
        following.follow(db)  # nothing was recorded since
        assert route_members.differing(db) == (set(), {"9-9999"})
        make_extension("1160")
        assert route_members.differing(db) == ({f"{route.pk}-1160"}, {"9-9999"})
        log.record(None, "extension.greeting_by_phone", "1160")
        following.follow(db)
        assert route_members.differing(db) == (set(), set())


@pytest.mark.django_db
def test_a_route_is_for_roles_for_departments_with_those_below_and_for_extensions(manager: Manager) -> None:
    sales = Organization.objects.create(name="Sales", parent=Organization.company())
    inside = Organization.objects.create(name="Inside", parent=sales)
    role = Role.objects.create(name="Caller")
    caller, seller, clerk = make_user("Caller", custom=role), make_user("Seller"), make_user("Clerk")
    seller.organizations.add(inside)
    clerk.organizations.add(Organization.company())
    for number, user in {"1000": caller, "1001": seller, "1002": clerk, "1100": None}.items():
        more: dict[str, Any] = {"user": user} if user else {}
        make_extension(number, **more)
    trunk = make_trunk()
    chosen: list[dict[str, Any]] = [
        {"roles": [role.pk]},
        {"organizations": [sales.pk]},
        {"extensions": "1002, 1100-1199"},
    ]
    by_role, by_department, by_number = (
        make_outbound(trunk, name=f"Route {at}", restricted=True, **each).pk for at, each in enumerate(chosen)
    )
    make_outbound(trunk, name="Nobody", restricted=True)
    apply_preferences(None)
    members = [f"{by_role}-1000", f"{by_department}-1001", f"{by_number}-1002", f"{by_number}-1100"]
    held = "SELECT id FROM outbound_member ORDER BY id"
    assert sql(held) == [(each,) for each in sorted(members)]
    seller.organizations.remove(inside)
    with engine.opened(manager.engine_file) as db:
        route_members.Following().follow(db)
    assert f"{by_department}-1001" not in [each for (each,) in sql(held)]


@pytest.mark.django_db
def test_the_mailbox_of_who_is_gone_is_not_the_next_ones_and_comes_back(manager: Manager) -> None:
    directory = from_settings().directory
    extension = make_extension("1000", voicemail=True, voicemail_pin="4711")
    apply(["1000"], None)
    text = put(directory, "INBOX", 0, "1-1")
    apply(["1000"], None)
    assert (spool.box(directory, "1000") / ".extension").read_text() == str(extension.pk)
    before = changes.picture(extension)
    extension.delete()
    changes.record(None, Change.Kind.DELETED, "1000", before, changes.NOTHING)
    apply(["1000"], None)
    parked = directory / "spool" / "voicemail" / "parked" / str(before.record["id"] if before.record else "")
    assert not text.exists()
    assert (parked / "INBOX" / text.name).exists()
    other = make_extension("1000", voicemail=True, voicemail_pin="4711")
    apply(["1000"], None)
    assert not text.exists()
    put(directory, "INBOX", 0, "2-2")
    apply(["1000"], None)
    assert (spool.box(directory, "1000") / ".extension").read_text() == str(other.pk)


@pytest.mark.django_db
def test_so_many_applies_are_kept_with_what_only_they_need(manager: Manager) -> None:
    Preferences.objects.update(restore_points=2)
    parked = from_settings().directory / "spool" / "voicemail" / "parked"
    for name in ("old", "new"):
        (parked / name).mkdir(parents=True)
    os.utime(parked / "old", (1, 1))
    os.utime(parked / "new", (time.time() + 900, time.time() + 900))
    make_extension("1000")
    runs = [apply(["1000"], None)]
    for phones in (2, 3, 1):
        with changes.edit("1000", None) as edited:
            edited.max_phones = phones
        runs.append(apply(["1000"], None))
    assert list(ApplyRun.objects.values_list("pk", flat=True)) == [runs[3].pk, runs[2].pk]
    assert sql("SELECT run FROM restore_point ORDER BY run") == [(runs[2].pk,), (runs[3].pk,)]
    assert Change.objects.count() == 2
    assert [each.name for each in parked.iterdir()] == ["new"]
    waits = ApplyRun.objects.create(outcome=ApplyRun.Outcome.WAITING, started_at=timezone.now())
    for _ in range(3):
        apply([], None)
    assert ApplyRun.objects.filter(pk=waits.pk).exists()  # what is not proved is kept
    retention.prune(from_settings())
    assert ApplyRun.objects.count() == 3
