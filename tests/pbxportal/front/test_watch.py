"""A change of HTTPS is taken, or taken back and said; certificates are renewed, and handed to SIP."""

import errno
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from asterisk.ami.client import AmiError
from asterisk.process import certificate as sip_certificate
from core import https
from core.https import Certificate, Choice
from pbxportal.front import certificates, outcome, server, watch
from pbxportal.front.server import FrontError
from pbxportal.front.watch import Watch
from pbxportal.portal_address import Address

PLAIN = Address("127.0.0.1:8000", ("http://127.0.0.1:8000",), Certificate.NONE)
SECURE = Address(":8443", ("https://pbx.lan:8443", "https://192.0.2.7:8443"), Certificate.FILES)


class Front:
    """Notes what it is told, and refuses what it is to refuse."""

    def __init__(self, file: Path) -> None:
        self.program, self.file, self.told, self.refused = "caddy", file, list[str](), ""

    def configure(self, plan: str) -> None:
        self.told.append(f"configured for {plan}")

    def reload(self) -> None:
        self.told.append("reloaded")
        if self.refused:
            refused, self.refused = self.refused, ""
            raise FrontError(refused)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def made(settings: Settings, tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of a portal of plain HTTP, where SECURE is chosen next."""
    settings.VAR, settings.ADDRESS = tmp_path, PLAIN
    settings.HTTPS_CERTIFICATE = settings.HTTPS_KEY = ""
    settings.FIND_ADDRESS = lambda: SECURE
    (tmp_path / "front/files").mkdir(parents=True)
    front = Front(tmp_path / "front/caddy.json")
    front.file.write_text("")
    monkeypatch.setattr(watch, "connection", SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(server, "plan", lambda program, address: f"{program} at {address.bind}")

    def answers(host: str, port: int) -> bool:
        front.told.append(f"asked {host}:{port}")
        return True

    monkeypatch.setattr(server, "answers", answers)
    monkeypatch.setattr(certificates, "prepare", lambda address: front.told.append(f"prepared {address.bind}"))
    monkeypatch.setattr(watch, "stop", lambda children: front.told.append(f"stopped {children}"))
    monkeypatch.setattr(watch, "try_to_bind", lambda *_: None)
    monkeypatch.setattr(Watch, "EVERY_SECONDS", 0)
    return lambda *, has_pbx=False: Watch(front, ["portal"], said.append, has_pbx=has_pbx)  # type: ignore[arg-type,list-item]


def choose(choice: Choice, var: Path) -> None:
    https.choose(var, choice)


CHOSEN = Choice(Certificate.FILES, "pbx.lan", 8443)


def test_a_choice_is_taken_once_and_said(made: Callable[..., Watch], said: list[str], tmp_path: Path) -> None:
    one = made()
    front: Any = one.front
    one()
    assert front.told == ["prepared 127.0.0.1:8000"]  # once an hour
    front.told.clear()
    put(tmp_path, 1)
    choose(CHOSEN, tmp_path)
    one()
    one()
    assert front.told == [
        "prepared :8443", "configured for caddy at :8443", "stopped ['portal']", "reloaded", "asked :8443",
    ]  # fmt: skip
    assert said == ["Portal:  https://pbx.lan:8443 or https://192.0.2.7:8443"]
    assert (one.address, one.choice, outcome.error()) == (SECURE, CHOSEN, "")


def test_what_the_server_in_front_refuses_is_taken_back(
    made: Callable[..., Watch], said: list[str], tmp_path: Path
) -> None:
    one = made()
    front: Any = one.front
    one()
    front.told.clear()
    choose(CHOSEN, tmp_path)
    front.refused = "No such file."
    one()
    assert front.told == [
        "prepared :8443", "configured for caddy at :8443", "stopped ['portal']", "reloaded",
        "configured for caddy at 127.0.0.1:8000", "reloaded",
    ]  # fmt: skip
    assert said == ["HTTPS: the change was not applied. No such file."]
    assert (one.address, https.chosen(tmp_path), outcome.error()) == (PLAIN, Choice(), "No such file.")
    one()
    assert len(said) == 1


def test_a_server_that_does_not_answer_is_waited_for_and_no_longer(
    made: Callable[..., Watch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([False, False, True])
    monkeypatch.setattr(server, "answers", lambda *_: next(answers))
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: None))
    one = made()
    choose(CHOSEN, tmp_path)
    one()
    assert one.address == SECURE
    monkeypatch.setattr(server, "answers", lambda *_: False)
    monkeypatch.setattr(watch, "PROOF_SECONDS", -1)
    with pytest.raises(FrontError, match=r"^No answer on port 8443\.$"):
        one.prove("", 8443)


def test_a_port_of_another_program_is_refused_and_one_of_ours_is_not(
    made: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EADDRINUSE, "Address already in use")

    one = made()
    one.require("", 8443)
    monkeypatch.setattr(watch, "try_to_bind", refuse)
    listens = [True]
    asked: list[str] = []

    def listening(host: str, _port: int) -> bool:
        asked.append(host)
        return listens[0]

    monkeypatch.setattr(server, "listens", listening)
    with pytest.raises(FrontError, match=r"^Port 8443: Address already in use\.$"):
        one.require("", 8443)
    one.front.file.write_text('"listen": [":8443"]')
    one.require("", 8443)
    assert asked == ["127.0.0.1", "127.0.0.1"]
    listens[0] = False
    with pytest.raises(FrontError):
        one.require("::1", 8443)
    assert asked[2:] == ["::1"]


def test_nothing_is_changed_for_a_port_that_cannot_be_had(
    made: Callable[..., Watch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    one = made()
    front: Any = one.front
    one()
    front.told.clear()
    monkeypatch.setattr(watch, "try_to_bind", refuse)
    monkeypatch.setattr(server, "listens", lambda *_: False)
    choose(CHOSEN, tmp_path)
    one()
    assert front.told == []
    assert (outcome.error(), https.chosen(tmp_path)) == ("Port 8443: Permission denied.", Choice())


def test_the_same_port_with_another_name_needs_none_anew(
    made: Callable[..., Watch], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS = Address("127.0.0.1:8443", ("https://127.0.0.1:8443",), Certificate.FILES)
    one = made()
    monkeypatch.setattr(Watch, "require", lambda *_: pytest.fail("It is ours."))
    choose(CHOSEN, tmp_path)
    one()
    assert one.address == SECURE


def put(var: Path, seconds: int) -> None:
    for name in ("chain.pem", "key.pem"):
        (var / "front/files" / name).write_text(name)
        os.utime(var / "front/files" / name, (seconds, seconds))


@pytest.mark.parametrize(("certificate", "reloads"), [(Certificate.FILES, 1), (Certificate.ACME, 0)])
def test_files_that_were_renewed_are_read_again_but_for_those_that_it_got_itself(
    made: Callable[..., Watch], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    certificate: Certificate, reloads: int,
) -> None:  # fmt: skip
    settings.ADDRESS = Address(":8443", ("https://pbx.lan:8443",), certificate)
    monkeypatch.setattr(certificates, "pair", lambda _: certificates.own_files())
    put(tmp_path, 1)
    one = made()
    front: Any = one.front
    one()
    assert "reloaded" not in front.told
    put(tmp_path, 2)
    one()
    one()
    assert front.told.count("reloaded") == reloads
    front.refused = "It rests."
    put(tmp_path, 3)
    one()  # nothing that goes wrong here stops the portal


def test_each_new_certificate_is_handed_to_sip_until_asterisk_has_taken_it(
    made: Callable[..., Watch], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ADDRESS = SECURE
    handed: list[bytes] = []
    asleep, is_new = [True], [True]

    def install(chain: bytes, _key: bytes) -> bool:
        handed.append(chain)
        return is_new[0]

    monkeypatch.setattr(sip_certificate, "install", install)

    def take() -> None:
        handed.append(b"taken")
        if asleep[0]:
            raise AmiError("Asterisk does not answer.")

    monkeypatch.setattr(sip_certificate, "take", take)
    put(tmp_path, 1)
    without = made()
    without()
    assert handed == []
    one = made(has_pbx=True)
    one()
    one()
    assert handed == [b"chain.pem", b"taken", b"taken"]
    asleep[0] = False
    one()
    one()
    assert handed[3:] == [b"taken"]
    put(tmp_path, 2)
    is_new[0] = False
    one()
    assert handed[4:] == [b"chain.pem"]  # the same content: nothing is to be taken
    (tmp_path / "front/files/chain.pem").unlink()
    assert one.stamp() == ()
    settings.ADDRESS = PLAIN
    plain = made(has_pbx=True)
    plain()
    plain.install()
    assert handed[5:] == []


def test_it_looks_once_a_second_and_signs_once_an_hour(
    made: Callable[..., Watch], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Watch, "EVERY_SECONDS", 1000)
    one = made()
    front: Any = one.front
    one()
    one()
    assert front.told == ["prepared 127.0.0.1:8000"]
    one.due = 0.0
    one()
    assert len(front.told) == 1
    one.due = one.sign_due = 0.0
    one()
    assert len(front.told) == 2


def test_a_portal_that_takes_the_question_and_never_answers_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "ANSWER_SECONDS", 0.1)
    path = tmp_path / "portal"
    with socket.socket(socket.AF_UNIX) as portal:
        portal.bind(str(path))
        portal.listen()
        link = server.SocketConnection(path)
        assert not server.is_answered(link)
