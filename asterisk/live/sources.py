"""From where each number signs in, and which of its contacts are elsewhere.

Asterisk puts the true address in place of the first Contact of a REGISTER; a second and third keep what the phone
wrote, which may be any host. A phone proves by signing in that it is where it is: contacts at other hosts are foreign.
"""

import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from asterisk.live.store import Contact

KEPT_SECONDS = 3700.0  # the longest registration, and a little
PATIENCE_SECONDS = 2.0  # what Asterisk says of a sign-in may come later than its contact is seen
MOST_HOSTS = 200


class Sources:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._signed_in: dict[str, dict[str, float]] = {}
        self._foreign_since: dict[str, float] = {}

    def note(self, number: str, host: str) -> None:
        """The number has signed in from there."""
        now = self._clock()
        hosts = self._signed_in.setdefault(number, {})
        hosts.pop(same(host), None)
        hosts[same(host)] = now
        if len(hosts) > MOST_HOSTS or now > next(iter(hosts.values())) + KEPT_SECONDS:
            del hosts[next(iter(hosts))]

    def has_signed_in(self, number: str, seconds: float) -> bool:
        """Whether it has within so many seconds."""
        return self._clock() - max(self._signed_in.get(number, {"": -KEPT_SECONDS}).values()) < seconds

    def trust(self, contacts: Iterable[Contact]) -> None:
        """What had registered before anybody listened."""
        for contact in contacts:
            self.note(contact.number, contact.host)

    def foreign(self, contacts: Iterable[Contact]) -> list[Contact]:
        return [each for each in contacts if same(each.host) not in self._signed_in.get(each.number, {})]

    def judge(self, foreign: Iterable[Contact], others: Iterable[Contact]) -> tuple[list[Contact], list[Contact]]:
        """Of the foreign ones: those to look at again, and those to take away."""
        now = self._clock()
        if len(self._foreign_since) > MOST_HOSTS:
            self._foreign_since.clear()
        for each in others:
            self._foreign_since.pop(each.id, None)
        doubtful: list[Contact] = []
        proven: list[Contact] = []
        for each in foreign:
            since = self._foreign_since.setdefault(each.id, now)
            (proven if now >= since + PATIENCE_SECONDS else doubtful).append(each)
        for each in proven:
            del self._foreign_since[each.id]
        return doubtful, proven


def same(host: str) -> str:
    """One spelling of an address; a name is none that anybody signs in from."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return f"name:{host}"
    return str(getattr(address, "ipv4_mapped", None) or address)
