"""What an installation leaves on the machine, and what is left of it afterwards."""

import os
import shutil
from pathlib import Path

import pytest

from pbxportal.service import installing, release
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall
from tests.pbxportal.service.conftest import Programs

ROOT = Path(__file__).resolve().parents[3]
RUN = release.run


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """Of a machine where systemd does not run, and without asking for root."""
    monkeypatch.setattr(installing, "check", lambda _: None)
    monkeypatch.setattr(installing, "is_booted", lambda: False)
    monkeypatch.setattr(release, "run", lambda *_: None)
    return Places(tmp_path)


def test_nobody_else_reads_the_settings_or_the_data(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, tuple[str, str]] = {}
    monkeypatch.setattr(shutil, "chown", lambda path, user, group: given.update({path.name: (user, group)}))
    installing.make_folders(places, ROOT)
    modes = [each.stat().st_mode & 0o777 for each in (places.data, places.settings.parent, places.settings)]
    assert modes == [0o700, 0o750, 0o640]
    assert given == {
        "pbxportal": ("root", "pbxportal"),
        "pbxportal.new": ("root", "pbxportal"),
    }


@pytest.mark.parametrize("with_data", [True, False])
def test_the_data_goes_only_where_that_is_asked_for(places: Places, *, with_data: bool) -> None:
    places.data.mkdir(parents=True)
    places.settings.parent.mkdir(parents=True)
    (places.data / "portal.sqlite3").touch()
    places.settings.touch()
    said: list[str] = []
    installing.uninstall(places, said.append, with_data=with_data)
    assert places.data.exists() == places.settings.exists() == (not with_data)
    assert ("all its data" in said[-1]) == with_data


def booted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "is_booted", lambda: True)


