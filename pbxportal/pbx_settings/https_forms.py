import errno
import socket
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core import host_names, https, reach, whole_file
from core.forms.fields import EmailFormField, of_model
from core.forms.layout import finish
from core.https import Certificate
from core.ports import LOW_PORTS, try_to_bind
from core.preferences.models import Preferences
from pbxportal import portal_address
from pbxportal.front import certificates, outcome
from pbxportal.pbx_settings.forms import SettingsForm

SHOWN_IN_CERTIFICATES = 200_000  # characters


def pem_field(label: Any) -> forms.CharField:
    attrs = {"rows": 4, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
    return forms.CharField(
        label=label, max_length=SHOWN_IN_CERTIFICATES, required=False, widget=forms.Textarea(attrs=attrs)
    )


class HttpsForm(SettingsForm):
    """Who signs the portal's certificate, and for which name."""

    asks_again = True

    https_email = EmailFormField(
        label=_("Email Address"),
        max_length=254,
        required=False,
        help_text=_("Where Let's Encrypt can reach you."),
    )
    chain = pem_field(_("Certificate and chain (PEM)"))
    key = pem_field(_("Private key (PEM)"))

    class Meta:
        model = Preferences
        formfield_callback = of_model
        fields = ["https_certificate", "https_name", "https_port", "https_email"]
        widgets = {"https_certificate": forms.RadioSelect}
        help_texts = {
            "https_name": _("What people type, such as pbx.example.com. Leave empty to use this machine's addresses."),
            "https_port": _("With 443, people type no port."),
        }

    def __init__(self, data: Any = None, *, by: User) -> None:
        super().__init__(data, by=by)
        self.has_files = certificates.own_files().chain.exists()
        kept = _("Leave empty to keep the saved one.") if self.has_files else ""
        self.fields["chain"].help_text = kept
        self.fields["key"].help_text = _("Leave empty to keep the saved one. It is never shown.") if kept else ""
        for name in ("https_name", "https_email"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}
        self._say_what_the_environment_sets()
        self.helper = finish(self, "https_name", "https_email", "chain", "key")

    def _say_what_the_environment_sets(self) -> None:
        fixed: dict[str, str] = {}
        if settings.SAID_URL:
            fixed |= dict.fromkeys(("https_name", "https_port"), "PORTAL_URL")
        if settings.SAID_BIND:
            fixed["https_port"] = "PORTAL_BIND"
        if settings.FRONT == "none" or settings.SAID_URL.strip().lower().startswith("http:"):
            which = "FRONT" if settings.FRONT == "none" else "PORTAL_URL"
            fixed |= dict.fromkeys(self.fields, which)
        for name, variable in fixed.items():
            self.fields[name].disabled = True
            if name != "https_certificate":
                self.fields[name].help_text = _("Set by environment variables: %(names)s.") % {"names": variable}
        self.is_fixed_by = fixed.get("https_certificate", "")

    @property
    def saved_text(self) -> str:
        where = (" " + gettext("or") + " ").join(settings.FIND_ADDRESS().urls)
        return gettext("Preferences saved. In a few seconds the portal is at %(address)s.") % {"address": where}

    def clean_https_email(self) -> str:
        return self.cleaned_data["https_email"] or ""

    def clean_https_name(self) -> str:
        typed = self.cleaned_data["https_name"]
        try:
            return host_names.host_of(typed) if typed else ""
        except ValueError as error:
            raise ValidationError(_("Enter a host name such as pbx.example.com.")) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors.keys() & {"https_certificate", "https_name", "https_port"}:
            return cleaned
        kind, name, port = Certificate(cleaned["https_certificate"]), cleaned["https_name"], cleaned["https_port"]
        if kind == Certificate.ACME and not settings.SAID_URL:
            self._check_public(name)
        if kind == Certificate.FILES and not settings.HTTPS_CERTIFICATE:
            self._check_files(cleaned, name)
        if kind != Certificate.NONE and not self.fields["https_port"].disabled:
            self._check_port(port, name)
        return cleaned

    def _check_public(self, name: str) -> None:
        if not name:
            self.add_error("https_name", _("Enter the name that the certificate is for."))
        elif not host_names.is_signed(name, bool(settings.ACME_DIRECTORY)):
            self.add_error(
                "https_name",
                _("Let's Encrypt signs only public names. Enter one, or choose the portal's own authority."),
            )

    def _check_port(self, port: int, name: str) -> None:
        """Whether we could listen there; where we do so already, we can."""
        if port in (settings.PORTAL_PORT, self.before.https_port):
            return
        host = "" if name else reach.host(settings.VAR)
        try:
            try_to_bind(host, port, socket.SOCK_STREAM)
        except OSError as error:
            if error.errno == errno.EACCES:
                words = _("Ports below 1024 need one command in a terminal: %(command)s. Or enter 8000.")
                self.add_error("https_port", words % {"command": LOW_PORTS})
            elif port != portal_address.USUAL_PORT:  # where we listen as well, to lead to the other
                self.add_error("https_port", _("Another program uses this port. Enter another one."))

    def _check_files(self, cleaned: dict[str, Any], name: str) -> None:
        chain, key = cleaned.get("chain", "").strip(), cleaned.get("key", "").strip()
        if not chain and not key and self.has_files:
            return
        for field, typed in (("chain", chain), ("key", key)):
            if not typed:
                self.add_error(field, _("Paste it from your certificate's file."))
        if not chain or not key:
            return
        try:
            found = certificates.read(chain.encode())
        except ValueError:
            self.add_error("chain", _("This is not a certificate in PEM format."))
            return
        if found.until < datetime.now(UTC):
            self.add_error("chain", _("This certificate has expired."))
        elif name and not certificates.covers(found, name):
            names = ", ".join(found.names) or "-"
            self.add_error("chain", _("This certificate is for %(names)s.") % {"names": names})
        elif not fits(chain, key):
            self.add_error("key", _("This key does not belong to the certificate, or has a password."))

    def _write(self, version: int) -> None:
        super()._write(version)
        transaction.on_commit(self._take_effect)

    def _take_effect(self) -> None:
        files = certificates.own_files()
        if self.cleaned_data["https_certificate"] == Certificate.FILES and self.cleaned_data["chain"]:
            files.chain.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole_file.write(files.key, self.cleaned_data["key"].strip().encode() + b"\n")
            whole_file.write(files.chain, self.cleaned_data["chain"].strip().encode() + b"\n")
        outcome.worked()
        https.choose(settings.VAR, self.instance.https)


def fits(chain: str, key: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        files = certificates.Pair(Path(folder) / "chain.pem", Path(folder) / "key.pem")
        whole_file.write(files.chain, chain.encode())
        whole_file.write(files.key, key.encode())
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files.chain, files.key, password=lambda: b"")
        except (ssl.SSLError, ValueError):
            return False
    return True
