"""Carries the e-mails of the outbox to the mail server: each once, or said to be uncertain."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.module_loading import import_string

from core import file_lock
from core.mail import composition
from core.mail.errors import Trouble, one_line
from core.mail.kinds import KINDS
from core.mail.models import Email, EmailQuerySet
from core.mail.smtp.client import Connection, Later, Refused, Server, Uncertain, Withdrawn
from core.mail.smtp.protocol import Limits
from core.preferences.models import Preferences, in_force

POLL_SECONDS = 0.5
IDLE_SECONDS = 5  # that a connection is kept for the next e-mail
DELAYS = [30, 60, 120, 300, 600]
LAST_DELAY = 900
MOST_TRIES = len(DELAYS) + 2 * 86400 // LAST_DELAY
SLOW_TRIES = 4  # a server that does not know us yet lets the first ones fail
KEPT_DAYS = 90
SETTLING_TRIES = 60
logger = logging.getLogger(__name__)
State = Email.State


def work(stopped: Callable[[], bool], limits: Limits | None = None) -> None:
    """Until `stopped`; in one process at a time."""
    with only_one(settings.VAR / "deliver.lock", stopped) as first:
        if not first:
            return
        connection_created.connect(write_through)
        connection.close()
        postman = Postman(limits or Limits())
        reaped = False
        while not stopped():
            try:
                reaped = reaped or reap()
                busy = postman.round()
            except DatabaseError:
                logger.exception("The outbox could not be read or written")
                connection.close()
                reaped = busy = False
            if not busy:
                time.sleep(POLL_SECONDS)
        postman.leave()


@contextmanager
def only_one(lock: Path, stopped: Callable[[], bool]) -> Iterator[bool]:
    """False: stopped before the lock was free."""
    with ExitStack() as held:
        while not stopped():
            try:
                held.enter_context(file_lock.try_acquire(lock))
            except file_lock.LockedError:
                time.sleep(POLL_SECONDS)
            else:
                yield True
                return
        yield False


def write_through(connection: BaseDatabaseWrapper, **_: object) -> None:
    """What is on its way has to be known after a power cut too."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=FULL")


def reap() -> bool:
    """What a worker before this one was about when it was killed."""
    cut = Email.objects.filter(state=State.SENDING).update(state=State.UNCERTAIN, answer="", answer_code="stopped")
    if cut:
        logger.warning("Interrupted while sending: %s e-mails, which may or may not have been accepted", cut)
    return True


