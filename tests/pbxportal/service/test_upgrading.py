"""What is in the way of an upgrade is said in words, and the release before it runs on. A whole one: tests/faults."""

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from pbxportal.service import release, upgrading
from pbxportal.service.places import Places
from pbxportal.service.release import CannotInstall
from pbxportal.service.upgrading import Upgrade
from tests.faults.site import git

NOBODY = 65534


class Services:
    """Notes what is asked of them, and does it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stop_portal(self) -> None:
        self.asked.append("stop")

    def start(self, units: Path, *, with_pbx: bool) -> None:
        self.asked.append(f"start {units.parents[2].name}")

    def manage(self, of: Path, *command: str, database: str = "") -> None:
        self.asked.append(f"{command[0]} {of.name}")


MIGRATIONS = {"v1": ["0001_initial"], "v2": ["0001_initial", "0002_more"], "v3": ["0001_initial", "0002_more"]}


@pytest.fixture
def places() -> Iterator[Places]:
    """v2 runs, which has a migration more than v1. Another user could come as far as to the data."""
    with tempfile.TemporaryDirectory(prefix="pbxportal-upgrade-") as folder:
        Path(folder).chmod(0o711)
        yield of_releases(Path(folder))


def of_releases(folder: Path) -> Places:
    places, clone = Places(folder / "root"), folder / "clone"
    clone.mkdir()
    git(clone, "init", "-q")
    for tag, names in MIGRATIONS.items():
        made = places.releases / tag
        (made / "core/migrations").mkdir(parents=True)
        for name in names:
            (made / f"core/migrations/{name}.py").touch()
        (made / release.WHOLE).touch()
        git(clone, "commit", "--allow-empty", "-qm", tag)
        git(clone, "tag", tag)
    places.data.mkdir(parents=True, mode=0o700)
    with closing(sqlite3.connect(places.data / "portal.sqlite3")) as db:
        db.execute("CREATE TABLE kept (id)")
    release.switch(places.current, places.releases / "v2")
    return places


def upgrade(places: Places, tag: str) -> list[str]:
    services = Services()
    Upgrade(places, services, lambda _: None).run(places.root.parent / "clone", tag)
    return services.asked


def test_one_that_works(places: Places) -> None:
    assert upgrade(places, "v3") == ["backup v2", "migrate v3", "stop", "start v3", "health v3"]
    assert places.current.resolve().name == "v3"
    assert not (places.data / "upgrade").exists()


def test_a_release_from_before_the_data_is_refused(places: Places) -> None:
    """It would run on tables that it does not know."""
    with pytest.raises(CannotInstall, match="v1 is older than the data of v2"):
        upgrade(places, "v1")
    assert places.current.resolve().name == "v2"


def test_a_full_disk_is_said_before_anything_stops(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    services = Services()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=upgrading.LEFT))
    with pytest.raises(CannotInstall, match="not enough free space"):
        Upgrade(places, services, lambda _: None).run(places.root.parent / "clone", "v3")
    assert services.asked == ["backup v2"]
    assert not (places.data / "upgrade").exists()


@pytest.mark.parametrize(
    "error",
    [sqlite3.OperationalError("database or disk is full"), OSError(28, "No space left on device"),
     subprocess.CalledProcessError(1, ["/usr/bin/tar", "x"])],
)  # fmt: skip
def test_what_the_system_refuses_half_way_leads_back(
    places: Places, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    services = Services()
    monkeypatch.setattr(release, "switch", lambda *args: fail() if args[1].name == "v3" else None)
    with pytest.raises(CannotInstall, match=r"(full|No space left|tar failed)[^\n]*\nThe portal runs as before, as v2"):
        Upgrade(places, services, lambda _: None).run(places.root.parent / "clone", "v3")
    assert services.asked[-1] == "start v2"
    assert not (places.code / "upgrade.json").exists()


def test_links_that_the_service_leaves_lead_root_nowhere(places: Places, tmp_path: Path) -> None:
    """Who has broken into the service waits for the next upgrade."""
    of_root = tmp_path / "of root"
    of_root.mkdir()
    (places.data / "upgrade").symlink_to(of_root)
    of_root.chmod(0o500)
    before = of_root.stat().st_uid
    as_service(places)
    with pytest.raises(CannotInstall, match="Permission denied"):
        upgrade(places, "v3")
    assert of_root.stat().st_uid == before
    assert not list(of_root.iterdir())


def as_service(places: Places) -> None:
    """The data is another user's, where we may make it so; else it is ours, and so are our rights."""
    if os.geteuid() == 0:
        for each in (places.data, *places.data.iterdir()):
            os.chown(each, NOBODY, NOBODY, follow_symlinks=False)


def test_the_release_that_runs_is_left_alone(places: Places) -> None:
    """Neither a backup nor a restart for nothing, at which calls of others might end."""
    said: list[str] = []
    services = Services()
    Upgrade(places, services, said.append).run(places.root.parent / "clone", "v2")
    assert services.asked == []
    assert "v2 runs already." in said
