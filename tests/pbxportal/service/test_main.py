"""What is typed at the terminal: each command does its own, and says what is in the way."""

import os
import pwd
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pbxportal.service import __main__ as main
from pbxportal.service import command, installing, systemd
from pbxportal.service.release import CannotInstall

SETTING = "PBXPORTAL_TEST_SETTING"
CLONE = Path(__file__).resolve().parents[3]


@pytest.fixture
def did(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []

    class Upgrade:
        def __init__(self, _places: object, services: object, _say: object) -> None:
            self.services = type(services).__name__

        def run(self, clone: Path, tag: str) -> None:
            found.append((self.services, clone, tag))

        def finish(self) -> None:
            found.append((self.services, "finish"))

    monkeypatch.setattr(installing, "install", lambda clone, *_: found.append(("install", clone)))
    monkeypatch.setattr(installing, "uninstall", lambda *_, with_data: found.append(("uninstall", with_data)))
    monkeypatch.setattr(installing, "check", lambda _: found.append("checked"))

    def upgrade(_places: object, clone: Path, tag: str, _say: object) -> int:
        found.append((clone, tag))
        return 7

    monkeypatch.setattr(systemd, "upgrade", upgrade)
    monkeypatch.setattr(main, "Upgrade", Upgrade)
    return found


@pytest.mark.parametrize(
    ("typed", "deeds", "code"),
    [
        (["install"], [("install", CLONE)], 0),
        (["uninstall"], [("uninstall", False)], 0),
        (["uninstall", "--delete-data"], [("uninstall", True)], 0),
        (["upgrade", "v2"], ["checked", (CLONE, "v2")], 7),
        (["upgrade-here", "v2"], [("Systemd", CLONE, "v2")], 0),
        (["finish"], [("Systemd", "finish")], 0),
        (["finish", "--at-start"], [("Starting", "finish")], 0),
    ],
)
def test_each_command_does_its_own(
    did: list[Any], monkeypatch: pytest.MonkeyPatch, typed: list[str], deeds: list[Any], code: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["pbxportal.service", *typed])
    assert main.main() == code
    assert did == deeds


def test_what_is_in_the_way_is_said(
    did: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: object) -> None:
        raise CannotInstall("Installing needs root.")

    monkeypatch.setattr(installing, "check", refuse)
    monkeypatch.setattr(sys, "argv", ["pbxportal.service", "upgrade", "v2"])
    assert main.main() == 1
    assert capsys.readouterr().err == "Installing needs root.\n"
    assert did == []
    main.say("Installing.")
    assert capsys.readouterr().out == "Installing.\n"
    for wrong in ([], ["upgrade"], ["remove"]):
        monkeypatch.setattr(sys, "argv", ["pbxportal.service", *wrong])
        with pytest.raises(SystemExit):
            main.main()


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    them = SimpleNamespace(pw_uid=990, pw_gid=991, pw_dir="/var/lib/pbxportal")
    monkeypatch.setattr(pwd, "getpwnam", lambda name: them if name == "pbxportal" else None)
    for name in ("initgroups", "setgid", "setuid", "umask", "chdir", "execv"):
        monkeypatch.setattr(os, name, lambda *given, name=name: found.append((name, *given)))
    for name in ("HOME", "PORTAL_COMMAND", SETTING):
        monkeypatch.setenv(name, "")
    monkeypatch.delenv(SETTING)
    return found


@pytest.mark.parametrize("is_root", [True, False])
def test_a_command_runs_as_the_services_user_with_its_settings(
    became: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, is_root: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else 990)
    (tmp_path / "pbxportal.env").write_text(f"{SETTING}=of the service\n")
    command.main(str(tmp_path / "pbxportal.env"), "reach", "network")
    rights = [("initgroups", "pbxportal", 991), ("setgid", 991), ("setuid", 990)] if is_root else []
    assert became == [
        *rights,
        ("umask", 0o077),
        ("chdir", CLONE),
        ("execv", sys.executable, [sys.executable, "manage.py", "reach", "network"]),
    ]
    assert os.environ["HOME"] == "/var/lib/pbxportal"
    assert os.environ[SETTING] == "of the service"
    assert os.environ["PORTAL_COMMAND"] == "sudo pbxportal"


def test_another_user_is_told_to_be_root(became: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SystemExit, match=r"^pbxportal needs root: sudo pbxportal reach network$"):
        command.main("/etc/pbxportal/pbxportal.env", "reach", "network")
    assert became == []
