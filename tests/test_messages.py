"""What a page says once a deed is done, or could not be: the administrator at 6 pm reads nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Organization, User
from accounts.sessions.models import Session
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import actions
from extensions.changes import record as changes
from extensions.models import BulkAction, SipExtension
from tests.people import make_extension, make_user
from tests.trees import department

Prepared = Callable[[SipExtension, User], str]  # the address to post to


@pytest.fixture
def grace(db: None, settings: Settings) -> SipExtension:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    return make_extension("1000", user=make_user("Grace"))


def said(client: Client, path: str, **typed: Any) -> list[tuple[str, str]]:
    """The level and words of each message."""
    answer = client.post(path, typed, follow=True)
    return [(each.level_tag, str(each)) for each in answer.context["messages"]]


def of(what: str) -> Prepared:
    return lambda grace, by: f"/extensions/{grace.number}/{what}/"  # noqa: ARG005


def blocked(grace: SipExtension, by: User) -> str:
    actions.block_sign_in(grace.number, by)
    return "/extensions/1000/sign-in/"


def left(grace: SipExtension, by: User) -> str:
    actions.leave(grace.number, by, None, None)
    return "/extensions/1000/come-back/"


def waits_for_another(grace: SipExtension, by: User) -> str:
    with changes.edit(grace.number, make_user("Hugo", role="human_resource")) as extension:
        extension.max_phones = 2
    return "/extensions/1000/delete/"


def sales(grace: SipExtension, by: User) -> Organization:
    return department("Sales", department("Europe"))


def renamed(grace: SipExtension, by: User) -> str:
    return f"/organizations/{sales(grace, by).pk}/rename/"


def deleted(grace: SipExtension, by: User) -> str:
    return f"/organizations/{sales(grace, by).pk}/delete/"


def with_mail(grace: SipExtension, by: User) -> str:
    Preferences.objects.update(mail_host="127.0.0.1", mail_from="portal@example.com")
    return "/extensions/1000/welcome/"


def without_address(grace: SipExtension, by: User) -> str:
    User.objects.filter(pk=grace.user_id).update(email=None)
    return with_mail(grace, by)


def downloaded(grace: SipExtension, by: User) -> str:
    action = BulkAction.objects.create(kind="changed", count=1, by=by)
    return f"{action.get_absolute_url()}credentials/"


def email_that_is(state: str) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        email = Email.objects.create(kind="welcome", user=grace.user, to="g@example.com", state=state)
        return f"/mail/{email.pk}/discard/"

    return made


SAID: list[tuple[Prepared, dict[str, str], list[tuple[str, str]]]] = [
    (of("sign-in"), {"allowed": "no"}, [("success", "Grace is signed out everywhere and cannot sign in.")]),
    (blocked, {"allowed": "yes"}, [("success", "Grace can sign in again.")]),
    (of("second-factor"), {}, [("info", "Grace does not use two-step verification.")]),
    (of("delete"), {}, [("success", "Extension 1000 deleted. Apply to remove it from the PBX.")]),
    (
        waits_for_another, {"then": "apply"},
        [("info", "Extension 1000 deleted. Someone else also changed it. Review both changes, then apply.")],
    ),
    (of("come-back"), {}, [("info", "Grace is already restored.")]),
    (renamed, {"name": "Trade"}, [("success", "Sales renamed to Trade.")]),
    (deleted, {}, [("success", "Sales deleted. Its people and sub-departments moved to Europe.")]),
    (
        with_mail, {},
        [("success", "The welcome e-mail will be sent to grace@example.com. Earlier links stop working.")],
    ),
    (without_address, {}, [("error", "No e-mail was sent to Grace: No e-mail address.")]),
    (downloaded, {}, [("info", "The credentials were already downloaded, or are older than a day.")]),
    (email_that_is("uncertain"), {}, [("success", "The e-mail to g@example.com has been dismissed.")]),
    (email_that_is("waiting"), {}, [("success", "The e-mail to g@example.com will not be sent.")]),
    (email_that_is("taken"), {}, [("info", "That e-mail is no longer waiting.")]),
]  # fmt: skip


@pytest.mark.parametrize(("prepare", "typed", "words"), SAID)
def test_what_is_said_of_a_deed(
    client: Client,
    grace: SipExtension,
    ada: User,
    prepare: Prepared,
    typed: dict[str, str],
    words: list[tuple[str, str]],
) -> None:
    path = prepare(grace, ada)
    client.force_login(ada)
    assert said(client, path, **typed) == words


def test_of_what_one_is_signed_in_to(client: Client, grace: SipExtension) -> None:
    client.force_login(grace.user)
    assert said(client, "/account/security/end/", session="gone") == [("info", "That session has already ended.")]
    assert said(client, "/account/security/end-others/") == [("info", "You are not signed in anywhere else.")]
    for words in ("1 other session has been signed out.", "2 other sessions have been signed out."):
        for _ in range(int(words[0])):
            Client(headers={"User-Agent": "x"}).force_login(grace.user)
        assert said(client, "/account/security/end-others/") == [("success", words)]
    assert Session.objects.filter(user=grace.user).count() == 1
