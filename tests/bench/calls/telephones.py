"""Phones and their provider, in a process of its own: they make calls through a PBX, and note when each step came.

`python -m tests.bench.calls.telephones` reads a Plan from standard input and writes what became of it, both as JSON.
"""

import json
import subprocess
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path

from tests.bench.surroundings import Failed
from tests.phones import sdp, sip
from tests.phones.call import SDP
from tests.phones.dialog import token
from tests.phones.line import ALLOW, Line
from tests.phones.wire import Wire

ROOT = Path(__file__).resolve().parents[3]
PBX, PHONES = "127.0.0.1", "127.0.0.1"
NUMBERS = 1711_000_000  # dialed with a 0 in front
UNIQUE_DIGITS = 6
SILENT_PORT = 9  # nobody talks, so nothing comes there
LAST_CALL_SECONDS = 20
REGISTRATION_SECONDS = 600
PAUSE_SECONDS = 0.002


@dataclass(frozen=True)
class Account:
    number: str
    auth_name: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """`a_second`: 0 where each call waits for the end of the one before. `seconds`: how long each is held."""

    pbx_port: int
    provider: tuple[str, int]
    accounts: list[Account]
    calls: int
    a_second: float
    seconds: float


@dataclass(frozen=True)
class Outcome:
    """Of one call, in seconds; None: it did not come to that. `status`: the last of the INVITE's replies, 0: none.

    `to_trunk`: from the INVITE with the answer to the challenge until the provider has its INVITE.
    `to_answer`: from the first INVITE until the phone has the 200.
    """

    status: int
    to_trunk: float | None
    to_answer: float | None


@dataclass(frozen=True)
class Report:
    outcomes: list[Outcome]
    cpu_seconds: float  # of the phones and the provider


class Provider:
    """Rings, and answers at once."""

    def __init__(self, plan: Plan) -> None:
        self.arrivals: dict[str, float] = {}
        self.ended = 0
        self.wire = Wire(plan.provider, (PBX, plan.pbx_port))
        self._contact = ("Contact", f"<{sip.sip_uri('provider', *plan.provider)}>")
        self._answer = sdp.describe(plan.provider[0], SILENT_PORT)
        self.wire.on_request = self._on_request

    def _on_request(self, request: sip.Message) -> None:
        now = time.perf_counter()
        if request.method == "INVITE":
            user = request.uri.partition(":")[2].partition("@")[0]
            self.arrivals.setdefault(user[-UNIQUE_DIGITS:], now)
            tag = token()
            self.wire.respond(sip.reply(request, 180, tag, (self._contact,)))
            self.wire.respond(sip.reply(request, 200, tag, (self._contact, SDP), self._answer))
        else:
            self.ended += request.method == "BYE"
            self.wire.respond(sip.reply(request, 200))


class Call:
    def __init__(self, line: Line, dialed: str, talking: deque["Call"]) -> None:
        self.dialed = dialed
        self.status = 0
        self.over = False
        self.began = self.signed = self.answered = 0.0
        self._line, self._talking = line, talking
        self._dialog = line.dialog(dialed)
        self._offer = sdp.describe(PHONES, SILENT_PORT)

    def start(self) -> None:
        self.began = time.perf_counter()
        self._line.ask(self._invite, self._on_reply)

    def hang_up(self) -> None:
        self._line.ask(lambda extra: self._dialog.request("BYE", extra), self._on_goodbye)

    def outcome(self, arrival: float | None) -> Outcome:
        to_trunk = arrival - self.signed if arrival and self.signed else None
        return Outcome(self.status, to_trunk, self.answered - self.began if self.answered else None)

    def _invite(self, extra: list[sip.Pair]) -> sip.Message:
        if extra:
            self.signed = time.perf_counter()
        return self._dialog.request("INVITE", [ALLOW, SDP, *extra], self._offer)

    def _on_reply(self, invite: sip.Message, reply: sip.Message) -> None:
        self.status = reply.status
        if 200 <= reply.status < 300:
            self._dialog.learn(reply)
            self._line.wire.send_ack(self._dialog.ack(invite))
            if not self.answered:
                self.answered = time.perf_counter()
                self._talking.append(self)
        self.over |= reply.status >= 300

    def _on_goodbye(self, _bye: sip.Message, reply: sip.Message) -> None:
        self.over |= reply.status >= 200


