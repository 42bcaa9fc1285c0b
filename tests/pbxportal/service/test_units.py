"""The systemd units, as systemd itself judges them."""

import re
import subprocess
from pathlib import Path

import pytest

from pbxportal.service.places import UNITS

FOLDER = Path(__file__).resolve().parents[3] / "pbxportal/service/units"
SERVICES = [unit for unit in UNITS if unit.endswith(".service")]
MOST_EXPOSED = 3.0


def test_every_unit_is_installed() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*UNITS}


@pytest.mark.parametrize("unit", SERVICES)
def test_a_unit_gives_away_little(unit: str) -> None:
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", FOLDER / unit],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    exposed = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
    assert exposed, said
    assert float(exposed[1]) < MOST_EXPOSED


def test_systemd_understands_each_line(tmp_path: Path) -> None:
    """Where the programs would be, there is one that can be executed."""
    for unit in UNITS:
        text = re.sub(r"(?<=^ExecStart=)\S+", "/bin/true", (FOLDER / unit).read_text(), flags=re.MULTILINE)
        (tmp_path / unit).write_text(re.sub(r"^(User|Group)=.*\n", "", text, flags=re.MULTILINE))
    said = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(tmp_path / unit for unit in UNITS)],
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "pbxportal" not in said.stderr
    assert said.returncode == 0, said.stderr


def test_backups_can_go_to_another_disk() -> None:
    """Where such a disk is mounted; all else cannot be written to but for the service's own data."""
    text = (FOLDER / "pbxportal.service").read_text()
    assert "ProtectSystem=strict" in text
    assert re.search(r"^ReadWritePaths=-/mnt -/media -/srv -/var/backups$", text, re.MULTILINE)


@pytest.mark.parametrize("unit", SERVICES)
def test_all_services_have_the_same_fence(unit: str) -> None:
    def fence(of: str) -> str:
        return (FOLDER / of).read_text().partition("User=")[2].partition("[Install]")[0]

    assert fence(unit) == fence(SERVICES[0]) != ""
