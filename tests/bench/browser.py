"""An administrator's browser: it keeps cookies, posts what the form holds, follows no redirect, and takes the time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPResponse
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, ProxyHandler, Request, build_opener

from tests.bench.page import Fields, form_with
from tests.bench.surroundings import Failed

TIMEOUT_SECONDS = 300


class Stay(HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    seconds: float
    ended: float  # of time.perf_counter


class Browser:
    def __init__(self, portal: str) -> None:
        self.portal = portal
        self._jar = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self._jar), Stay())

    def cookie(self, name: str) -> str:
        """As the header has it."""
        return next(f"{each.name}={each.value}" for each in self._jar if each.name == name)

    def get(self, path: str) -> Answer:
        return self._ask(path, None, 200)

    def form(self, path: str, field: str) -> Fields:
        return form_with(field, self.get(path).text)

    def post(self, path: str, fields: Mapping[str, list[str]], wanted: int = 302) -> Answer:
        """A form that was taken: the portal sends on to another page then, or (200) shows what it would do."""
        return self._ask(path, urlencode(fields, doseq=True).encode(), wanted)

    def sign_in(self, email: str, password: str) -> Answer:
        path = "/sign-in/"
        return self.post(path, self.form(path, "login") | {"login": [email], "password": [password]})

    def _ask(self, path: str, data: bytes | None, wanted: int) -> Answer:
        request = Request(self.portal + path, data, {"Referer": self.portal + path})  # noqa: S310 (our own)
        started = time.perf_counter()
        response = self._open(request)
        text = response.read().decode()
        ended = time.perf_counter()
        if response.status != wanted:
            raise Failed(f"{request.get_method()} {path}: {response.status}, expected {wanted}")
        return Answer(response.status, text, ended - started, ended)

    def _open(self, request: Request) -> HTTPResponse | HTTPError:
        try:
            response: HTTPResponse = self._opener.open(request, timeout=TIMEOUT_SECONDS)
        except HTTPError as error:  # every status that is neither 200 nor a redirect that is followed
            return error
        return response
