"""The data of each release that was ever made comes to this one: restored, migrated, and all of it there."""

import json
from pathlib import Path
from typing import Any

import pytest

from backup import archive
from tests.backup.portal import Portal
from tests.releases.contents import READ, SEALED
from tests.releases.make import migrations

KEPT = sorted(path.parent for path in Path(__file__).parent.glob("*/facts.json"))
DATABASES = ("sqlite", "postgresql")
EMPTY = {"account_emailaddress", "account_emailconfirmation", "auth_group", "auth_group_permissions"}  # not of ours
NOT_COUNTED = {"auth_permission", "django_content_type"}  # Django adds some for each new table
COUNTS = """
import json
from django.apps import apps
models = apps.get_models(include_auto_created=True)
print(json.dumps({m._meta.db_table: m._base_manager.count() for m in models}))
"""


def test_there_is_one() -> None:
    assert "0.1.0" in [path.name for path in KEPT]


@pytest.mark.parametrize("release", KEPT, ids=lambda path: path.name)
def test_a_release_is_kept_with_something_of_everything(release: Path) -> None:
    counts: dict[str, int] = json.loads((release / "facts.json").read_text())["counts"]
    assert {table for table, count in counts.items() if not count} == EMPTY


@pytest.mark.parametrize("release", KEPT, ids=lambda path: path.name)
def test_the_migrations_of_a_release_are_as_they_were(release: Path) -> None:
    """A database that has had one never has it again."""
    then: dict[str, str] = json.loads((release / "facts.json").read_text())["migrations"]
    assert then.items() <= migrations().items()


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Portal:
    """A place for a restore, on the database that the parameter names."""
    if request.param == "sqlite":
        return Portal(tmp_path / "there")
    url: str = request.getfixturevalue("databases")[0]
    return Portal(tmp_path / "there", url)


@pytest.mark.parametrize("empty", DATABASES, indirect=True)
@pytest.mark.parametrize("release", KEPT, ids=lambda path: path.name)
def test_its_data_is_upgraded(release: Path, empty: Portal, tmp_path: Path) -> None:
    facts: dict[str, Any] = json.loads((release / "facts.json").read_text())
    path, passphrase = release / f"{'postgresql' if empty.url else 'sqlite'}.backup", tmp_path / "passphrase"
    passphrase.write_text(SEALED["passphrase"])
    manifest = archive.verify(path, SEALED["passphrase"])
    assert manifest.version == release.name
    empty.manage("restore", str(path), "--passphrase-file", str(passphrase))
    empty.manage("migrate", "-v0")
    empty.manage("migrate", "--check")
    counts = json.loads(empty.shell(COUNTS))
    for table in counts.keys() & facts["counts"].keys() - NOT_COUNTED:
        assert counts[table] == facts["counts"][table], table
    empty.manage("verify_audit", "--known", f"{manifest.log_count}:{manifest.log_hash}")
    assert json.loads(empty.shell(READ)) == facts["contents"]
    assert facts["contents"]["sealed"] == SEALED
