"""The manager interface slow, cut off in the middle, or not Asterisk's: nothing half, nothing lost, and soon told."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest
from django.test import Client, override_settings
from pytest_django.fixtures import Settings

from accounts.models import User
from asterisk.ami.client import AmiUnreachable
from asterisk.backend import Asterisk
from asterisk.live import listener
from asterisk.live import store as live
from asterisk.models import ApplyRun
from asterisk.nodes import from_settings
from asterisk.process.embedded import Embedded
from asterisk.readback import proof
from extensions import actions
from extensions.models import Change
from extensions.pbx import PbxError
from tests.faults.proxy import Proxy
from tests.node import apply, catch_up, connected
from tests.pages import html_of
from tests.pbx.office import Office, contacts, eventually
from tests.pbx.test_apply import rows
from tests.people import make_extension

Outcome = ApplyRun.Outcome
CUTS = 40


@pytest.fixture
def proxy(asterisk: Embedded, settings: Settings) -> Iterator[Proxy]:
    proxy = Proxy((settings.AMI_HOST, settings.AMI_PORT))
    settings.AMI_PORT = proxy.port
    yield proxy
    proxy.close()


def test_an_answer_cut_off_anywhere_leaves_the_change_kept_and_provable(office: Office, proxy: Proxy) -> None:
    extension = office.extension()
    whole = proxy.handed_on
    for which, cut in enumerate(range(0, whole, whole // CUTS)):
        office.registered(extension)
        proxy.cut_after = cut
        extension.registration_password = f"Another7Horse{which}Staple"
        extension.save()
        Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
        run = apply([extension.number], None)
        assert run.outcome == Outcome.WAITING, cut
        assert Change.objects.waiting().numbers() == [extension.number]
        proxy.cut_after = None
        catch_up()
        run.refresh_from_db()
        assert (run.outcome, Change.objects.waiting().numbers()) == (Outcome.PROVED, []), cut
        assert contacts(extension.number) == [], cut


def test_an_answer_that_takes_too_long_holds_an_apply_up_for_seconds_alone(office: Office, proxy: Proxy) -> None:
    extension = office.extension()
    proxy.delay = 30
    began = time.monotonic()
    run = apply([extension.number], None)
    assert run.outcome == Outcome.WAITING
    assert time.monotonic() - began < proxy.delay - 5


def test_no_page_waits_for_a_slow_pbx(office: Office, proxy: Proxy, client: Client, ada: User) -> None:
    office.extension(number="1100")
    client.force_login(ada)
    proxy.delay = 15
    for page in ("/extensions/", "/extensions/1100/", "/review/", "/history/", "/pbx/"):
        began = time.monotonic()
        answer = client.get(page)
        assert (answer.status_code, "PBX not responding" in answer.content.decode()) == (200, True), page
        assert time.monotonic() - began < proxy.delay - 5, page


def test_an_asterisk_that_dies_while_it_answers_gets_the_change_when_it_is_back(
    office: Office, proxy: Proxy, asterisk: Embedded
) -> None:
    extension = office.extension(first_name="Ada")
    extension.user.first_name = "Grace"
    extension.user.save()
    Change.objects.create(number=extension.number, kind=Change.Kind.CHANGED)
    proxy.when_asked = {b"PJSIPShowEndpoint": asterisk.kill}
    assert apply([extension.number], None).outcome == Outcome.WAITING
    proxy.when_asked.clear()
    asterisk.start()
    catch_up()
    assert Change.objects.waiting().numbers() == []
    login = rows(extension.number).login
    assert login
    assert login.caller_name == "Grace"


STATES = [
    "Asterisk is shutting down",
    "Did not find context hints",
    "Did not find any extensions",
    "Invalid/unknown command",
    "Permission denied",
    "Authentication Required",
    "A reload is in progress",
    "Module not initialized",
    "No such module",
    "An unknown error occurred",
    "No such channel",
    "Unable to find endpoint",
    "",  # each value is empty
]
# The first action that is answered so: asked alone (the table), in a row (the endpoint, its rows, its hint), and at
# the end (the table again). An action that gets no Response: Success is answered by events that nobody waits for.
FIRST = {"alone": 2, "endpoint": 3, "row": 4, "hint": 5 + len(proof.ASKED)}
FIRST["again"] = FIRST["hint"] + 1


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize("state", STATES)
def test_an_answer_that_speaks_of_the_state_of_the_pbx_is_no_refusal_of_a_value(
    office: Office, proxy: Proxy, state: str, first: int
) -> None:
    extension = make_extension()
    proxy.says_no = (first, state)
    assert apply([extension.number], None).outcome == Outcome.WAITING
    proxy.says_no = None
    catch_up()
    assert Change.objects.waiting().numbers() == []
    assert office.phone(extension).register() == 200


@pytest.mark.parametrize("state", STATES)
def test_no_state_of_the_pbx_proves_that_a_login_is_gone(office: Office, proxy: Proxy, ada: User, state: str) -> None:
    extension = office.extension()
    phone = office.registered(extension)
    actions.disable(extension.number, ada)
    proxy.says_no = (3, state)
    assert apply([extension.number], None).outcome == Outcome.WAITING
    assert rows(extension.number).login is None
    proxy.says_no = None
    catch_up()
    assert Change.objects.waiting().numbers() == []
    assert phone.register() in (401, 403, 404)


@pytest.mark.parametrize("state", STATES)
def test_no_phone_is_taken_away_or_missed_by_a_state_of_the_pbx(office: Office, proxy: Proxy, state: str) -> None:
    phone = office.registered()
    (contact,) = contacts(phone.number)
    if state:
        proxy.says_no = (2, state)
        with pytest.raises(PbxError):
            Asterisk().remove_phone(phone.number, contact["ID"])
        assert eventually(lambda: not Asterisk().state().up)
    proxy.says_no = None
    assert Asterisk().remove_phone(phone.number, contact["ID"])


@pytest.mark.parametrize("name", ["AMI_SECRET", "ARI_SECRET"])
def test_a_sign_in_that_is_refused_is_told_with_what_to_do(
    office: Office, client: Client, ada: User, name: str
) -> None:
    extension = office.extension()
    office.registered(extension)
    actions.disable(extension.number, ada)
    client.force_login(ada)
    with override_settings(**{name: "another"}):
        assert eventually(lambda: "PBX refuses the portal" in html_of(client, "/extensions/"), 15)
        assert eventually(lambda: "check AMI_SECRET and ARI_SECRET, and restart" in html_of(client, "/extensions/"), 15)
        run = apply([extension.number], None)
        assert run.outcome == Outcome.WAITING
        assert "restart the portal and its PBX" in run.explanation_text
    catch_up()
    run.refresh_from_db()
    assert run.outcome == Outcome.PROVED
    assert eventually(lambda: "PBX running" in html_of(client, "/extensions/"), 15)


def test_a_proof_that_compared_nothing_is_none(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    extension = make_extension()
    with monkeypatch.context() as patch:
        patch.setattr(proof, "ask", lambda *_: iter(()))
        run = apply([extension.number], None)
    assert (run.outcome, run.values_compared) == (Outcome.WAITING, 0)
    assert Change.objects.waiting().numbers() == [extension.number]
    catch_up()
    run.refresh_from_db()
    assert (run.outcome, Change.objects.waiting().numbers()) == (Outcome.PROVED, [])


def test_where_there_is_nothing_to_compare_no_proof_is_told(asterisk: Embedded) -> None:
    run = apply([], None)
    assert (run.outcome, run.explanation_text) == (Outcome.PROVED, "There was nothing to compare.")


@pytest.fixture
def stranger(settings: Settings) -> Iterator[list[bytes]]:
    """Something else at the port of the manager interface: it says what is in the list, again and again."""
    says: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))
    settings.AMI_PORT = door.getsockname()[1]

    def serve() -> None:
        with suppress(OSError):
            while True:
                with suppress(ConnectionError, BrokenPipeError), closing(door.accept()[0]) as link:
                    while says:
                        link.sendall(says[0])
                        if len(says) > 1:
                            says.pop(0)

    Thread(target=serve, daemon=True).start()
    yield says
    says.clear()
    door.close()


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"\0\xff" * 999, b"A\r\n"]
)
def test_whoever_else_answers_at_the_port_is_told_from_asterisk(
    stranger: list[bytes], greeting: bytes, db: None
) -> None:
    stranger.append(greeting)
    with (
        pytest.raises(AmiUnreachable, match=r"The program on port .* is not Asterisk. Check AMI_PORT"),
        connected(2),
    ):
        pass
    assert not Asterisk().state().up


def test_an_answer_without_an_end_is_not_collected_for_ever(stranger: list[bytes]) -> None:
    stranger += [b"Asterisk Call Manager/11.0.0\r\n", b"x" * 65536]
    with pytest.raises(AmiUnreachable, match="was too long"), connected(30):
        pass


def test_a_wire_that_stalls_while_asterisk_starts_leaves_nobody_deaf(
    proxy: Proxy, asterisk: Embedded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node, over = replace(from_settings(), live_file=tmp_path / "live.sqlite3"), Event()
    ear = Thread(target=listener.listen, args=(node, over.is_set))
    started, asked = Event(), count()

    def stall() -> None:
        if next(asked) == 1:  # what the listener asks to be told of is half said when Asterisk is ready
            started.wait(5)

    monkeypatch.setattr(listener, "AGAIN_SECONDS", 0.005)  # so that it is there before Asterisk is ready
    proxy.when_asked = {b"Filter": stall}
    asterisk.stop()
    ear.start()
    try:
        asterisk.start()
        started.set()
        with live.opened(node.live_file) as heard:
            heard.execute("DELETE FROM heartbeat")
            assert eventually(lambda: live.is_fresh(heard))
    finally:
        over.set()
        ear.join()


def test_an_asterisk_that_reads_no_table_has_lost_none(
    office: Office, client: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that ends has booted, and reads no table any more."""
    extension = office.extension()
    actions.disable(extension.number, ada)
    client.force_login(ada)
    with monkeypatch.context() as patch:
        patch.setattr(proof, "table", lambda *_: "")
        assert "PBX starting" in html_of(client, "/extensions/")
        run = apply([extension.number], None)
    assert run.outcome == Outcome.WAITING
    assert "Restart the PBX" not in run.explanation_text
    catch_up()
    assert Change.objects.waiting().numbers() == []


def test_values_that_vanish_while_asterisk_ends_are_no_differences(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    extension = make_extension()
    tables = [proof.table, lambda *_: ""]  # there at first
    with monkeypatch.context() as patch:
        patch.setattr(proof, "table", lambda ami: tables.pop(0)(ami))  # noqa: PLW0108 (another each time)
        patch.setattr(proof, "_columns", lambda _answer: {})
        assert apply([extension.number], None).outcome == Outcome.WAITING
    assert not tables
    catch_up()
    assert Change.objects.waiting().numbers() == []
    assert office.phone(extension).register() == 200
