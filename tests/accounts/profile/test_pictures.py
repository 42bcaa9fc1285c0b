"""Uploaded pictures, most of them hostile: each becomes a clean square JPEG, or is refused in words."""

import os
import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from threading import Thread
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from PIL import Image, ImageDraw, ImageFile
from pytest_django.fixtures import Settings

from accounts.profile import pictures
from core import file_lock
from core.file_lock import LockedError

RED, BLUE = (220, 20, 20), (20, 20, 220)


def encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(mode: str = "RGB", size: tuple[int, int] = (400, 300)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, *size), fill=BLUE)
    return image.convert(mode)


def drawn(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(pictures.drawn(data)))
    image.load()
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (256, 256))
    assert not image.getexif()
    assert "icc_profile" not in image.info
    assert "comment" not in image.info
    return image


def close(image: Image.Image, at: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    return all(abs(a - b) < 45 for a, b in zip(found, colour, strict=True))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
def test_a_png_of_any_kind_is_drawn_as_it_was(mode: str) -> None:
    image = drawn(encoded(halves(mode)))
    assert close(image, (40, 128), RED)
    assert close(image, (216, 128), BLUE)


@pytest.mark.parametrize("mode", ["RGB", "CMYK"])
def test_a_jpeg_of_any_kind_is_drawn_as_it_was(mode: str) -> None:
    image = drawn(encoded(halves(mode), "JPEG", quality=95))
    assert close(image, (40, 128), RED)
    assert close(image, (216, 128), BLUE)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "I;16"])
def test_a_grey_png_is_grey(mode: str) -> None:
    if mode == "I;16":
        grey = Image.new("I;16", (300, 300), 128 * 256)
    else:
        grey = Image.new("L", (300, 300), 255 if mode == "1" else 128).convert(mode)
    level = 255 if mode == "1" else 128
    assert close(drawn(encoded(grey)), (128, 128), (level, level, level))


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (200, 200), (0, 0, 0, 0))
    assert close(drawn(encoded(image)), (128, 128), (255, 255, 255))


def test_a_picture_taken_with_the_camera_turned_stands_upright_and_says_nothing_of_the_place() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x8825] = {1: "N", 2: (51.0, 30.0, 0.0)}
    data = encoded(halves(size=(300, 300)), "JPEG", exif=exif, comment=b"canary", quality=95)
    image = drawn(data)
    assert close(image, (128, 30), RED)
    assert close(image, (128, 226), BLUE)
    assert b"canary" not in pictures.drawn(data)


def test_of_an_animated_png_the_first_picture_is_taken() -> None:
    frames = [Image.new("RGB", (64, 64), BLUE) for _ in range(3)]
    data = encoded(Image.new("RGB", (64, 64), RED), save_all=True, append_images=frames)
    assert close(drawn(data), (128, 128), RED)


@pytest.mark.parametrize("size", [(1, 1), (2000, 1), (3000, 2000)])
def test_any_shape_becomes_a_square(size: tuple[int, int]) -> None:
    drawn(encoded(Image.new("RGB", size, RED)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_a_large_picture_of_any_kind_is_drawn(mode: str) -> None:
    grey = Image.new("L", (1800, 1600), 255)
    image = Image.new("I;16", grey.size, 65535) if mode == "I;16" else grey.convert(mode)
    assert close(drawn(encoded(image)), (128, 128), (255, 255, 255))


def test_a_large_png_taken_with_the_camera_turned_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = drawn(encoded(halves(size=(1600, 1600)), exif=exif))
    assert close(image, (128, 30), RED)
    assert close(image, (128, 226), BLUE)


def test_the_largest_picture_takes_the_memory_of_one() -> None:
    data = encoded(Image.new("RGBA", (5000, 5000), RED))
    program = (
        "import resource, sys; from accounts.profile import pictures; data = sys.stdin.buffer.read();"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; pictures.drawn(data);"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)"
    )
    code = f"import django; django.setup(); {program}"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = subprocess.run([sys.executable, "-c", code], input=data, env=environment, capture_output=True, check=True)
    assert int(done.stdout) < 125  # MB; decoded it has 100


def test_one_picture_is_decoded_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most = [0], [0]

    def counted(image: Image.Image) -> Image.Image:
        at_once[0] += 1
        most[0] = max(most[0], at_once[0])
        time.sleep(0.02)
        at_once[0] -= 1
        return image

    monkeypatch.setattr(pictures, "_upright", counted)
    data = encoded(halves())
    threads = [Thread(target=pictures.drawn, args=(data,)) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert most == [1]


def test_one_picture_does_not_wait_for_another_for_ever(settings: Settings) -> None:
    settings.LOCK_SECONDS = 0.05
    with file_lock.acquire(settings.VAR / "picture.lock"), pytest.raises(LockedError):
        pictures.drawn(encoded(halves()))


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that would unpack to gigabytes."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10**6)) + chunk(b"IEND", b"")
    )


def broken_in_the_middle(data: bytes) -> bytes:
    return data[: len(data) // 2]


REFUSED = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "html after a jpeg's mark": b"\xff\xd8\xff\xe0<script>alert(1)</script>",
    "gif": encoded(halves("P"), "GIF"),
    "webp": encoded(halves(), "WEBP"),
    "bmp": encoded(halves(), "BMP"),
    "tiff": encoded(halves(), "TIFF"),
    "truncated png": broken_in_the_middle(encoded(halves())),
    "truncated jpeg": broken_in_the_middle(encoded(halves(), "JPEG")),
    "png without data": b"\x89PNG\r\n\x1a\n",
    "text bomb": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 80_000_000))
    + chunk(b"IEND", b""),
    "nothing": b"",
    "nonsense": bytes(range(256)) * 40,
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_whole_jpg_or_png_is_refused(name: str) -> None:
    with pytest.raises(ValidationError) as refused:
        pictures.drawn(REFUSED[name])
    assert "is not a complete JPG or PNG" in str(refused.value)


@pytest.mark.parametrize("size", [(5001, 5000), (20_000, 20_000), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_a_bomb_is_refused_before_it_is_unpacked(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda _: pytest.fail("It was decoded."))
    with pytest.raises(ValidationError) as refused:
        pictures.drawn(bomb(*size))
    assert "more than 25 million pixels" in str(refused.value)


def test_every_byte_of_a_picture_may_be_wrong() -> None:
    """Whatever a file holds, it is drawn or refused."""
    for whole in (encoded(halves(size=(24, 24))), encoded(halves(size=(24, 24)), "JPEG")):
        for at in range(0, len(whole), 5):
            spoiled = bytearray(whole)
            spoiled[at] ^= 0xFF
            try:
                pictures.drawn(bytes(spoiled))
            except ValidationError:
                continue
