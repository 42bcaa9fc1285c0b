"""A person's second factors: an authenticator app, passkeys, and recovery codes for the day that those are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.db import transaction
from django.utils import timezone

from accounts.allauth_internals import (
    TOTP,
    RecoveryCodes,
    WebAuthn,
    compare_user_code,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from accounts.models import User
from accounts.sessions.expiry import manages_anything
from core.audit import context, log
from core.coded_text import CodedText
from core.mail import outbox
from core.preferences.models import Preferences

App, Passkey, Codes = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN, Authenticator.Type.RECOVERY_CODES
FACTORS = (App, Passkey)  # recovery codes stand in for one, and are none themselves
USED = "used"  # of an app's data: the step of time whose code was the last to be used
COUNTER = "counter"  # of a passkey's data: how often it had signed, as it said itself


class LastFactor(Exception):
    """It is compulsory to have one, and this is the only one."""


class Gone(Exception):
    """Somebody has removed it meanwhile."""


@dataclass(frozen=True)
class Factors:
    """What a person has."""

    app: Authenticator | None
    passkeys: list[Authenticator]
    codes: Authenticator | None

    @classmethod
    def of(cls, user: User) -> Factors:
        every = list(Authenticator.objects.filter(user=user).order_by("pk"))
        found = {each.type: each for each in every}
        return cls(found.get(App), [each for each in every if each.type == Passkey], found.get(Codes))

    def __bool__(self) -> bool:
        return bool(self.app or self.passkeys)

    @property
    def codes_left(self) -> int:
        return app_settings.RECOVERY_CODE_COUNT - self.codes.data["used_mask"].bit_count() if self.codes else 0

    @property
    def codes_were_seen(self) -> bool:
        return self.codes is not None and bool(self.codes.wrap().did_view)

    @property
    def texts(self) -> list[CodedText]:
        """In short; empty where there is nothing."""
        app = [CodedText("second_factor.app")] if self.app else []
        return [*app, *([CodedText("second_factor.passkeys", count=len(self.passkeys))] if self.passkeys else [])]

    @property
    def words(self) -> str:
        return ", ".join(map(str, self.texts))


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def is_compulsory_for(user: User) -> bool:
    return Preferences.current().second_factor and manages_anything(user)


def is_missing(user: User) -> bool:
    return is_compulsory_for(user) and not has_one(user)


@contextmanager
def _changing(user: User) -> Iterator[None]:
    """One change of a person's factors after the other."""
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        yield


def _tell(user: User, by: User, what: str, **detail: Any) -> None:
    outbox.notify("second_factor_changed", user, by=by, what=what, address=context.current_origin())
    log.record(by, f"second_factor.{what}", user, **detail)


def add_app(user: User, secret: str, step: int) -> bool:
    """`step`: of the code that proved it. False where there is one already."""
    with _changing(user):
        if Authenticator.objects.filter(user=user, type=App).exists():
            return False
        added = TOTP.activate(user, secret).instance
        added.data[USED] = step
        added.save(update_fields=["data"])
        RecoveryCodes.activate(user)
        _tell(user, user, "app_added")
    return True


def add_passkey(user: User, name: str, credential: dict[str, Any]) -> None:
    with _changing(user):
        WebAuthn.add(user, name, credential)
        RecoveryCodes.activate(user)
        _tell(user, user, "passkey_added", name=name)


def rename(user: User, passkey: Authenticator, name: str) -> None:
    """Raises Gone."""
    with _changing(user):
        now = Authenticator.objects.filter(pk=passkey.pk).first()
        if now is None:
            raise Gone
        was, now.data["name"] = now.data["name"], name
        if was != name:
            now.save(update_fields=["data"])
            log.record(user, "second_factor.passkey_renamed", user, fields={"name": [was, name]})


def remove(user: User, factor: Authenticator) -> None:
    """With the last one go the recovery codes. Raises LastFactor and Gone."""
    with _changing(user):
        others = Authenticator.objects.filter(user=user, type__in=FACTORS).exclude(pk=factor.pk).exists()
        if not others and is_compulsory_for(user):
            raise LastFactor
        if not Authenticator.objects.filter(user=user, pk=factor.pk).delete()[0]:
            raise Gone
        if not others:
            Authenticator.objects.filter(user=user).delete()
        if factor.type == App:
            _tell(user, user, "app_removed")
        else:
            _tell(user, user, "passkey_removed", name=factor.data["name"])


def remove_all(user: User, by: User, number: str) -> bool:
    """Of somebody who has lost them. False where there was nothing."""
    with _changing(user):
        was = Factors.of(user).texts
        if not Authenticator.objects.filter(user=user).delete()[0]:
            return False
        _tell(user, by, "removed", number=number, fields={"factors": [was, []]})
    return True


def new_codes(user: User) -> bool:
    """False where there is no factor that they could stand in for."""
    with _changing(user):
        if not has_one(user):
            return False
        Authenticator.objects.filter(user=user, type=Codes).delete()
        RecoveryCodes.activate(user)
        _tell(user, user, "codes_made")
    return True


def codes_once(user: User) -> list[str]:
    """The recovery codes, to who has not seen them yet; empty from then on."""
    with _changing(user):
        codes = Factors.of(user).codes
        if codes is None or codes.wrap().did_view:
            return []
        codes.wrap().mark_as_viewed()
        return list(codes.wrap().get_unused_codes())


def step_of(secret: str, code: str) -> int | None:
    """The step of time that the code is of; None: of none that still counts."""
    for step in yield_hotp_counters_from_time():
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, step))):
            return int(step)
    return None


def use_code(user: User, code: str) -> Authenticator | None:
    """The app or the recovery codes that it is of. Each code works once, that of an app too."""
    with _changing(user):
        factors = Factors.of(user)
        if app := factors.app:
            step = step_of(decrypt(app.data["secret"]), code)
            if step is not None and step > app.data.get(USED, 0):
                app.data[USED] = step
                app.save(update_fields=["data"])
                return app
        if factors.codes and factors.codes.wrap().validate_code(code):
            _tell(user, user, "code_used")
            return Authenticator.objects.get(pk=factors.codes.pk)
    return None


def use_passkey(passkey: Authenticator, counter: int, challenged_at: float) -> bool:
    """Whether it is neither a copy nor used twice: its counter, if it has one, grew; and since `challenged_at`, in
    seconds, when it was asked, it was not used.
    """
    with _changing(passkey.user):
        now = Authenticator.objects.filter(pk=passkey.pk).first()
        if now is None:
            return False
        last = now.data.get(COUNTER, now.wrap().authenticator_data.counter)
        if (counter or last) and counter <= last:
            return False
        if now.last_used_at and now.last_used_at.timestamp() >= challenged_at:
            return False
        now.data[COUNTER], now.last_used_at = counter, timezone.now()
        now.save(update_fields=["data", "last_used_at"])
    return True
