"""Parts of a file, as a player that seeks asks for them."""

from pathlib import Path

import pytest
from django.http import HttpResponse, HttpResponseBase
from django.test import RequestFactory

from core import ranges

pytestmark = pytest.mark.django_db  # an answer that is closed ends the request

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "sound.wav"
    path.write_bytes(CONTENT)
    return path


def asked(file: Path, wanted: str | None) -> HttpResponseBase:
    headers = {"Range": wanted} if wanted else {}
    return ranges.answer(RequestFactory().get("/", headers=headers), file, "audio/wav")


def of_what_is_stored(wanted: str | None) -> HttpResponse:
    headers = {"Range": wanted} if wanted else {}
    return ranges.answer_stored(RequestFactory().get("/", headers=headers), CONTENT, "audio/wav")


def content(answer: HttpResponseBase) -> bytes:
    found = b"".join(answer)
    answer.close()
    return bytes(found)


@pytest.mark.parametrize(
    ("wanted", "part", "where"),
    [
        ("bytes=0-", CONTENT, "bytes 0-255999/256000"),
        ("bytes=100-199", CONTENT[100:200], "bytes 100-199/256000"),
        ("bytes=0-0", CONTENT[:1], "bytes 0-0/256000"),
        ("bytes=255990-", CONTENT[-10:], "bytes 255990-255999/256000"),
        ("bytes=255990-999999999", CONTENT[-10:], "bytes 255990-255999/256000"),
        ("bytes=-10", CONTENT[-10:], "bytes 255990-255999/256000"),
        ("bytes=-999999999", CONTENT, "bytes 0-255999/256000"),
    ],
)
def test_a_part_is_answered_alone(file: Path, wanted: str, part: bytes, where: str) -> None:
    answer = asked(file, wanted)
    assert (answer.status_code, answer["Content-Range"], answer["Content-Length"]) == (206, where, str(len(part)))
    assert content(answer) == part
    assert answer["Accept-Ranges"] == "bytes"
    stored = of_what_is_stored(wanted)
    assert (stored.status_code, stored["Content-Range"], stored["Accept-Ranges"]) == (206, where, "bytes")
    assert (stored.content, stored["Content-Type"]) == (part, "audio/wav")


@pytest.mark.parametrize("wanted", [None, "bytes=-", "bytes=1-2,5-6", "lines=1-2", "bytes=x-", "bytes=٣-٤", "bytes"])
def test_without_one_range_the_whole_is_answered(file: Path, wanted: str | None) -> None:
    answer = asked(file, wanted)
    assert (answer.status_code, answer["Accept-Ranges"]) == (200, "bytes")
    assert content(answer) == CONTENT
    stored = of_what_is_stored(wanted)
    assert (stored.status_code, stored["Accept-Ranges"], stored.content) == (200, "bytes", CONTENT)


@pytest.mark.parametrize("wanted", ["bytes=256000-", "bytes=9-3", "bytes=999999999999999999-", "bytes=-0"])
def test_a_part_that_is_not_there_is_refused(file: Path, wanted: str) -> None:
    answer = asked(file, wanted)
    assert (answer.status_code, answer["Content-Range"]) == (416, "bytes */256000")
    stored = of_what_is_stored(wanted)
    assert (stored.status_code, stored["Content-Range"]) == (416, "bytes */256000")


@pytest.mark.parametrize(
    ("wanted", "is_first"), [(None, True), ("bytes=0-", True), ("bytes=-5", True), ("bytes=5-", False)]
)
def test_only_the_first_request_of_a_player_is_from_the_start(wanted: str | None, is_first: bool) -> None:
    headers = {"Range": wanted} if wanted else {}
    assert ranges.is_from_the_start(RequestFactory().get("/", headers=headers)) is is_first


@pytest.mark.parametrize("wanted", ["bytes=0-", "bytes=100-299", None])
def test_a_file_that_gets_another_name_meanwhile_is_sent_to_its_end(file: Path, wanted: str | None) -> None:
    answer = asked(file, wanted)
    file.rename(file.with_name("other.wav"))
    assert content(answer) == (CONTENT[100:300] if wanted == "bytes=100-299" else CONTENT)


def test_an_answer_that_nobody_reads_leaves_no_file_open(file: Path) -> None:
    for wanted in ("bytes=0-9", f"bytes={len(CONTENT)}-", None):
        asked(file, wanted).close()
    assert [each for each in Path("/proc/self/fd").iterdir() if each.is_symlink() and each.readlink() == file] == []
