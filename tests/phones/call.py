"""A call as a phone sees it, from either side."""

from __future__ import annotations

import time

from . import sdp, sip
from .audio import Audio
from .dialog import Dialog
from .line import ALLOW, Line
from .rtp import RATE, Heard
from .wire import PhoneError, heedless

SDP = ("Content-Type", "application/sdp")


class CallFailedError(PhoneError):
    """The call ended before it came to what was waited for; `status` is the INVITE's final one."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the call ended with {status}")
        self.status = status


class Call:
    """What both directions share. Everything prefixed with `_on` runs in the reader thread."""

    def __init__(self, line: Line, dialog: Dialog, audio: Audio) -> None:
        self.line = line
        self.dialog = dialog
        self.audio = audio
        self.status = 0
        self.connected: sip.Address | None = None
        self._rang = self._answered = self._ended = False

    @property
    def early(self) -> bool:
        return self._rang and not self._answered and not self._ended

    @property
    def answered(self) -> bool:
        """Stays true after the end."""
        return self._answered

    @property
    def ended(self) -> bool:
        return self._ended

    @property
    def connected_name(self) -> str:
        """Whom the server says this call reached, from its latest word about it."""
        return self.connected.name if self.connected else ""

    @property
    def connected_number(self) -> str:
        return self.connected.number if self.connected else ""

    @property
    def audio_received(self) -> Heard:
        return self.audio.heard

    def start_audio(self, frequency: int = 400) -> None:
        self.audio.play(frequency)

    def hold(self) -> None:
        """Put the other side on hold."""
        self._offer("sendonly")

    def resume(self) -> None:
        self._offer("sendrecv")

    def _offer(self, direction: str) -> None:
        offer = self.audio.description(direction)
        accepted: list[sip.Message] = []

        def on_reply(invite: sip.Message, reply: sip.Message) -> None:
            if 200 <= reply.status < 300:
                self.line.wire.send_ack(self.dialog.ack(invite))
            if reply.status >= 200:
                accepted.append(reply)

        self.line.ask(lambda extra: self.dialog.request("INVITE", [ALLOW, SDP, *extra], offer), on_reply)
        self.line.wire.wait_for(lambda: bool(accepted), 20, "reply to a new offer")
        if accepted[0].status >= 300:
            raise CallFailedError(accepted[0].status)

    def say(self, sound: bytes) -> None:
        """u-law samples, once; returns when they are on their way."""
        self.audio.say(sound)
        self._wait_sent(len(sound) / RATE)

    def press(self, keys: str) -> None:
        """Returns when they are on their way."""
        self.audio.press(keys)
        self._wait_sent(len(keys))

    def _wait_sent(self, seconds: float) -> None:
        until = time.monotonic() + seconds + 20
        while self.audio.is_busy and not self._ended and time.monotonic() < until:
            time.sleep(0.02)

    def wait_ringing(self, timeout: float = 20) -> None:
        """Has rung, whatever came after; CallFailedError when it was refused without ringing."""
        self.line.wire.wait_for(lambda: self._rang or self._answered or self._ended, timeout, "ringing")
        if not self._rang:
            raise CallFailedError(self.status)

    def wait_answered(self, timeout: float = 20) -> None:
        self.line.wire.wait_for(lambda: self._answered or self._ended, timeout, "answer")
        if not self._answered:
            raise CallFailedError(self.status)

    def wait_ended(self, timeout: float = 20) -> None:
        self.line.wire.wait_for(lambda: self._ended, timeout, "end of the call")

    def hangup(self) -> None:
        """Give up before the answer, BYE after it; nothing when the call is over."""
        with self.line.wire.changed:
            if self._ended:
                return
            if self._answered:
                self._bye()
            else:
                self._give_up()

    def _bye(self) -> None:
        self.line.ask(lambda extra: self.dialog.request("BYE", extra), heedless)
        self._finish()

    def _give_up(self) -> None:
        raise NotImplementedError

    def _finish(self) -> None:
        self._ended = True
        self.audio.close()
        self.line.wire.changed.notify_all()

    def _on_request(self, request: sip.Message) -> None:
        self._note_identity(request)
        if request.method == "BYE":
            self._reply(request, 200)
            self._finish()
        elif request.method in ("INVITE", "UPDATE"):
            self._on_new_offer(request)
        else:
            self._reply(request, 200 if request.method in ("OPTIONS", "INFO") else 405)

    def _on_new_offer(self, request: sip.Message) -> None:
        if self._ended:
            self._reply(request, 481)
        elif request.method == "INVITE" or request.body:
            self._connect_audio(request)
            self._reply(request, 200, self.audio.description())
        else:
            self._reply(request, 200)

    def _reply(self, request: sip.Message, status: int, body: bytes = b"") -> None:
        extra = [("Contact", self.dialog.contact), ALLOW] + ([SDP] if body else [])
        self.line.wire.respond(sip.reply(request, status, self.dialog.local_tag, tuple(extra), body))

    def _connect_audio(self, message: sip.Message) -> bool:
        media = sdp.parse(message.body)
        if not media or sdp.PCMU not in media.formats:
            return False
        self.audio.connect(media)
        return True

    def _note_identity(self, message: sip.Message) -> None:
        identity = message.address("P-Asserted-Identity") or message.address("Remote-Party-ID")
        self.connected = identity or self.connected


class OutgoingCall(Call):
    _cancelling = False
    _invite: sip.Message | None = None

    def start(self) -> None:
        self.line.ask(self._make_invite, self._on_reply)

    def _make_invite(self, extra: list[sip.Pair]) -> sip.Message:
        return self.dialog.request("INVITE", [ALLOW, SDP, *extra], self.audio.description())

    def _on_reply(self, invite: sip.Message, reply: sip.Message) -> None:
        if reply.status < 200:
            self._on_progress(invite, reply)
        elif reply.status < 300:
            self._on_accepted(invite, reply)
        else:
            self.status = reply.status
            self._finish()

    def _on_progress(self, invite: sip.Message, reply: sip.Message) -> None:
        self._invite = invite
        if reply.status > 100:
            self._rang = True
            self.dialog.learn(reply)
            self._connect_audio(reply)
            self._note_identity(reply)
        if self._cancelling:
            self._send_cancel(invite)

    def _on_accepted(self, invite: sip.Message, reply: sip.Message) -> None:
        self.dialog.learn(reply)
        self.line.wire.send_ack(self.dialog.ack(invite))
        if self._answered:
            return
        self.status, self._answered = reply.status, True
        self._note_identity(reply)
        self._connect_audio(reply)
        if self._cancelling:
            self._bye()

    def _give_up(self) -> None:
        """A CANCEL may only follow a first reply to the INVITE."""
        self._cancelling = True
        if self._invite:
            self._send_cancel(self._invite)

    def _send_cancel(self, invite: sip.Message) -> None:
        self._invite, self._cancelling = None, True
        self.line.wire.send_request(sip.cancel(invite), heedless)


class IncomingCall(Call):
    def __init__(self, line: Line, invite: sip.Message, audio: Audio) -> None:
        super().__init__(line, Dialog.answering(invite, line.contact), audio)
        self.invite = invite
        self.cancelled = False
        self.caller = sip.parse_address(invite.get("From"))
        self.asserted = invite.address("P-Asserted-Identity")

    @property
    def caller_name(self) -> str:
        return self.caller.name

    @property
    def caller_number(self) -> str:
        return self.caller.number

    def ring(self) -> None:
        self._rang = True
        self._reply(self.invite, 180)

    def answer(self) -> None:
        with self.line.wire.changed:
            self._must_be_open()
            if not self._connect_audio(self.invite):
                self.reject(488)
                raise CallFailedError(488)
            self.status, self._answered = 200, True
            self._reply(self.invite, 200, self.audio.description())
            self.line.wire.changed.notify_all()

    def reject(self, status: int = 486) -> None:
        with self.line.wire.changed:
            self._must_be_open()
            self.status = status
            self._reply(self.invite, status)
            self._finish()

    def redirect(self, target: str) -> None:
        """302: the caller is to call the target instead."""
        with self.line.wire.changed:
            self._must_be_open()
            self.status = 302
            host, port = self.line.wire.server
            contact = (("Contact", f"<sip:{target}@{host}:{port}>"),)
            self.line.wire.respond(sip.reply(self.invite, 302, self.dialog.local_tag, contact))
            self._finish()

    def _must_be_open(self) -> None:
        if self._ended or self._answered:
            raise PhoneError(f"the call already has its final status {self.status}")

    def _give_up(self) -> None:
        self.reject(603)

    def _on_request(self, request: sip.Message) -> None:
        if request.method == "CANCEL":
            self._on_cancel(request)
        else:
            super()._on_request(request)

    def _on_cancel(self, request: sip.Message) -> None:
        self._reply(request, 200)
        if not self._answered and not self._ended:
            self.status, self.cancelled = 487, True
            self._reply(self.invite, 487)
            self._finish()
