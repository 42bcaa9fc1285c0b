"""People look after their own mailbox: its settings and its PIN, on a page of their own extension."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.changes import record as changes
from extensions.models import Change, SipExtension
from tests.pages import html_of
from tests.people import be_stale, make_extension, make_user

URL, PAGE = "/extensions/1000/voicemail/settings/", "/extensions/1000/"
PIN = "270418"


@pytest.fixture
def grace(db: None) -> SipExtension:
    extension = make_extension("1000", user=make_user("Grace"), voicemail=True)
    Change.objects.all().delete()
    return extension


@pytest.fixture
def graces(client: Client, grace: SipExtension) -> Client:
    client.force_login(grace.user)
    return client


def typed(extension: SipExtension, **more: Any) -> dict[str, Any]:
    return {
        "version": str(extension.version), "voicemail": "on", "voicemail_pin": "", "voicemail_asks_pin": "on",
        "voicemail_email": "recording", "voicemail_after_email": "keep", "voicemail_says_date": "on", **more,
    }  # fmt: skip


def saved() -> SipExtension:
    return SipExtension.objects.get(number="1000")


def test_what_the_person_chooses_is_saved_and_in_the_log_as_theirs(graces: Client, grace: SipExtension) -> None:
    answer = graces.post(URL, typed(grace, voicemail_email="none", voicemail_says_caller="on"))
    assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    assert (saved().voicemail_email, saved().voicemail_says_caller, saved().voicemail) == ("none", True, True)
    record = AuditRecord.objects.get(action="extension.changed")
    assert (record.by_email, record.number) == ("grace@example.com", "1000")
    (said,) = map(str, get_messages(answer.wsgi_request))
    assert said.startswith("Your voicemail settings were saved. ")  # and what the PBX said, if there is one
    assert not Email.objects.exists()


def test_what_no_phone_notices_needs_no_apply(graces: Client, grace: SipExtension) -> None:
    page = graces.post(URL, typed(grace, voicemail_email="note"), follow=True).content.decode()
    assert "Your voicemail settings were saved." in page
    assert not Change.objects.exists()


def test_a_new_pin_is_shown_once_to_who_has_just_said_who_they_are(graces: Client, grace: SipExtension) -> None:
    page = graces.post(URL, typed(grace, voicemail_pin=PIN), follow=True).content.decode()
    assert PIN in page
    assert "Write this down now." in page
    assert saved().voicemail_pin == PIN
    assert PIN not in html_of(graces, PAGE)
    assert PIN not in html_of(graces, URL)
    be_stale(graces)
    answer = graces.post(URL, typed(saved(), voicemail_pin="940716"))
    assert answer.headers["Location"].startswith("/sign-in/again/")
    assert saved().voicemail_pin == PIN


def test_other_settings_ask_for_no_password(graces: Client, grace: SipExtension) -> None:
    be_stale(graces)
    assert graces.post(URL, typed(grace, voicemail_email="none")).headers["Location"] == PAGE
    assert saved().voicemail_email == "none"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("voicemail_pin", "1000", "cannot be the extension number"),
        ("voicemail_pin", "4321", "easy to guess"),
        ("voicemail_email", "letter", "not one of the available"),
    ],
)
def test_bad_input_is_refused_at_its_field(
    graces: Client, grace: SipExtension, field: str, value: str, words: str
) -> None:
    answer = graces.post(URL, typed(grace, **{field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in answer.content.decode()
    assert saved().version == grace.version


def test_who_saves_later_than_an_administrator_sees_what_was_saved(
    graces: Client, grace: SipExtension, ada: User
) -> None:
    opened = typed(grace, voicemail_email="none")
    with changes.edit("1000", ada) as extension:
        extension.voicemail_email = "note"
    answer = graces.post(URL, opened)
    assert answer.status_code == 409
    assert answer.context["form"]["voicemail_email"].value() == "note"
    assert "Someone else changed your extension. Check what you see, then save again." in answer.content.decode()
    assert saved().voicemail_email == "note"


def test_what_waits_of_an_administrator_is_not_taken_along(graces: Client, grace: SipExtension, ada: User) -> None:
    with changes.edit("1000", ada) as extension:
        extension.caller_id = "2000"
    answer = graces.post(URL, typed(saved(), voicemail_says_length="on"))
    assert answer.status_code == 409
    assert "Ask an administrator to apply it" in answer.content.decode()
    assert not saved().voicemail_says_length
    assert graces.post(URL, typed(saved(), voicemail_email="none")).status_code == 302


def test_where_preferences_forbid_it_nobody_changes_their_own(graces: Client, grace: SipExtension) -> None:
    assert f'href="{URL}"' in html_of(graces, PAGE)
    Preferences.objects.update(self_service=["name"])
    assert f'href="{URL}"' not in html_of(graces, PAGE)
    assert graces.get(URL).status_code == 403
    assert graces.post(URL, typed(grace, voicemail_email="none")).status_code == 403
    assert saved().voicemail_email == "recording"


def test_nobody_else_gets_to_it(client: Client, grace: SipExtension, ada: User) -> None:
    client.force_login(make_extension("1001", user=make_user("Vic")).user)
    assert client.get(URL).status_code == 404
    client.force_login(ada)
    assert client.get(URL).status_code == 403
    assert 'href="/extensions/1000/edit/#voicemail"' in html_of(client, PAGE)


# --- the extension's page ---


def facts(client: Client) -> dict[str, str]:
    return {each.label: each.value for each in client.get(PAGE).context["mailbox_facts"]}


def test_the_page_says_how_the_mailbox_is_set(graces: Client, grace: SipExtension) -> None:
    assert facts(graces) == {
        "Voicemail": "yes",
        "Ask for PIN on Own Phone": "yes",
        "New Voicemail Notification": "E-mail with the recording",
        "After Notification": "Keep as new",
        "Announce Date and Time": "yes",
        "Announce Caller ID": "no",
        "Announce Message Length": "no",
    }
    SipExtension.objects.update(voicemail_email="none")
    assert "After Notification" not in facts(graces)
    SipExtension.objects.update(voicemail=False)
    assert facts(graces) == {"Voicemail": "no"}


def test_on_ones_own_page_what_callers_hear_stands_first(graces: Client, grace: SipExtension, ada: User) -> None:
    own = html_of(graces, PAGE)
    assert own.index('id="when-called"') < own.index('id="phone"')
    graces.force_login(ada)
    others = html_of(graces, PAGE)
    assert others.index('id="when-called"') > others.index('id="phone"')
    assert own.count('id="when-called"') == others.count('id="when-called"') == 1


def test_who_only_looks_at_an_extension_sees_nothing_of_its_mailbox(client: Client, grace: SipExtension) -> None:
    client.force_login(
        make_user("Otto", custom=Role.objects.create(name="Looks", granted=[Permission.VIEW_EXTENSIONS]))
    )
    answer = client.get(PAGE)
    assert answer.status_code == 200
    assert "mailbox_facts" not in answer.context
