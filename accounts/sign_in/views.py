from allauth.account.views import LoginView
from django.http import HttpResponse

from accounts.second_factor.allauth_adapter import passkey_name
from accounts.sign_in.forms import SignInForm
from accounts.throttling.throttle import TOO_MANY, TooManyError
from core.preferences.models import Preferences


class SignIn(LoginView):  # type: ignore[misc]
    """allauth's; it says by its status, too, that one has to wait."""

    def form_invalid(self, form: SignInForm) -> HttpResponse:
        response: HttpResponse = super().form_invalid(form)
        for error in form.non_field_errors().as_data():
            if isinstance(error, TooManyError):
                response.status_code = 429
                response["Retry-After"] = str(error.seconds)
        return response

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context: dict[str, object] = super().get_context_data(**kwargs)
        form = context["form"]
        assert isinstance(form, SignInForm)  # noqa: S101 (ACCOUNT_FORMS)
        too_many = form.is_bound and form.has_error("__all__", TOO_MANY)
        sends_mail = bool(Preferences.current().mail_host)
        return {**context, "too_many": too_many, "sends_mail": sends_mail, "relying_party": passkey_name()}


sign_in = SignIn.as_view()
