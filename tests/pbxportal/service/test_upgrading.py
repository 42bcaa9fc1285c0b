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
    """Notes what is asked of them, and does it, but for the commands that fail."""

    def __init__(self, *fail: str) -> None:
        self.asked: list[str] = []
        self.fail = fail

    def stop_portal(self) -> None:
        self.asked.append("stop")

    def start(self, units: Path, *, with_pbx: bool) -> None:
        assert units.parts[-3:] == ("pbxportal", "service", "units")
        self.asked.append(f"start {units.parents[2].name}{' and the PBX' if with_pbx else ''}")

    def manage(self, of: Path, *command: str, database: str = "") -> None:
        self.asked.append(f"{command[0]} {of.name}")
        if command[0] == "migrate":
            assert tables(Path(database.removeprefix("sqlite:///"))) == ["kept"]
        if command[0] in self.fail:
            raise CannotInstall(f"{command[0]} failed")


def tables(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as db:
        return [name for (name,) in db.execute("SELECT name FROM sqlite_master ORDER BY name")]


def add_table(database: Path, name: str) -> None:
    with closing(sqlite3.connect(database)) as db:
        db.execute(f"CREATE TABLE {name} (id)")


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


def test_a_portal_that_does_not_open_leads_back_to_the_data_as_it_was(places: Places) -> None:
    """Whatever the new release has written by then goes, and the copies with it."""

    class Writing(Services):
        def start(self, units: Path, *, with_pbx: bool) -> None:
            super().start(units, with_pbx=with_pbx)
            self.notes = (places.code / "upgrade.json").read_text()
            if units.parents[2].name == "v3":
                add_table(places.data / "portal.sqlite3", "later")

    services, said = Writing("health"), list[str]()
    with pytest.raises(CannotInstall) as refusal:
        Upgrade(places, services, said.append).run(places.root.parent / "clone", "v3")
    assert str(refusal.value) == "health failed\nThe portal runs as before, as v2."
    assert services.asked == ["backup v2", "migrate v3", "stop", "start v3", "health v3", "stop", "start v2"]
    assert services.notes == '{"old": "v2"}'
    assert said == ["Trying the changes of the database on a copy.", "Switching to v3."]
    assert tables(places.data / "portal.sqlite3") == ["kept"]
    assert places.current.resolve().name == "v2"
    assert [each.name for each in places.data.iterdir()] == ["portal.sqlite3"]
    assert not (places.code / "upgrade.json").exists()


def test_changes_of_the_database_that_fail_on_the_copy_stop_nothing(places: Places) -> None:
    services = Services("migrate")
    with pytest.raises(CannotInstall, match=r"^migrate failed$"):
        Upgrade(places, services, lambda _: None).run(places.root.parent / "clone", "v3")
    assert services.asked == ["backup v2", "migrate v3"]
    assert not (places.data / "upgrade").exists()
    assert not (places.code / "upgrade.json").exists()


def test_an_upgrade_goes_on_without_a_passphrase_for_backups_and_says_so(places: Places) -> None:
    said: list[str] = []
    Upgrade(places, Services("backup"), said.append).run(places.root.parent / "clone", "v3")
    assert said == [
        "Going on without a backup. backup failed",
        "Trying the changes of the database on a copy.",
        "Switching to v3.",
        "The portal runs as v3.",
    ]


def test_with_postgresql_there_is_no_copy(places: Places) -> None:
    (places.data / "portal.sqlite3").unlink()
    assert upgrade(places, "v3") == ["backup v2", "stop", "start v3", "health v3"]
    assert not list(places.data.iterdir())


def cut_short(places: Places) -> None:
    """After the switch to v3, which has already changed the database."""
    (places.code / "upgrade.json").write_text('{"old": "v2"}')
    release.switch(places.current, places.releases / "v3")
    (places.data / "upgrade").mkdir()
    add_table(places.data / "upgrade/before.sqlite3", "before")


def test_one_that_was_cut_short_is_taken_back_at_the_next_start(places: Places) -> None:
    services, said = Services(), list[str]()
    upgrade = Upgrade(places, services, said.append)
    upgrade.finish()
    assert (services.asked, said) == ([], [])
    cut_short(places)
    upgrade.finish()
    assert services.asked == ["stop", "start v2"]
    assert said == ["An upgrade was cut short. Going back to v2."]
    assert places.current.resolve().name == "v2"
    assert tables(places.data / "portal.sqlite3") == ["before"]
    assert not (places.data / "upgrade").exists()
    assert not (places.code / "upgrade.json").exists()


def test_the_next_upgrade_goes_back_first(places: Places) -> None:
    cut_short(places)
    add_table(places.data / "upgrade/before.sqlite3", "kept")
    (places.data / "portal.sqlite3").unlink()
    with closing(sqlite3.connect(places.data / "upgrade/before.sqlite3")) as db:
        db.execute("DROP TABLE before")
    assert upgrade(places, "v3")[:3] == ["stop", "start v2", "backup v2"]
    assert places.current.resolve().name == "v3"


def test_two_at_once_do_not_touch_each_other(places: Places) -> None:
    cut_short(places)
    services, other = Services(), Upgrade(places, Services(), lambda _: None)
    with other.alone():
        with pytest.raises(CannotInstall, match=r"^An upgrade is in progress\.$"):
            Upgrade(places, services, lambda _: None).run(places.root.parent / "clone", "v3")
        Upgrade(places, services, lambda _: None).finish()
    assert services.asked == []
    assert (places.code / "upgrade.json").exists()


@pytest.mark.parametrize(
    ("in_v2", "in_v3", "restarts"),
    [
        ({"asterisk/conf/pjsip.conf": "a"}, {"asterisk/conf/pjsip.conf": "a"}, False),
        ({"asterisk/conf/pjsip.conf": "a"}, {"asterisk/conf/pjsip.conf": "b"}, True),
        ({}, {"asterisk/engine/schema.sql": "a"}, True),
        ({"asterisk/process/deep/er.py": "a"}, {}, True),
        ({"asterisk/process/a.pyc": "a"}, {"asterisk/process/a.pyc": "b"}, False),
        ({"asterisk/views.py": "a"}, {"asterisk/views.py": "b"}, False),
    ],
)
def test_the_pbx_restarts_only_for_its_own_part(
    places: Places, in_v2: dict[str, str], in_v3: dict[str, str], restarts: bool
) -> None:
    """Calls end with it; so does what else it would not read before its next start."""
    for name, files in {"v2": in_v2, "v3": in_v3}.items():
        for path, text in files.items():
            file = places.releases / name / path
            file.parent.mkdir(parents=True)
            file.write_text(text)
            os.utime(file, (1, 1))
    services, said = Services(), list[str]()
    Upgrade(places, services, said.append).run(places.root.parent / "clone", "v3")
    assert services.asked[-2] == ("start v3 and the PBX" if restarts else "start v3")
    assert ("Switching to v3. The PBX restarts: its own part has changed." in said) == restarts


def test_the_newest_of_the_old_releases_stay(places: Places) -> None:
    """To go back to by hand: three in all, with the two that the upgrade was between."""
    for seconds, name in enumerate(("v1", "v0", "v3", "v2")):
        (places.releases / name).mkdir(exist_ok=True)
        os.utime(places.releases / name, (seconds, seconds))
    upgrade(places, "v3")
    assert {each.name for each in places.releases.iterdir()} == {"v0", "v2", "v3"}


@pytest.mark.parametrize(("more", "fits"), [(0, True), (-1, False)])
def test_a_copy_is_the_services_own_and_leaves_it_space(
    places: Places, monkeypatch: pytest.MonkeyPatch, more: int, fits: bool
) -> None:
    free = upgrading.LEFT + (places.data / "portal.sqlite3").stat().st_size + more
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    of_one_cut_short = places.data / "upgrade/copy.new"
    of_one_cut_short.parent.mkdir(mode=0o700)
    of_one_cut_short.touch(mode=0o644)
    one = Upgrade(places, Services(), lambda _: None)
    if not fits:
        with pytest.raises(CannotInstall, match=r"^There is not enough free space for a copy of .*portal\.sqlite3\.$"):
            one.copy_database("copy")
        return
    made = one.copy_database("copy")
    assert tables(made) == ["kept"]
    assert made.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in made.parent.iterdir()] == ["copy"]


def test_nobody_else_looks_into_the_folder_of_copies(places: Places) -> None:
    assert Upgrade(places, Services(), lambda _: None).copy_database("copy").parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("text", "last"),
    [("Traceback:\n  File\n\nOSError: full\n \n", "OSError: full"), ("one", "one"), ("\n", "it said nothing")],
)
def test_of_a_traceback_the_last_line_is_told(text: str, last: str) -> None:
    assert upgrading.last_words(text) == last
