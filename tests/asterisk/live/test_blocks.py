"""Blocks in the portal's database, and what administrators are mailed of them."""

import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import DatabaseError
from django.utils import timezone

from accounts.models import User
from asterisk.ami.protocol import Message
from asterisk.engine import store as engine
from asterisk.live import block_files, blocks, emails, guard
from asterisk.live import store as live
from asterisk.live.attacks import SHOWN_ACCOUNTS, Attack
from asterisk.live.blocks import Block, Rules
from asterisk.live.guard import Guard
from asterisk.models import BlockedAddress
from asterisk.nodes import Node, from_settings
from core.mail import composition
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.people import make_user

NETWORK = "192.0.2.9"


def attack(network: str = NETWORK, number: str = "") -> Attack:
    return Attack(network, number, False, 10, ("1000", "1001"))


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Of files alone: no Asterisk is there."""
    (tmp_path / "etc").mkdir()
    live_file = tmp_path / "live.sqlite3"
    live.prepare(live_file)
    engine_file = tmp_path / "engine.sqlite3"
    return replace(from_settings(), directory=tmp_path, ami_port=1, engine_file=engine_file, live_file=live_file)


def ended() -> int:
    return BlockedAddress.objects.exclude(ended_at=None).count()


def test_an_address_that_is_blocked_is_not_blocked_twice(db: None) -> None:
    until = blocks.add(attack(), "", Rules.read())
    assert blocks.add(attack(), "", Rules.read()) == until
    assert BlockedAddress.objects.count() == 1
    assert blocks.in_force(Rules.read()) == {Block(NETWORK, ""): until}
    BlockedAddress.objects.update(until=timezone.now())
    assert blocks.add(attack(), "", Rules.read()) > until
    assert [each.number for each in BlockedAddress.objects.filter(ended_at=None)] == [""]


@pytest.mark.parametrize(
    ("numbers", "forgiven"),
    [
        (["1000"], [["1000"]]),
        (["1000", "1001"], [["1000"], ["1000", "1001"]]),
        ([str(number) for number in range(1000, 1020)], [["1000"], ["1000", "1001"]]),
        (["1001"], []),
        ([], []),
    ],
)
def test_who_tried_as_a_number_alone_is_forgiven_with_it(
    db: None, numbers: list[str], forgiven: list[list[str]]
) -> None:
    shown = [str(number) for number in range(1000, 1000 + SHOWN_ACCOUNTS)]  # and maybe others
    for last, accounts in enumerate((["1000"], ["1000", "1001"], [], shown), 1):
        blocks.add(replace(attack(f"192.0.2.{last}"), accounts=tuple(accounts)), "", Rules.read())
    blocks.add(replace(attack("192.0.2.9"), by_program=True, accounts=("1000",)), "", Rules.read())
    blocks.forgive(numbers)
    ends = BlockedAddress.objects.exclude(ended_at=None).order_by("id")
    assert list(ends.values_list("accounts", flat=True)) == forgiven


def test_a_block_is_at_most_a_week_long_and_a_month_makes_it_short_again(db: None) -> None:
    for each in range(15):
        BlockedAddress.objects.update(ended_at=timezone.now())
        until = blocks.add(attack(), "", Rules.read())
        lasts = until - BlockedAddress.objects.latest("id").since
        assert lasts == min(timedelta(minutes=15) * 2**each, timedelta(days=7))
    BlockedAddress.objects.update(ended_at=timezone.now(), since=timezone.now() - timedelta(days=31))
    until = blocks.add(attack(), "", Rules.read())
    assert until - timezone.now() <= timedelta(minutes=15)


def test_an_extension_at_an_address_has_blocks_of_its_own(db: None) -> None:
    blocks.add(attack(), "", Rules.read())
    blocks.add(attack(number="1000"), "1000", Rules.read())
    assert set(blocks.in_force(Rules.read())) == {Block(NETWORK, ""), Block(NETWORK, "1000")}


@pytest.mark.parametrize("change", [{"attacks_on": False}, {"attacks_never": "10.0.0.0/8, 192.0.2.0/24"}])
def test_what_the_preferences_spare_is_let_in(db: None, change: dict[str, object]) -> None:
    blocks.add(attack(), "", Rules.read())
    Preferences.objects.update(**change)
    assert blocks.in_force(Rules.read()) == {}
    assert ended() == 1


def test_old_blocks_are_forgotten(db: None) -> None:
    blocks.add(attack(), "", Rules.read())
    BlockedAddress.objects.update(ended_at=timezone.now() - timedelta(days=29))
    blocks.forget_old()
    assert BlockedAddress.objects.count() == 1
    BlockedAddress.objects.update(ended_at=timezone.now() - timedelta(days=31))
    blocks.forget_old()
    assert BlockedAddress.objects.count() == 0


def test_the_mail_names_them(ada: User) -> None:
    make_user("Grace")
    blocks.add(attack(), "", Rules.read())
    blocks.add(attack("198.51.100.4"), "1000", Rules.read())
    emails.tell()
    (email,) = Email.objects.all()
    written = composition.written(email, "pbx@example.com")
    assert written
    assert (written["To"], written["Subject"]) == (f"Ada <{ada.email}>", "The PBX blocked 2 addresses")
    for part in written.iter_parts():
        text = part.get_content()
        assert NETWORK in text
        assert "198.51.100.4, only for extension 1000" in " ".join(text.split())
        assert "/blocked/" in text
    emails.tell()
    assert Email.objects.count() == 1


def test_whoever_turned_it_off_gets_no_mail(ada: User) -> None:
    ada.muted = [emails.KIND]
    ada.save()
    blocks.add(attack(), "", Rules.read())
    emails.tell()
    assert Email.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_a_block_is_in_force_and_it_is_written_down_afterwards(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, conf = Guard(node), node.directory / "etc" / block_files.BLOCKED
    BlockedAddress.objects.create(until=timezone.now(), ended_at=timezone.now() - timedelta(days=31), tries=10)
    mine.round([])
    assert not BlockedAddress.objects.exists()
    assert "[scanner-agents]" in (node.directory / "etc" / block_files.SCANNERS).read_text()

    def away(*_: object) -> Rules:
        assert f"deny={NETWORK}\n" in conf.read_text()  # before it is asked
        raise DatabaseError("away")

    with monkeypatch.context() as patch:
        patch.setattr(Rules, "read", away)
        patch.setattr(mine._attackers, "due", lambda: [attack()])
        mine.round([])
        assert f"deny={NETWORK}\n" in conf.read_text()
        assert BlockedAddress.objects.count() == 0
    mine._round_at = 0.0
    mine.round([])
    assert [(each.network, each.mailed) for each in BlockedAddress.objects.in_force()] == [(NETWORK, True)]
    assert f"deny={NETWORK}\n" in conf.read_text()


@pytest.mark.django_db(transaction=True)
def test_an_attack_from_many_addresses_has_asterisk_read_them_together(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a reload takes long, because Asterisk watches many phones."""
    mine, conf, clock = Guard(node), node.directory / "etc" / block_files.BLOCKED, [100.0]
    taken, lifted = list[str](), list[str]()

    def slow(*_: object) -> None:
        clock[0] += 1
        taken.append(conf.read_text())

    monkeypatch.setattr(guard, "time", SimpleNamespace(monotonic=lambda: clock[0], time=time.time))
    monkeypatch.setattr(block_files, "reload", slow)
    monkeypatch.setattr(mine._attackers, "let_in", lambda network, _: lifted.append(network))
    mine.round([])
    taken.clear()
    clock[0] += 60
    for last in range(1, 9):
        monkeypatch.setattr(mine._attackers, "due", lambda last=last: [attack(f"192.0.2.{last}")])
        mine.round([])
    assert len(taken) == 4  # as long as they take 3 seconds together, each at once
    assert taken[3] == blocking(range(1, 5))
    monkeypatch.setattr(mine._attackers, "due", list)
    BlockedAddress.objects.filter(network="192.0.2.8").update(ended_at=timezone.now())
    clock[0] += 20
    mine.round([])
    assert (len(taken), lifted) == (4, [])  # Asterisk still refuses what is lifted
    clock[0] += 10
    mine.round([])
    assert taken[4:] == [blocking(range(1, 8))]
    assert lifted == ["192.0.2.8"]


