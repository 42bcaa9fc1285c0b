"""Which names and manifests a backup may have. Whole files that may not be: test_hostile.py."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from backup import archive
from backup.archive import Manifest, Member, Names
from backup.errors import ArchiveError

MEMBER = Member("reach", 7, "ab" * 32)
MANIFEST = Manifest("0.1.0", "2026-11-29", "sqlite", ["core.0001_initial"], {"accounts_user": 2}, 5, "ab12", [MEMBER])


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        *((name, True) for name in ("database.sqlite3", "database.dump", "reach", "https", "network.json")),
        ("secrets/sealing_key", True),
        ("secrets/sub/key", False),
        ("secrets", False),
        ("secrets/", False),
        ("voicemail/1000/.extension", True),
        ("voicemail/1000/.copied", True),
        ("voicemail/1000/.lock", False),
        ("voicemail/1000/..", False),
        ("voicemail/default/1000/INBOX/msg0000.txt", True),
        ("voicemail/default/1000/INBOX/deep/msg0000.txt", False),
        ("front/" + "/".join("x" * 12), True),
        ("front/" + "/".join("x" * 13), False),
        ("front/" + "x" * 200, True),
        ("front/" + "x" * 201, False),
        ("front/\u7f8e\u54b2 a.pem", True),
        ("front/a\\b", False),
        ("front/a\x7f", False),
        ("front/\udcff", False),
        ("etc/passwd", False),
        ("manifest.json", False),
        ("", False),
    ],
)
def test_which_names_belong_in_a_backup(name: str, allowed: bool) -> None:
    assert archive.is_allowed(name) is allowed


def test_a_name_is_new_and_no_folder_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    names = Names()
    for name in ("front/a/b", "front/a/c", "reach"):
        names.take(name)
    for name in ("front/a/b", "front/a", "front/a/b/c", "reach", "nothing"):
        with pytest.raises(ArchiveError, match="does not belong in a backup"):
            names.take(name)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 4)
    names.take("front/a/d")
    with pytest.raises(ArchiveError, match="damaged or was altered"):
        names.take("front/a/e")


def read(**other: Any) -> Manifest:
    return Manifest.read(json.dumps({**asdict(MANIFEST), **other}).encode())


def test_a_manifest_is_read_as_it_was_written() -> None:
    assert read() == MANIFEST
    assert read(counts={}, log_count=0, members=[]).size == 0
    assert replaced(size=0) == Member("reach", 0, "ab" * 32)
    assert Manifest.read(json.dumps({**asdict(MANIFEST), "members": [asdict(MEMBER)] * 2}).encode()).size == 14


def replaced(**other: Any) -> Member:
    (member,) = read(members=[{**asdict(MEMBER), **other}]).members
    return member


@pytest.mark.parametrize(
    "other",
    [
        {"version": 1},
        {"made_at": None},
        {"log_hash": 5},
        {"database": ["sqlite"]},
        {"migrations": "core"},
        {"migrations": [1]},
        {"migrations": {"core": 1}},
        {"counts": {"accounts_user": -1}},
        {"counts": {"accounts_user": True}},
        {"counts": {"accounts_user": "2"}},
        {"log_count": -1},
        {"log_count": 1.5},
    ],
)
def test_a_manifest_of_other_kinds_of_values_is_none(other: dict[str, Any]) -> None:
    with pytest.raises(ArchiveError, match="damaged or was altered"):
        read(**other)


@pytest.mark.parametrize("other", [{"size": -1}, {"size": "7"}, {"sha256": "AB" * 32}, {"sha256": 7}, {"evil": 1}])
def test_a_member_of_other_kinds_of_values_is_none(other: dict[str, Any]) -> None:
    with pytest.raises(ArchiveError, match="damaged or was altered"):
        replaced(**other)
