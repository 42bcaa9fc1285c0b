"""What a page says once a deed is done, or could not be: the administrator at 6 pm reads nothing else."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from accounts.second_factor import factors
from accounts.sessions.models import Session
from asterisk.backend import Asterisk
from asterisk.models import BlockedAddress
from backup.models import Backup
from core.mail.models import Email
from core.preferences.models import Preferences, SystemChange
from extensions import actions
from extensions.changes import record as changes
from extensions.models import BulkAction, Change, SipExtension
from extensions.pbx import PbxError
from tests.accounts.second_factor.test_second_factor import SECRET
from tests.people import make_extension, make_user
from tests.trees import department
from tests.trunks.typed import make_announcement, make_group

Prepared = Callable[[SipExtension, User], str]  # the address to post to


@pytest.fixture
def grace(db: None, settings: Settings) -> SipExtension:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    settings.PBX = settings.PBX  # put back after the test
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


def block(*, in_force: bool) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        now = timezone.now()
        until, ended = now + timedelta(days=1), None if in_force else now
        made = BlockedAddress.objects.create(
            network="192.0.2.9", reason="attempts", tries=10, until=until, ended_at=ended
        )
        return f"/blocked/{made.pk}/unblock/"

    return made


def never_blocked(grace: SipExtension, by: User) -> str:
    return block(in_force=True)(grace, by).replace("unblock", "never")


def again(state: str) -> Prepared:
    return lambda grace, by: email_that_is(state)(grace, by).replace("discard", "again")


def backup_to_try(grace: SipExtension, by: User) -> str:
    return f"/backup/{Backup.objects.create(state='verified', file='/nowhere/no.backup').pk}/try/"


def backup_to_download(grace: SipExtension, by: User) -> str:
    return backup_to_try(grace, by).replace("try/", "download/")


def copies(grace: SipExtension, by: User) -> str:
    return "/backup/copies/"


def at(path: str) -> Prepared:
    return lambda grace, by: path  # noqa: ARG005


def applied(path: str) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        Change.objects.update(applied_at=timezone.now())
        return path

    return made


def someone_else_saved(grace: SipExtension, by: User) -> str:
    with changes.edit(grace.number, make_user("Hugo", role="human_resource")) as extension:
        extension.max_phones = 2
    return "/apply/"


def away(path: str) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        django_settings.PBX = "tests.test_messages.AwayPbx"
        return path

    return made


def role(what: str) -> Prepared:
    return lambda grace, by: f"/roles/{Role.objects.create(name='Keeper').pk}/{what}/"  # noqa: ARG005


def person(what: str) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        without = User.objects.create(first_name="Nobody", last_name="Numbered")
        without.organizations.add(Organization.company())
        return f"/extensions/people/{without.pk}/{what}"

    return made


def sales_to_the_company(grace: SipExtension, by: User) -> str:
    return renamed(grace, by).replace("rename", "move")


def signed_in_elsewhere(grace: SipExtension, by: User) -> str:
    Client(headers={"User-Agent": "x"}).force_login(grace.user)
    return "/extensions/1000/sign-out/"


def own(what: str) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        grace.user = by
        grace.save()
        return of(what)(grace, by)

    return made


def with_an_app(grace: SipExtension, by: User) -> str:
    factors.add_app(grace.user, SECRET, 0)
    return "/extensions/1000/second-factor/"


def group(what: str, *, others: bool = False) -> Prepared:
    def made(grace: SipExtension, by: User) -> str:
        made = make_group(grace.number, by=by)
        SystemChange.objects.update(applied_at=timezone.now())
        if others:
            make_announcement(by=make_user("Hugo", role="human_resource"))
        return f"/ring-groups/{made.pk}/{what}"

    return made


class AwayPbx(Asterisk):
    """One that does nothing of what it is asked for."""

    def forget_attempts(self, accounts: Iterable[str]) -> None:  # noqa: ARG002
        raise PbxError("It is away.")

    def release_outbound(self, number: str) -> None:  # noqa: ARG002
        raise PbxError("It is away.")

    def remove_phone(self, number: str, phone: str) -> bool:  # noqa: ARG002
        raise PbxError("It is away.")


PHONE = {"phone": "1000;@x"}
REVIEW = "Review the changes, then apply."

SAID: list[tuple[Prepared, dict[str, str], list[tuple[str, str]]]] = [
    (of("sign-in"), {"allowed": "no"}, [("success", "Grace is signed out everywhere and cannot sign in.")]),
    (blocked, {"allowed": "yes"}, [("success", "Grace can sign in again.")]),
    (
        own("sign-in"), {"allowed": "no"},
        [("error", "This is your own extension. Another administrator must offboard you.")],
    ),
    (own("sign-out"), {}, [("info", "You are not signed in anywhere else.")]),
    (
        own("second-factor"), {},
        [("error", "Change your own two-step verification in My account > Security.")],
    ),
    (
        with_an_app, {},
        [("success", "Two-step verification removed for Grace. The password alone is now enough to sign in.")],
    ),
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
    (again("refused"), {}, [("success", "The e-mail to g@example.com will be sent again.")]),
    (again("taken"), {}, [("info", "That e-mail does not need to be sent again.")]),
    (block(in_force=True), {}, [("success", "192.0.2.9 is no longer blocked.")]),
    (block(in_force=False), {}, [("info", "192.0.2.9 was no longer blocked.")]),
    (never_blocked, {}, [("success", "192.0.2.9 will not be blocked again.")]),
    (at("/backup/now/"), {}, [("error", "Set a passphrase first.")]),
    (backup_to_try, {}, [("error", "The file of this backup is missing.")]),
    (backup_to_download, {}, [("error", "The file of this backup is missing.")]),
    (at("/history/back/"), {"moment": "yesterday"}, [("error", "Enter a date and time.")]),
    (at("/history/back/"), {"moment": "2026-02-31T10:00"}, [("error", "Enter a date and time.")]),
    (at("/history/check/repair/"), {}, [("info", "There are no differences.")]),
    (at("/apply/"), {"from": "review"}, [("info", "Choose what to apply.")]),
    (applied("/apply/"), {}, [("info", "There are no unapplied changes.")]),
    (
        someone_else_saved, {"n": "1000", "seen": "1"},
        [("info", "Nothing was applied because someone else saved a change. Review it, then apply.")],
    ),
    (at("/lines/apply/"), {}, [("info", "There are no unapplied changes.")]),
    (at("/lines/discard/"), {}, [("info", "There are no unapplied changes.")]),
    (role("delete"), {}, [("success", "Role Keeper deleted.")]),
    (
        at("/roles/add/"), {"name": "Janitor", "reach": "all", "granted": "log.view"},
        [("success", "Role Janitor saved. It takes effect immediately.")],
    ),
    (at("/organizations/add/"), {"name": "Asia", "parent": "company"}, [("success", "Asia added to Company.")]),
    (sales_to_the_company, {"parent": "company"}, [("success", "Sales moved to Company.")]),
    (person("remove/"), {}, [("success", "Nobody Numbered was removed.")]),
    (of("sign-out"), {}, [("info", "Grace is not signed in anywhere.")]),
    (signed_in_elsewhere, {}, [("success", "Grace is signed out. 1 session ended.")]),
    (away("/extensions/1000/phones/remove/"), PHONE, [("error", "The phone could not be removed. It is away.")]),
    (away("/extensions/1000/outbound/release/"), {}, [("error", "It is away.")]),
    (away("/extensions/1000/attempts/forget/"), {}, [("error", "It is away.")]),
    (group("toggle/"), {"enabled": "no"}, [("success", "Sales disabled. Apply to send it to the PBX.")]),
    (group("toggle/"), {"enabled": "yes"}, [("success", "Sales enabled. Apply to send it to the PBX.")]),
    (group("delete/"), {}, [("success", "Ring group Sales deleted. Apply to send it to the PBX.")]),
    (
        group("delete/", others=True), {"then": "apply"},
        [("info", f"Ring group Sales deleted. Someone else also changed outside lines. {REVIEW}")],
    ),
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
    client.force_login(ada)
    company = str(Organization.company().pk)
    assert (
        said(
            client,
            prepare(grace, ada),
            **{name: company if text == "company" else text for name, text in typed.items()},
        )
        == words
    )


def test_of_what_one_is_signed_in_to(client: Client, grace: SipExtension) -> None:
    client.force_login(grace.user)
    assert said(client, "/account/security/end/", session="gone") == [("info", "That session has already ended.")]
    assert said(client, "/account/security/end-others/") == [("info", "You are not signed in anywhere else.")]
    for words in ("1 other session has been signed out.", "2 other sessions have been signed out."):
        for _ in range(int(words[0])):
            Client(headers={"User-Agent": "x"}).force_login(grace.user)
        assert said(client, "/account/security/end-others/") == [("success", words)]
    assert Session.objects.filter(user=grace.user).count() == 1
