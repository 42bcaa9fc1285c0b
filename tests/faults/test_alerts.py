"""Alerts of the real `manage.py run`: the real thing breaks, and each is told once, and once more when it is solved."""

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from asterisk.process.fetch import Program
from tests import certificates
from tests.browser.command import ROOT, Command
from tests.core.events.receiver import Receiver
from tests.core.mail.postbox import Postbox
from tests.faults.small_disk import SmallDisk
from tests.pbx.office import eventually
from tests.settings import free_port

TOLD_SECONDS = 90  # a minute, and what a slow machine needs
SECRET = "a secret of the test"

BEGIN = """
from core import encryption
from core.events import webhook
from core.preferences.models import Preferences
from tests.people import make_user
make_user('Ada', role='super_administrator')
Preferences.objects.update(
    mail_host='127.0.0.1', mail_port={smtp}, mail_security='none', mail_from='portal@example.com',
    webhook_url='{url}', sealed_webhook_secret=encryption.seal(webhook.LABEL, webhook.ROW, '{secret}'),
)
"""
ADD = """
from tests.node import apply
from tests.people import make_extension
make_extension('1000')
apply(['1000'], None)
"""
PLANT = """
import sqlite3
from django.conf import settings
with sqlite3.connect(settings.ENGINE_FILE) as tables:
    tables.execute("UPDATE sip_login SET max_contacts = 9 WHERE number = '1000'")
"""
ALTER = """
from django.db import connection
from core.audit import triggers
from core.audit.models import AuditRecord
triggers.release(connection)
AuditRecord.objects.filter(pk=1).update(origin='{origin}')
triggers.protect(connection)
"""
ORIGIN = """
from core.audit.models import AuditRecord
print(AuditRecord.objects.get(pk=1).origin)
"""
WRITE = """
from accounts.models import User
from core.mail import outbox
outbox.send('new_device', User.objects.get(email='ada@example.com'), agent='Firefox on Linux', address='192.0.2.7')
"""
SENDING = """
from core.mail.models import Email
print(Email.objects.filter(state='sending').count())
"""


class Site:
    """A portal with its PBX on a small disk, its mail server, and its webhook's receiver."""

    def __init__(self, directory: Path, program_directory: Path, disk: SmallDisk, receiver: Receiver) -> None:
        self.disk, self.receiver, self.postbox = disk, receiver, Postbox()
        self.chain, self.key = directory / "chain.pem", directory / "key.pem"
        self.certify(90)
        (directory / "var").mkdir(mode=0o700)
        self.command = Command(
            directory / "var",
            program_directory,
            disk.inside,
            ASTERISK_DIR=str(disk.place),
            HTTPS_CERTIFICATE=str(self.chain),
            HTTPS_KEY=str(self.key),
            PORTAL_ALLOW_ROOT="True",
        )
        port = free_port()
        self.command.environment |= {"PORTAL_URL": f"https://localhost:{port}", "PORTAL_BIND": f"127.0.0.1:{port}"}

    def certify(self, days: int) -> None:
        chain, key = certificates.made("localhost", lasting=timedelta(days=days))
        self.key.write_bytes(key)
        self.chain.write_bytes(chain)
        self.key.chmod(0o600)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [*self.disk.inside, sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=self.command.environment, capture_output=True, text=True, check=False
        )

    def script(self, text: str) -> str:
        done = self.manage("shell", "-v", "0", "-c", text)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def kill(self, mark: str) -> None:
        (process, *_) = [place for place, line in self.command.running() if mark in line]
        os.kill(int(process.name), signal.SIGKILL)

    def stop_mail(self) -> None:
        """With no e-mail halfway, which nobody would send again by itself."""
        self.postbox.moods.always["MAIL"] = "451 4.3.2 Shutting down"
        assert eventually(lambda: self.script(SENDING) == "0", TOLD_SECONDS)
        self.postbox.stop()
        del self.postbox.moods.always["MAIL"]

    def posted(self) -> Counter[tuple[str, str]]:
        """How often each event was told by webhook: by kind and state."""
        bodies = [json.loads(each.body) for each in self.receiver.taken]
        return Counter((event["kind"], event["state"]) for body in bodies for event in body["events"])

    def mailed(self) -> str:
        """All that the alerts by e-mail say."""
        alerts = [each for each in self.postbox.received if "/events/" in each.text("plain")]
        return "\n".join(each.text("plain") for each in alerts)

    def log_of_run(self) -> str:
        return self.command.text


@pytest.fixture
def site(tmp_path: Path, program: Program) -> Iterator[Site]:
    with SmallDisk(tmp_path / "asterisk", 160) as disk, Receiver(answers=[500, 500]) as receiver:
        site = Site(tmp_path, ROOT / "var" / "asterisk-program", disk, receiver)
        site.postbox.start()
        try:
            with site.command:
                site.command.start()
                yield site
        finally:
            site.postbox.stop()


def test_what_breaks_is_told_once_and_once_more_when_it_is_solved(site: Site) -> None:
    site.script(BEGIN.format(smtp=site.postbox.port, url=site.receiver.url, secret=SECRET))
    site.script(ADD)
    origin = site.script(ORIGIN)
    site.kill("manage.py deliver")  # while it has nothing to send, which nobody would send again by itself
    site.script(PLANT)
    site.manage("check_engine")
    site.script(ALTER.format(origin="192.0.2.66"))
    assert site.manage("verify_audit").returncode == 1
    site.disk.fill(100)
    site.certify(10)
    site.kill("/asterisk -")
    broken = {"pbx", "drift", "log", "disk", "certificate", "worker"}
    began = {(kind, "began") for kind in broken}
    assert eventually(lambda: began <= site.posted().keys(), TOLD_SECONDS), (site.posted(), site.log_of_run())
    labels = ("PBX down", "PBX differs from what was applied", "Operation log altered", "Disk nearly full",
              "Certificate missing or expiring", "Part of the portal stopped")  # fmt: skip
    assert eventually(lambda: all(f"- {label}," in site.mailed() for label in labels), TOLD_SECONDS), site.mailed()

    site.disk.empty()
    site.certify(90)
    site.manage("check_engine", "--repair")
    site.script(ALTER.format(origin=origin))
    assert site.manage("verify_audit").returncode == 0
    site.stop_mail()
    site.script(WRITE)
    solved = {(kind, "solved") for kind in broken}
    assert eventually(lambda: solved | {("mail", "began")} <= site.posted().keys(), TOLD_SECONDS), (
        site.posted(), site.log_of_run())  # fmt: skip
    site.postbox.start()
    assert eventually(lambda: ("mail", "solved") in site.posted(), TOLD_SECONDS), (site.posted(), site.log_of_run())

    once = {(kind, state): 1 for kind in (*broken, "mail") for state in ("began", "solved")}
    assert site.posted() == once
    assert [each.answered for each in site.receiver.received[:3]] == [500, 500, 200]
    assert len({each.headers["X-Pbxportal-Delivery"] for each in site.receiver.received[:3]}) == 1
    for each in site.receiver.received:
        signed = f"{each.headers['X-Pbxportal-Timestamp']}.".encode() + each.body
        found = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
        assert each.headers["X-Pbxportal-Signature"] == f"sha256={found}"
    assert eventually(
        lambda: all(site.mailed().count(f"- {label},") == 2 for label in (*labels, "E-mail delayed")), TOLD_SECONDS
    ), site.mailed()
    assert "Traceback" not in site.log_of_run()
