"""An upgrade that does not work, for whatever reason, leaves the release before it running, with all its data."""

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from asterisk.process.fetch import Program
from pbxportal.service import release
from pbxportal.service.places import Places
from tests.browser.command import ROOT, Command
from tests.faults.site import Processes, git, make_release
from tests.pbx.office import eventually

SECONDS = 60
KILLS = int(os.environ.get("UPGRADE_KILLS", "1"))  # each takes half a minute
chance = random.Random(16)

MIGRATION = """
from django.db import migrations, models
class Migration(migrations.Migration):
    dependencies = [("core", "LATEST")]
    operations = [migrations.CreateModel("Added", [("id", models.BigAutoField(primary_key=True))])]
"""
BROKEN_MIGRATION = """
from django.db import migrations
def fail(apps, schema_editor):
    raise ValueError("there is a row that this cannot take")
class Migration(migrations.Migration):
    dependencies = [("core", "LATEST")]
    operations = [migrations.RunPython(fail)]
"""
BROKEN_PAGES = """
from django.http import HttpResponse
def application(environ, start_response):
    start_response("500 Broken", [])
    return [b""]
"""


def after_all(migration: str) -> str:
    """It follows those that core has."""
    return migration.replace("LATEST", max(path.stem for path in (ROOT / "core/migrations").glob("0*.py")))


class Site:
    """Release v1 runs; v2 works, v3 cannot migrate, v4 shows no page."""

    def __init__(self, root: Path) -> None:
        self.places = Places(root)
        self.places.data.mkdir(parents=True, mode=0o700)
        self.command = Command(self.places.data, ROOT / "var/asterisk-program")
        self.environment = {**self.command.environment, "LOG_TO_STDERR": "True"}
        (root / "environment.json").write_text(json.dumps(self.environment))
        self.services = Processes(self.places, self.environment)
        clone = root / "clone"
        clone.mkdir()
        git(clone, "init", "-q")
        added = "core/migrations/9999_added.py"
        self.old = make_release(self.places, clone, "v1", {})
        make_release(self.places, clone, "v2", {added: after_all(MIGRATION)})
        make_release(self.places, clone, "v3", {added: after_all(BROKEN_MIGRATION)})
        make_release(self.places, clone, "v4", {added: after_all(MIGRATION), "pbxportal/wsgi.py": BROKEN_PAGES})
        release.switch(self.places.current, self.old)
        self.services.start(self.old / "pbxportal/service/units", with_pbx=False)
        assert eventually(self.is_well, SECONDS), [path.read_text() for path in root.glob("*.log")]

    def upgrade(self, *what: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.faults.site", str(self.places.root), *what],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip

    def is_well(self) -> bool:
        done = subprocess.run(
            [self.places.current / ".venv/bin/python", "manage.py", "health"],
            cwd=self.places.current.resolve(), env=self.environment, capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode == 0

    def tables(self) -> set[str]:
        with closing(sqlite3.connect(self.places.data / "portal.sqlite3")) as db:
            return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    def check_as_before(self, pbx: int) -> None:
        assert self.places.current.resolve() == self.old
        assert "core_added" not in self.tables()
        assert self.services.runs("pbx") == pbx
        assert self.services.runs("portal")
        assert eventually(self.is_well, SECONDS)
        assert not (self.places.code / "upgrade.json").exists()

    def stop(self) -> None:
        self.services.stop("portal")
        self.services.stop("pbx")


@pytest.fixture(scope="module")
def site(program: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    yield site
    site.stop()


@pytest.mark.parametrize(
    ("tag", "why", "last"),
    [
        ("v3", "manage.py migrate of v3 failed: ValueError: there is a row that this cannot take", ""),
        ("v4", "manage.py health of v4 failed: CommandError: The portal does", "The portal runs as before, as v1."),
        ("v9", "There is no v9 here. See the tags: git tag", ""),
    ],
)  # fmt: skip
def test_one_that_fails_goes_back_and_says_why(site: Site, tag: str, why: str, last: str) -> None:
    pbx = site.services.runs("pbx")
    upgrade = site.upgrade("upgrade", tag)
    said, _ = upgrade.communicate(timeout=240)
    assert upgrade.returncode == 1
    assert why in said
    assert said.rstrip().endswith(last)
    site.check_as_before(pbx)


def test_one_that_is_killed_goes_back(site: Site) -> None:
    pbx = site.services.runs("pbx")
    for _ in range(KILLS):
        upgrade = site.upgrade("upgrade", "v2")
        assert upgrade.stdout
        for line in upgrade.stdout:
            if re.match("Switching", line):
                break
        time.sleep(chance.uniform(0, 6))
        os.killpg(upgrade.pid, signal.SIGKILL)  # as systemd does, with all that it has started and no service
        upgrade.wait()
        upgrade.stdout.close()
        if site.places.current.resolve() != site.old and not (site.places.code / "upgrade.json").exists():
            continue  # it was through
        finish = site.upgrade("finish")
        said, _ = finish.communicate(timeout=240)
        assert "An upgrade was cut short. Going back to v1." in said
        site.check_as_before(pbx)


def test_one_that_works_takes_over_and_leaves_the_pbx_alone(site: Site) -> None:
    pbx = site.services.runs("pbx")
    upgrade = site.upgrade("upgrade", "v2")
    said, _ = upgrade.communicate(timeout=240)
    assert said.rstrip().endswith("The portal runs as v2.")
    assert upgrade.returncode == 0
    assert site.places.current.resolve().name == "v2"
    assert "core_added" in site.tables()
    assert site.services.runs("pbx") == pbx
    assert eventually(site.is_well, SECONDS)
