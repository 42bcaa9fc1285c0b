import errno
import socket
from ipaddress import ip_address
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from asterisk import nodes
from core import localization
from core.forms.fields import WholeNumberField, of_model
from core.forms.layout import finish
from core.ports import LOW_PORTS, try_to_bind
from core.preferences.models import Preferences
from extensions import validators
from pbxportal.pbx_settings.forms import SettingsForm

MOST_ADDRESSES = 4
PORTS_OF_A_CALL = 4  # sound, and its reports, of two phones
LOWEST_RTP = 1024
FEWEST_RTP = PORTS_OF_A_CALL
# Field -> what it is of a node.
LISTENING = {
    "network_addresses": "sip_bind",
    "network_sip_port": "sip_port",
    "network_tls_port": "sip_tls_port",
    "network_rtp_first": "rtp_first",
    "network_rtp_last": "rtp_last",
}
PORTS = tuple(LISTENING)[1:]
KINDS = {
    "network_sip_port": (socket.SOCK_STREAM, socket.SOCK_DGRAM),
    "network_tls_port": (socket.SOCK_STREAM,),
}


class NetworkForm(SettingsForm):
    """Where the PBX stands in the network. An empty port or address is the usual one."""

    asks_again = waits_for_apply = True

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = [
            "network_local", "network_outside", "network_stun",
            *LISTENING,
            "new_transport", "new_media_encryption",
        ]  # fmt: skip
        help_texts = {
            "network_local": _(
                "Networks with a direct route to this machine, including its own. Separate with commas."
            ),
            "network_outside": _("The router's public address or name. Leave empty if there is no router in between."),
            "network_stun": _("Finds the outside address if none is entered, such as stun.example.com."),
            "network_addresses": _("Addresses of this machine, separated by commas, such as 0.0.0.0, ::"),
            "network_sip_port": _("UDP and TCP."),
            "network_tls_port": _("TCP. Used once there is a certificate."),
            "new_transport": _("Can be changed for each extension."),
            "new_media_encryption": _("Can be changed for each extension."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        self.node, self.usual = nodes.from_settings(), nodes.usual()
        for name in PORTS:
            words = _("Enter a port from 1 to 65535, or leave it empty.")
            self.fields[name] = WholeNumberField(
                label=self.fields[name].label,
                required=False,
                min_value=1,
                max_value=65535,
                help_text=self.fields[name].help_text,
                error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), words),
                disabled=self.fields[name].disabled,
                widget=forms.TextInput(attrs={"inputmode": "numeric"}),
            )
            self.initial[name] = self.initial[name] or None
        for name, part in LISTENING.items():
            self.fields[name].widget.attrs["placeholder"] = str(self.usual[part])
            if nodes.is_set_by_environment(part):
                words = _("Set by the environment variable %(name)s.")
                self.fields[name].disabled = True
                self.fields[name].help_text = words % {"name": nodes.VARIABLES[part]}
        self.helper = finish(self, "network_outside", "network_stun", *LISTENING)

    @property
    def capacity(self) -> str:
        """How many calls the ports carry that the PBX uses now."""
        count = max(0, self.node.rtp_last - self.node.rtp_first + 1) // PORTS_OF_A_CALL
        words = ngettext(
            "Ports %(first)s to %(last)s carry %(count)s call between two phones.",
            "Ports %(first)s to %(last)s carry %(count)s calls between two phones.",
            count,
        )
        return words % {
            "first": self.node.rtp_first,
            "last": self.node.rtp_last,
            "count": localization.count(count),
        }

    def clean_network_local(self) -> str:
        return validators.some_networks(self.cleaned_data["network_local"])

    def clean_network_addresses(self) -> str:
        typed = [each.strip(" []") for each in self.cleaned_data["network_addresses"].split(",") if each.strip(" []")]
        if len(typed) > MOST_ADDRESSES:
            raise ValidationError(_("Enter at most %(most)s addresses."), params={"most": MOST_ADDRESSES})
        return ", ".join(dict.fromkeys(map(_own_address, typed)))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in PORTS:
            cleaned[name] = cleaned.get(name) or 0
        self._refuse_ports_in_each_others_way(cleaned)
        if "network_addresses" not in self.errors:
            self._refuse_ports_of_others(cleaned)
        return cleaned

    def _refuse_ports_in_each_others_way(self, cleaned: dict[str, Any]) -> None:
        sip, tls, first, last = (cleaned[name] or self.usual[LISTENING[name]] for name in PORTS)
        if set(PORTS).isdisjoint(self.changed_data):
            return
        if sip == tls:
            self.add_error("network_tls_port", _("Enter another port than the SIP port."))
        if first < LOWEST_RTP:
            self.add_error("network_rtp_first", _("Enter a port from %(lowest)s on.") % {"lowest": LOWEST_RTP})
        if last - first + 1 < FEWEST_RTP:
            self.add_error("network_rtp_last", _("Enter a port at least 3 above the first."))
        if first <= sip <= last or first <= tls <= last:
            self.add_error("network_rtp_first", _("The RTP ports must not include the SIP ports."))

    def _refuse_ports_of_others(self, cleaned: dict[str, Any]) -> None:
        """With one of them the PBX would not listen, and the portal would not start again."""
        addresses = cleaned["network_addresses"] or self.usual["sip_bind"]
        for name in (KINDS.keys() & set(self.changed_data)) - self.errors.keys():
            port = cleaned[name] or self.usual[LISTENING[name]]
            if port in (self.node.sip_port, self.node.sip_tls_port):
                continue  # ours
            try:
                for kind in KINDS[name]:
                    for address in addresses.split(","):
                        try_to_bind(address.strip(), port, kind)
            except OSError as error:
                words = _("Another program uses this port. Enter another one.")
                if error.errno == errno.EACCES:
                    words = _("Ports below 1024 need one command in a terminal: %(command)s. Or enter a higher one.")
                self.add_error(name, words % {"command": LOW_PORTS})


def _own_address(text: str) -> str:
    try:
        address = ip_address(text)
    except ValueError as error:
        raise ValidationError(
            _("“%(text)s” is not an address. Enter one such as 192.0.2.10, 0.0.0.0, or ::"), params={"text": text[:50]}
        ) from error
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((str(address), 0))
    except OSError as error:
        words = gettext("This machine does not have the address %(address)s.")
        raise ValidationError(words % {"address": address}, code="not_here") from error
    return str(address)