@pytest.fixture
def programs_run(places: Places, programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Programs:
    """Those that are called are run, as systemd's own are."""
    monkeypatch.setattr(release, "run", RUN)
    monkeypatch.setattr(shutil, "chown", lambda *_: None)
    monkeypatch.setattr(installing, "make_user", lambda places: (places.root / "user made").touch())
    monkeypatch.setattr(release, "make", lambda *_: ROOT)
    places.code.mkdir(parents=True)
    programs.put("systemctl")
    return programs


UNITS = "pbxportal-prepare.service pbxportal-pbx.service pbxportal.service pbxportal.target"


@pytest.mark.parametrize(
    ("link", "last"),
    [
        ("http://localhost:8000/setup/x", "If it is for this machine alone: sudo pbxportal reach network"),
        ("", "The portal is running, with the data that it had."),
    ],
)
def test_an_installation_ends_with_the_link_for_the_first_administrator(
    places: Places, programs_run: Programs, monkeypatch: pytest.MonkeyPatch, link: str, last: str
) -> None:
    booted(monkeypatch)
    put_command = installing.put_command

    def put(places: Places) -> None:
        put_command(places)
        assert places.command.read_text().startswith(f"#!/bin/sh\nexec {places.current}/.venv/bin/python ")
        assert places.command.read_text().endswith(f' {places.settings} "$@"\n')
        assert places.command.stat().st_mode & 0o777 == 0o755
        programs_run.put("pbxportal", f"echo '{link}'").rename(places.command)

    monkeypatch.setattr(installing, "put_command", put)
    said: list[str] = []
    installing.install(ROOT, places, said.append)
    assert said[0] == "Starting. The first time, this downloads Asterisk and Caddy."
    assert (link in said[1]) == (len(said) == 3 if link else len(said) == 2)
    assert said[-1].startswith(last)
    assert programs_run.called() == [
        "systemctl daemon-reload",
        f"systemctl enable --quiet {UNITS}",
        "systemctl restart --no-block pbxportal.target",
        "systemctl is-active --quiet pbxportal-pbx.service",
        "systemctl is-active --quiet pbxportal.service",
        "pbxportal setup_link",
    ]
    assert places.current.resolve() == ROOT
    assert all(each.exists() for each in (places.root / "user made", places.data, places.settings))
    for unit in UNITS.split():
        put_there = places.units / unit
        assert put_there.read_bytes() == (ROOT / "pbxportal/service/units" / unit).read_bytes()
        assert put_there.stat().st_mode & 0o777 == 0o644


def test_where_systemd_does_not_run_the_installation_says_what_is_left_to_do(
    places: Places, programs_run: Programs
) -> None:
    said: list[str] = []
    installing.install(ROOT, places, said.append)
    assert said == [
        "Installed. systemd does not run here: to start it with the machine, enable pbxportal.target in it."
    ]
    assert programs_run.called() == []
    assert (places.units / "pbxportal.target").exists()
    assert places.command.exists()


def test_a_portal_that_does_not_come_up_is_said(programs_run: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    programs_run.put("systemctl", 'case "$*" in is-active*pbxportal.service) exit 3;; esac')
    monkeypatch.setattr(installing, "START_SECONDS", -1)
    with pytest.raises(CannotInstall, match=r"^The portal did not start\. See why: journalctl"):
        installing.start(lambda _: None)


@pytest.mark.parametrize("with_data", [True, False])
def test_an_uninstallation_leaves_nothing_that_starts(
    places: Places, programs_run: Programs, monkeypatch: pytest.MonkeyPatch, *, with_data: bool
) -> None:
    booted(monkeypatch)
    programs_run.put("userdel", "exit 6")  # somebody has removed the user already
    for each in (places.units, places.releases, places.command.parent):
        each.mkdir(parents=True, exist_ok=True)
    (places.units / "pbxportal.target").touch()
    (places.units / "ssh.service").touch()
    places.command.touch()
    installing.uninstall(places, lambda _: None, with_data=with_data)
    assert programs_run.called() == [
        f"systemctl disable --quiet --now {UNITS}",
        "systemctl daemon-reload",
        *([f"userdel --root {places.root} pbxportal"] if with_data else []),
    ]
    assert [each.name for each in places.units.iterdir()] == ["ssh.service"]
    assert not places.command.exists()
    assert not places.code.exists()


def test_settings_that_were_changed_stay(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "chown", lambda *_: None)
    installing.make_folders(places, ROOT)
    assert "DATABASE_URL" in places.settings.read_text()
    places.settings.write_text("PORTAL_BIND=0.0.0.0:8000\n")
    installing.make_folders(places, ROOT)
    assert places.settings.read_text() == "PORTAL_BIND=0.0.0.0:8000\n"


@pytest.mark.parametrize(
    ("user", "has_systemd", "is_link", "refusal"),
    [
        (1000, True, False, "Installing needs root: sudo make install"),
        (0, False, False, "There is no systemd on this machine. "),
        (0, True, True, "/var/lib/pbxportal is a link. "),
        (0, True, False, ""),
    ],
)
def test_what_is_in_the_way_of_an_installation_is_said_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, user: int, has_systemd: bool, is_link: bool, refusal: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/systemd-analyze" if has_systemd else None)
    places = Places(tmp_path)
    places.data.parent.mkdir(parents=True)
    if is_link:
        places.data.symlink_to(tmp_path)
    if refusal:
        with pytest.raises(CannotInstall, match=refusal):
            installing.install(ROOT, places, lambda _: None)
        with pytest.raises(CannotInstall, match=refusal):
            installing.uninstall(places, lambda _: None, with_data=True)
        assert not places.code.exists()
    else:
        installing.check(places)


def test_the_user_of_the_service_is_made_once(
    tmp_path: Path, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs.put("useradd")
    monkeypatch.setattr(installing, "USER", "pbxportal-nobody-has-this")
    installing.make_user(Places(tmp_path))
    (call,) = programs.called()
    assert call.startswith(f"useradd --root {tmp_path} --system --user-group ")
    assert call.endswith(" --shell /usr/sbin/nologin pbxportal-nobody-has-this")
    monkeypatch.setattr(installing, "USER", "root")
    installing.make_user(Places(tmp_path))
    assert programs.called() == [call]
