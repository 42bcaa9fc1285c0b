"""Calls that found no free RTP port: an entry of the operation log, once an hour at most, which the header repeats.

The listener waits for no database: a thread beside it writes.
"""

import logging
from datetime import timedelta
from threading import Event, Thread

from django.db import DatabaseError, connections
from django.utils import timezone

from asterisk.nodes import Node, as_given
from core.audit import log
from core.audit.models import AuditRecord

QUIET = timedelta(hours=1)
SHOWN = timedelta(days=1)
AGAIN_SECONDS = 5.0
STOP_SECONDS = 2.0  # it may be waiting for the database
logger = logging.getLogger(__name__)


def ports(node: Node) -> str:
    """Those that the PBX has been given."""
    now = as_given(node)
    return f"{now.rtp_first}-{now.rtp_last}"


def ran_out(node: Node, within: timedelta = SHOWN) -> bool:
    """Whether a call found none; of other ports than there are now, it no longer matters."""
    since = timezone.now() - within
    newest = AuditRecord.objects.filter(module="preferences", result=log.Result.FAILED, at__gt=since)
    return newest.filter(action="ports.ran_out", on=ports(node)).exists()


class PortRecorder:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._there, self._over = Event(), Event()
        self._thread = Thread(target=self._work, name="rtp-ports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._there.set()
        self._thread.join(STOP_SECONDS)

    def notice(self) -> None:
        self._there.set()

    def _work(self) -> None:
        while self._there.wait() and not self._over.is_set():
            self._there.clear()
            if not self._write():
                self._there.set()
                self._over.wait(AGAIN_SECONDS)

    def _write(self) -> bool:
        try:
            if not ran_out(self._node, QUIET):
                log.record(None, "ports.ran_out", ports(self._node), result=log.Result.FAILED)
        except DatabaseError as error:
            logger.warning("Could not record that a call found no RTP port: %s", error)
            return False
        finally:
            connections.close_all()
        return True
