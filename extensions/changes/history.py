"""What was done to an extension, as its own page shows it."""

from typing import Any

from accounts.requests import SignedInRequest
from core.audit import log
from extensions.access import may_manage
from extensions.models import SipExtension


def history_of(request: SignedInRequest, extension: SipExtension) -> dict[str, Any]:
    """For its own person, and for who may manage it: these also see from where, and what was refused."""
    if may_manage(request, extension):
        return {"history": log.history(extension.number), "history_from": True}
    if extension.user == request.user:
        return {"history": log.history(extension.number, only_done=True)}
    return {}
