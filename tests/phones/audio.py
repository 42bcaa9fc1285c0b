"""One end of a call's audio: a UDP port, and a thread that sends a tone and listens."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from itertools import count

from . import rtp, sdp

PACE = rtp.SAMPLES / rtp.RATE


class Audio:
    def __init__(self, host: str) -> None:
        self.heard = rtp.Heard()
        self.sent = 0
        self.muted = False
        self.profile = sdp.PLAIN  # of what is offered, and of each answer, which has that of its offer
        self._event = sdp.EVENT
        self._remote: tuple[str, int] | None = None
        self._sound = b""
        self._source = secrets.randbits(32)
        self._sequence = count(secrets.randbits(15))
        self._closed = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.host, self.port = self._socket.getsockname()
        self._thread = threading.Thread(target=self._run, name=f"rtp-{self.port}", daemon=True)
        self._thread.start()

    def description(self) -> bytes:
        return sdp.describe(self.host, self.port, self._event, self.profile)

    def connect(self, media: sdp.Media) -> None:
        self._event, self.profile = media.event, media.profile
        self._remote = (media.host, media.port)

    def play(self, frequency: int) -> None:
        """Send a tone from now on, as soon as the other side has said where to; 0 is silence."""
        self._sound = rtp.tone(frequency) if frequency else bytes([rtp.ulaw(0)]) * rtp.RATE

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
        if packet is None or sender != self._remote or self.muted:
            return
        if packet.payload_type == sdp.PCMU:
            self.heard.add(packet.payload)
        elif packet.payload_type == self._event:
            self.heard.add_event(packet)

    def _send(self) -> None:
        remote, sound = self._remote, self._sound
        if not remote or not remote[1] or not sound or self.muted:
            return
        stamp = self.sent * rtp.SAMPLES
        start = stamp % rtp.RATE
        payload = sound[start : start + rtp.SAMPLES]
        packet = rtp.Packet(sdp.PCMU, next(self._sequence), stamp, self._source, payload, self.sent == 0)
        self._socket.sendto(packet.encode(), remote)
        self.sent += 1
