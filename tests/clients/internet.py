"""A small internet: an office and a home, each behind a router that translates addresses, all gone with the test.

portal, desk - office router = home router - laptop
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from subprocess import run

from tests.browser.lan import NEW, Machine

PORTAL, DESK, OFFICE = "10.77.0.2", "10.77.0.3", "10.77.0.1"
LAPTOP, HOME = "10.88.0.2", "10.88.0.1"
OFFICE_OUTSIDE, HOME_OUTSIDE = "203.0.113.1", "203.0.113.2"
HIDES = """
table ip nat {{
  chain out {{ type nat hook postrouting priority srcnat; oifname "wan" masquerade; }}
  chain in {{ type nat hook prerouting priority dstnat; {forwards} }}
}}
"""


class Internet:
    def __init__(self, stack: ExitStack, forwards: str) -> None:
        """`forwards`: the rules of the office's router for what comes from outside."""

        def machine(address: str) -> Machine:
            start = [*self.office.inside, "unshare", "--net"] if hasattr(self, "office") else NEW
            return stack.enter_context(Machine(start, address))

        self.office = machine(OFFICE)
        self.home, self.portal, self.desk, self.laptop = map(machine, (HOME, PORTAL, DESK, LAPTOP))
        self._router(self.office, [self.portal, self.desk], OFFICE_OUTSIDE, forwards)
        self._router(self.home, [self.laptop], HOME_OUTSIDE, "")
        pid = self.home.process.pid
        self.office.run(f"ip link add wan type veth peer name wan netns {pid}")
        for router, address in ((self.office, OFFICE_OUTSIDE), (self.home, HOME_OUTSIDE)):
            router.run(f"ip addr add {address}/24 dev wan")
            router.run("ip link set wan up")

    def _router(self, router: Machine, behind: list[Machine], outside: str, forwards: str) -> None:
        router.run("ip link add lan type bridge")
        for number, each in enumerate(behind):
            router.run(f"ip link add port{number} type veth peer name lan netns {each.process.pid}")
            router.run(f"ip link set port{number} master lan up")
        router.plug_in()
        run([*router.inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"], check=True)
        for each in behind:
            each.plug_in()
            each.run(f"ip route add default via {router.address}")
        rules = HIDES.format(forwards=f"ip daddr {outside} {forwards}" if forwards else "")
        run([*router.inside, "nft", "-f", "-"], input=rules.encode(), check=True)


@contextmanager
def internet(forwards: str) -> Iterator[Internet]:
    with ExitStack() as stack:
        yield Internet(stack, forwards)
