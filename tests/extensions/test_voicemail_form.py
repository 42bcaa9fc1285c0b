"""The Voicemail tab of Add and Edit: what it saves, what it refuses, and its PIN, which is shown once."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions.models import Change, SipExtension
from tests.pages import html_of
from tests.people import Typed, be_stale, make_extension

PIN = "270418"
EDIT = "/extensions/1000/edit/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def edited(extension: SipExtension, **more: Any) -> dict[str, Any]:
    kept = {
        "version": str(extension.version), "password": "", "registration_password": "",
        "registration_name": extension.registration_name, "caller_id": extension.caller_id,
    }  # fmt: skip
    return Typed(more={**kept, **more}).fields


def without(typed: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in typed.items() if name not in names}


def saved() -> SipExtension:
    return SipExtension.objects.get(number="1000")


def test_what_is_chosen_is_saved(signed_in: Client) -> None:
    typed = Typed(
        more={
            "voicemail": "on", "voicemail_pin": PIN, "voicemail_email": "note", "voicemail_after_email": "read",
            "voicemail_says_caller": "on", "voicemail_says_length": "on",
        }
    ).fields  # fmt: skip
    assert signed_in.post("/extensions/add/", without(typed, "voicemail_asks_pin")).status_code == 302
    made = saved()
    assert (made.voicemail, made.voicemail_pin, made.voicemail_asks_pin) == (True, PIN, False)
    assert (made.voicemail_email, made.voicemail_after_email) == ("note", "read")
    assert (made.voicemail_says_date, made.voicemail_says_caller, made.voicemail_says_length) == (True, True, True)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_preference_says_whether_a_new_extension_has_voicemail(signed_in: Client, wanted: bool) -> None:
    Preferences.objects.update(new_voicemail=wanted)
    form = signed_in.get("/extensions/add/").context["form"].sip
    assert form["voicemail"].value() is wanted
    assert len(form["voicemail_pin"].value()) == 6


def test_a_box_that_is_not_sent_is_off_and_a_choice_that_is_not_sent_stays(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True, voicemail_email="note", voicemail_after_email="read")
    typed = without(
        edited(extension),
        *("voicemail_asks_pin", "voicemail_says_date", "voicemail_email", "voicemail_after_email", "voicemail_pin"),
    )
    assert signed_in.post(EDIT, typed).status_code == 302
    after = saved()
    assert (after.voicemail, after.voicemail_asks_pin, after.voicemail_says_date) == (False, False, False)
    assert (after.voicemail_email, after.voicemail_after_email) == ("note", "read")
    assert after.voicemail_pin == extension.voicemail_pin


def test_an_empty_choice_changes_nothing(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True, voicemail_email="note", voicemail_after_email="read")
    empty = {"voicemail": "on", "voicemail_email": "", "voicemail_after_email": ""}
    assert signed_in.post(EDIT, edited(extension, **empty)).status_code == 302
    assert (saved().voicemail_email, saved().voicemail_after_email) == ("note", "read")


def test_no_message_is_deleted_of_which_the_email_has_no_recording(signed_in: Client) -> None:
    typed = Typed(more={"voicemail": "on", "voicemail_email": "note", "voicemail_after_email": "delete"}).fields
    answer = signed_in.post("/extensions/add/", typed)
    assert answer.status_code == 422
    assert "The e-mail does not contain the recording." in str(answer.context["errors"])
    assert [tab["errors"] for tab in answer.context["tabs"]] == [0, 1, 0, 0]
    typed["voicemail_email"] = "recording"
    assert signed_in.post("/extensions/add/", typed).status_code == 302
    assert saved().voicemail_after_email == "delete"


def test_errors_are_counted_at_their_tabs_in_the_order_of_the_page(signed_in: Client) -> None:
    wrong = {"first_name": "", "last_name": "", "voicemail_pin": "1", "allowed_networks": "x", "max_phones": "9"}
    answer = signed_in.post("/extensions/add/", Typed(more=wrong).fields)
    assert [error["tab"] for error in answer.context["errors"]] == ["user", "user", "voicemail", "security"]
    assert [(tab["name"], tab["errors"]) for tab in answer.context["tabs"]] == [
        ("user", 2),
        ("voicemail", 1),
        ("advanced", 0),
        ("security", 1),
    ]


# --- the PIN ---


def test_the_pin_of_a_new_mailbox_is_shown_once(signed_in: Client) -> None:
    typed = Typed(more={"voicemail": "on", "voicemail_pin": PIN}).fields
    page = signed_in.post("/extensions/add/", typed, follow=True).content.decode()
    assert PIN in page
    assert PIN not in html_of(signed_in, "/extensions/1000/")
    assert PIN not in html_of(signed_in, EDIT)


def test_a_new_pin_is_shown_once(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True)
    page = signed_in.post(EDIT, edited(extension, voicemail="on", voicemail_pin=PIN), follow=True).content.decode()
    assert PIN in page
    assert PIN not in html_of(signed_in, "/extensions/1000/")
    assert saved().voicemail_pin == PIN


def test_without_a_mailbox_no_pin_is_shown(signed_in: Client) -> None:
    page = signed_in.post("/extensions/add/", Typed(more={"voicemail_pin": PIN}).fields, follow=True).content.decode()
    assert PIN not in page


def test_an_edit_without_a_new_pin_shows_none(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True)
    page = signed_in.post(EDIT, edited(extension, voicemail="on"), follow=True).content.decode()
    assert "voicemail-pin" not in page
    assert saved().voicemail_pin == extension.voicemail_pin


def test_a_mailbox_that_is_opened_has_a_pin_that_somebody_is_told(signed_in: Client) -> None:
    extension = make_extension("1000")
    page = signed_in.post(EDIT, edited(extension, voicemail="on"), follow=True).content.decode()
    assert saved().voicemail_pin != extension.voicemail_pin
    assert saved().voicemail_pin in page


def test_a_pin_is_typed_by_who_has_just_said_who_they_are(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True)
    be_stale(signed_in)
    answer = signed_in.post(EDIT, edited(extension, voicemail="on", voicemail_pin=PIN))
    assert answer.headers["Location"].startswith("/sign-in/again/")
    assert saved().voicemail_pin == extension.voicemail_pin


def test_the_pin_stands_in_no_log_mail_or_change(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True)
    extension.user.email = "grace@example.com"
    extension.user.save()
    signed_in.post(EDIT, edited(extension, voicemail="on", voicemail_pin=PIN, email="grace@example.com"))
    assert "voicemail_pin" in Change.objects.latest("id").fields
    for model in (Change, AuditRecord, Email, SipExtension):
        assert PIN not in str(list(model.objects.values())), model


def test_two_who_change_a_mailbox_see_both_versions(signed_in: Client) -> None:
    extension = make_extension("1000", voicemail=True)
    first = edited(extension, voicemail="on", voicemail_email="none")
    second = edited(extension, voicemail_email="note", voicemail_pin=PIN)
    assert signed_in.post(EDIT, first).status_code == 302
    answer = signed_in.post(EDIT, second)
    assert answer.status_code == 409
    rows = {str(row["label"]): (str(row["saved"]), str(row["yours"])) for row in answer.context["rows"]}
    assert rows["Voicemail"] == ("yes", "no")
    assert rows["New Voicemail Notification"] == ("No e-mail", "E-mail without the recording")
    assert rows["Voicemail PIN"] == ("unchanged", "changed")
    hidden = {field["name"]: field["value"] for field in answer.context["hidden_fields"]}
    assert "voicemail" not in hidden
    assert signed_in.post(EDIT, {**hidden, "then": "save"}).status_code == 302
    assert (saved().voicemail, saved().voicemail_email, saved().voicemail_pin) == (False, "note", PIN)
