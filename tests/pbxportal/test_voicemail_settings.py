"""PBX Settings > Preferences > Voicemail."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from core.access.permissions import Permission
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from tests.pages import html_of
from tests.people import make_user

URL = "/preferences/voicemail/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def typed(**more: Any) -> dict[str, Any]:
    version = str(Preferences.load().version)
    return {"version": version, "voicemail_minutes": "5", "voicemail_messages": "50", "voicemail_days": "90", **more}


def test_what_is_saved_is_in_force_and_in_the_log(signed_in: Client) -> None:
    assert signed_in.post(URL, typed()).status_code == 302
    saved = Preferences.load()
    assert saved.new_voicemail is False
    assert (saved.voicemail_minutes, saved.voicemail_messages, saved.voicemail_days) == (5, 50, 90)
    record = AuditRecord.objects.get(action="preferences.changed")
    shown = {str(each.label): (each.old, each.new) for each in record.fields}
    assert shown == {
        "Voicemail for new extensions": ("on", "off"),
        "Longest message (minutes)": ("10", "5"),
        "Messages per mailbox": ("100", "50"),
        "Days to keep messages": ("0", "90"),
    }


def test_what_the_pbx_must_follow_waits_on_the_page_and_can_be_discarded(signed_in: Client) -> None:
    page = signed_in.post(URL, typed(), follow=True).content.decode()
    assert "Preferences saved. Apply to update the PBX." in page
    assert "Saved but not applied" in page
    waiting = {each.field: (each.old, each.new) for each in SystemChange.objects.waiting()}
    assert waiting == {"voicemail_minutes": ("10", "5"), "voicemail_messages": ("100", "50")}
    signed_in.post("/preferences/discard/")
    saved = Preferences.load()
    assert (saved.voicemail_minutes, saved.voicemail_messages, saved.voicemail_days) == (10, 100, 90)
    assert "Saved but not applied" not in html_of(signed_in, URL)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("voicemail_minutes", "0", "from 1 to 15"),
        ("voicemail_minutes", "16", "from 1 to 15"),
        ("voicemail_minutes", "", "from 1 to 15"),
        ("voicemail_minutes", "2.5", "from 1 to 15"),
        ("voicemail_minutes", "ten", "from 1 to 15"),
        ("voicemail_messages", "0", "from 1 to 500"),
        ("voicemail_messages", "501", "from 1 to 500"),
        ("voicemail_messages", "9" * 30, "from 1 to 500"),
        ("voicemail_days", "-1", "from 0 to 3650. 0 keeps"),
        ("voicemail_days", "3651", "from 0 to 3650. 0 keeps"),
        ("voicemail_days", "", "from 0 to 3650. 0 keeps"),
    ],
)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: str, words: str) -> None:
    answer = signed_in.post(URL, typed(**{field: value}))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert words in str(answer.context["form"].errors[field])
    assert Preferences.load().version == 1


@pytest.mark.parametrize(("minutes", "messages", "days"), [("1", "1", "0"), ("15", "500", "3650")])
def test_the_ends_of_the_ranges_are_taken(signed_in: Client, minutes: str, messages: str, days: str) -> None:
    sent = typed(new_voicemail="on", voicemail_minutes=minutes, voicemail_messages=messages, voicemail_days=days)
    assert signed_in.post(URL, sent).status_code == 302
    saved = Preferences.load()
    assert [str(saved.voicemail_minutes), str(saved.voicemail_messages), str(saved.voicemail_days)] == [
        minutes,
        messages,
        days,
    ]


def test_who_saves_second_is_told_what_differs(signed_in: Client) -> None:
    opened = typed(voicemail_days="30")
    assert signed_in.post(URL, typed(voicemail_days="60")).status_code == 302
    answer = signed_in.post(URL, opened)
    assert answer.status_code == 409
    assert "The saved value is now 60." in str(answer.context["form"].errors["voicemail_days"])
    assert Preferences.load().voicemail_days == 60


def test_who_may_only_look_sees_fields_that_cannot_be_changed(client: Client, ada: User) -> None:
    role = Role.objects.create(name="Auditor", granted=[Permission.VIEW_PREFERENCES])
    client.force_login(make_user("Olga", custom=role))
    page = html_of(client, URL)
    assert "disabled" in page
    assert ">Save<" not in page
    assert client.post(URL, typed()).status_code == 403
