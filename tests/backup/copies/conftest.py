"""Far ends on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backup.models import CopySettings
from tests.backup.copies.s3_server import BUCKET, KEY_ID, REGION, SECRET, S3Server
from tests.backup.copies.sftp_server import PASSWORD, USER, SftpServer


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "far").mkdir()
    with SftpServer(tmp_path / "far") as server:
        yield server


@pytest.fixture
def s3() -> Iterator[S3Server]:
    with S3Server() as server:
        yield server


def choose_sftp(server: SftpServer) -> CopySettings:
    chosen = CopySettings.load()
    chosen.kind, chosen.sftp_sign_in = CopySettings.Kind.SFTP, CopySettings.SignIn.PASSWORD
    chosen.sftp_host, chosen.sftp_port, chosen.sftp_user = "127.0.0.1", server.port, USER
    chosen.sftp_host_key = server.fingerprint
    chosen.seal("sftp_password", PASSWORD)
    chosen.save()
    return chosen


def choose_s3(server: S3Server, folder: str = "") -> CopySettings:
    chosen = CopySettings.load()
    chosen.kind, chosen.s3_endpoint, chosen.s3_region = CopySettings.Kind.S3, server.endpoint, REGION
    chosen.s3_bucket, chosen.s3_key_id, chosen.s3_folder = BUCKET, KEY_ID, folder
    chosen.seal("s3_secret", SECRET)
    chosen.save()
    return chosen
