"""A person's change of the e-mail address: by both links, in either order, and by nothing less."""

from datetime import timedelta

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts import one_time_links
from accounts.models import User
from accounts.one_time_links import Link, Purpose
from accounts.profile.models import EmailChange
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import SipExtension
from extensions.my_account import email_change
from tests.pages import html_of
from tests.people import be_stale, make_extension, make_user

NEW = "victoria@example.org"
OLD_SIDE, NEW_SIDE = Purpose.OLD_EMAIL, Purpose.NEW_EMAIL


@pytest.fixture(autouse=True)
def without_a_pbx(settings: Settings) -> None:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9


@pytest.fixture
def vics(client: Client, vic: User) -> Client:
    make_extension("1000", user=vic)
    Preferences.objects.update(mail_host="mail.example.com")
    client.force_login(vic)
    return client


def test_the_address_that_one_has_is_no_other(vics: Client) -> None:
    answer = vics.post("/account/email/", {"new": "VIC@example.com"})
    assert answer.status_code == 422
    assert "This is already your address" in answer.content.decode()
    assert not EmailChange.objects.exists()


def asks(client: Client, new: str = NEW) -> EmailChange:
    answer = client.post("/account/email/", {"new": new}, follow=True)
    assert "Check your e-mail." in answer.content.decode()
    return EmailChange.objects.get()


def link(change: EmailChange, side: Purpose) -> str:
    return f"/account/email/{side}/{email_change.token(change, side)}/"


def opened(change: EmailChange, side: Purpose, then: str = "") -> str:
    """By somebody who has not signed in, and presses the button."""
    stranger = Client()
    page = stranger.get(link(change, side))["Location"]
    assert stranger.get(page).status_code == 200
    answer = stranger.post(page, {"then": then} if then else {})
    outcome = str(answer.context["outcome"])
    assert answer.status_code == (409 if outcome == "taken" else 200)
    return outcome


def actions() -> list[str]:
    return list(AuditRecord.objects.filter(action__startswith="person.").values_list("action", flat=True))


@pytest.mark.parametrize("order", [(OLD_SIDE, NEW_SIDE), (NEW_SIDE, OLD_SIDE)])
def test_both_links_change_the_address_in_either_order(vics: Client, vic: User, order: tuple[Purpose, Purpose]) -> None:
    change = asks(vics, "Victoria@Example.org")
    assert {(each.kind, each.to) for each in Email.objects.all()} == {
        ("email_change_old", "vic@example.com"),
        ("email_change_new", NEW),
    }
    before = User.objects.get(pk=vic.pk).link_version
    assert opened(change, order[0]) == "waits"
    assert User.objects.get(pk=vic.pk).email == "vic@example.com"
    assert opened(change, order[1]) == "done"
    now = User.objects.get(pk=vic.pk)
    assert (now.email, now.link_version) == (NEW, before + 1)
    extension = SipExtension.objects.get()
    assert extension.sort_email == NEW
    assert NEW in extension.search_text
    assert not EmailChange.objects.exists()
    last = Email.objects.get(kind="email_changed")
    assert (last.to, last.facts) == ("vic@example.com", {"new": NEW})
    record = AuditRecord.objects.filter(action="person.changed").get()
    assert (record.by, record.number) == (vic.pk, "1000")
    assert record.detail["fields"] == {"email": ["vic@example.com", NEW]}
    assert vics.get("/account/").status_code == 200  # and the session lasts


@pytest.mark.parametrize(
    ("side", "words"),
    [(OLD_SIDE, f"confirmed from the e-mail to {NEW}"), (NEW_SIDE, "confirmed from the e-mail to the old address")],
)
def test_whoever_confirms_first_reads_which_e_mail_is_missing(vics: Client, side: Purpose, words: str) -> None:
    stranger, change = Client(), asks(vics)
    page = stranger.get(link(change, side))["Location"]
    assert words in stranger.post(page).content.decode()


