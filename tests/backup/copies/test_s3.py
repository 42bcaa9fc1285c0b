"""Copies to a store that speaks S3, and checks who asks."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from obstore.exceptions import BaseError

from backup.copies.far_end import CopyError
from backup.copies.s3 import S3
from tests.backup.copies.s3_server import BUCKET, KEY_ID, REGION, SECRET, S3Server

NAME = "pbxportal-20261129-020000.backup"


@pytest.fixture
def far(s3: S3Server) -> S3:
    return S3(s3.endpoint, REGION, BUCKET, "", KEY_ID, SECRET)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    path.write_bytes(os.urandom(12_000_000))
    return path


@pytest.mark.parametrize("folder", ["", "office/north"])
def test_a_copy_is_the_same_and_nothing_else_is_left(far: S3, s3: S3Server, backup: Path, folder: str) -> None:
    far = replace(far, folder=folder)
    far.try_out()
    assert not s3.objects
    far.send(backup)
    assert s3.objects == {f"{folder}/{NAME}".lstrip("/"): backup.read_bytes()}
    assert not s3.parts
    far.remove(NAME)
    far.remove(NAME)
    assert not s3.objects


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"key_id": "ANOTHER"}, "access key ID or the secret access key is wrong"),
        ({"secret": "wrong"}, "access key ID or the secret access key is wrong"),
        ({"bucket": "nowhere"}, "There is no bucket nowhere"),
        ({"region": "us-east-1"}, "not in the region us-east-1"),
        ({"endpoint": "http://127.0.0.1:9"}, "127.0.0.1 did not answer"),
        ({"endpoint": "https://far.invalid"}, "far.invalid has no address in DNS"),
        ({"endpoint": "https://169.254.169.254"}, "not allowed"),
        ({"endpoint": "http://8.8.8.8"}, "8.8.8.8 is outside: use https"),
    ],
)
def test_what_is_wrong_is_said(far: S3, other: dict[str, Any], words: str) -> None:
    with pytest.raises(CopyError, match=words):
        replace(far, **other).try_out()


@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_a_key_that_may_not_do_all_is_said(far: S3, s3: S3Server, method: str) -> None:
    s3.refusals[method] = "AccessDenied"
    with pytest.raises(CopyError, match="may not write, read, and delete in the bucket backups"):
        far.try_out()


def test_another_refusal_is_called_as_the_store_calls_it(far: S3, s3: S3Server) -> None:
    s3.refusals["PUT"] = (400, "EntityTooLarge")
    with pytest.raises(CopyError, match="EntityTooLarge"):
        far.try_out()


def test_a_store_that_keeps_only_a_part_is_found_out(far: S3, s3: S3Server, backup: Path) -> None:
    s3.keeps = 999
    for act in (far.try_out, lambda: far.send(backup)):
        with pytest.raises(CopyError, match="The other end does not have what was sent"):
            act()


def test_what_is_no_store_is_said(far: S3, s3: S3Server) -> None:
    s3.refusals["PUT"] = (405, "<b>Not a code of S3</b>")
    with pytest.raises(CopyError, match="does not answer as S3-compatible storage does"):
        far.try_out()


def test_a_certificate_of_nobody_is_said(far: S3) -> None:
    error = BaseError("error sending request: InvalidCertificate(UnknownIssuer)")
    assert "is not trusted on this machine" in str(far._why(error))


def test_a_store_that_refuses_in_the_middle_has_no_copy(far: S3, s3: S3Server, backup: Path) -> None:
    s3.refusals["POST"] = "AccessDenied"
    with pytest.raises(CopyError, match="may not write"):
        far.send(backup)
    assert not s3.objects
