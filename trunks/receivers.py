"""What calls go to is deleted by no way, also where nobody has asked before."""

from typing import Any

from django.db.models import ProtectedError, QuerySet

from extensions.models import SipExtension
from trunks import usage


def keep_used(instance: SipExtension, origin: Any = None, **_: Any) -> None:
    """`origin`: of many that are deleted with one statement, for which it is asked once what may be used."""
    if isinstance(origin, QuerySet):
        if "numbers_in_use" not in origin.__dict__:
            origin.__dict__["numbers_in_use"] = usage.numbers_in_use()
        if instance.number not in origin.__dict__["numbers_in_use"]:
            return
    if why := usage.of_extension(instance):
        raise ProtectedError(why, {instance})
