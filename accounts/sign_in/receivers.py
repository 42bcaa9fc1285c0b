"""Sign-ins, their failures and sign-outs, as Django tells of them."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils.translation import gettext_noop

from accounts.models import User
from accounts.sessions import expiry
from accounts.throttling.sign_in import MASKED
from core.audit import log


def signed_in(user: User, request: HttpRequest, **_: Any) -> None:
    now = time.time()
    request.session.update({"began": now, "seen": now, **expiry.place(request)})
    log.record(user, "sign_in.done", user)


def failed(credentials: dict[str, Any], **_: Any) -> None:
    typed = credentials.get("email") or credentials.get("username") or ""
    user = User.objects.filter(email=str(typed).strip().lower()).first() if typed else None
    why = {} if user is None or user.is_active else {"why": gettext_noop("the account is disabled")}
    log.record(user or log.NOBODY, "sign_in.failed", user or MASKED, result=log.Result.FAILED, **why)


def signed_out(user: User | None, **_: Any) -> None:
    if user:
        log.record(user, "sign_in.ended", user)


def watch() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="accounts.signed_in")
    user_login_failed.connect(failed, dispatch_uid="accounts.sign_in_failed")
    user_logged_out.connect(signed_out, dispatch_uid="accounts.signed_out")