def test_opening_a_link_confirms_nothing(vics: Client) -> None:
    change = asks(vics)
    for side in (OLD_SIDE, NEW_SIDE):
        for method in ("get", "head", "options"):
            stranger = Client()
            getattr(stranger, method)(link(change, side))
            getattr(stranger, method)(f"/account/email/{side}/opened/")
    change.refresh_from_db()
    assert (change.old_confirmed, change.new_confirmed) == (False, False)


def test_the_address_of_the_page_holds_no_token(vics: Client) -> None:
    change, stranger = asks(vics), Client()
    for side in (OLD_SIDE, NEW_SIDE):
        answer = stranger.get(link(change, side))
        assert (answer.status_code, answer["Location"]) == (302, f"/account/email/{side}/opened/")
    assert stranger.session.get_expiry_age() <= one_time_links.VALID_SECONDS[NEW_SIDE]
    assert Client().get(f"/account/email/{NEW_SIDE}/opened/").status_code == 410


def test_both_links_opened_in_one_browser_confirm_each_its_own_side(vics: Client) -> None:
    change = asks(vics)
    for side in (OLD_SIDE, NEW_SIDE):
        vics.get(link(change, side))
    outcomes = [vics.post(f"/account/email/{side}/opened/").context["outcome"] for side in (OLD_SIDE, NEW_SIDE)]
    assert outcomes == ["waits", "done"]


def test_one_link_twice_is_not_both(vics: Client, vic: User) -> None:
    change = asks(vics)
    for side in (NEW_SIDE, NEW_SIDE):
        assert opened(change, side) == "waits"
    assert User.objects.get(pk=vic.pk).email == "vic@example.com"


def test_the_profile_shows_what_waits_and_cancels_it(vics: Client, vic: User) -> None:
    change = asks(vics)
    opened(change, NEW_SIDE)
    page = vics.get("/account/").content.decode()
    assert "Your e-mail address is about to change" in page
    assert page.count("not confirmed yet") == 1
    answer = vics.post("/account/email/cancel/", follow=True)
    assert "was canceled" in answer.content.decode()
    assert Client().get(link(change, OLD_SIDE)).status_code == 410
    assert Client().post(link(change, OLD_SIDE)).status_code == 410
    assert User.objects.get(pk=vic.pk).email == "vic@example.com"
    assert actions() == ["person.email_cancelled", "person.email_confirmed", "person.email_asked"]
    for row in AuditRecord.objects.filter(action__startswith="person.email"):
        assert (row.by, row.on, row.number, row.result) == (vic.pk, "Vic", "1000", "done")
        assert row.detail["fields"] == {"email": ["vic@example.com", NEW]}
    assert "is in progress" in vics.post("/account/email/cancel/", follow=True).content.decode()


@pytest.mark.parametrize("side", [OLD_SIDE, NEW_SIDE])
def test_whoever_reads_the_mail_may_cancel(vics: Client, side: Purpose) -> None:
    change = asks(vics)
    assert opened(change, side, then="cancel") == "cancelled"
    assert not EmailChange.objects.exists()


def test_an_address_that_is_taken_says_nothing_until_its_owner_has_confirmed(vics: Client, vic: User) -> None:
    make_user("Eve")
    free, taken = vics.get("/account/email/"), asks(vics, "eve@example.com")
    assert free.status_code == 200
    assert opened(taken, OLD_SIDE) == "waits"
    assert opened(taken, NEW_SIDE) == "taken"
    assert User.objects.get(pk=vic.pk).email == "vic@example.com"
    assert not EmailChange.objects.exists()
    assert not Email.objects.filter(kind="email_changed").exists()
    assert AuditRecord.objects.filter(action="person.email_asked", result="refused").exists()


def test_asking_again_makes_the_former_links_void(vics: Client) -> None:
    first = asks(vics)
    second = asks(vics, "other@example.org")
    assert Client().get(link(first, NEW_SIDE)).status_code == 410
    assert opened(second, NEW_SIDE) == "waits"
    assert email_change.confirm(first, NEW_SIDE) == email_change.Outcome.VOID
    assert EmailChange.objects.get() == second