class Postman:
    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.line: Connection | None = None
        self.used = 0.0
        self.held_up = True  # others may wait for the server, which has not been heard of
        self.tidied: date | None = None

    def round(self) -> bool:
        """One e-mail. False: there is none that could be sent now."""
        self._tidy()
        email = Email.objects.due().select_related("user", "by").first()
        if email is None:
            self._rest()
            return False
        with in_force():
            try:
                server = Server.of(Preferences.current())
            except Trouble as trouble:
                self._put_all_off(trouble)
                return False
            if server is None:
                return False
            mail = self._written(email, server)
            if mail is not None:
                self._deliver(email, mail, server)
        return True

    def leave(self) -> None:
        if self.line:
            self.line.leave()
            self.line = None

    def _rest(self) -> None:
        if self.line and time.monotonic() - self.used > IDLE_SECONDS:
            self.leave()

    def _tidy(self) -> None:
        today = timezone.now().date()
        if today != self.tidied:
            Email.objects.filter(settled_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()
            self.tidied = today

    def _written(self, email: Email, server: Server) -> EmailMessage | None:
        try:
            mail = composition.written(email, server.sender)
        except DatabaseError:
            raise
        except Exception as error:
            logger.exception("An e-mail of type %s could not be created", email.kind)
            settle(email, State.REFUSED, type(error).__name__, "unwritten")
            return None
        if mail is None:
            settle(email, State.VOID, code="nothing")
        return mail

    def _deliver(self, email: Email, mail: EmailMessage, server: Server) -> None:
        try:
            answer = self._hand_over(email, mail, server)
        except Withdrawn:
            return
        except Trouble as trouble:
            self._put_all_off(trouble)
        except Later as later:
            put_off(email, str(later))
        except Refused as refused:
            settle(email, State.REFUSED, refused.said, refused.code)
        except Uncertain:
            settle(email, State.UNCERTAIN, code="cut_off")
            self._put_all_off(Trouble("broken"))
        else:
            settle(email, State.TAKEN, answer)
            tell_of(email)
            self._go_on()

    def _hand_over(self, email: Email, mail: EmailMessage, server: Server) -> str:
        line = self._line(server)
        used_before = line.handed_over > 0
        self.used = time.monotonic()
        try:
            return str(line.hand_over(mail, email.to, lambda: take_up(email)))
        except Trouble:
            if not used_before or line.is_open:
                raise
        line = self._line(server)  # it had closed a connection that was long enough open, or carried enough
        return str(line.hand_over(mail, email.to, lambda: take_up(email)))

    def _line(self, server: Server) -> Connection:
        if self.line and self.line.server != server:
            self.leave()
        if self.line is None or not self.line.is_open:
            self.line = None
            self.line = Connection(server, self.limits)
        return self.line

    def _put_all_off(self, trouble: Trouble) -> None:
        """No e-mail would fare better now."""
        self.held_up = True
        due = Email.objects.due().order_by()
        for tries in list(due.values_list("tries", flat=True).distinct()):
            _put_off(due.filter(tries=tries), tries, one_line(trouble.said), trouble.code, delayed=True)

    def _go_on(self) -> None:
        """The server takes mail again: who waited for it waits no more."""
        if self.held_up:
            self.held_up = False
            waiting = Email.objects.filter(state=State.WAITING).exclude(answer_code="")
            waiting.update(due_at=timezone.now(), delayed_since=None)


def tell_of(email: Email) -> None:
    """Who asked for e-mails of this kind, that the server has accepted this one."""
    taken = KINDS[email.kind].taken if email.kind in KINDS else ""
    if not taken:
        return
    try:
        import_string(taken)(email)
    except Exception:  # whatever it is, no other e-mail waits for it, and this one is not sent again
        logger.exception("What follows an e-mail of type %s failed", email.kind)


def take_up(email: Email) -> bool:
    """Committed before the dot: from here on nobody sends it a second time.

    False: somebody was faster, or there is more to tell by now, and it is due later.
    """
    waiting = Email.objects.filter(pk=email.pk, state=State.WAITING, due_at=email.due_at)
    return bool(waiting.update(state=State.SENDING))


def put_off(email: Email, answer: str) -> None:
    """What the server does not take of this e-mail now."""
    _put_off(_on_its_way(email), email.tries, answer, delayed=email.tries + 1 >= SLOW_TRIES)


def _put_off(emails: EmailQuerySet, tries: int, answer: str, code: str = "", *, delayed: bool) -> None:
    now, said = timezone.now(), {"tries": tries + 1, "answer": answer, "answer_code": code}
    if tries + 1 >= MOST_TRIES:
        emails.update(state=State.REFUSED, settled_at=now, given_up=True, **said)
        return
    pause = DELAYS[tries] if tries < len(DELAYS) else LAST_DELAY
    since = {"delayed_since": Coalesce("delayed_since", Value(now))} if delayed else {}
    emails.update(state=State.WAITING, due_at=now + timedelta(seconds=pause), **said, **since)


def settle(email: Email, state: Email.State, answer: str = "", code: str = "") -> None:
    """What has been answered is known to us alone: a database that cannot be written now is asked again."""
    settled_at = None if state == State.UNCERTAIN else timezone.now()
    said = {"answer": answer[:500], "answer_code": code, "tries": email.tries + 1}
    for tries_left in reversed(range(SETTLING_TRIES)):
        try:
            _on_its_way(email).update(state=state, settled_at=settled_at, delayed_since=None, **said)
        except DatabaseError:
            if not tries_left:
                raise
            connection.close()
            time.sleep(POLL_SECONDS)
        else:
            return


def _on_its_way(email: Email) -> EmailQuerySet:
    return Email.objects.filter(pk=email.pk, state__in=(State.WAITING, State.SENDING))
