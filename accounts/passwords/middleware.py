"""Whoever signs in with a password that an administrator typed chooses another one before anything else."""

from accounts.models import User
from accounts.sessions.middleware import OnePageRule


class PasswordRule(OnePageRule):
    page = "own_password"
    open = frozenset({"forgotten", "password_reset", "password_welcome"})

    def concerns(self, user: User) -> bool:
        return user.must_change_password
