"""How well the time of a refusal tells whether there is an extension: with as many tries as an address has, hardly."""

import random
import socket
import statistics
import time
from collections.abc import Iterator
from itertools import count

import pytest
from django.conf import settings

from tests.pbx.office import Office
from tests.phones import sip

TRIES = 10  # before an address is blocked; see core.preferences
EXTENSIONS, ROUNDS, GUESSES = 20, 40, 4_000
chance = random.Random(5)
Times = dict[str, list[float]]
Shape = tuple[str, ...]


@pytest.fixture
def door() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.66.0.9", 0))
        door.settimeout(20)
        yield door


def refusal(door: socket.socket, number: str, mark: str) -> tuple[float, Shape]:
    """Seconds until a REGISTER without credentials is answered, and what the answer is made of."""
    host, port = door.getsockname()
    line = f"<sip:{number}@127.0.0.1>"
    headers = [
        ("Via", f"SIP/2.0/UDP {host}:{port};branch=z9hG4bK{mark}"), ("Max-Forwards", "70"),
        ("From", f"{line};tag={mark}"), ("To", line), ("Call-ID", mark), ("CSeq", "1 REGISTER"),
        ("Contact", f"<sip:{number}@{host}:{port}>"),
    ]  # fmt: skip
    asked = sip.request("REGISTER", f"sip:127.0.0.1:{settings.SIP_PORT}", headers).encode()
    began = time.perf_counter()
    door.sendto(asked, ("127.0.0.1", settings.SIP_PORT))
    received = door.recv(4096)
    taken = time.perf_counter() - began
    answer = sip.parse(received)
    asked_for = sorted(sip.parameters(answer.get("WWW-Authenticate")))
    return taken, (answer.start, *(name for name, _ in answer.headers), *asked_for)


def measured(door: socket.socket, numbers: list[str], rounds: int) -> tuple[Times, set[Shape]]:
    """In turns, so that what slows the machine down slows both kinds down."""
    marks, found, shapes = count(), Times(), set()
    for each in range(rounds + 1):
        for number in chance.sample(numbers, len(numbers)):
            taken, shape = refusal(door, number, f"{chance.getrandbits(64):x}-{next(marks)}")
            shapes.add(shape)
            if each:  # the first is slow
                found.setdefault(number, []).append(taken)
    return found, shapes


def share_right(there: Times, not_there: Times) -> float:
    """Of guesses by the median of TRIES times each, with a boundary that only whoever knows both kinds can choose."""
    known, unknown = (
        [statistics.median(chance.sample(pooled(some), TRIES)) for _ in range(GUESSES // 2)]
        for some in (there, not_there)
    )
    boundary = statistics.median([*known, *unknown])
    right = (sum(each > boundary for each in known) + sum(each <= boundary for each in unknown)) / GUESSES
    return max(right, 1 - right)


def pooled(times: Times) -> list[float]:
    return [each for its in times.values() for each in its]


def test_a_refusal_is_the_same_for_an_extension_that_exists_and_takes_as_long(
    office: Office, door: socket.socket
) -> None:
    """The time is printed: on a machine that others use, it is no reason to fail."""
    there = [office.extension().number for _ in range(EXTENSIONS)]
    not_there = [str(int(number) + 5000) for number in there]
    times, shapes = measured(door, [*there, *not_there], ROUNDS)
    of_known, of_unknown = ({each: times[each] for each in some} for some in (there, not_there))
    right = share_right(of_known, of_unknown)
    medians = [1e6 * statistics.median(pooled(some)) for some in (of_known, of_unknown)]
    print(  # noqa: T201 (for -s)
        f"known {medians[0]:.0f} µs, unknown {medians[1]:.0f} µs: {right:.1%} of guesses with {TRIES} tries are right"
    )
    (shape,) = shapes
    assert shape[0] == "SIP/2.0 401 Unauthorized"
