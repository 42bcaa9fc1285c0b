"""What an installation leaves on the machine, and what is left of it afterwards."""

import shutil
from pathlib import Path

import pytest

from pbxportal.service import installing, release
from pbxportal.service.places import Places

ROOT = Path(__file__).resolve().parents[3]


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
