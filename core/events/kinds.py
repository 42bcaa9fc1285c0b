"""Every kind of event, once: what it is called, whether it can wait, and after how long it is one."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Kind:
    """`urgent`: told in quiet hours too. `patience`: seconds that it has to last before it is an event.

    `page`: where its subject is put right, as the name of a URL that takes it; "" where there is none.
    """

    label: StrOrPromise
    urgent: bool = False
    patience: float = 0
    page: str = ""


KINDS = {
    "pbx": Kind(_("PBX down"), urgent=True, patience=30),
    "apply_refused": Kind(_("Apply refused"), urgent=True),
    "apply_waiting": Kind(_("Apply waiting for the PBX"), urgent=True, patience=30),
    "drift": Kind(_("PBX differs from what was applied")),
    "disk": Kind(_("Disk nearly full"), urgent=True),
    "certificate": Kind(_("Certificate missing or expiring"), patience=600),
    "backup": Kind(_("Backup failed or old")),
    "outbound_locked": Kind(_("Outbound calls locked"), urgent=True, page="extensions:detail"),
    "attack": Kind(_("Attackers blocked")),
    "voicemail": Kind(_("Voicemail message damaged")),
    "mail": Kind(_("E-mail delayed")),
    "worker": Kind(_("Part of the portal stopped"), urgent=True),
    "clock": Kind(_("Clock not synchronized"), patience=900),
    "clock_jump": Kind(_("Clock jumped")),
    "log": Kind(_("Operation log altered"), urgent=True),
}


def label(name: str) -> str:
    return str(KINDS[name].label) if name in KINDS else name
