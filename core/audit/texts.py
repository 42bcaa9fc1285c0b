"""What the operation log says of its own actions, and of a change of the preferences."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from core import localization
from core.audit.actions import MODULE_LABELS
from core.audit.fields import RecordedField, one_of, show_mask
from core.audit.filters import filter_text
from core.preferences.models import (
    SELF_SERVICE,
    CertificateKind,
    MailSecurity,
    MediaEncryption,
    NameFormat,
    Preferences,
    Transport,
)

TEXTS = {
    **{f"module.{code}": label for code, label in MODULE_LABELS.items()},
    "hold_music.built_in": _("Built-in music"),
}


def show_language(code: str) -> str:
    return str(dict(settings.LANGUAGES).get(code, code))


def show_list(names: list[str]) -> str:
    return ", ".join(names)


def show_self_service(names: list[str]) -> str:
    return ", ".join(str(label) for name, label in SELF_SERVICE.items() if name in names)


def _label(name: str) -> StrOrPromise:
    return Preferences._meta.get_field(name).verbose_name  # type: ignore[union-attr]  # noqa: SLF001


SHOW_SWITCH = one_of({True: _("on"), False: _("off")})
AS_TYPED = (
    "time_zone", "first_number", "last_number", "sip_host", "sip_port", "restore_points", "password_length",
    "idle_minutes", "session_hours", "mail_host", "mail_port", "mail_user", "mail_from",
    "voicemail_minutes", "voicemail_messages", "voicemail_days", "https_name", "https_port", "https_email",
    "attacks_tries", "attacks_minutes", "attacks_block_minutes", "attacks_never", "attacks_agents", "attacks_dialled",
    "network_local", "network_outside", "network_stun", "network_addresses", "network_sip_port", "network_tls_port",
    "network_rtp_first", "network_rtp_last", "alert_quiet_from", "alert_quiet_until", "webhook_url",
    "outbound_a_minute",
)  # fmt: skip
SWITCHES = (
    "organization_management",
    "password_signs",
    "second_factor",
    "change_seen_password",
    "new_voicemail",
    "attacks_on",
    "metrics_on",
)
FIELDS = {
    "name": RecordedField(_("Name")),
    "count": RecordedField(_("Count")),
    "why": RecordedField(_("Reason")),
    "error": RecordedField(_("Message")),
    "filtered": RecordedField(_("Filter"), filter_text),
    "company": RecordedField(_("Company Name")),
    "country": RecordedField(_("Country"), localization.country),
    "language": RecordedField(_label("language"), show_language),
    "hold_music": RecordedField(_label("hold_music")),
    "name_format": RecordedField(_label("name_format"), one_of(dict(NameFormat.choices))),
    "self_service": RecordedField(_label("self_service"), show_self_service),
    "new_transport": RecordedField(_label("new_transport"), one_of(dict(Transport.choices))),
    "new_media_encryption": RecordedField(_label("new_media_encryption"), one_of(dict(MediaEncryption.choices))),
    "mail_security": RecordedField(_label("mail_security"), one_of(dict(MailSecurity.choices))),
    "https_certificate": RecordedField(_label("https_certificate"), one_of(dict(CertificateKind.choices))),
    "alert_people": RecordedField(_label("alert_people"), show_list),
    "chain": RecordedField(_("Certificate and chain (PEM)"), show_mask, is_secret=True),
    "key": RecordedField(_("Private key (PEM)"), show_mask, is_secret=True),
    "mail_password": RecordedField(_("Password"), show_mask, is_secret=True),
    "remove_password": RecordedField(_("Remove the saved password"), SHOW_SWITCH),
    **{name: RecordedField(_label(name)) for name in AS_TYPED},
    **{name: RecordedField(_label(name), SHOW_SWITCH) for name in SWITCHES},
}
