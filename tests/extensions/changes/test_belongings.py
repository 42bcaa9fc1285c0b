"""An undone deletion gives back all that went: second factor, picture, language, known devices and networks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db.models import CASCADE, Model
from django.utils import timezone

from accounts.models import User
from accounts.profile.models import Avatar, EmailChange
from accounts.sessions.models import Device, Session
from core.mail.models import Email
from extensions import actions
from extensions.changes.belongings import KEPT, OWN_COLUMNS
from extensions.changes.state import PERSON
from extensions.models import Change, KnownNetwork, SipExtension
from extensions.review import review
from tests.people import make_extension, make_user

LEFT = {Session, Email, EmailChange, EmailAddress, SipExtension}


@pytest.fixture
def grace(db: None) -> SipExtension:
    user = make_user("Grace", role="human_resource", language="en-gb", muted=["new_network"], link_version=3)
    extension = make_extension("1000", user=user)
    Change.objects.all().delete()
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "sealed"})
    Authenticator.objects.create(user=user, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "sealed"})
    Avatar.objects.create(user=user, image=b"\x89PNG\x00\xff", version="0123456789abcdef")
    Device.objects.create(user=user, key_hash="a" * 64, agent="Firefox")
    KnownNetwork.objects.create(extension=extension, network="192.0.2.0/24")
    return SipExtension.objects.get(number="1000")


def everything() -> dict[str, list[Any]]:
    """Times as JSON keeps them: to the millisecond."""
    tables: tuple[type[Model], ...] = (User, SipExtension, *KEPT)
    return {
        each.__name__: [
            {name: shortened(held) for name, held in row.items()}
            for row in each._default_manager.order_by("pk").values()
        ]
        for each in tables
    }


def shortened(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return bytes(value) if isinstance(value, memoryview) else value


def discarded(by: User) -> None:
    review.discard("1000", by)


def undone(by: User) -> None:
    Change.objects.update(applied_at=timezone.now())
    review.restore({"1000": Change.objects.get(number="1000").former}, by)


def back_to_before_an_earlier_change(by: User) -> None:
    """Whose own record knows nothing of the deletion after it."""
    former = Change.objects.get(number="1000").former or {}
    review.restore({"1000": {name: held for name, held in former.items() if name != "belongings"}}, by)


@pytest.mark.parametrize("undo", [discarded, undone, back_to_before_an_earlier_change])
def test_an_undone_deletion_gives_back_all_that_went(
    grace: SipExtension, ada: User, undo: Callable[[User], None]
) -> None:
    before = everything()
    actions.delete("1000", ada)
    assert not Authenticator.objects.exists()
    undo(ada)
    after = everything()
    for each in (before, after):
        each["SipExtension"][0].pop("version")
    assert after == before


def test_a_deletion_that_an_undo_made_is_undone_as_wholly(grace: SipExtension, ada: User) -> None:
    before = everything()
    review.restore({"1000": None}, ada)
    assert not SipExtension.objects.exists()
    review.restore({"1000": Change.objects.get(number="1000").former}, ada)
    assert everything()["Authenticator"] == before["Authenticator"]
    assert everything()["User"] == before["User"]


def test_whatever_is_deleted_with_somebody_is_kept_or_left_on_purpose() -> None:
    gone = {
        relation.related_model
        for owner in (User, SipExtension)
        for relation in owner._meta.related_objects
        if relation.on_delete is CASCADE
    }
    assert gone == {*KEPT, *LEFT}
    known = {field.attribute for field in PERSON} | {*OWN_COLUMNS, "id", "role"}
    assert {field.name for field in User._meta.concrete_fields} == known
