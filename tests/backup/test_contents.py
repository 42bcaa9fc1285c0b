"""What of the portal's files is in a backup."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backup import contents
from backup.archive import SEALING_KEY, SECRET_KEY, Manifest, Member
from backup.errors import BackupError


def test_the_secrets_of_a_backup_are_those_in_force_without_the_locks_beside_them(tmp_path: Path) -> None:
    (tmp_path / "ami_secret").write_bytes(b"one")
    (tmp_path / "ami_secret.lock").write_bytes(b"")
    found = contents.secrets(tmp_path)
    assert found["secrets/ami_secret"] == b"one"
    assert not [name for name in found if name.endswith(".lock")]
    assert found[SECRET_KEY]
    assert found[SEALING_KEY]


class Archive:
    """What was put into it."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def add(self, name: str, blocks: Iterable[bytes]) -> None:
        self.names.append(name)
        assert b"".join(blocks) == name.rpartition("/")[2].encode()


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name.rpartition("/")[2])


@pytest.mark.parametrize("messages", [True, False])
def test_of_mailboxes_greetings_and_marks_are_kept_and_messages_where_they_are_wanted(
    tmp_path: Path, *, messages: bool
) -> None:
    box = "default/1000"
    kept = [f"{box}/.copied", f"{box}/.extension", f"{box}/unavail.wav", f"{box}/INBOX/notes.txt"]
    told = [f"{box}/INBOX/msg0000.txt", f"{box}/INBOX/msg0000.wav"]
    put(tmp_path, *kept, *told, f"{box}/.unavail.wav.new", f"{box}/INBOX/.lock-1")
    (tmp_path / box / "busy.wav").symlink_to(tmp_path / box / "unavail.wav")
    archive: Any = Archive()
    contents._add_voicemail(archive, tmp_path, messages_too=messages)
    assert sorted(archive.names) == sorted(f"voicemail/{each}" for each in (*kept, *(told if messages else [])))
    assert not (tmp_path / box / "INBOX/.lock").exists()
    archive.names.clear()
    contents._add_voicemail(archive, tmp_path / "none", messages_too=True)
    assert archive.names == []


def test_files_are_in_a_lasting_order_and_a_folder_that_is_a_link_is_said(tmp_path: Path) -> None:
    put(tmp_path, "b/2", "b/1", "a/3", "0", ".draft")
    assert [str(each.relative_to(tmp_path)) for each in contents._files(tmp_path)] == ["0", "a/3", "b/1", "b/2"]
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(BackupError, match="link"):
        list(contents._files(tmp_path))


def test_what_people_want_to_know_of_a_backup_is_counted() -> None:
    names = ["voicemail/default/1000/INBOX/msg0000.txt", "voicemail/default/1000/INBOX/msg0000.wav", "msg0001.txt"]
    names += ["voicemail/default/1000/INBOX/notes.txt", "voicemail/default/1001/Old/msg0000.txt"]
    members = [Member(name, 1, "") for name in names]
    counts = {"extensions_sipextension": 3, "accounts_user": 2}
    manifest = Manifest("0.1.0", "", "sqlite", [], counts, 5, "", members)
    assert contents.facts(manifest) == {"extensions": 3, "people": 2, "log": 5, "messages": 2}
    assert contents.facts(replace(manifest, counts={}, members=[])) == {
        "extensions": 0, "people": 0, "log": 5, "messages": 0,
    }  # fmt: skip
