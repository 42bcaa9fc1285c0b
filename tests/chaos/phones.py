"""Phones on desks: they register again and again, call each other and answer, whatever becomes of the PBX."""

import random
import time
from collections.abc import Sequence
from threading import Event, Thread

from django.conf import settings

from extensions.models import SipExtension
from tests.phones import sip
from tests.phones.call import IncomingCall
from tests.phones.phone import Phone, PhoneError

PAUSE = (1.0, 4.0)
LONGEST_CALL_SECONDS = 5
EXPIRES_SECONDS = 300
REGISTER_SECONDS = 60


class AnsweringPhone(Phone):
    """Takes every call at once."""

    def _on_invite(self, request: sip.Message) -> None:
        super()._on_invite(request)
        call = self._calls[request.call_id]
        if isinstance(call, IncomingCall):
            call.answer()

    def hang_up_all(self) -> None:
        for key, call in tuple(self._calls.items()):
            call.hangup()
            del self._calls[key]


def phone_of(number: str, name: str, password: str) -> AnsweringPhone:
    return AnsweringPhone(number, name, password, ("127.0.0.1", settings.SIP_PORT))


class Desk(Thread):
    """`others`: whom it calls; nobody where there are none."""

    def __init__(self, number: str, name: str, password: str, seed: float, others: Sequence[str] = ()) -> None:
        super().__init__(name=f"phone {number}", daemon=True)
        self.number, self.others = number, [each for each in others if each != number]
        self.phone = phone_of(number, name, password)
        self.chance = random.Random(seed)
        self.over = Event()
        self.calls = self.answered = self.registered = 0

    def run(self) -> None:
        due = 0.0
        while not self.over.wait(self.chance.uniform(*PAUSE)):
            try:
                if time.monotonic() > due:
                    self.registered += self.phone.register(EXPIRES_SECONDS) == 200
                    due = time.monotonic() + self.chance.uniform(5, 30)
                elif self.others:
                    self._call(self.chance.choice(self.others))
            except PhoneError:
                due = 0.0
            self.phone.hang_up_all()

    def _call(self, number: str) -> None:
        self.calls += 1
        call = self.phone.call(number)
        call.wait_answered(LONGEST_CALL_SECONDS)
        self.answered += 1
        time.sleep(self.chance.uniform(0, 2))

    def registers(self, seconds: float = REGISTER_SECONDS) -> int:
        """The status in the end: a busy machine may have it answer too late."""
        until = time.monotonic() + seconds
        status = 0
        while status != 200 and time.monotonic() < until:
            try:
                status = self.phone.register(EXPIRES_SECONDS)
            except PhoneError:
                status = 408
            if status != 200:
                time.sleep(1)
        return status

    def reaches(self, number: str) -> str:
        """ "" where the call is answered, else what became of it."""
        call = self.phone.call(number)
        try:
            call.wait_answered(4 * LONGEST_CALL_SECONDS)
        except PhoneError as error:
            return str(error)
        finally:
            call.hangup()
        return ""


class Spare:
    """A phone that registers only when it is told to: it is there to be removed by a page."""

    def __init__(self, extension: SipExtension, portal: str) -> None:
        self.number, self.portal = extension.number, portal
        self._phone = phone_of(extension.number, extension.registration_name, extension.registration_password)

    def registers(self) -> bool:
        try:
            return self._phone.register(EXPIRES_SECONDS) == 200
        except PhoneError:
            return False

    def close(self) -> None:
        self._phone.close()
