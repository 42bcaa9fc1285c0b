"""The audit of the pinned packages: what makes `make check` red."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests import advisories

TODAY = date(2026, 11, 28)
PINS = {"django": "5.2", "pillow": "13.0"}
CVE = "PYSEC-2026-1"


@pytest.fixture(autouse=True)
def pinned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(advisories, "pins", lambda: PINS)
    monkeypatch.setattr(advisories, "COPY", tmp_path / "advisories.json")
    advisories.keep(PINS, {"django": [], "pillow": None}, TODAY - timedelta(days=3))


def unreadable(name: str, version: str) -> list[str] | None:
    raise advisories.UnreadableError("no network")


def test_a_known_vulnerability_is_red() -> None:
    code, text = advisories.check(lambda name, _: [CVE] if name == "django" else [], TODAY)
    assert (code, f"django 5.2 has {CVE}" in text) == (1, True)


@pytest.mark.parametrize(("days", "code"), [(0, 0), (1, 1)], ids=["in time", "too late"])
def test_an_accepted_one_is_green_until_its_day(monkeypatch: pytest.MonkeyPatch, days: int, code: int) -> None:
    monkeypatch.setattr(advisories, "ACCEPTED", {CVE: ("the portal reads no such file", TODAY)})
    assert advisories.check(lambda *_: [CVE], TODAY + timedelta(days=days))[0] == code


def test_without_network_the_copy_counts_and_its_day_is_said() -> None:
    code, text = advisories.check(unreadable, TODAY)
    assert code == 0
    assert "2026-11-25" in text
    assert "Nothing was said of pillow" in text


def test_a_mirror_that_says_nothing_is_no_audit() -> None:
    code, text = advisories.check(lambda *_: None, TODAY)
    assert (code, "2026-11-25" in text) == (0, True)


def test_what_the_copy_says_is_red_too() -> None:
    advisories.keep(PINS, {"django": [CVE], "pillow": []}, TODAY)
    assert advisories.check(unreadable, TODAY)[0] == 1


def test_an_old_copy_is_red() -> None:
    code, text = advisories.check(unreadable, TODAY + advisories.VALID)
    assert (code, "older than 90 days" in text) == (1, True)


def test_a_copy_of_other_versions_is_red() -> None:
    copy = json.loads(advisories.COPY.read_text())
    copy["pins"]["django"] = "5.1"
    advisories.COPY.write_text(json.dumps(copy))
    code, text = advisories.check(unreadable, TODAY)
    assert (code, "other versions" in text) == (1, True)
