"""Follows what is chosen on the page HTTPS, renews, and hands each new certificate to SIP, while `run` runs."""

import logging
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.conf import settings
from django.db import connection

from asterisk.ami.client import AmiError
from asterisk.process import certificate as sip_certificate
from core import https
from core.ports import try_to_bind
from pbxportal import portal_address
from pbxportal.front import certificates, outcome, server
from pbxportal.front.server import Front, FrontError
from pbxportal.portal_address import Address
from pbxportal.supervisor import Child, Say, stop

PROOF_SECONDS = 10
Stamp = tuple[int, ...]
logger = logging.getLogger(__name__)


class Watch:
    EVERY_SECONDS = 1.0
    SIGNED_EVERY = 3600.0

    def __init__(self, front: Front, followers: Sequence[Child], say: Say, *, has_pbx: bool) -> None:
        """`followers`: read the address at their start."""
        self.front, self.followers, self.say, self.has_pbx = front, followers, say, has_pbx
        self.choice, self.address = https.chosen(settings.VAR), settings.ADDRESS
        self.due = self.sign_due = 0.0
        self.served = self.stamp()
        self.handed: Stamp = ()
        self.is_untaken = False

    def __call__(self) -> None:
        now = time.monotonic()
        if now < self.due:
            return
        self.due = now + self.EVERY_SECONDS
        self.follow()
        if now >= self.sign_due:
            self.sign_due = now + self.SIGNED_EVERY
            self.tried(lambda: certificates.prepare(self.address))
        self.renew()
        self.hand_over()

    def stamp(self) -> Stamp:
        """Differs where the files do."""
        files = certificates.pair(self.address)
        with suppress(OSError):
            if files:
                return tuple(each.stat().st_mtime_ns for each in (files.chain, files.key))
        return ()

    def tried(self, deed: Callable[[], object]) -> bool:
        """Nothing that goes wrong here stops the portal."""
        try:
            deed()
        except Exception:
            logger.exception("The certificate could not be renewed")
            return False
        finally:
            connection.close()
        return True

    def follow(self) -> None:
        choice = https.chosen(settings.VAR)
        if choice == self.choice:
            return
        try:
            self.take(settings.FIND_ADDRESS())
        except (FrontError, OSError, ValueError) as error:
            https.choose(settings.VAR, self.choice)
            outcome.failed(str(error))
            self.say(f"HTTPS: the change was not applied. {error}")
            return
        self.choice = choice
        outcome.worked()
        self.say(f"Portal:  {' or '.join(self.address.urls)}")

    def take(self, address: Address) -> None:
        """Serve by that address; as before, where that fails."""
        host, port = portal_address.listening(address.bind)
        if port != portal_address.listening(self.address.bind)[1]:
            self.require(host, port)
        before = self.address
        certificates.prepare(address)
        connection.close()
        self.front.configure(server.plan(self.front.program, address))
        stop(self.followers)  # none speaks by another address than the front does; they are started again
        try:
            self.front.reload()
            self.prove(host, port)
        except FrontError:
            self.front.configure(server.plan(self.front.program, before))
            self.front.reload()
            raise
        self.address = address
        self.served = self.stamp()

    def require(self, host: str, port: int) -> None:
        try:
            try_to_bind(host, port, socket.SOCK_STREAM)
        except OSError as error:
            if server.listens(host or "127.0.0.1", port) and f":{port}" in self.front.file.read_text():
                return  # ours already, for a redirect
            raise FrontError(f"Port {port}: {error.strerror}.") from error

    def prove(self, host: str, port: int) -> None:
        deadline = time.monotonic() + PROOF_SECONDS
        while not server.answers(host, port):
            if time.monotonic() > deadline:
                raise FrontError(f"No answer on port {port}.")
            time.sleep(0.1)

    def renew(self) -> None:
        """Caddy itself renews what it got; of other files it has to be told."""
        now = self.stamp()
        if now != self.served and self.address.certificate in (https.Certificate.AUTHORITY, https.Certificate.FILES):
            self.tried(self.front.reload)
        self.served = now

    def hand_over(self) -> None:
        """To SIP over TLS. An Asterisk that does not answer is asked again: it may have read its files before."""
        if not self.has_pbx:
            return
        if self.handed != (now := self.stamp()):
            self.handed = now
            self.tried(self.install)
        if self.is_untaken:
            with suppress(AmiError):
                sip_certificate.take()
                self.is_untaken = False

    def install(self) -> None:
        files = certificates.pair(self.address)
        if files and sip_certificate.install(files.chain.read_bytes(), files.key.read_bytes()):
            self.is_untaken = True
