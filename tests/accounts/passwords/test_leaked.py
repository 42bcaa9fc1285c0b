"""The file of leaked passwords: what it holds, and what it lets pass."""

import secrets
from itertools import pairwise
from pathlib import Path

import pytest

from accounts.passwords import leaked
from core.random_text import random_password


@pytest.mark.parametrize("password", ["Password123", "PASSWORD123", "1q2w3e4r5t", "qwertyuiop"])
def test_a_leaked_password_is_known_whatever_its_case(password: str) -> None:
    assert leaked.is_leaked(password)


def test_hardly_another_is_taken_for_one() -> None:
    taken = sum(leaked.is_leaked(random_password(16)) for _ in range(20_000))
    assert taken < 10  # 0.5 are expected


def test_it_holds_a_hundred_thousand_in_order() -> None:
    hashes = leaked._hashes()
    assert len(hashes) > 100_000
    assert all(one < other for one, other in pairwise(hashes))


def test_a_file_is_made_of_the_long_ones_of_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leaked, "FILE", tmp_path / "leaked.bin")
    own = secrets.token_hex(12)
    assert leaked.write(["short", own, own.upper()]) == 1
    leaked._hashes.cache_clear()
    try:
        assert leaked.is_leaked(own)
        assert not leaked.is_leaked("Password123")
    finally:
        leaked._hashes.cache_clear()
