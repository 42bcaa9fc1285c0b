"""The portal as a server of its own: twenty administrators at once, and a database that is away."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from threading import Thread

import pytest
from django.db import connection

from asterisk.process.embedded import Embedded
from core.preferences.models import Preferences
from extensions.models import Change
from pbxportal.monitor import token_hash
from tests.faults.portal import ANSWER_SECONDS, Browser, served
from tests.node import all_numbers, apply, plan
from tests.people import Typed, make_extension, make_user
from tests.settings import free_port

ADMINISTRATORS, EDITS = 20, 1
SHARED = ("1100", "1101", "1102")
SAVED, CONFLICT = 302, 409


class Administrator(Thread):
    """Adds an extension of their own, and changes those that all change."""

    def __init__(self, browser: Browser, first_name: str, number: str) -> None:
        super().__init__()
        self.browser, self.first_name, self.number = browser, first_name, number
        self.ended: dict[str, int] = {}

    def run(self) -> None:
        try:
            self.adds()
            for each in range(EDITS):
                self.edits(f"{self.first_name} {each}", f"/extensions/{SHARED[(int(self.number) + each) % 3]}/edit/")
        finally:
            connection.close()  # what is typed names the company

    def adds(self) -> None:
        self.browser.get("/extensions/add/")
        typed = Typed(self.number, self.first_name, "", "", {"then": "apply"})
        self.ended[self.first_name] = self.browser.post("/extensions/add/", typed.fields)

    def edits(self, name: str, path: str) -> None:
        page = self.browser.get(path)
        version = re.search('name="version" value="(.*?)"', page)
        held = re.search('name="registration_name" value="(.*?)"', page)
        assert version, page
        assert held, page
        more = {"registration_name": held[1], "version": version[1], "registration_password": "", "password": ""}
        self.ended[name] = self.browser.post(path, Typed("", name, "", "", {**more, "then": "apply"}).fields)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_are_all_answered(asterisk: Embedded, tmp_path: Path) -> None:
    for number in SHARED:
        make_extension(number)
    apply(SHARED, None)
    people = [make_user(f"Admin{each}", role="super_administrator") for each in range(ADMINISTRATORS)]
    log = tmp_path / "portal.log"
    with served(log) as port:
        everybody = [
            Administrator(Browser(port, who), who.first_name, str(number)) for number, who in enumerate(people, 1200)
        ]
        for one in everybody:
            one.start()
        for one in everybody:
            one.join()
    ended = {name: status for one in everybody for name, status in one.ended.items()}
    assert len(ended) == ADMINISTRATORS * (1 + EDITS)
    assert set(ended.values()) <= {SAVED, CONFLICT}, (Counter(ended.values()), log.read_text())
    saved = {name for name, status in ended.items() if status == SAVED}
    assert saved >= {who.first_name for who in people}
    assert {change.fields["first_name"][1] for change in Change.objects.filter(by__isnull=False)} == saved
    untouched = set(Change.objects.waiting().numbers())
    assert plan([number for number in all_numbers() if number not in untouched]) == []


def test_a_database_that_is_away_is_one_line_of_the_log_for_each_page(tmp_path: Path) -> None:
    log = tmp_path / "portal.log"
    with served(log, DATABASE_URL=f"postgres://nobody:none@127.0.0.1:{free_port()}/none") as port:
        browser = Browser(port)
        assert [browser.status_of(path) for path in ("/sign-in/", "/extensions/")] == [503, 503]
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"].partition(": connection")[0] for line in lines] == [
        "Service Unavailable: /sign-in/",
        "Service Unavailable: /extensions/",
    ]
    assert "refused" in lines[0]["event"]
    assert not [line for line in lines if "exception" in line]


@pytest.mark.django_db(transaction=True)
def test_a_type_that_cannot_be_read_is_a_plain_400(tmp_path: Path) -> None:
    log = tmp_path / "portal.log"
    kinds = ["application/x-www-form-urlencoded; charset*=utf-9''x", "multipart/form-data; boundary*=no''x"]
    with served(log) as port:
        for kind in [*kinds, "text/plain; x*=idna''%ff"]:
            for method in ("GET", "POST"):
                link = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
                link.request(method, "/health/", headers={"Content-Type": kind})
                answer = link.getresponse()
                assert (answer.status, b"Bad request" in answer.read()) == (400, True), kind
                link.close()
    assert "Traceback" not in log.read_text()


ANOTHER = """
import django
django.setup()
from pbxportal import monitor
monitor.RESPONSES.labels("GET", "2xx").observe(0.1)
"""


@pytest.mark.django_db(transaction=True)
def test_response_times_of_all_processes_are_counted_together(tmp_path: Path) -> None:
    Preferences.objects.update(metrics_on=True, monitor_token_hash=token_hash("token"))
    times = tmp_path / "metrics"
    times.mkdir()
    kept = {"PROMETHEUS_MULTIPROC_DIR": str(times)}
    with served(tmp_path / "portal.log", **kept) as port:
        browser = Browser(port)
        for _ in range(5):
            assert browser.status_of("/health/") == 200
        subprocess.run([sys.executable, "-c", ANOTHER], env={**os.environ, **kept}, check=True)
        link = HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        link.request("GET", "/metrics", headers={"Authorization": "Bearer token"})
        text = link.getresponse().read().decode()
        link.close()
    assert 'pbxportal_response_seconds_count{method="GET",status="2xx"} 6.0' in text