def blocking(last: Iterable[int]) -> str:
    return "[blocked]\ntype=acl\n" + "".join(f"deny=192.0.2.{each}\n" for each in last)


@pytest.mark.django_db(transaction=True)
def test_while_the_database_is_away_a_block_ends_in_its_time(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, conf = Guard(node), node.directory / "etc" / block_files.BLOCKED
    Preferences.objects.update(attacks_block_minutes=0)
    written, write = [], block_files.write

    def away(*_: object) -> Rules:
        raise DatabaseError("away")

    def noted(*given: Any) -> None:
        written.append(given[2])
        write(*given)

    monkeypatch.setattr(block_files, "write", noted)
    with monkeypatch.context() as patch:
        patch.setattr(Rules, "read", away)
        mine.round([])
    assert written == []  # nobody knows the rules yet
    mine._round_at = 0.0
    mine.round([])
    monkeypatch.setattr(Rules, "read", away)
    monkeypatch.setattr(mine._attackers, "due", lambda: [attack()])
    mine.round([])
    assert f"deny={NETWORK}\n" in written[-2]
    assert conf.read_text() == ""


@pytest.mark.django_db(transaction=True)
def test_where_others_phones_are_the_extension_that_is_guessed_at_is_kept_out_alone(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, phones = Guard(node), {"1001": NETWORK, "1002": "192.0.2.8"}
    with live.opened(node.live_file) as db:
        for number, host in phones.items():
            live.replace(db, {number: [live.Contact(number, number, f"{host}:5060", "", "Reachable", 1, 1)]})
    signed_in = {"Event": "SuccessfulAuth", "AccountID": "1002", "RemoteAddress": "IPV4/UDP/192.0.2.6/5060"}
    mine.round([*refusals(1), refusals(1)[0] | signed_in])
    found = [
        attack(at, number) for at in (NETWORK, "192.0.2.6", "192.0.2.7") for number in ("", "1000", "1001", "1002")
    ]
    monkeypatch.setattr(mine._attackers, "due", lambda: found)
    mine.round([])
    blocked = {Block(each.network, each.number) for each in BlockedAddress.objects.in_force()}
    assert blocked == {
        Block(NETWORK, "1000"),
        Block(NETWORK, "1002"),
        Block("192.0.2.6", "1000"),
        Block("192.0.2.6", "1001"),
        Block("192.0.2.7", ""),
    }
    assert kept_out(node) == {(each.number, each.network) for each in blocked if each.number}
    BlockedAddress.objects.filter(network=NETWORK).update(ended_at=timezone.now())
    found.clear()
    mine._round_at = 0.0
    mine.round([])
    assert kept_out(node) == {("1000", "192.0.2.6"), ("1001", "192.0.2.6")}


@pytest.mark.django_db(transaction=True)
def test_what_was_refused_until_the_pbx_had_let_it_in_again_makes_no_new_block(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused, conf = refusals(4), node.directory / "etc" / block_files.BLOCKED
    Preferences.objects.update(attacks_tries=5)

    def asterisk(*given: object) -> None:
        """Refuses until it has read the files."""
        mine.take(refused[-1])

    mine = Guard(node)
    monkeypatch.setattr(block_files, "reload", asterisk)
    mine.round([])
    mine.round(refusals(5))
    assert BlockedAddress.objects.in_force().count() == 1
    assert conf.read_text()
    BlockedAddress.objects.update(ended_at=timezone.now())
    mine._round_at = 0.0
    mine.round(refused)
    mine._round_at = 0.0
    mine.round(mine._waiting)
    assert BlockedAddress.objects.in_force().count() == 0
    assert conf.read_text() == ""


def kept_out(node: Node) -> set[tuple[str, str]]:
    with engine.opened(node.engine_file) as db:
        return set(db.execute("SELECT number, network FROM kept_out"))


def refusals(count: int) -> list[Message]:
    """Of wrong passwords, as Asterisk tells of them now."""
    said = {"Event": "ChallengeResponseFailed", "Service": "PJSIP", "AccountID": "1000"}
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    where = {"RemoteAddress": f"IPV4/UDP/{NETWORK}/5060", "EventTV": now}
    return [said | where | {"SessionID": str(each)} for each in range(count)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("bind", "blocked"),
    [("127.0.0.1", True), ("127.0.0.2", True), ("::1", True), ("0.0.0.0", False), ("192.0.2.1", False), ("::", False)],  # noqa: S104
)
def test_this_machine_is_blocked_only_where_phones_are_on_it_alone(
    node: Node, monkeypatch: pytest.MonkeyPatch, bind: str, blocked: bool
) -> None:
    mine = Guard(replace(node, sip_bind=bind))
    mine.round([])
    monkeypatch.setattr(mine._attackers, "due", lambda: [attack("127.0.0.1"), attack("::/64"), attack(NETWORK)])
    mine.round([])
    found = set(BlockedAddress.objects.in_force().values_list("network", flat=True))
    assert found == ({"127.0.0.1", "::/64", NETWORK} if blocked else {NETWORK})
