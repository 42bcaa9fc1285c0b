"""The state of the certificate in words, for its page and the header."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core import localization
from core.https import Certificate
from pbxportal.front import certificates
from pbxportal.front.certificates import FailedTry, Held
from pbxportal.portal_address import Address

# What stands in an authority's answer -> what to do about it.
REASONS = {
    "error:dns": gettext_lazy("The name has no address in DNS. Add one that leads to this machine."),
    "error:connection": gettext_lazy(
        "Let's Encrypt could not connect to this machine by its name. Forward TCP ports 80 and 443 to it."
    ),
    "error:unauthorized": gettext_lazy("Another machine answered for the name. Check where its address in DNS leads."),
    "error:rateLimited": gettext_lazy("There were too many tries for this name. The next one comes by itself."),
    "error:caa": gettext_lazy("The name's CAA record in DNS does not allow this authority."),
    "error:rejectedIdentifier": gettext_lazy("The authority does not sign this name."),
    "no such host": gettext_lazy("The authority's server was not found. Check this machine's DNS."),
    "connection refused": gettext_lazy("The authority's server could not be reached. Check the internet connection."),
    "timeout": gettext_lazy("The authority's server did not answer. Check the internet connection."),
}


@dataclass(frozen=True)
class State:
    """`warning` stands in the header; "" where nothing is amiss."""

    held: Held | None
    failed: FailedTry | None
    warning: str

    @property
    def reason(self) -> str:
        said = self.failed.error if self.failed else ""
        return str(next((words for code, words in REASONS.items() if code in said), ""))

    @property
    def names(self) -> str:
        return ", ".join(self.held.names) if self.held else ""

    @property
    def until(self) -> datetime | None:
        return self.held.until if self.held else None


def of(address: Address) -> State:
    held = certificates.held(address)
    failed = certificates.failed_try(address) if address.certificate == Certificate.ACME else None
    return State(held, failed, warning(address, held))


def warning(address: Address, held: Held | None = None) -> str:
    if address.certificate == Certificate.NONE:
        return ""
    held = held or certificates.held(address)
    if not held:
        return _("No HTTPS certificate yet")
    left = held.until - now()
    if left > certificates.WARN_BEFORE:
        return ""
    if left.total_seconds() <= 0:
        return _("HTTPS certificate expired")
    days = left.days
    words = ngettext(
        "HTTPS certificate expires in %(days)s day", "HTTPS certificate expires in %(days)s days", max(days, 1)
    )
    return words % {"days": localization.count(max(days, 1))}
