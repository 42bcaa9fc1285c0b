"""The portal's web server as `manage.py run` starts it, on the test's databases, and browsers that ask it by HTTP."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client

from accounts.models import User
from pbxportal.management.commands.run import portal
from tests.faults.victim import environment

ANSWER_SECONDS = 150  # more than the LOCK_SECONDS of portal_settings
FORM = "application/x-www-form-urlencoded"
BOUNDARY = "no-such-line-in-what-is-sent"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
TOKEN = re.compile('name="csrfmiddlewaretoken" value="(.*?)"')


class Answer(NamedTuple):
    status: int
    page: str
    location: str = ""


class Browser:
    """Of nobody, or signed in as somebody."""

    def __init__(self, port: int, user: User | None = None) -> None:
        client = Client()
        if user:
            client.force_login(user)
        self.port, self.token = port, ""
        self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def status_of(self, path: str) -> int:
        return self.ask("GET", path).status

    def get(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status == 200, f"{path}: {answer.status}"
        if found := TOKEN.search(answer.page):
            self.token = found[1]
        return answer.page

    def post(self, path: str, fields: dict[str, Any]) -> int:
        """Of a page that was fetched before."""
        return self.send(path, fields).status

    def send(self, path: str, fields: dict[str, Any]) -> Answer:
        """As `post`. Raises what an ended connection raises."""
        return self.ask("POST", path, urlencode({**fields, "csrfmiddlewaretoken": self.token}, doseq=True))

    def upload(self, path: str, fields: dict[str, str], name: str, content: bytes) -> Answer:
        """As `send`, with a file in the field of that name."""
        parts = {f'name="{each}"': value for each, value in {**fields, "csrfmiddlewaretoken": self.token}.items()}
        parts[f'name="{name}"; filename="{name}.csv"'] = content.decode()
        return self.ask("POST", path, multipart(parts), MULTIPART)

    def ask(self, method: str, path: str, body: str | None = None, kind: str = FORM) -> Answer:
        link = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        head = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body:
            head["Content-Type"] = kind
        try:
            link.request(method, path, body, head)
            answer = link.getresponse()
            for line in answer.headers.get_all("Set-Cookie", ()):
                name, _, value = line.partition(";")[0].partition("=")
                self.cookies[name] = value
            return Answer(answer.status, answer.read().decode(), answer.headers.get("Location", ""))
        finally:
            link.close()


def multipart(parts: dict[str, str]) -> str:
    """`parts`: what the header says of each -> what it holds."""
    head = f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
    return "".join(f"{head}{name}\r\n\r\n{value}\r\n" for name, value in parts.items()) + f"--{BOUNDARY}--\r\n"


@contextmanager
def served(log: Path, workers: int = 2, /, **more: str) -> Iterator[int]:
    """The port that it answers at; connections wait there from the start. `more`: of its environment."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as door:
        command = [*portal(has_pbx=True).command]
        command[command.index("--workers") + 1] = str(workers)
        command[command.index("--bind") + 1] = f"fd://{door.fileno()}"
        env = environment() | {"DJANGO_SETTINGS_MODULE": "tests.faults.portal_settings"} | more
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, cwd=settings.BASE_DIR, env=env, pass_fds=[door.fileno()], stdout=out, stderr=out
            )
        try:
            yield door.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)
