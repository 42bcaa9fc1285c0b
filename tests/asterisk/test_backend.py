"""What pages are told of a PBX that is not there, and of one whose every word is made up."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from asterisk import check
from asterisk.backend import Asterisk
from asterisk.engine import store as engine
from asterisk.live import outbound_locks
from asterisk.live import store as live
from asterisk.models import BlockedAddress, CheckRun
from asterisk.nodes import from_settings
from core.audit.models import AuditRecord
from core.events.models import Event
from extensions.pbx import (
    Attempt,
    Cause,
    Ending,
    Folder,
    Line,
    LineState,
    MailboxOpen,
    MessageGone,
    Offline,
    PbxError,
    Phone,
)
from tests.asterisk.live.test_voicemail_spool import put
from tests.asterisk.manager import Manager
from tests.people import make_extension
from tests.settings import free_port
from trunks.pbx import TrunkState, TrunkWord

pytestmark = pytest.mark.django_db


def test_where_none_is_to_be_expected_that_is_said_and_no_trouble(settings: Settings) -> None:
    settings.PBX_EXPECTED = False
    state = Asterisk().state()
    kept = "Changes are saved, and applied as soon as the PBX is running."
    assert (state.up, state.words, state.detail, state.trouble) == (False, "No PBX on this machine", kept, "")


def test_one_that_cannot_be_asked_has_said_nothing_of_any_number() -> None:
    node = replace(from_settings(), ami_port=int(free_port()))
    assert check._said(node, ["1000"]) == {}


TOKEN = "REALTIME_FIELD(pbx_table,name,token,value)"


@pytest.mark.parametrize(
    ("prepare", "up", "words", "detail"),
    [
        (lambda _: None, True, "PBX running", "Asterisk is responding."),
        (
            lambda manager: manager.says.update({TOKEN: ""}),
            False,
            "PBX starting",
            "It responds, but is not reading its table yet. Changes are saved. If this lasts, restart the PBX.",
        ),
        (
            lambda manager: manager.says.update({TOKEN: "another"}),
            False,
            "PBX needs a restart",
            "Its table was replaced while it was running. Restart the PBX.",
        ),
        (
            lambda manager: manager.refuses.update(Login="Authentication failed"),
            False,
            "PBX refuses the portal",
            "It refuses the portal's sign-in. Changes are saved. If this lasts, check AMI_SECRET and ARI_SECRET, and"
            " restart the portal and its PBX.",
        ),
        (
            lambda manager: manager.rest_says.update(ping=(503, b"")),
            False,
            "PBX not responding",
            "Changes are saved, and applied as soon as the PBX is running. If this lasts, restart the portal and its"
            " PBX.",
        ),
        (
            lambda manager: (manager.engine_file.write_bytes(b"no table" * 99), manager.says.update({TOKEN: "x"})),
            False,
            "PBX table unusable",
            "The PBX's table engine.sqlite3: file is not a database. A new table is created. Press Apply, then restart"
            " the PBX.",
        ),
    ],
)
def test_the_state_of_the_pbx_is_said(
    manager: Manager, prepare: Callable[[Manager], object], up: bool, words: str, detail: str
) -> None:
    prepare(manager)
    state = Asterisk().state()
    assert (state.up, str(state.words), str(state.detail), state.trouble) == (up, words, detail, "")


@pytest.mark.parametrize(
    ("differing", "trouble"), [(0, ""), (1, "1 extension differs"), (1200, "1,200 extensions differ")]
)
def test_what_the_last_check_found_is_trouble(manager: Manager, differing: int, trouble: str) -> None:
    CheckRun.objects.create(differing=5, finished_at=timezone.now())
    CheckRun.objects.create(differing=differing, finished_at=timezone.now())
    CheckRun.objects.create(differing=7)  # has not ended
    state = Asterisk().state()
    assert (state.trouble, state.look) == (trouble, "/history/check/")


def test_one_that_runs_and_is_heard_is_not_asked_again_within_a_moment(manager: Manager) -> None:
    asterisk = Asterisk()
    asterisk.state()
    asked = len(manager.asked)
    asterisk.state()
    assert len(manager.asked) == 2 * asked  # nothing is heard of it
    beat(hears=True)
    asterisk.state()
    assert len(manager.asked) == 2 * asked
    manager.engine_file.touch()  # another table
    asterisk.state()
    assert len(manager.asked) == 3 * asked


def beat(*, hears: bool) -> None:
    with live.opened(from_settings().live_file) as db:
        live.beat(db, hears=hears)


def phone(at: float, number: str, status: str = "Reachable", **more: Any) -> live.Contact:
    values = {"address": f"192.0.2.{at:.0f}:5060", "model": "Snom", "since": at, "status_since": at, **more}
    return live.Contact(id=f"{number};@{at:.0f}", number=number, status=status, **values)


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def test_lines_are_shown_as_the_listener_heard_them(manager: Manager) -> None:
    beat(hears=True)
    heard = {
        "1000": [phone(1, "1000", transport="tls")],
        "1001": [phone(2, "1001", "Unreachable")],
        "1002": [phone(3, "1002", "Unavailable"), phone(4, "1002", "NonQualified")],
        "1003": [phone(5, "1003")],
        "1004": [phone(6, "1004")],
    }
    states = {"1001": "UNAVAILABLE", "1003": "RINGINUSE", "1004": "ONHOLD", "1006": "BUSY", "1000": "NOT_INUSE"}
    with live.opened(from_settings().live_file) as db:
        live.replace(db, {**heard, "1005": [phone(7, "1005", "Unreachable")]})
        live.replace(db, {"1005": []})
        live.set_states(db, states)
    numbers = [str(number) for number in range(1000, 1008)]
    lines = Asterisk().lines(numbers)
    assert list(lines) == numbers
    assert {number: line.state for number, line in lines.items()} == {
        "1000": LineState.IDLE,
        "1001": LineState.UNREACHABLE,
        "1002": LineState.IDLE,
        "1003": LineState.RINGING,
        "1004": LineState.BUSY,
        "1005": LineState.OFFLINE,
        "1006": LineState.BUSY,
        "1007": LineState.OFFLINE,
    }
    assert lines["1000"].phones == (
        Phone("1000;@1", True, "192.0.2.1:5060", "192.0.2.1", "Snom", moment(1), transport="tls"),
    )
    assert [each.answers for each in lines["1002"].phones] == [False, True]
    assert lines["1005"] == Line(LineState.OFFLINE, offline=Offline(moment(7), Ending.UNANSWERED))
    assert lines["1007"].offline is None
    assert sorted(Asterisk().registered(10)) == numbers[:5]
    assert len(Asterisk().registered(2)) == 3  # one more, so that it shows that there are more
    assert Asterisk().gone_since(moment(7)) == ["1005"]
    assert Asterisk().gone_since(moment(7.1)) == []


def test_lines_of_which_nothing_is_heard_any_more_are_not_shown_as_if(manager: Manager) -> None:
    for hears in (None, False):
        if hears is not None:
            beat(hears=hears)
        with pytest.raises(PbxError, match="The portal is not receiving events from the PBX"):
            Asterisk().lines(["1000"])
    from_settings().live_file.write_bytes(b"no table" * 99)
    with pytest.raises(PbxError, match="Phone status is not available: file is not a database"):
        Asterisk().registered(1)
    asterisk = Asterisk()
    unavailable = "Failed registrations are not available: file is not a database"
    with pytest.raises(PbxError, match=unavailable):
        asterisk.attempts(["a"])
    with pytest.raises(PbxError, match=unavailable):
        asterisk.failed_since(moment(0))
    with pytest.raises(PbxError, match="Failed registrations could not be cleared: file is not a database"):
        asterisk.forget_attempts(["a"])
    with pytest.raises(PbxError, match="file is not a database"):
        asterisk.states()


def test_failed_registrations_are_told_and_forgotten(manager: Manager) -> None:
    heard = [
        live.Attempt(account, Cause.CREDENTIALS.value, "192.0.2.1", "192.0.2.1:5060", "udp", at, at, at + 1)
        for at, account in enumerate(("grace", "joan", "grace2"), 1)
    ]
    with live.opened(from_settings().live_file) as db:
        live.add_attempts(db, heard)
    asterisk = Asterisk()
    graces, joans, other = (
        Attempt(
            each.account,
            Cause.CREDENTIALS,
            "192.0.2.1",
            "udp",
            each.times,
            moment(each.first_at),
            moment(each.last_at),
        )
        for each in heard
    )
    assert asterisk.attempts(["grace", "joan"]) == [joans, graces]
    assert sorted(asterisk.failed_since(moment(3)), key=lambda each: each.last_at) == [joans, other]
    assert asterisk.failed_since(moment(0), ["joan", "nobody"]) == [joans]
    assert asterisk.failed_since(moment(3.5), ["joan"]) == []
    asterisk.forget_attempts(["grace", "grace2"])
    assert asterisk.failed_since(moment(0)) == [joans]


def test_hosts_that_are_blocked_for_all_or_for_a_number_are_told(manager: Manager) -> None:
    until = timezone.now() + timedelta(hours=1)
    for network, number, ends in [
        ("192.0.2.1", "", None),
        ("192.0.2.2", "1000", None),
        ("192.0.2.3", "1001", None),
        ("192.0.2.4", "", timezone.now()),
        ("2001:db8::/64", "", None),
    ]:
        BlockedAddress.objects.create(network=network, number=number, ended_at=ends, until=until, tries=9)
    hosts = [f"192.0.2.{last}" for last in range(1, 6)] + ["2001:db8::7", "2001:db9::7"]
    assert Asterisk().blocked("1000", hosts) == {"192.0.2.1", "192.0.2.2", "2001:db8::7"}


REFUSED, UNKNOWN = "The provider refused the request.", "The provider does not know this user name."
LOG = (
    "[Nov 30 00:00:00] WARNING[1] res_pjsip_outbound_registration.c: {said} on registration attempt to"
    " 'sip:acme{at}@sip.example.com'{end}\n"
)


@pytest.mark.parametrize(
    ("registers", "status", "said", "word", "why"),
    [
        (1, "Registered", "", TrunkWord.REGISTERED, ""),
        (1, "Registered", "'403' fatal response", TrunkWord.REGISTERED, ""),
        (1, "Unregistered", "", TrunkWord.REGISTERING, ""),
        (1, "Unregistered", "No response received", TrunkWord.NO_ANSWER, ""),
        (
            1,
            "Unregistered",
            "'503' temporal response",
            TrunkWord.REFUSED,
            "The provider refused the request. (SIP 503)",
        ),
        (1, "Rejected", "", TrunkWord.REFUSED, ""),
        (
            1,
            "Rejected",
            "'404' fatal response",
            TrunkWord.REFUSED,
            "The provider does not know this user name. (SIP 404)",
        ),
        (
            1,
            "Stopped",
            "'401' fatal response",
            TrunkWord.REFUSED,
            "The provider does not accept this user name and password. (SIP 401)",
        ),
        (1, "Reachable", "", TrunkWord.UNKNOWN, ""),
        (0, "Reachable", "", TrunkWord.REACHABLE, ""),
        (0, "Unreachable", "", TrunkWord.UNREACHABLE, ""),
        (0, "Registered", "", TrunkWord.UNKNOWN, ""),
        (0, "", "", TrunkWord.UNKNOWN, ""),
    ],
)
def test_what_a_trunk_does_is_said_in_one_word(
    manager: Manager, registers: int, status: str, said: str, word: TrunkWord, why: str
) -> None:
    values = ["", "", "sip.example.com", registers, "acme7", "", "", "", "", "", "", "", 0, 0]
    with engine.opened(manager.engine_file) as db:
        for name in ("trunk-7", "trunk-8"):
            db.execute(f"INSERT INTO trunk VALUES ({', '.join('?' * 15)})", [name, *values])
    with live.opened(from_settings().live_file) as db:
        live.set_trunks(db, {"trunk-7": live.Trunk("trunk-7", status, 5)})
    log = from_settings().directory / "log" / "problems.log"
    log.parent.mkdir()
    other = LOG.format(said="'404' fatal response", at=6, end="")
    log.write_text(other + (LOG.format(said=said, at=7, end="") if said else "") + other)
    assert Asterisk().states() == {7: TrunkState(word, moment(5), why), 8: TrunkState(TrunkWord.UNKNOWN)}


def test_a_registration_is_removed_only_while_it_is_there(manager: Manager) -> None:
    make_extension("1000")
    Asterisk().apply(["1000"], None)
    manager.contacts["1000"] = [
        {"Event": "ContactStatusDetail", "AOR": "1000", "ID": "1000;@a", "URI": "sip:1@192.0.2.7"}
    ]
    assert not Asterisk().remove_phone("1000", "1000;@b")
    assert manager.rest == []
    assert Asterisk().remove_phone("1000", "1000;@a")
    assert manager.rest == [("DELETE", "/ari/asterisk/config/dynamic/res_pjsip/contact/1000%3B%40a")]


def test_an_apply_says_whether_it_is_proved(manager: Manager) -> None:
    make_extension("1000")
    manager.refuses["Login"] = "Permission denied"
    waits = Asterisk().apply(["1000"], None)
    assert (waits.live, waits.words[:20]) == (False, "Waiting for the PBX.")
    manager.refuses.clear()
    done = Asterisk().apply_preferences(None)
    assert (done.live, done.words) == (True, "There was nothing to compare.")


@pytest.fixture
def mailbox(manager: Manager) -> Path:
    """Of 1000: a new message and one that was heard."""
    directory = from_settings().directory
    put(directory, "INBOX", 0, "new")
    put(directory, "Old", 0, "old")
    return directory


def test_messages_are_moved_and_erased_where_they_are(manager: Manager, mailbox: Path) -> None:
    asterisk = Asterisk()
    asterisk.move_message("1000", "new", Folder.NEW)
    assert manager.asked == []
    asterisk.move_message("1000", "new", Folder.DELETED)
    asterisk.erase_message("1000", "old")
    where = {"Mailbox": "1000", "Context": "default"}
    assert manager.named("VoicemailMove", "VoicemailRemove") == [
        ("VoicemailMove", {**where, "Folder": "INBOX", "ID": "new", "ToFolder": "Cust5"}),
        ("VoicemailRemove", {**where, "Folder": "Old", "ID": "old"}),
    ]
    assert asterisk.sound_of("1000", "new").name == "msg0000.wav"
    with pytest.raises(MessageGone, match="no longer in the mailbox"):
        asterisk.erase_message("1000", "another")
    manager.says["VoicemailMove"] = "Message move failed"
    with pytest.raises(PbxError, match="could not move the message"):
        asterisk.move_message("1000", "new", Folder.HEARD)


def test_nothing_is_moved_in_a_mailbox_that_somebody_listens_to(manager: Manager, mailbox: Path) -> None:
    manager.says["GROUP_COUNT(1000@mailbox)"] = "1"
    asterisk = Asterisk()
    for act in (
        lambda: asterisk.move_message("1000", "new", Folder.HEARD),
        lambda: asterisk.erase_message("1000", "new"),
        lambda: asterisk.tell_messages_apart("1000"),
        lambda: asterisk.mend_mailbox("1000"),
    ):
        with pytest.raises(MailboxOpen, match="listening to this mailbox by phone"):
            act()
    assert manager.named("VoicemailMove", "VoicemailRemove", "VoicemailRefresh") == []
    manager.says["GROUP_COUNT(1000@mailbox)"] = "0"
    asterisk.move_message("1000", "new", Folder.HEARD)
    assert asterisk.mend_mailbox("1000") == (0, 0)
    assert manager.named("VoicemailRefresh") == [("VoicemailRefresh", {"Context": "default", "Mailbox": "1000"})]


def test_messages_of_one_id_get_ids_of_their_own(manager: Manager, mailbox: Path) -> None:
    put(mailbox, "Old", 1, "new")
    Asterisk().tell_messages_apart("1000")
    texts = [path.read_text() for path in mailbox.rglob("msg*.txt")]
    ids = [line for text in texts for line in text.splitlines() if line.startswith("msg_id=")]
    assert len(set(ids)) == 3


def test_a_greeting_is_put_for_every_reason_and_taken_away(manager: Manager) -> None:
    asterisk, directory = Asterisk(), from_settings().directory
    assert asterisk.greeting("1000") is None
    asterisk.set_greeting("1000", b"RIFF")
    box = directory / "spool" / "voicemail" / "default" / "1000"
    assert {each.name: each.read_bytes() for each in box.iterdir()} == {"unavail.wav": b"RIFF", "busy.wav": b"RIFF"}
    (box / "temp.wav").write_bytes(b"by phone")
    assert asterisk.greeting("1000") == box / "temp.wav"
    asterisk.set_greeting("1000", b"RIFF2")
    assert asterisk.greeting("1000") == box / "unavail.wav"
    asterisk.set_greeting("1000", None)
    assert list(box.iterdir()) == []
    box.rmdir()
    box.write_bytes(b"")
    with pytest.raises(PbxError, match="The mailbox cannot be read"):
        asterisk.set_greeting("1000", b"RIFF")


def test_an_extension_that_was_locked_is_told_of_once_and_let_again(manager: Manager) -> None:
    assert Asterisk().outbound_locked_since("1000") is None
    with engine.opened(manager.engine_file) as db:
        for dialed, at in (("0190", "2026-11-30T00:00:01.000Z"), ("0900", "2026-11-30T00:00:00.000Z")):
            db.execute("INSERT INTO outbound_lock (number, dialed, at) VALUES ('1000', ?, ?)", (dialed, at))
        db.execute("INSERT INTO outbound_lock (number, dialed) VALUES ('1001', '0900')")
        outbound_locks.tell(db)
        outbound_locks.tell(db)
    assert Asterisk().outbound_locked_since("1000") == datetime(2026, 11, 30, tzinfo=UTC)
    recorded = AuditRecord.objects.filter(action="extension.outbound_locked").order_by("pk")
    assert [(each.on, each.number, each.detail["dialed"], each.by) for each in recorded] == [
        ("1000", "1000", "0190", 0),
        ("1001", "1001", "0900", 0),
    ]
    opened = Event.objects.open().filter(kind="outbound_locked")
    assert sorted(opened.values_list("subject", flat=True)) == ["1000", "1001"]
    Asterisk().release_outbound("1000")
    assert Asterisk().outbound_locked_since("1000") is None
    assert Asterisk().outbound_locked_since("1001")
    assert opened.get().subject == "1001"


def test_a_table_that_cannot_be_read_says_so_on_every_page(manager: Manager) -> None:
    manager.engine_file.write_bytes(b"no table" * 99)
    asterisk = Asterisk()
    for ask in (
        lambda: asterisk.when_called("1000", {}),
        lambda: asterisk.when_dialed("1000", "0171"),
        lambda: asterisk.outbound_locked_since("1000"),
        lambda: asterisk.release_outbound("1000"),
        asterisk.states,
    ):
        with pytest.raises(PbxError, match="file is not a database"):
            ask()


def test_what_becomes_of_calls_is_said_by_the_table(manager: Manager) -> None:
    make_extension("1000")
    Asterisk().apply(["1000"], None)
    assert Asterisk().when_dialed("1000", "*43") == ["*43 is a service of the PBX."]
    assert Asterisk().when_dialed("1000", "1000") == ["1000 is an extension. Its phones ring."]


@pytest.mark.parametrize(
    ("bind", "address"),
    [
        ("192.0.2.1, 192.0.2.2", "192.0.2.1"),
        ("192.0.2.1,0.0.0.0", "0.0.0.0"),  # noqa: S104 (bound nowhere)
        ("192.0.2.1,[::]", "::"),
    ],
)
def test_the_address_of_all_comes_before_one_of_them(bind: str, address: str) -> None:
    node = replace(from_settings(), sip_bind=bind, sip_port=5070, sip_tls_port=5071)
    assert Asterisk(node).address() == (address, 5070)
    assert Asterisk(node).secure_port() == 5071
    assert not Asterisk(node).is_certified("pbx.example.com")
