"""A forgotten password, and the page that a mailed link leads to. Neither says whether there is such an account."""

from typing import Any

from allauth.account.utils import perform_login
from allauth.mfa.utils import is_mfa_enabled
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.allauth_internals import record_authentication
from accounts.models import User
from accounts.passwords.forms import LINKS_OF_ADDRESS, ChooseForm, ForgottenForm
from accounts.passwords.tokens import LinkTokenGenerator, reset_tokens, welcome_tokens
from accounts.sessions import known_devices
from accounts.throttling.sign_in import of_network
from core.preferences.models import Preferences


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    if not Preferences.current().mail_host:
        return render(request, "accounts/passwords/forgotten_no_mail.html")
    form = ForgottenForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "accounts/passwords/forgotten.html", {"form": form}, status=422 if form.is_bound else 200
        )
    form.save(of_network(LINKS_OF_ADDRESS, request))
    return render(request, "accounts/passwords/forgotten_sent.html", {"email": form.cleaned_data["email"]})


@method_decorator(login_not_required, name="dispatch")
class ChooseView(PasswordResetConfirmView):
    """Django's: the token leaves the address for the session. A look uses nothing up, as mail scanners look first."""

    http_method_names = ["get", "head", "post"]
    form_class = ChooseForm  # type: ignore[assignment]
    template_name = "accounts/passwords/choose.html"
    token_generator: LinkTokenGenerator

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = super().dispatch(request, *args, **kwargs)
        if request.session.modified and not request.user.is_authenticated:
            request.session.set_expiry(self.token_generator.valid)  # a stranger's lives no longer than the link
        return response

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active and user.email else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, person=self.user, first=self.token_generator is welcome_tokens)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        return super().render_to_response(context, **kwargs) if self.validlink else closed(self.request)

    def form_invalid(self, form: forms.Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: ChooseForm) -> HttpResponse:  # type: ignore[override]
        request, user = self.request, form.user
        del request.session[INTERNAL_RESET_SESSION_TOKEN]
        if request.user.is_authenticated:
            logout(request)
        if not form.save(self.token_generator, known_devices.circumstances(request)):
            return closed(request)
        messages.success(request, _("Your new password has been set."))
        return sign_in(request, user)


choose_again = ChooseView.as_view(token_generator=reset_tokens)
choose_first = ChooseView.as_view(token_generator=welcome_tokens)


def sign_in(request: HttpRequest, user: User) -> HttpResponse:
    """The second factor is still asked for."""
    if not is_mfa_enabled(user):  # else the browser is known once the second factor was given there
        known_devices.know(request, user)
    record_authentication(request, user, method="password", email=user.email)
    response: HttpResponse = perform_login(request, user, email=user.email)
    return response


def closed(request: HttpRequest) -> HttpResponse:
    sends_mail = bool(Preferences.current().mail_host)
    return render(request, "accounts/passwords/link_closed.html", {"sends_mail": sends_mail}, status=410)
