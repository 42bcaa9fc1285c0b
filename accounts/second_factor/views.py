"""The pages of one's own second factor. What it is, stands on the page of the sign-in and security."""

from typing import Any
from urllib.parse import quote

import segno
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_GET, require_http_methods

from accounts.allauth_internals import begin_registration
from accounts.models import User
from accounts.requests import SignedInRequest
from accounts.second_factor import factors as second_factor_factors
from accounts.second_factor.allauth_adapter import passkey_name
from accounts.second_factor.factors import Factors, Gone, LastFactor
from accounts.second_factor.forms import AppForm, NewPasskeyForm, PasskeyNameForm, new_secret
from accounts.sessions.reauthentication import reauthentication_required

SECRET = "app_secret"  # noqa: S105 (its name in the session, which is sealed)


def frame(request: SignedInRequest) -> dict[str, Any]:
    """Who has to set one up sees no menu: nothing of it is open yet."""
    missing = second_factor_factors.is_missing(request.user)
    return {"section": "account", "frame": "base_plain.html" if missing else "base.html", "compulsory": missing}


def section(user: User) -> dict[str, Any]:
    """What account/_second_factor.html shows."""
    return {
        "factors": Factors.of(user),
        "passkeys_work": bool(passkey_name()),
        "second_factor_is_compulsory": second_factor_factors.is_compulsory_for(user),
    }


def after(request: SignedInRequest) -> HttpResponse:
    """To the recovery codes, where they have not been seen yet."""
    return redirect("account_security" if Factors.of(request.user).codes_were_seen else "factor_codes")


@require_GET
def set_up(request: SignedInRequest) -> HttpResponse:
    """Where they are led who must have one and have none."""
    if not second_factor_factors.is_missing(request.user):
        return redirect("account_security")
    return render(request, "accounts/second_factor/set_up.html", {**frame(request), **section(request.user)})


@reauthentication_required
@sensitive_variables()
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def app(request: SignedInRequest) -> HttpResponse:
    if Factors.of(request.user).app:
        messages.info(request, _("You already have an authenticator app. Remove it to set up another one."))
        return redirect("account_security")
    if request.method != "POST" or SECRET not in request.session:
        request.session[SECRET] = new_secret()
        form = AppForm(secret=request.session[SECRET])
    else:
        form = AppForm(request.POST, secret=request.session[SECRET])
    if not form.is_valid():
        return app_page(request, form)
    form.save(request.user)
    del request.session[SECRET]
    messages.success(request, _("Authenticator app set up."))
    return after(request)


def app_page(request: SignedInRequest, form: AppForm) -> HttpResponse:
    url = get_adapter().build_totp_url(request.user, form.secret)
    qr = segno.make_qr(url, error="m").svg_inline(scale=5, border=3, light="#fff", omitsize=True)
    typed = " ".join(form.secret[at : at + 4] for at in range(0, len(form.secret), 4))
    context = {**frame(request), "form": form, "qr": SafeString(qr), "secret": typed, "account": request.user.email}
    return render(request, "accounts/second_factor/app.html", context, status=422 if form.is_bound else 200)


@reauthentication_required
@sensitive_post_parameters("credential")
@require_http_methods(["GET", "POST"])
def add_passkey(request: SignedInRequest) -> HttpResponse:
    if not passkey_name():
        messages.error(request, _("Passkeys work only if the portal has a host name and uses HTTPS."))
        return redirect("account_security")
    name = get_adapter().generate_authenticator_name(request.user, second_factor_factors.Passkey)
    form = NewPasskeyForm(request.POST if request.method == "POST" else None, initial={"name": name})
    if form.is_valid():
        form.save(request.user)
        messages.success(request, _("Passkey added."))
        return after(request)
    context = {
        **frame(request),
        "form": form,
        "relying_party": passkey_name(),
        "options": {"request_options": begin_registration(request.user, passwordless=True)},
    }
    return render(request, "accounts/second_factor/passkey.html", context, status=422 if form.is_bound else 200)


def own_passkey(request: SignedInRequest) -> Authenticator | None:
    """The one that is named, if it is the person's."""
    asked = request.POST.get("passkey") or request.GET.get("passkey", "")
    passkeys = Factors.of(request.user).passkeys
    return next((each for each in passkeys if str(each.pk) == asked), None)


def gone(request: SignedInRequest) -> HttpResponse:
    messages.info(request, _("This verification method has already been removed."))
    return redirect("account_security")


@reauthentication_required
@require_http_methods(["GET", "POST"])
def rename_passkey(request: SignedInRequest) -> HttpResponse:
    passkey = own_passkey(request)
    if passkey is None:
        return gone(request)
    form = PasskeyNameForm(request.POST if request.method == "POST" else None, initial={"name": passkey.data["name"]})
    if not form.is_valid():
        context = {**frame(request), "form": form, "passkey": passkey}
        return render(request, "accounts/second_factor/rename.html", context, status=422 if form.is_bound else 200)
    try:
        second_factor_factors.rename(request.user, passkey, form.cleaned_data["name"])
    except Gone:
        return gone(request)
    messages.success(request, _("Passkey renamed."))
    return redirect("account_security")


@reauthentication_required
@require_http_methods(["GET", "POST"])
def remove(request: SignedInRequest) -> HttpResponse:
    """A passkey, or the app where none is named."""
    factors = Factors.of(request.user)
    factor = own_passkey(request) if "passkey" in {*request.GET, *request.POST} else factors.app
    if factor is None:
        return gone(request)
    last = len(factors.passkeys) + bool(factors.app) == 1
    refused = last and second_factor_factors.is_compulsory_for(request.user)
    if request.method == "POST" and not refused:
        try:
            second_factor_factors.remove(request.user, factor)
        except Gone:
            return gone(request)
        except LastFactor:
            refused = True
        else:
            messages.success(request, _("Verification method removed."))
            return redirect("account_security")
    context = {**frame(request), "factor": factor, "last": last, "refused": refused}
    return render(
        request, "accounts/second_factor/remove.html", context, status=409 if request.method == "POST" else 200
    )


@reauthentication_required
@sensitive_variables()
@require_GET
def codes(request: SignedInRequest) -> HttpResponse:
    """The recovery codes, once: who opens the page again is told how many are left."""
    factors = Factors.of(request.user)
    if factors.codes is None:
        return redirect("account_security")
    shown = second_factor_factors.codes_once(request.user)
    download = f"data:text/plain;charset=utf-8,{quote(chr(10).join([*shown, '']))}"
    context = {**frame(request), "codes": shown, "left": factors.codes_left, "download": download}
    return render(request, "accounts/second_factor/codes.html", context)


@reauthentication_required
@require_http_methods(["POST"])
def new_codes(request: SignedInRequest) -> HttpResponse:
    if not second_factor_factors.new_codes(request.user):
        return redirect("account_security")
    return redirect("factor_codes")
