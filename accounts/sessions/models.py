"""Sessions at rest: of the key that the browser has its hash is kept, what a session holds is sealed.

So a copy of the database signs nobody in, and shows nothing that passed through a form.
"""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import DatabaseError, models
from django.utils import timezone

from accounts.models import User
from core import encryption
from core.database_errors import fault_of

LABEL = "session"
logger = logging.getLogger(__name__)


def digest(key: str) -> str:
    """As it stands in the table."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    def load(self) -> dict[str, Any]:
        kept = self._get_session_from_db()
        if kept is None:
            return {}
        try:
            held: dict[str, Any] = json.loads(encryption.unseal(LABEL, kept.session_key, kept.session_data))
        except encryption.SealError:
            self._session_key = None
            return {}
        return held

    def _get_session_from_db(self) -> Any:
        key = self.session_key
        self._session_key = digest(key) if key else None
        kept = super()._get_session_from_db()  # type: ignore[misc]
        self._session_key = key if kept else None
        return kept

    def save(self, must_create: bool = False) -> None:
        """Where the database takes nothing now, what was noted is lost, and the page that was made is shown.

        Django would tell it as a fault of the request, whatever that has done. A session that is to be made anew, as
        at a sign-in, is made or raises DatabaseError.
        """
        try:
            super().save(must_create)
        except UpdateError as error:
            if not isinstance(error.__context__, DatabaseError) or fault_of(error.__context__) is None:
                raise
            logger.warning("A session was not stored: %s", error.__context__)

    def exists(self, session_key: str) -> bool:
        return bool(super().exists(digest(session_key)))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        """What else stands in the row is said in `data`, and kept beside it to be listed by."""
        key = digest(self._get_or_create_session_key())  # type: ignore[attr-defined]
        return self.get_model_class()(
            session_key=key,
            session_data=encryption.seal(LABEL, key, json.dumps(data)),
            expire_date=self.get_expiry_date(),
            user_id=data.get(SESSION_KEY),
            address=data.get("address", ""),
            agent=data.get("agent", ""),
            began=moment(data.get("began")),
            seen=moment(data.get("seen")),
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            super().delete(digest(key))


class Session(AbstractBaseSession):
    """Where somebody is signed in, or about to be. Kept by SessionStore, which seals it."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    address = models.CharField(max_length=45, blank=True)
    agent = models.CharField(max_length=255, blank=True)
    began = models.DateTimeField(null=True)
    seen = models.DateTimeField(null=True)

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class Device(models.Model):
    """A browser that the person has signed in with before: it holds the key, of which the hash stands here."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices")
    key_hash = models.CharField(max_length=64)
    agent = models.CharField(max_length=255, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key_hash"], name="one_row_of_a_device")]

    def __str__(self) -> str:
        return self.agent
