"""What is refused before a page is asked for it, and what browsers may keep."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client, RequestFactory

from accounts.models import User
from accounts.profile.uploads import SmallFiles
from core.http import LARGEST_BODY, LARGEST_HELD, NoLargeBodies, NoStore

FORM = "application/x-www-form-urlencoded"
CHARSETS = [
    "latin-1",
    "iso-8859-1",
    "utf-16",
    "utf-7",
    "idna",
    "rot13",
    "x" * 400,
    "nonsense",
    "zlib",
    "undefined",
    "ascii",
]
PATHS = ["/sign-in/", "/password/", "/theme/", "/sign-out/", "/nowhere/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_that_is_not_in_utf_8_is_a_plain_400(db: None, caplog: Any, path: str, charset: str) -> None:
    for kind in (FORM, "multipart/form-data; boundary=x"):
        answer = Client(enforce_csrf_checks=True).generic(
            "POST", path, b"login=%e4&password=x", f"{kind}; charset={charset}"
        )
        assert answer.status_code == 400, kind
        assert "Bad request" in answer.content.decode()
    assert not [each for each in caplog.records if each.levelname == "ERROR"]


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf_8_may_be_said(db: None, charset: str) -> None:
    assert Client().generic("POST", "/sign-in/", b"login=x", f"{FORM}; charset={charset}").status_code == 200


class Unread:
    """A body of which nobody may read anything."""

    def read(self, *_: Any) -> bytes:
        pytest.fail("It was read.")

    readline = read


@pytest.mark.parametrize("length", [str(LARGEST_HELD + 1), str(95 * 2**20), "9" * 30, "-1", "x"])
def test_what_is_too_large_is_refused_before_it_is_read(db: None, length: str) -> None:
    more: Any = {"CONTENT_LENGTH": length, "wsgi.input": Unread()}
    answer = Client().generic("POST", "/sign-in/", b"", "multipart/form-data; boundary=x", **more)
    assert answer.status_code == 413
    assert "choose a smaller file" in answer.content.decode()


def test_what_the_server_in_front_still_sends_is_read_to_its_end() -> None:
    """Otherwise it may miss the answer, and say that the portal is away."""
    body = BytesIO(b"x" * (LARGEST_BODY + 1))
    more: Any = {"CONTENT_LENGTH": str(LARGEST_BODY + 1), "wsgi.input": body}
    request = RequestFactory().post("/", **more)
    assert NoLargeBodies(lambda _: HttpResponse("passed"))(request).status_code == 413
    assert body.read() == b""


def test_what_is_as_large_as_it_may_be_is_passed_on() -> None:
    request = RequestFactory().post("/", CONTENT_LENGTH=str(LARGEST_BODY))
    assert NoLargeBodies(lambda _: HttpResponse("passed"))(request).content == b"passed"


def test_of_many_files_in_one_request_none_but_the_first_is_read(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []
    new_file = SmallFiles.new_file

    def counted(self: SmallFiles, field_name: str, *args: Any, **more: Any) -> None:
        begun.append(field_name)
        new_file(self, field_name, *args, **more)

    monkeypatch.setattr(SmallFiles, "new_file", counted)
    files = {f"file{n}": SimpleUploadedFile(f"{n}.png", b"x" * 100_000) for n in range(15)}
    stranger = Client(enforce_csrf_checks=True)
    stranger.get("/sign-in/")
    assert stranger.post("/sign-in/", files).status_code == 400
    assert begun == ["file0"]


def test_what_strangers_get_wrong_fills_no_log(ada: User, capfd: pytest.CaptureFixture[str]) -> None:
    stranger = Client(enforce_csrf_checks=True)
    stranger.get("/sign-in/")
    files = {f"file{n}": SimpleUploadedFile(f"{n}.png", b"x") for n in range(2)}
    answers = [
        stranger.get("/sign-in/", headers={"Host": "elsewhere.example.com"}),
        stranger.get("/nowhere/"),
        stranger.put("/sign-in/"),
        stranger.post("/sign-in/", files),
        stranger.post("/sign-in/", {str(n): "" for n in range(20_001)}),
        stranger.post("/sign-in/", "x=" + "y" * 2_700_000, content_type=FORM),
        stranger.generic("POST", "/sign-in/", b"x", "multipart/form-data"),
        stranger.post("/sign-in/", {"login": "x"}),
    ]
    assert [each.status_code for each in answers] == [400, 404, 405, 400, 400, 400, 400, 403]
    assert capfd.readouterr().err == ""


PAGES = ["/", "/sign-in/", "/extensions/", "/extensions/status/", "/preferences/", "/log/", "/account/", "/nowhere/"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_is_kept_by_a_browser(client: Client, ada: User, path: str) -> None:
    for _ in range(2):
        answer = client.get(path)
        assert answer.status_code in (200, 302, 404)
        assert "no-store" in answer["Cache-Control"]
        client.force_login(ada)


def test_no_refusal_is_kept_either(client: Client, vic: User) -> None:
    client.force_login(vic)
    answers = [
        client.get("/log/"),
        client.put("/log/"),
        client.post("/log/export/"),
        client.generic("POST", "/sign-in/", b"x", f"{FORM}; charset=latin-1"),
        client.post("/sign-in/", CONTENT_LENGTH="x"),
        client.get("/sign-in/", headers={"Host": "elsewhere.example.com"}),
    ]
    assert [each.status_code for each in answers] == [404, 405, 404, 400, 413, 400]
    assert {each["Cache-Control"] for each in answers} == {"no-store"}


def test_what_says_itself_how_long_it_may_be_kept_stays_so() -> None:
    kept = HttpResponse(headers={"Cache-Control": "private, max-age=31536000, immutable"})
    assert NoStore(lambda _: kept)(RequestFactory().get("/"))["Cache-Control"] == "private, max-age=31536000, immutable"


def test_static_files_are_none_of_it() -> None:
    order = settings.MIDDLEWARE
    assert order.index("whitenoise.middleware.WhiteNoiseMiddleware") < order.index("core.http.NoStore")
