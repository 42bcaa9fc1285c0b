"""What is asked of systemd, by programs that are called in its place."""

import subprocess
from pathlib import Path

import pytest

from pbxportal.service import systemd
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall
from pbxportal.service.systemd import Starting, Systemd
from tests.pbxportal.service.conftest import Programs


@pytest.fixture
def places(tmp_path: Path) -> Places:
    places = Places(tmp_path / "root")
    for each in (places.units, places.code, places.root / "run/systemd/system"):
        each.mkdir(parents=True)
    return places


@pytest.fixture
def units(tmp_path: Path) -> Path:
    (tmp_path / "units").mkdir()
    (tmp_path / "units/pbxportal.service").write_text("[Unit]\n")
    return tmp_path / "units"


@pytest.mark.parametrize(("with_pbx", "stopped"), [(True, ["systemctl stop pbxportal-pbx.service"]), (False, [])])
def test_calls_end_only_where_the_pbx_has_to_start_anew(
    places: Places, units: Path, programs: Programs, *, with_pbx: bool, stopped: list[str]
) -> None:
    programs.put("systemctl")
    services = Systemd(places)
    services.stop_portal()
    services.start(units, with_pbx=with_pbx)
    assert programs.called() == [
        "systemctl stop pbxportal.service",
        "systemctl daemon-reload",
        *stopped,
        "systemctl restart pbxportal-prepare.service",
        "systemctl start --no-block pbxportal-pbx.service pbxportal.service",
    ]
    assert (places.units / "pbxportal.service").read_text() == "[Unit]\n"


def test_while_systemd_starts_them_nothing_is_asked_of_it(places: Places, units: Path, programs: Programs) -> None:
    """It would wait for itself."""
    programs.put("systemctl")
    services = Starting(places)
    services.stop_portal()
    services.start(units, with_pbx=True)
    assert programs.called() == []
    assert (places.units / "pbxportal.service").exists()


def test_why_systemd_refuses_is_said(places: Places, programs: Programs) -> None:
    programs.put("systemctl", "echo Unit not found. >&2; exit 5")
    with pytest.raises(CannotInstall) as refusal:
        Systemd(places).stop_portal()
    assert str(refusal.value) == "systemctl stop pbxportal.service failed: Unit not found."


def test_a_command_of_a_release_is_run_with_its_own_python(
    places: Places, programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///of the one that runs")
    made = places.releases / "v3"
    (made / ".venv/bin").mkdir(parents=True)
    programs.put("python", 'echo "$DATABASE_URL" >> ' + f"{programs.notes}").rename(made / ".venv/bin/python")
    command = f"python {made}/pbxportal/service/command.py {places.settings}"
    Systemd(places).manage(made, "health", "--wait", "60")
    Systemd(places).manage(made, "migrate", database="sqlite:///trial")
    assert programs.called() == [
        f"{command} health --wait 60",
        "sqlite:///of the one that runs",
        f"{command} migrate",
        "sqlite:///trial",
    ]
    programs.put("python", "echo Traceback >&2; echo Error: no >&2; exit 1").rename(made / ".venv/bin/python")
    with pytest.raises(CannotInstall) as refusal:
        Systemd(places).manage(made, "migrate")
    assert str(refusal.value) == "manage.py migrate of v3 failed: Error: no"


@pytest.mark.parametrize("code", [0, 1])
def test_what_an_upgrade_says_is_shown_while_it_goes_on(places: Places, programs: Programs, code: int) -> None:
    """What one before it had said is not said again."""
    log = places.code / "upgrade.log"
    log.write_text("of yesterday\n")
    programs.put(
        "systemctl", f'[ "$1" != start ] || {{ echo "One  "; echo Two; }} >> {log}; exit $(($# == 2 ? {code} : 0))'
    )
    said: list[str] = []
    assert systemd.upgrade(places, Path("/clone 100%"), "v0.1.1", said.append) == code
    assert said == ["One  ", "Two"]
    assert programs.called() == ["systemctl daemon-reload", "systemctl start pbxportal-upgrade.service"]
    unit = (places.root / "run/systemd/system/pbxportal-upgrade.service").read_text()
    assert "WorkingDirectory=/clone 100%%\n" in unit
    assert " upgrade-here v0.1.1\n" in unit


@pytest.mark.parametrize("tag", ["", "-v1", "v1 v2", "v1;reboot", "v1\nExecStart=/bin/sh", "%n"])
def test_a_tag_that_would_be_something_else_in_a_unit_is_refused(places: Places, programs: Programs, tag: str) -> None:
    programs.put("systemctl")
    with pytest.raises(CannotInstall, match=r"^There is no "):
        systemd.upgrade(places, places.root, tag, lambda _: None)
    assert programs.called() == []


def test_a_tag_that_has_just_been_made_elsewhere_is_fetched(places: Places, programs: Programs, tmp_path: Path) -> None:
    programs.put("systemctl")
    there, clone = tmp_path / "there", tmp_path / "clone"
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    for command in (
        ["init", "-q", there],
        ["-C", there, *who, "commit", "--allow-empty", "-qm", "One"],
        ["clone", "-q", there, clone],
        ["-C", there, "tag", "v9"],
    ):
        subprocess.run(["git", *map(str, command)], check=True, capture_output=True)
    systemd.upgrade(places, clone, "v9", lambda _: None)
    assert subprocess.run(["git", "-C", clone, "tag"], capture_output=True, text=True, check=True).stdout == "v9\n"
