"""Who can reach the portal: what was chosen, and what is read of it."""

from pathlib import Path

import pytest

from core import reach


@pytest.mark.parametrize(
    ("kept", "host"),
    [
        (None, "127.0.0.1"),
        ("network\n", reach.EVERYWHERE[0]),
        ("machine", "127.0.0.1"),
        ("everybody", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_without_a_choice_that_is_known_only_this_machine_reaches_it(
    tmp_path: Path, kept: str | None, host: str
) -> None:
    if kept is not None:
        (tmp_path / reach.FILE).write_text(kept)
    assert reach.host(tmp_path) == host


def test_a_choice_is_kept(tmp_path: Path) -> None:
    reach.choose(tmp_path, reach.NETWORK)
    assert reach.chosen(tmp_path) == reach.NETWORK
    reach.choose(tmp_path, reach.MACHINE)
    assert reach.chosen(tmp_path) == reach.MACHINE


def test_variables_that_win_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORTAL_BIND", "SIP_BIND", "PORTAL_BIND_FILE", "SIP_BIND_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert reach.set_by_environment() == []
    monkeypatch.setenv("SIP_BIND", "127.0.0.1:5060")
    assert reach.set_by_environment() == ["SIP_BIND"]
    monkeypatch.setenv("PORTAL_BIND_FILE", "/run/bind")
    assert reach.set_by_environment() == ["PORTAL_BIND", "SIP_BIND"]


@pytest.mark.parametrize(
    ("name", "is_local"),
    [
        ("localhost", True), ("pbx.localhost", True), ("127.0.0.2", True), ("[::1]", True), ("::1", True),
        ("192.0.2.1", False), ("pbx.example.com", False), ("mylocalhost", False), ("", False),
    ],
)  # fmt: skip
def test_a_host_that_only_this_machine_reaches_is_told(name: str, *, is_local: bool) -> None:
    assert reach.is_local(name) is is_local
