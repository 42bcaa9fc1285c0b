"""Which PBX is meant: its files, its addresses and its secrets. Only the top makes a node; all below is handed one."""

from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Node:
    """One Asterisk. `directory` holds what it reads at its start and what it logs.

    `sip_bind`: addresses of this machine, with commas between.
    """

    directory: Path
    engine_file: Path
    live_file: Path
    sip_bind: str
    sip_port: int
    sip_tls_port: int
    rtp_first: int
    rtp_last: int
    ami_host: str
    ami_port: int
    ami_user: str
    ami_secret: str = field(repr=False)
    ari_host: str
    ari_port: int
    ari_user: str
    ari_secret: str = field(repr=False)

    @property
    def sip_addresses(self) -> list[str]:
        return [each.strip(" []") for each in self.sip_bind.split(",") if each.strip(" []")]


def from_settings() -> Node:
    return Node(
        directory=settings.ASTERISK_DIR,
        engine_file=settings.ENGINE_FILE,
        live_file=settings.LIVE_FILE,
        sip_bind=settings.SIP_BIND,
        sip_port=settings.SIP_PORT,
        sip_tls_port=settings.SIP_TLS_PORT,
        rtp_first=settings.RTP_PORTS[0],
        rtp_last=settings.RTP_PORTS[1],
        ami_host=settings.AMI_HOST,
        ami_port=settings.AMI_PORT,
        ami_user=settings.AMI_USER,
        ami_secret=settings.AMI_SECRET,
        ari_host=settings.ARI_HOST,
        ari_port=settings.ARI_PORT,
        ari_user=settings.ARI_USER,
        ari_secret=settings.ARI_SECRET,
    )
