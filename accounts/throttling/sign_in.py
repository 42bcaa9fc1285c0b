"""A try to sign in with a password, and what limits it.

Whoever tries from a browser that has signed in with this account before is counted alone: nobody else locks them out.
All others are counted by the account and by where they come from, whether or not there is such an account.
"""

from ipaddress import IPv6Address, ip_network

from django.http import HttpRequest
from django.utils.translation import ngettext

from accounts.models import User
from accounts.sessions import known_devices
from accounts.throttling.failure_counts import Bucket, Limit
from accounts.throttling.throttle import Throttle
from core.audit import log
from core.coded_text import CodedText
from core.email_addresses import comparable
from core.http import own_address

DEVICE = Limit("device", 5, 300)
ACCOUNT = Limit("account", 5, 300)
ADDRESS = Limit("address", 10, 300)
PASSKEY = Limit("passkey", 10, 300)  # by strangers; there is nothing to guess, but each leaves a trace
OWN_PASSWORD = Limit("own_password", 5, 300)  # by somebody who has signed in

MASKED = CodedText("sign_in.no_account")  # people type passwords there


def of_network(limit: Limit, request: HttpRequest) -> list[Bucket]:
    """Where somebody comes from: of IPv6 the /64, which one customer has. Nothing where many have the same address."""
    address = own_address(request)
    if isinstance(address, IPv6Address):
        return [Bucket(limit, str(ip_network((address, 64), strict=False)))]
    return [Bucket(limit, str(address))] if address else []


def of_account(email: str) -> Bucket:
    return Bucket(ACCOUNT, comparable(email))


class PasswordThrottle(Throttle):
    def _words(self, minutes: int) -> str:
        words = ngettext(
            "Too many failed sign-ins for this account or from your network. Try again in %(minutes)s minute.",
            "Too many failed sign-ins for this account or from your network. Try again in %(minutes)s minutes.",
            minutes,
        )
        return words % {"minutes": minutes}


class OwnPasswordThrottle(PasswordThrottle):
    def __init__(self, user: User) -> None:
        super().__init__([Bucket(OWN_PASSWORD, str(user.pk))])


class PasskeyThrottle(PasswordThrottle):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__(of_network(PASSKEY, request))


class SignInThrottle(PasswordThrottle):
    def __init__(self, request: HttpRequest, email: str) -> None:
        self.email = comparable(email)
        device = known_devices.find(request, self.email)
        super().__init__(
            [Bucket(DEVICE, str(device.pk))] if device else [of_account(self.email), *of_network(ADDRESS, request)]
        )

    def _record(self, blocked: list[Bucket]) -> None:
        """Once for each block, not for each try that it refuses."""
        user = User.objects.filter(email=self.email).first() if blocked else None
        for each in blocked:
            by_place = each.limit == ADDRESS
            log.record(
                log.NOBODY if by_place or not user else user,
                "sign_in.blocked",
                each.about if by_place else user or MASKED,
                result=log.Result.REFUSED,
                why=CodedText("sign_in.too_many_passwords"),
            )
