"""Sign-ins, their failures and sign-outs, as Django tells of them."""

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from accounts.models import User
from accounts.sessions import expiry
from accounts.throttling.sign_in import MASKED
from core.audit import log
from core.coded_text import CodedText


def signed_in(user: User, request: HttpRequest, **_: Any) -> None:
    now = time.time()
    request.session.update({"began": now, "seen": now, **expiry.place(request)})
    log.record(user, "sign_in.done", user)


def failed(credentials: dict[str, Any], **_: Any) -> None:
    typed = credentials.get("email") or credentials.get("username") or ""
    user = User.objects.filter(email=str(typed)).first() if typed else None
    why = CodedText("sign_in.account_disabled") if user and not user.is_active else ""
    log.record(user or log.NOBODY, "sign_in.failed", user or MASKED, result=log.Result.FAILED, why=why)


def signed_out(user: User | None, **_: Any) -> None:
    if user:
        log.record(user, "sign_in.ended", user)


def watch() -> None:
    user_logged_in.connect(signed_in, dispatch_uid="accounts.signed_in")
    user_login_failed.connect(failed, dispatch_uid="accounts.sign_in_failed")
    user_logged_out.connect(signed_out, dispatch_uid="accounts.signed_out")
