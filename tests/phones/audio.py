"""One end of a call's audio: a UDP port, and a thread that sends sound and pressed keys, and listens."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections import deque
from itertools import count

from . import rtp, sdp

PACE = rtp.SAMPLES / rtp.RATE
PAUSE = 3  # packets of sound between two keys
SILENCE = bytes([rtp.ulaw(0)]) * rtp.RATE


class Audio:
    def __init__(self, host: str) -> None:
        self.heard = rtp.Heard()
        self.sent = 0
        self.muted = False
        self.profile = sdp.PLAIN  # of what is offered, and of each answer, which has that of its offer
        self._event = sdp.EVENT
        self._remote: tuple[str, int] | None = None
        self._sound = b""
        self._once: deque[bytes] = deque()
        self._keys: deque[bytes] = deque()
        self._key_began = 0
        self._source = secrets.randbits(32)
        self._sequence = count(secrets.randbits(15))
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()[:2]
        self._thread = threading.Thread(target=self._run, name=f"rtp-{self.port}", daemon=True)
        self._thread.start()

    def description(self, direction: str = "sendrecv") -> bytes:
        return sdp.describe(self.host, self.port, self._event, direction, self.profile)

    def connect(self, media: sdp.Media) -> None:
        self._event, self.profile = media.event, media.profile
        self._remote = (media.host, media.port)

    def play(self, frequency: int) -> None:
        """Send a tone from now on, as soon as the other side has said where to; 0 is silence."""
        self._sound = rtp.tone(frequency) if frequency else SILENCE

    def say(self, sound: bytes) -> None:
        """Send u-law samples once, and silence after them."""
        self._sound = SILENCE
        self._once.extend(rtp.packets(sound))

    def press(self, keys: str) -> None:
        """Send keys by RFC 4733, one after the other, after those that are being sent."""
        self._sound = self._sound or SILENCE
        for key in keys:
            self._keys.extend([*rtp.key_presses(key), *[b""] * PAUSE])

    @property
    def is_busy(self) -> bool:
        """Whether something that was said or pressed is still to be sent."""
        return bool(self._once or self._keys)

    def close(self) -> None:
        self._closed.set()

    def join(self) -> None:
        self._thread.join()

    def _run(self) -> None:
        due = time.monotonic()
        while not self._closed.is_set():
            self._listen(due)
            if time.monotonic() >= due:
                due += PACE
                self._send()
        self._socket.close()

    def _listen(self, until: float) -> None:
        self._socket.settimeout(max(0.0005, until - time.monotonic()))
        try:
            data, sender = self._socket.recvfrom(2048)
        except (TimeoutError, ConnectionError):
            return
        packet = rtp.parse(data)
        # A neighbour's RTCP or a late packet of an earlier call may land on this port.
        if packet is None or sender[:2] != self._remote or self.muted:
            return
        if packet.payload_type == sdp.PCMU:
            self.heard.add(packet.payload)
        elif packet.payload_type == self._event:
            self.heard.add_event(packet)

    def _send(self) -> None:
        remote = self._remote
        if not remote or not remote[1] or not self._sound or self.muted:
            return
        self._socket.sendto(self._next_packet(self.sent * rtp.SAMPLES).encode(), remote)
        self.sent += 1

    def _next_packet(self, stamp: int) -> rtp.Packet:
        kind, began, first = sdp.PCMU, stamp, self.sent == 0
        payload = self._keys.popleft() if self._keys else b""
        if payload:
            first = rtp.is_first_of_key(payload)
            began = self._key_began = stamp if first else self._key_began
            kind = self._event
        elif self._once:
            payload = self._once.popleft()
        else:
            start = stamp % rtp.RATE
            payload = self._sound[start : start + rtp.SAMPLES]
        return rtp.Packet(kind, next(self._sequence), began, self._source, payload, first)
