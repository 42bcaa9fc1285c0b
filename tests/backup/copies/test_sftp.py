"""Copies over SFTP, to OpenSSH's own program."""

import io
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from paramiko import Ed25519Key

from backup.copies.far_end import CopyError, UnknownHostKey
from backup.copies.sftp import Sftp
from tests.backup.copies.sftp_server import PASSWORD, USER, SftpServer, make_key, make_private_key

NAME = "pbxportal-20261129-020000.backup"


@pytest.fixture
def far(sftp: SftpServer) -> Sftp:
    return Sftp(
        host="127.0.0.1", port=sftp.port, user=USER, folder="", host_key=sftp.fingerprint, password=PASSWORD, key=""
    )


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(os.urandom(3_000_000))
    return path


@pytest.mark.parametrize("lacks", [[], ["-P", "posix-rename"]])
def test_a_copy_is_the_same_and_nothing_else_is_left(
    far: Sftp, sftp: SftpServer, backup: Path, lacks: list[str]
) -> None:
    sftp.command += lacks  # what older servers lack: to rename over what is there
    (sftp.folder / "office").mkdir()
    far = replace(far, folder="office")
    far.try_out()
    far.send(backup)
    far.send(backup)  # over one that is there
    assert {path.name: path.read_bytes() for path in (sftp.folder / "office").iterdir()} == {NAME: backup.read_bytes()}
    far.remove(NAME)
    far.remove(NAME)
    assert not list((sftp.folder / "office").iterdir())


def test_the_portal_signs_in_by_its_key(far: Sftp, sftp: SftpServer) -> None:
    private = make_private_key()
    key = Ed25519Key.from_private_key(io.StringIO(private))
    far = replace(far, password="", key=private)
    with pytest.raises(CopyError, match="The server refused portal"):
        far.try_out()
    sftp.authorized.add(f"{key.get_name()} {key.get_base64()} pbxportal")
    far.try_out()


def test_a_server_with_another_host_key_is_told_nothing(far: Sftp, sftp: SftpServer) -> None:
    with pytest.raises(UnknownHostKey, match="The server has the host key SHA256:") as unknown:
        replace(far, host_key="").try_out()
    assert unknown.value.shown == sftp.fingerprint
    sftp.host_key = make_key()
    with pytest.raises(UnknownHostKey, match="this may not be the server"):
        far.try_out()
    assert not any(each.is_authenticated() for each in sftp.transports)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"password": "wrong"}, "The server refused portal"),
        ({"user": "nobody"}, "The server refused nobody"),
        ({"folder": "not/there"}, "There is no folder not/there"),
        ({"port": 9}, "Connection refused"),
        ({"host": "far.invalid"}, "far.invalid has no address in DNS"),
        ({"host": "169.254.169.254"}, "The address 169.254.169.254 is not allowed"),
    ],
)
def test_what_is_wrong_is_said(far: Sftp, other: dict[str, Any], words: str) -> None:
    with pytest.raises(CopyError, match=words):
        replace(far, **other).try_out()


def test_a_folder_for_others_alone_is_said(far: Sftp, sftp: SftpServer) -> None:
    sftp.command = ["setpriv", "--reuid=65534", "--clear-groups", *sftp.command] if os.geteuid() == 0 else sftp.command
    sftp.folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IROTH | stat.S_IXOTH)
    with pytest.raises(CopyError, match=r"does not let this user write to the folder \.\."):
        far.try_out()


def test_a_server_that_gives_up_in_the_middle_has_no_copy(far: Sftp, sftp: SftpServer, backup: Path) -> None:
    sftp.command = ["prlimit", "--fsize=1000000", *sftp.command]
    with pytest.raises(CopyError, match=r"broke off|refused"):
        far.send(backup)
    assert not (sftp.folder / NAME).exists()
    sftp.command = sftp.command[2:]
    far.send(backup)
    assert [path.name for path in sftp.folder.iterdir()] == [NAME]


def test_a_server_that_gives_something_else_back_is_found_out(far: Sftp, sftp: SftpServer) -> None:
    sftp.spoils = True
    with pytest.raises(CopyError, match="The other end does not have what was sent"):
        far.try_out()
    assert not list(sftp.folder.iterdir())


def test_a_server_without_sftp_is_said(far: Sftp, sftp: SftpServer) -> None:
    sftp.offers_sftp = False
    with pytest.raises(CopyError, match="does not offer SFTP"):
        far.try_out()
