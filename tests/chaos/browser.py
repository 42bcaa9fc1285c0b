"""An administrator's browser: it keeps cookies, posts what the form holds, and takes any answer as it comes."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from tests.bench.browser import Stay
from tests.bench.page import form_with

TIMEOUT_SECONDS = 90


class NoAnswerError(Exception):
    """The connection was refused, broken, or nothing came in time: no page said anything."""


@dataclass(frozen=True)
class Page:
    asked: str
    status: int
    text: str
    location: str = ""

    @property
    def words(self) -> str:
        """What stands on it, without the frame."""
        main = re.search(r"<main.*?</main>", self.text, re.DOTALL)
        return plain(main[0] if main else self.text)

    @property
    def header(self) -> str:
        """What it says of the PBX."""
        return plain(self.text.partition('id="pbx"')[2].partition("</div>")[0].partition(">")[2])

    @property
    def messages(self) -> str:
        return " ".join(plain(each) for each in re.findall(r'class="alert.*?<div>(.*?)</div>', self.text, re.DOTALL))

    @property
    def panel(self) -> str:
        """What is said of the apply on an extension's page."""
        found = re.search(r'class="panel panel-(?:good|wait)".*?</section>', self.text, re.DOTALL)
        return plain(found[0].partition(">")[2]) if found else ""

    @property
    def said(self) -> str:
        found = re.search(r'class="said">(.*?)</(?:dd|p)>', self.text, re.DOTALL)
        return plain(found[1]) if found else ""

    def __str__(self) -> str:
        return f"{self.status} {self.location}{' ' if self.location else ''}{self.words[:300]}".strip()


def plain(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())


class Browser:
    def __init__(self, portal: str) -> None:
        self.portal = portal
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()), Stay())

    def get(self, path: str) -> Page:
        return self._ask(path, None)

    def post(self, path: str, fields: Mapping[str, list[str]]) -> Page:
        return self._ask(path, urlencode(fields, doseq=True).encode())

    def sign_in(self, email: str, password: str) -> bool:
        page = self.get("/sign-in/")
        if page.status != 200:
            return False
        typed = {"login": [email], "password": [password]}
        return self.post("/sign-in/", form_with("login", page.text) | typed).status == 302

    def _ask(self, path: str, data: bytes | None) -> Page:
        request = Request(self.portal + path, data, {"Referer": self.portal + path})  # noqa: S310 (our own)
        asked = f"{request.get_method()} {path}"
        try:
            try:
                response = self._opener.open(request, timeout=TIMEOUT_SECONDS)
            except HTTPError as error:  # every status that is not 200
                response = error
            with response:
                text, location = response.read().decode(), response.headers.get("Location", "")
            there = urlsplit(location)
            return Page(asked, response.status, text, there.path + (f"?{there.query}" if there.query else ""))
        except (OSError, HTTPException, UnicodeDecodeError) as error:
            raise NoAnswerError(f"{asked}: {error!r}") from error
