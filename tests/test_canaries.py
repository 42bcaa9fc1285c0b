"""A secret of every kind is put to use, and then looked for in all that is stored, shown, sent or logged."""

import base64
import logging
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from accounts.models import Organization, User
from asterisk.process.embedded import Embedded
from core import encryption
from core.mail.smtp.client import LABEL, ROW
from core.mail.smtp.protocol import Limits
from core.mail.worker import Postman
from core.preferences.models import Preferences
from tests.addresses import PAGES
from tests.authenticator import code
from tests.core.mail.conftest import use
from tests.core.mail.postbox import Postbox
from tests.people import Typed
from tests.test_urls import address

SIP_PASSWORD = "9xCanarySip4Tq7Wm2"
USER_PASSWORD = "7CanaryUserBq2Xw9"
CHOSEN_PASSWORD = "5CanaryChosenRt8Zk"
VOICEMAIL_PIN = "482915073626841"
SMTP_PASSWORD = "3CanaryMailHv6Nd1"
NOT_OURS = ("django.db.backends", "mail.log")  # what is asked of the database, and the test's mail server
NAMES_OF_FILES = ("*sqlite3", "*sqlite3-wal", "*.log", "*.conf", "astdb*")


@dataclass
class Canaries:
    """name -> the secret. `mails`: of what was sent, each whole, and decoded."""

    secrets: dict[str, str] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)

    def found_in(self, text: str) -> list[str]:
        return [name for name, secret in self.secrets.items() if any(each in text for each in forms_of(secret))]


def forms_of(secret: str) -> set[str]:
    """As it stands, as an address holds it, and in base 64."""
    in_base_64 = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    return {secret, quote(secret), in_base_64}


def rows_of_the_database() -> Iterator[tuple[str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            yield table, "\n".join(text_of(value) for row in cursor.fetchall() for value in row)


def text_of(value: Any) -> str:
    return bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)


def files_of_the_installation() -> Iterator[tuple[str, str]]:
    """The databases as they lie on the disk, what Asterisk has, and the logs.

    Read by another process: a file's locks are a process's, and closing a database here would give up SQLite's own.
    """
    for pattern in NAMES_OF_FILES:
        for path in Path(settings.VAR).rglob(pattern):
            yield str(path.relative_to(settings.VAR)), subprocess.check_output(["cat", path]).decode("latin-1")


def pages(client: Client) -> Iterator[tuple[str, str]]:
    for route, page in PAGES.items():
        if page.look is not None:
            yield route, client.get(address(route)).content.decode("latin-1")


def deliver(canaries: Canaries, postbox: Postbox) -> None:
    postman = Postman(Limits(connect=2, reply=2, opening=5, after_the_dot=2))
    while postman.round():
        pass
    postman.leave()
    for each in postbox.received[len(canaries.mails) :]:
        parts = [part.get_content() for part in each.mail.walk() if part.get_content_maintype() == "text"]
        canaries.mails.append("\n".join([each.raw.decode("latin-1"), *map(str, parts)]))


@pytest.fixture
def postbox(db: None) -> Iterator[Postbox]:
    box = Postbox(password=SMTP_PASSWORD)
    box.start()
    sealed = encryption.seal(LABEL, ROW, SMTP_PASSWORD)
    use(box, mail_user="portal", sealed_mail_password=sealed)
    yield box
    box.stop()


def used(ada: User, postbox: Postbox) -> Canaries:
    """Each secret goes the way that it goes in life."""
    canaries = Canaries(
        {
            "SIP password": SIP_PASSWORD,
            "user password": USER_PASSWORD,
            "SMTP password": SMTP_PASSWORD,
            "voicemail PIN": VOICEMAIL_PIN,
        }
    )
    hers = Client()
    hers.force_login(ada)
    pin = {"voicemail": "on", "voicemail_pin": VOICEMAIL_PIN}
    typed = Typed(more={"registration_password": SIP_PASSWORD, "password": USER_PASSWORD, "then": "apply", **pin})
    assert hers.post("/extensions/add/", typed.fields).status_code == 302
    hers.get("/extensions/1000/")  # where a new password is shown once

    Preferences.objects.update(change_seen_password=False)
    his = Client()
    his.post("/sign-in/", {"login": typed.email, "password": USER_PASSWORD})
    canaries.secrets["session"] = his.cookies[settings.SESSION_COOKIE_NAME].value
    app = his.get("/account/security/app/").content.decode()
    seed = re.findall(r'id="app-secret"[^>]*>([A-Z2-7 ]+)<', app)[0].replace(" ", "")
    canaries.secrets["TOTP seed"] = seed
    assert his.post("/account/security/app/", {"code": code(seed)}).status_code == 302
    codes = re.findall(r"<code>(\d{8})</code>", his.get("/account/security/codes/").content.decode())
    canaries.secrets["recovery code"] = codes[0]

    Client().post("/password/", {"email": typed.email})
    deliver(canaries, postbox)
    path = re.findall(r"/password/reset/[^\s\"'<]+", canaries.mails[-1].partition("Choose")[2] + canaries.mails[-1])[-1]
    chooser = Client()
    page = chooser.get(path)["Location"]
    assert chooser.post(page, {"password": CHOSEN_PASSWORD}).status_code == 302
    assert User.objects.get(email=typed.email).check_password(CHOSEN_PASSWORD)
    half = Client()
    half.force_login(ada)
    secret = re.findall(r'id="app-secret"[^>]*>([A-Z2-7 ]+)<', half.get("/account/security/app/").content.decode())
    canaries.secrets["TOTP seed, half set up"] = secret[0].replace(" ", "")
    canaries.secrets |= {"reset link": path.split("/")[4], "chosen password": CHOSEN_PASSWORD}
    deliver(canaries, postbox)
    canaries.clients = [hers]
    canaries.secrets["session of an administrator"] = hers.cookies[settings.SESSION_COOKIE_NAME].value
    return canaries


def test_no_secret_stands_where_it_is_not_meant_to(
    asterisk: Embedded, ada: User, postbox: Postbox, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        canaries = used(ada, postbox)
        shown = dict(pages(canaries.clients[0]))
    logged = "\n".join(record.getMessage() for record in caplog.records if record.name not in NOT_OURS)
    mails = {f"mail {place}": text for place, text in enumerate(canaries.mails)}
    meant = [name for name, text in mails.items() if "reset link" in canaries.found_in(text)]
    assert len(meant) == 1
    mails[meant[0]] = mails[meant[0]].replace(canaries.secrets["reset link"], "")

    places = {**dict(rows_of_the_database()), **dict(files_of_the_installation()), **shown, **mails, "log": logged}
    assert len(places) > 100
    found = {name: held for name, text in places.items() if (held := canaries.found_in(text))}
    in_the_engine = [found.pop(name) for name in list(found) if "engine.sqlite3" in name]
    # Asterisk compares the text of a PIN: README says so.
    assert in_the_engine
    assert all(held == ["voicemail PIN"] for held in in_the_engine)
    assert found == {}


def test_a_secret_that_stands_somewhere_is_found(ada: User) -> None:
    canaries = Canaries({"SIP password": SIP_PASSWORD})
    Organization.objects.create(name=SIP_PASSWORD, parent=Organization.company())
    found = [table for table, text in rows_of_the_database() if canaries.found_in(text)]
    assert found == ["accounts_organization"]
    client = Client()
    client.force_login(ada)
    assert "organizations/" in [route for route, text in pages(client) if canaries.found_in(text)]
