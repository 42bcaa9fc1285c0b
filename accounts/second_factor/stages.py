"""What stands between password and session. A sign-in that was begun ends where the password changes meanwhile."""

from typing import Any

from allauth.mfa import stages
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare


class OfThisPassword:
    """Knows at the end of a stage the account as it was at its beginning."""

    login: Any
    state: dict[str, Any]

    def handle(self) -> tuple[HttpResponse | None, bool]:
        self.state["account"] = self.login.user.get_session_auth_hash()
        handled: tuple[HttpResponse | None, bool] = super().handle()  # type: ignore[misc]
        return handled

    def exit(self) -> HttpResponse:
        user = self.login.user
        same = constant_time_compare(self.state.get("account", ""), user.get_session_auth_hash())
        step = super().exit if same and user.is_active else super().abort  # type: ignore[misc]
        response: HttpResponse = step()
        return response


class SecondFactorStage(OfThisPassword, stages.AuthenticateStage):  # type: ignore[misc]
    pass


class TrustStage(OfThisPassword, stages.TrustStage):  # type: ignore[misc]
    pass
