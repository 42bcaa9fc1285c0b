"""A phone made of pjsua2: it takes a command a line, and says what happens. One thread does everything.

A program: `python pjsua_process.py server:port user authentication password transport tone recording srtp`.
"""

import os
import re
import select
import sys

import pjsua2 as pj

POLL_MILLISECONDS = 10
RATE = 8000
CIPHER = "AES_CM_128_HMAC_SHA1_80"
CODEC = "PCMU/8000/1"
HOST = os.environ.get("PHONE_HOST", "127.0.0.1")
SRTP = {
    "": pj.PJMEDIA_SRTP_DISABLED,
    "ice": pj.PJMEDIA_SRTP_DISABLED,
    "optional": pj.PJMEDIA_SRTP_OPTIONAL,
    "mandatory": pj.PJMEDIA_SRTP_MANDATORY,
    "both": pj.PJMEDIA_SRTP_MANDATORY,
}
TRANSPORTS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
NO_THREADS = 0  # of the library's own: it does nothing but when it is asked to


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Phone(pj.Account):  # type: ignore[misc]
    def __init__(self, domain: str, transport: str, tone: str, recording: str) -> None:
        super().__init__()
        self.address = f"{domain};transport={transport}"
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(tone)
        self.recorder = pj.AudioMediaRecorder()
        self.recorder.createRecorder(recording)
        self.now: Call | None = None

    def register(self, user: str, authentication: str, password: str, srtp: str) -> None:
        config = pj.AccountConfig()
        config.mediaConfig.srtpUse = SRTP[srtp]
        self.offers_both = srtp == "both"
        if self.offers_both:
            leave_one_codec()
            config.mediaConfig.srtpOpt.cryptos.append(pj.SrtpCrypto())
            config.mediaConfig.srtpOpt.cryptos[0].name = CIPHER
        config.mediaConfig.srtpSecureSignaling = 0
        config.natConfig.iceEnabled = srtp == "ice"
        config.mediaConfig.transportConfig.boundAddress = HOST
        config.idUri = f"sip:{user}@{self.address}"
        config.regConfig.registrarUri = f"sip:{self.address}"
        config.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", authentication, 0, password))
        self.create(config)

    def do(self, deed: str, number: str = "") -> None:
        uri = f"sip:{number}@{self.address}"
        how = pj.CallOpParam(True)
        if deed == "call":
            self.now = Call(self)
            how.opt.audioCount = 1 + self.offers_both
            self.now.makeCall(uri, how)
            return
        assert self.now
        if deed == "answer":
            how.statusCode = pj.PJSIP_SC_OK
            self.now.answer(how)
        elif deed == "hold":
            self.now.setHold(how)
        elif deed == "resume":
            how.opt.flag = pj.PJSUA_CALL_UNHOLD
            self.now.reinvite(how)
        elif deed == "transfer":
            self.now.xfer(uri, how)
        elif deed == "hang_up":
            self.now.hangup(how)

    def onRegState(self, prm: pj.OnRegStateParam) -> None:  # noqa: N802
        say(f"registered {prm.code}")

    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:  # noqa: N802
        self.now = Call(self, prm.callId)
        say("ringing")


class Call(pj.Call):  # type: ignore[misc]
    def __init__(self, phone: Phone, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone, call_id)
        self.phone = phone

    def onCallSdpCreated(self, prm: pj.OnCallSdpCreatedParam) -> None:  # noqa: N802
        """Of two streams the second is plain: for whoever cannot take the first."""
        whole = prm.sdp.wholeSdp
        if self.phone.offers_both and whole.count("m=audio") > 1:
            second = whole.rindex("m=audio")
            plain = re.sub(r"a=crypto.*\r\n", "", whole[second:]).replace("RTP/SAVP", "RTP/AVP")
            prm.sdp.wholeSdp = whole[:second] + plain

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: ARG002, N802
        if self.getInfo().state == pj.PJSIP_INV_STATE_DISCONNECTED:
            say("over")

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: ARG002, N802
        info = self.getInfo()  # which owns its media: kept while they are looked at
        if any(media.status == pj.PJSUA_CALL_MEDIA_ACTIVE for media in info.media):
            sound = self.getAudioMedia(-1)
            self.phone.player.startTransmit(sound)
            sound.startTransmit(self.phone.recorder)

    def onCallTransferStatus(self, prm: pj.OnCallTransferStatusParam) -> None:  # noqa: N802
        """As every phone, it ends its own call when the two others talk."""
        say(f"transfer {prm.statusCode}")
        if prm.finalNotify and prm.statusCode == pj.PJSIP_SC_OK:
            self.hangup(pj.CallOpParam(True))


def leave_one_codec() -> None:
    """A description of more than 1,024 bytes is not shown to a Call, which is to change it."""
    endpoint = pj.Endpoint.instance()
    for codec in endpoint.codecEnum2():
        if codec.codecId != CODEC:
            endpoint.codecSetPriority(codec.codecId, 0)


def opened(transport: str) -> pj.Endpoint:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = 1
    config.uaConfig.threadCnt = NO_THREADS
    config.uaConfig.mainThreadOnly = True
    config.medConfig.clockRate = RATE
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    bound = pj.TransportConfig()
    bound.boundAddress = HOST
    endpoint.transportCreate(TRANSPORTS[transport], bound)
    endpoint.libStart()
    return endpoint


def main(
    domain: str, user: str, authentication: str, password: str, transport: str, tone: str, recording: str, srtp: str
) -> None:
    endpoint = opened(transport)
    phone = Phone(domain, transport, tone, recording)
    phone.register(user, authentication, password, srtp)
    while True:
        endpoint.libHandleEvents(POLL_MILLISECONDS)
        if select.select([sys.stdin], [], [], 0)[0]:
            typed = os.read(sys.stdin.fileno(), 4096).decode()
            if not typed:
                return
            for line in typed.splitlines():
                phone.do(*line.split())


if __name__ == "__main__":
    main(*sys.argv[1:])
