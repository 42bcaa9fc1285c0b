"""A file, or the part of it that was asked for (RFC 9110, 14): by this a browser seeks in a recording."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
CHUNK = 65_536  # bytes


def answer(request: HttpRequest, path: Path, content_type: str, filename: str = "") -> HttpResponseBase:
    """`filename`: to be saved under that name. Raises OSError. What asks for several ranges gets the whole file.

    It is open when this returns: Asterisk gives a recording another name when one before it is deleted.
    """
    file = path.open("rb")
    size = os.fstat(file.fileno()).st_size
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        whole = FileResponse(file, content_type=content_type, as_attachment=bool(filename), filename=filename)
        whole["Accept-Ranges"] = "bytes"
        return whole
    first, last = _bounds(asked[1], asked[2], size)
    if first > last:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = StreamingHttpResponse(Part(file, first, last), status=206, content_type=content_type)
    part["Content-Length"] = str(last - first + 1)
    part["Content-Range"] = f"bytes {first}-{last}/{size}"
    part["Accept-Ranges"] = "bytes"
    return part


def answer_stored(request: HttpRequest, content: bytes, content_type: str) -> HttpResponse:
    """As `answer`, of what is in no file."""
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or not any(asked.groups()):
        return HttpResponse(content, content_type=content_type, headers={"Accept-Ranges": "bytes"})
    first, last = _bounds(asked[1], asked[2], len(content))
    if first > last:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{len(content)}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{len(content)}", "Accept-Ranges": "bytes"}
    return HttpResponse(content[first : last + 1], status=206, content_type=content_type, headers=headers)


def is_from_the_start(request: HttpRequest) -> bool:
    """Whether it asks for the beginning: a player asks for later parts by themselves."""
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    return asked is None or not int(asked[1] or 0)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last so many
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


class Part:
    """Of an open file, which whoever closes the answer closes."""

    def __init__(self, file: BinaryIO, first: int, last: int) -> None:
        self.file, self.first, self.last = file, first, last

    def __iter__(self) -> Iterator[bytes]:
        self.file.seek(self.first)
        left = self.last - self.first + 1
        while left and (some := self.file.read(min(CHUNK, left))):
            left -= len(some)
            yield some

    def close(self) -> None:
        self.file.close()
