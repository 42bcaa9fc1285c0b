"""Asterisk as a child of `manage.py run`, without a process."""

import socket
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from asterisk import nodes
from asterisk.apply import run as apply_run
from asterisk.engine import file_health
from asterisk.process import embedded, transports
from pbxportal import pbx
from pbxportal.supervisor import CannotStart, Door
from tests.pbxportal.conftest import ASTERISK, no_program


def test_every_address_of_the_pbx_is_looked_at_before_it_starts() -> None:
    node = replace(nodes.from_settings(), sip_bind="127.0.0.1, ::1", sip_port=5070)
    doors = pbx.doors(node)
    both = (socket.SOCK_DGRAM, socket.SOCK_STREAM)
    assert doors[:2] == [Door("SIP", "SIP_PORT", each, 5070, both) for each in ("127.0.0.1", "::1")]
    assert [(each.what, each.setting, each.host, each.port) for each in doors[-2:]] == [
        ("Asterisk's AMI", "AMI_PORT", "127.0.0.1", node.ami_port),
        ("Asterisk's ARI", "ARI_PORT", "127.0.0.1", node.ari_port),
    ]


def test_without_a_pbx_changes_are_kept_and_that_is_said(
    settings: Settings, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = "Changes are saved, and applied once a PBX is running."
    settings.PBX_EXPECTED = False
    assert pbx.find_program() is None
    settings.PBX_EXPECTED = True
    monkeypatch.setattr(pbx, "find_or_fetch", no_program)
    assert pbx.find_program() is None
    assert said == [
        f"PBX: turned off (PBX_EXPECTED). {kept}",
        f"PBX: not available on this machine. It cannot be downloaded.\n{kept}",
    ]
    monkeypatch.setattr(pbx, "find_or_fetch", lambda *_: ASTERISK)
    assert pbx.find_program() == ASTERISK


class Process:
    """Of an Asterisk that ends after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks, self.waited = looks, list[float]()

    def poll(self) -> int | None:
        self.looks -= 1
        return None if self.looks >= 0 else 1

    def wait(self, seconds: float) -> int:
        self.waited.append(seconds)
        return 0


def test_an_asterisk_that_takes_long_to_boot_is_waited_for_and_told_once(
    said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, times = nodes.from_settings(), [0]

    def slow(*_: object) -> None:
        times[0] += 1
        if times[0] < 4:
            raise TimeoutError("Asterisk has not booted.")

    monkeypatch.setattr(embedded, "wait_until_booted", slow)
    assert pbx.wait_until_booted(node, Process(99)) is True  # type: ignore[arg-type]
    assert said == [f"Asterisk has not booted. See its log: {node.directory}/log/messages.log"]
    times[0] = -99
    assert pbx.wait_until_booted(node, Process(5)) is False  # type: ignore[arg-type]
    times[0] = -99
    said.clear()
    assert pbx.wait_until_booted(node, Process(1)) is False  # type: ignore[arg-type]
    assert said == []  # it has ended, which is said by whoever watches it


def test_what_could_not_be_proved_is_tried_later_and_later_and_then_all_is_compared_once(
    started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    proved = iter([False, False, True, True, False])
    monkeypatch.setattr(pbx, "wait_until_booted", lambda *_: True)
    monkeypatch.setattr(pbx, "prove_waiting", lambda _: next(proved))
    process, again = Process(5), pbx.AGAIN_SECONDS
    pbx.catch_up(nodes.from_settings(), process)  # type: ignore[arg-type]
    assert process.waited == [min(2 * again, pbx.LONGEST_SECONDS), min(4 * again, pbx.LONGEST_SECONDS), again, again,
                              min(2 * again, pbx.LONGEST_SECONDS)]  # fmt: skip
    assert started == ["check"]
    monkeypatch.setattr(pbx, "wait_until_booted", lambda *_: False)
    pbx.catch_up(nodes.from_settings(), Process(1))  # type: ignore[arg-type]
    assert started == ["check"]


def test_whether_anything_is_left_to_prove(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pbx, "connection", SimpleNamespace(close=lambda: None))
    caught: list[object] = []
    monkeypatch.setattr(apply_run, "catch_up", caught.append)
    for behind in (True, False):
        monkeypatch.setattr(apply_run, "is_behind", lambda behind=behind: behind)
        assert pbx.prove_waiting(nodes.from_settings()) is (not behind)
    assert len(caught) == 2

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(apply_run, "catch_up", fail)
    assert pbx.prove_waiting(nodes.from_settings()) is False


class Guard:
    why = ""

    def __init__(self, file: Path) -> None:
        self.file = file

    def begin(self) -> None:
        did_of_pbx.append("guarded")

    def trouble(self) -> str:
        return Guard.why


did_of_pbx: list[str] = []


def test_asterisk_is_configured_as_its_network_is_and_restarts_for_another(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    did_of_pbx.clear()
    asked = ["5060"]
    monkeypatch.setattr(pbx, "Guard", Guard)
    monkeypatch.setattr(pbx, "fill_lost_table", lambda _: did_of_pbx.append("filled"))
    monkeypatch.setattr(embedded, "configure", lambda *_: did_of_pbx.append("configured"))
    monkeypatch.setattr(embedded, "prepare_start", lambda _: did_of_pbx.append("prepared"))
    monkeypatch.setattr(embedded, "command", lambda *_: ["asterisk"])
    monkeypatch.setattr(transports, "started_with", lambda _: "5060")
    monkeypatch.setattr(transports, "listening", lambda _: asked[0])
    node = nodes.from_settings()
    child = pbx.child(ASTERISK, node)
    assert did_of_pbx == ["configured"]
    assert (child.name, child.command) == ("Asterisk", ["asterisk"])
    assert [each.name for each in child.logs] == ["start.log", "problems.log"]
    caught_up: SimpleQueue[tuple[object, ...]] = SimpleQueue()
    monkeypatch.setattr(pbx, "catch_up", lambda *given: caught_up.put(given))
    process: Any = "its process"
    assert child.on_start
    child.on_start(process)
    assert caught_up.get(timeout=10) == (node, process)
    assert child.before_start
    child.before_start()
    assert did_of_pbx == ["configured", "filled", "prepared", "guarded"]
    assert child.trouble() == ""
    asked[0] = "5070"
    assert child.trouble() == "its addresses or ports were changed"
    child.before_start()
    assert did_of_pbx[4:] == ["filled", "configured", "prepared", "guarded"]
    monkeypatch.setattr(Guard, "why", "its table was replaced")
    assert child.trouble() == "its table was replaced"

    def refuse(*_: object) -> None:
        raise ValueError("SIP_BIND is wrong.")

    monkeypatch.setattr(embedded, "configure", refuse)
    with pytest.raises(CannotStart, match=r"^SIP_BIND is wrong\.$"):
        pbx.child(ASTERISK, node)


def test_a_lost_table_is_made_again_and_that_is_said(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[int] = []
    monkeypatch.setattr(pbx, "connection", SimpleNamespace(close=lambda: closed.append(1)))
    whole: list[object] = []
    monkeypatch.setattr(apply_run, "make_whole", whole.append)
    for wrong, words in (("", []), ("is missing", ["The PBX's table is missing. It is being rebuilt."])):
        monkeypatch.setattr(file_health, "mend", lambda _, wrong=wrong: wrong)
        pbx.fill_lost_table(nodes.from_settings())
        assert said == words
    assert (len(whole), len(closed)) == (2, 2)

    def fail(_: object) -> None:
        raise OSError

    monkeypatch.setattr(file_health, "mend", fail)
    pbx.fill_lost_table(nodes.from_settings())
    assert (len(whole), len(closed)) == (2, 3)
