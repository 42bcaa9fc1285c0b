"""What the portal takes of allauth's internals, which any version may change: nothing else imports them."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import suspend_request
from allauth.account.internal.stagekit import clear_login
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.webauthn.internal.auth import (
    STATE_SESSION_KEY,
    WebAuthn,
    begin_registration,
    complete_registration,
    parse_registration_response,
)

__all__ = [
    "STATE_SESSION_KEY",
    "TOTP",
    "RecoveryCodes",
    "WebAuthn",
    "begin_registration",
    "clear_login",
    "compare_user_code",
    "complete_registration",
    "format_hotp_value",
    "generate_totp_secret",
    "hotp_value",
    "parse_registration_response",
    "post_authentication",
    "record_authentication",
    "suspend_request",
    "yield_hotp_counters_from_time",
]
