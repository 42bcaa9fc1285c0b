"""Sessions at rest: of the key that the browser has its hash is kept, what a session holds is sealed.

So a copy of the database signs nobody in, and shows nothing that passed through a form.
"""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db

from core import encryption

LABEL = "session"


def digest(key: str) -> str:
    """As it stands in the table."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


class SessionStore(db.SessionStore):
    @classmethod
    def get_model_class(cls) -> Any:
        from accounts.models import Session

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
