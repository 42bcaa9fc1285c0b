from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pytest_django import Settings

from core.encryption import SealError, look_at_keys, renewed, seal, unseal


def test_a_sealed_secret_opens_for_its_own_row_only() -> None:
    sealed = seal("registration password", 7, "s3cret")
    assert "s3cret" not in sealed
    assert unseal("registration password", 7, sealed) == "s3cret"
    with pytest.raises(SealError):
        unseal("registration password", 8, sealed)
    with pytest.raises(SealError):
        unseal("other secret", 7, sealed)


def test_an_altered_seal_stays_shut() -> None:
    sealed = seal("x", 1, "s3cret")
    with pytest.raises(SealError):
        unseal("x", 1, sealed[:-4] + "AAAA")
    with pytest.raises(SealError):
        unseal("x", 1, "s3cret")


@pytest.mark.parametrize("key", ["typed by hand", "", "é" * 44, "A" * 42])
def test_a_key_that_is_none_is_said(settings: Settings, key: str) -> None:
    sealed = seal("x", 1, "s3cret")
    settings.SEALING_KEYS = [key, Fernet.generate_key().decode()]
    with pytest.raises(SealError, match="An encryption key is missing or not valid"):
        unseal("x", 1, sealed)
    with pytest.raises(SealError, match="An encryption key is missing or not valid"):
        seal("x", 1, "s3cret")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"junk\n"])
def test_a_file_without_a_key_is_said(settings: Settings, tmp_path: Path, content: bytes) -> None:
    sealed = seal("x", 1, "s3cret")
    settings.SEALING_KEYS, settings.SEALING_KEY_FILE = [], tmp_path / "key"
    settings.SEALING_KEY_FILE.write_bytes(content)
    for use in (look_at_keys, lambda: unseal("x", 1, sealed), lambda: seal("x", 1, "s"), lambda: renewed(sealed)):
        with pytest.raises(SealError, match="An encryption key is missing or not valid"):
            use()


@pytest.mark.parametrize("text", ["gAAAAé", "gAAAA", "gAAAA\ud800"])
def test_a_text_that_nobody_sealed_is_not_renewed(text: str) -> None:
    with pytest.raises(SealError, match="Not encrypted with this installation's keys"):
        renewed(text)


def test_keys_rotate(settings: Settings) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.SEALING_KEYS = [old]
    sealed = seal("x", 1, "s3cret")
    settings.SEALING_KEYS = [new, old]
    assert unseal("x", 1, sealed) == "s3cret"
    settings.SEALING_KEYS = [new]
    with pytest.raises(SealError):
        unseal("x", 1, sealed)