class Phones:
    """All of them at one socket, as Asterisk tells them apart by their numbers."""

    def __init__(self, plan: Plan) -> None:
        self.wire = Wire((PHONES, 0), (PBX, plan.pbx_port))
        self.wire.on_request = lambda request: self.wire.respond(sip.reply(request, 200, token()))
        self.talking: deque[Call] = deque()
        self._lines = [Line(self.wire, each.number, each.auth_name, each.password) for each in plan.accounts]

    def register(self, seconds: int = REGISTRATION_SECONDS) -> None:
        for line in self._lines:
            dialog, expires = line.own_dialog(), ("Expires", str(seconds))
            reply = line.ask_and_wait(lambda added: dialog.request("REGISTER", [expires, *added]))  # noqa: B023 (asked at once)
            if reply.status != 200:
                raise Failed(f"REGISTER of {line.user}: {reply.status}")

    def calls(self, how_many: int) -> list[Call]:
        """Each by the next phone."""
        lines = self._lines
        return [
            Call(lines[place % len(lines)], f"0{NUMBERS + place}", self.talking) for place in islice(count(), how_many)
        ]

    def call_in_turn(self, calls: list[Call], provider: Provider) -> None:
        for ended, call in enumerate(calls, 1):
            call.start()
            self.wire.wait_for(lambda: bool(call.answered) or call.over, LAST_CALL_SECONDS, "answer")  # noqa: B023
            if call.answered:
                call.hang_up()
                provider.wire.wait_for(lambda: provider.ended == ended, LAST_CALL_SECONDS, "BYE")  # noqa: B023
                self.wire.wait_for(lambda: call.over, LAST_CALL_SECONDS, "reply to BYE")  # noqa: B023

    def call_at_a_pace(self, calls: list[Call], plan: Plan) -> None:
        began = time.perf_counter()
        waiting = deque((began + place / plan.a_second, call) for place, call in enumerate(calls))
        deadline = waiting[-1][0] + plan.seconds + LAST_CALL_SECONDS
        while not all(call.over for call in calls[::-1]) and time.perf_counter() < deadline:
            now = time.perf_counter()
            while waiting and waiting[0][0] <= now:
                waiting.popleft()[1].start()
            while self.talking and self.talking[0].answered + plan.seconds <= now:
                self.talking.popleft().hang_up()
            time.sleep(PAUSE_SECONDS)


def carry_out(plan: Plan) -> Report:
    phones, provider = Phones(plan), Provider(plan)
    phones.wire.start()
    provider.wire.start()
    try:
        phones.register()
        used = time.process_time()
        calls = phones.calls(plan.calls)
        if plan.a_second:
            phones.call_at_a_pace(calls, plan)
        else:
            phones.call_in_turn(calls, provider)
        outcomes = [call.outcome(provider.arrivals.get(call.dialed[-UNIQUE_DIGITS:])) for call in calls]
        report = Report(outcomes, time.process_time() - used)
        phones.register(0)
        return report
    finally:
        phones.wire.close()
        provider.wire.close()


def calling(plan: Plan) -> Report:
    """In a process of its own."""
    command = [sys.executable, "-m", "tests.bench.calls.telephones"]
    done = subprocess.run(
        command, check=False, cwd=ROOT, input=json.dumps(asdict(plan)), stdout=subprocess.PIPE, text=True
    )
    if done.returncode:
        raise Failed("The phones could not call: what they said is above.")
    said = json.loads(done.stdout)
    return Report([Outcome(**each) for each in said["outcomes"]], said["cpu_seconds"])


def main() -> None:
    told = json.load(sys.stdin)
    accounts = [Account(**each) for each in told.pop("accounts")]
    plan = Plan(accounts=accounts, provider=tuple(told.pop("provider")), **told)
    json.dump(asdict(carry_out(plan)), sys.stdout)


if __name__ == "__main__":
    main()
