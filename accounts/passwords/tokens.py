"""Tokens of the mailed links by which somebody chooses a password. They are made when the mail is written."""

from datetime import UTC, datetime, timedelta

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import base36_to_int, urlsafe_base64_encode

from accounts import one_time_links
from accounts.models import User


class LinkTokenGenerator(PasswordResetTokenGenerator):
    """Tokens that work until the person's `link_version` is raised, for `valid` at most.

    `route` is the name of the page that the link leads to. PASSWORD_RESET_TIMEOUT is the longest that `valid` may be.
    """

    def __init__(self, route: str, valid: timedelta) -> None:
        super().__init__()
        self.route, self.valid = route, valid

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not token or not super().check_token(user, token):
            return False
        made = base36_to_int(token.partition("-")[0])
        return self._num_seconds(self._now()) - made <= self.valid.total_seconds()

    def link(self, user: User) -> str:
        person = urlsafe_base64_encode(force_bytes(user.pk))
        return one_time_links.absolute(reverse(self.route, args=[person, self.make_token(user)]))

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        # Without the last sign-in, which Django's own has: who signs in after all may still use the link.
        return f"{self.route} {user.pk} {user.link_version} {timestamp}"

    def _now(self) -> datetime:
        # In UTC: Django's own, in local time, makes links an hour older on one night of the year.
        return datetime.now(UTC).replace(tzinfo=None)


reset_tokens = LinkTokenGenerator("password_reset", timedelta(hours=1))
welcome_tokens = LinkTokenGenerator("password_welcome", timedelta(days=7))
