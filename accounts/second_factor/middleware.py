"""Where Preferences make a second factor compulsory, who has none sets one up and reaches nothing else until then."""

from accounts.models import User
from accounts.second_factor import factors
from accounts.sessions.middleware import OnePageRule


class SecondFactorRule(OnePageRule):
    page = "factor_set_up"
    open = frozenset({"factor_app", "factor_passkey", "account_reauthenticate"})

    def concerns(self, user: User) -> bool:
        return factors.is_missing(user) and not user.must_change_password  # PasswordRule comes first
