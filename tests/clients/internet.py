"""A small internet: an office and a home, each behind a router that translates addresses, all gone with the test.

portal, desk - office router = home router - laptop
                             = authority
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from subprocess import run

from tests.browser.lan import NEW, Machine

PORTAL, DESK, OFFICE = "10.77.0.2", "10.77.0.3", "10.77.0.1"
PORTAL6, DESK6 = "fd77::2", "fd77::3"
LAPTOP, HOME = "10.88.0.2", "10.88.0.1"
OFFICE_OUTSIDE, HOME_OUTSIDE, AUTHORITY = "203.0.113.1", "203.0.113.2", "203.0.113.3"
HIDES = """
table ip nat {{
  chain out {{ type nat hook postrouting priority srcnat; oifname "wan" masquerade; }}
  chain in {{ type nat hook prerouting priority dstnat; {forwards} }}
}}
"""


class Internet:
    def __init__(self, stack: ExitStack, forwards: list[str]) -> None:
        """`forwards`: what the office's router passes on to the portal of all that comes from outside."""

        def machine(address: str) -> Machine:
            start = [*self.office.inside, "unshare", "--net"] if hasattr(self, "office") else NEW
            return stack.enter_context(Machine(start, address))

        self.office = machine(OFFICE)
        self.home, self.portal, self.desk, self.laptop = map(machine, (HOME, PORTAL, DESK, LAPTOP))
        self.authority = machine(AUTHORITY)
        self._cable(self.office, "lan", [self.portal, self.desk])
        self._cable(self.home, "lan", [self.laptop])
        self._cable(self.office, "wan", [self.home, self.authority])
        self._router(self.office, [self.portal, self.desk], OFFICE_OUTSIDE, forwards)
        self._router(self.home, [self.laptop], HOME_OUTSIDE, [])
        self.authority.run("ip link set lo up")
        self.authority.run(f"ip addr add {AUTHORITY}/24 dev wan")
        self.authority.run("ip link set wan up")
        for each, address in ((self.portal, PORTAL6), (self.desk, DESK6)):
            each.run(f"ip addr add {address}/64 dev lan nodad")

    def _cable(self, at: Machine, name: str, others: list[Machine]) -> None:
        """Between that machine and the others, at all of which it has that name."""
        at.run(f"ip link add {name} type bridge")
        for number, each in enumerate(others):
            port = f"{name}-port{number}"
            at.run(f"ip link add {port} type veth peer name {name} netns {each.process.pid}")
            at.run(f"ip link set {port} master {name} up")

    def _router(self, router: Machine, behind: list[Machine], outside: str, forwards: list[str]) -> None:
        router.plug_in()
        router.run(f"ip addr add {outside}/24 dev wan")
        router.run("ip link set wan up")
        run([*router.inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], check=True)
        for each in behind:
            each.plug_in()
            each.run(f"ip route add default via {router.address}")
        rules = HIDES.format(forwards=" ".join(f"ip daddr {outside} {each} dnat to {PORTAL};" for each in forwards))
        run([*router.inside, "nft", "-f", "-"], input=rules.encode(), check=True)


@contextmanager
def internet(forwards: list[str]) -> Iterator[Internet]:
    with ExitStack() as stack:
        yield Internet(stack, forwards)