def test_a_link_of_another_purpose_or_of_nobody_is_void(vics: Client, vic: User) -> None:
    change = asks(vics)
    for text in (
        "nonsense",
        one_time_links.token(Link(Purpose.OLD_EMAIL, change.pk, change.version)),
        one_time_links.token(Link(Purpose.NEW_EMAIL, change.pk + 1, change.version)),
        one_time_links.token(Link(Purpose.NEW_EMAIL, change.pk, change.version + 1)),
        signing.dumps(["new_email", change.pk, change.version], salt="another"),
    ):
        assert Client().post(f"/account/email/new_email/{text}/").status_code == 410


def test_after_a_day_it_is_over(vics: Client) -> None:
    asks(vics)
    EmailChange.objects.update(asked_at=timezone.now() - timedelta(days=1, seconds=1))
    assert "about to change" not in html_of(vics, "/account/")
    assert "is in progress" in vics.post("/account/email/cancel/", follow=True).content.decode()


def test_who_was_disabled_changes_nothing(vics: Client, vic: User) -> None:
    change = asks(vics)
    User.objects.filter(pk=vic.pk).update(is_active=False)
    assert Client().post(link(change, NEW_SIDE)).status_code == 410


def test_an_administrator_who_changes_the_address_ends_what_waits(vics: Client, ada: User, vic: User) -> None:
    change = asks(vics)
    adas = Client()
    adas.force_login(ada)
    form = adas.get("/extensions/1000/edit/").context["form"]
    typed = {
        name: value
        for one in (form.person, form.sip)
        for name in one.fields
        if (value := one[name].value()) is not None
    }
    typed |= {"email": "vic2@example.com", "version": form.opened_version, "then": "save"}
    assert adas.post("/extensions/1000/edit/", typed).status_code == 302
    assert User.objects.get(pk=vic.pk).email == "vic2@example.com"
    assert Client().post(link(change, NEW_SIDE)).status_code == 410


def test_it_can_be_kept_to_administrators(vics: Client) -> None:
    change = asks(vics)
    Preferences.objects.update(self_service=["avatar"])
    assert vics.post("/account/email/", {"new": NEW}).status_code == 403
    assert "/account/email/" not in html_of(vics, "/account/").replace("/account/email/cancel/", "")
    assert Client().post(link(change, NEW_SIDE)).status_code == 410


@pytest.mark.parametrize("new", ["", "nonsense", "vic@example.com", "VIC@example.com", "a@example.com\nBcc: b@c.de"])
def test_an_address_that_is_none_or_the_same_is_refused(vics: Client, new: str) -> None:
    assert vics.post("/account/email/", {"new": new}).status_code == 422
    assert not EmailChange.objects.exists()


def test_without_a_mail_server_it_is_refused_at_once(vics: Client) -> None:
    Preferences.objects.update(mail_host="")
    answer = vics.post("/account/email/", {"new": NEW})
    assert answer.status_code == 422
    assert "cannot send e-mail yet" in answer.content.decode()
    assert not EmailChange.objects.exists()


def test_nobody_floods_an_address(vics: Client) -> None:
    for _ in range(email_change.MOST_ASKED):
        asks(vics)
    answer = vics.post("/account/email/", {"new": NEW})
    assert answer.status_code == 422
    assert "Try again later" in answer.content.decode()
    assert Email.objects.filter(kind="email_change_new").count() == email_change.MOST_ASKED


def test_it_asks_for_the_password_again(vics: Client) -> None:
    be_stale(vics)
    answer = vics.post("/account/email/", {"new": NEW})
    assert answer.status_code == 302
    assert not EmailChange.objects.exists()


def test_somebody_without_an_address_confirms_at_the_new_one_alone(db: None) -> None:
    user = User.objects.create(first_name="Lobby")
    change = email_change.ask(user, NEW)
    assert [each.kind for each in Email.objects.all()] == ["email_change_new"]
    assert opened(change, NEW_SIDE) == "done"
    assert not Email.objects.filter(kind="email_changed").exists()
