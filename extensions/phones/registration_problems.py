"""Why a phone does not register, or cannot call: what the PBX refused lately, in words, with what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.preferences.models import MediaEncryption, Transport
from extensions import pbx
from extensions.listing.registrations import is_solved
from extensions.models import Change, SipExtension
from extensions.pbx import Attempt, Cause, Phone
from extensions.validators import allows

SHOWN_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Trouble:
    """`do`: what the person may press for it; "": nothing here. `solved`: a phone there has registered since."""

    attempt: Attempt
    heading: str
    advice: str
    do: str = ""
    solved: bool = False


def accounts(extension: SipExtension) -> list[str]:
    """Its number, and the name that is often typed in the number's place."""
    return [extension.number, extension.registration_name]


def of(extension: SipExtension, phones: Iterable[Phone], *, may_manage: bool) -> list[Trouble]:
    """The latest first. Raises PbxError."""
    since = timezone.now() - SHOWN_FOR
    attempts = [each for each in pbx.get().attempts(accounts(extension)) if each.last_at > since]
    registered = list(phones)
    blocked = pbx.get().blocked(extension.number, {each.host for each in attempts}) if attempts else set()
    return [_trouble(each, extension, registered, may_manage, each.host in blocked) for each in attempts]


def _trouble(
    attempt: Attempt, extension: SipExtension, phones: list[Phone], may_manage: bool, is_blocked: bool
) -> Trouble:
    heading, advice, do = _words(attempt, extension, phones)
    if is_blocked:
        heading, advice, do = _blocked(attempt, extension, heading, advice)
    solved = is_solved(attempt, phones)
    if do and not may_manage:
        advice, do = _("%(advice)s Ask an administrator to do it.") % {"advice": advice}, ""
    return Trouble(attempt, heading, advice, "" if solved else do, solved)


def _words(attempt: Attempt, extension: SipExtension, phones: list[Phone]) -> tuple[str, str, str]:
    known = {
        "number": extension.number,
        "name": extension.registration_name,
        "networks": extension.allowed_networks,
        "host": attempt.host,
    }
    if attempt.cause == Cause.CREDENTIALS:
        advice = _(
            "The authentication name is %(name)s. Enter it and the registration password on the phone again. Reveal"
            " shows the password."
        )
        return _("Wrong registration password or authentication name"), advice % known, ""
    if attempt.cause == Cause.NETWORK and not extension.allowed_networks:
        return _("Outside the allowed networks"), *_now(extension)
    if attempt.cause == Cause.NETWORK:
        advice = _("Phones may register from %(networks)s. If %(host)s is right, add it to Allowed Networks.")
        return _("Outside the allowed networks"), advice % known, "edit"
    if attempt.cause == Cause.CONTACT:
        advice = _(
            "The phone must use its own address as its contact. In its network settings, turn off any fixed or"
            " additional address, and STUN."
        )
        return _("The phone gave a wrong contact address"), advice, ""
    if attempt.cause == Cause.TRANSPORT:
        return _transport(attempt, extension)
    if attempt.cause == Cause.SOUND:
        return _sound(extension)
    if attempt.cause == Cause.LIMIT:
        return _limit(extension, phones)
    if attempt.account == extension.registration_name:
        advice = _("On the phone, the user name is %(number)s. The authentication name is %(name)s.")
        return _("The registration name was entered as the user name"), advice % known, ""
    return _unknown(extension)


def _transport(attempt: Attempt, extension: SipExtension) -> tuple[str, str, str]:
    heading = _("The phone connected over %(used)s") % {"used": attempt.transport}
    if extension.transport in (Transport.ANY, attempt.transport.lower()):
        return heading, *_now(extension)
    advice = _("Set its transport to %(only)s, or change Transport of this extension.")
    return heading, advice % {"only": extension.get_transport_display()}, "edit"


def _sound(extension: SipExtension) -> tuple[str, str, str]:
    match extension.media_encryption:
        case MediaEncryption.REQUIRED:
            advice = _("Turn on SRTP (SDES) on the phone, or change Media Encryption of this extension.")
            return _("A call was refused because the phone did not encrypt it"), advice, "edit"
        case MediaEncryption.OFF:
            advice = _("Turn off SRTP on the phone, or change Media Encryption of this extension.")
            return _("A call was refused because the phone insisted on encryption"), advice, "edit"
    advice = _("Turn on one of these codecs on the phone: PCMU, PCMA, G.722, or Opus. Use SDES for SRTP, not DTLS.")
    return _("A call was refused because the phone and the PBX agreed on no sound"), advice, ""


def _blocked(attempt: Attempt, extension: SipExtension, heading: str, advice: str) -> tuple[str, str, str]:
    """A phone that is kept out for its tries is refused as one that is outside the allowed networks."""
    unblock = _("The PBX refuses %(host)s after too many failed attempts. Unblock it in Blocked Addresses.")
    words = unblock % {"host": attempt.host}
    if attempt.cause == Cause.NETWORK and allows(extension.allowed_networks, attempt.host):
        return _("Blocked after too many failed attempts"), words, ""
    return heading, f"{advice} {words}", ""


def _limit(extension: SipExtension, phones: list[Phone]) -> tuple[str, str, str]:
    heading = ngettext(
        "%(count)s phone already registered, the maximum allowed",
        "%(count)s phones already registered, the maximum allowed",
        extension.max_phones,
    ) % {"count": extension.max_phones}
    if len(phones) < extension.max_phones:
        return heading, _("The phone can register now. It registers when it tries again."), ""
    one = _("%(model)s at %(address)s")
    those = "; ".join(one % {"model": each.model or _("a phone"), "address": each.address} for each in phones)
    known = {"phones": those}
    if extension.max_phones < max(SipExtension.MAX_PHONES):
        return heading, _("Registered: %(phones)s. Remove one above, or allow more phones.") % known, "edit"
    return heading, _("Registered: %(phones)s. Remove one above.") % known, ""


def _unknown(extension: SipExtension) -> tuple[str, str, str]:
    heading = _("The PBX did not recognize %(number)s") % {"number": extension.number}
    if extension.left_on:
        return heading, _("This extension is offboarded. Set the phone up for another extension."), ""
    if not extension.enabled:
        return heading, _("The extension is disabled. Enable it."), "enable"
    return heading, *_now(extension)


def _now(extension: SipExtension) -> tuple[str, str]:
    """What to do where nothing that is saved keeps the phone out."""
    if Change.objects.waiting().of([extension.number]).exists():
        return _("The extension has an unapplied change. Apply it."), "review"
    return _("The phone can register now. It registers when it tries again."), ""
