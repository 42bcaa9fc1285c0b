"""All lines are one wish, which is known by what it says."""

from typing import Any

import pytest

from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.review import preferences as preference_changes
from tests.people import make_extension
from tests.trunks.typed import make_announcement, make_group, make_inbound, set_hours
from trunks import changes, record
from trunks.models import Announcement, AnnouncementSound, Emergency, InboundRoute, LinesVersion, RingGroup, Trunk

pytestmark = pytest.mark.django_db


def trunk() -> Trunk:
    with record.edited(None):
        made = Trunk.objects.create(name="Telco", host="sip.example.com", username="acme")
        made.password = "t7Rw9KqX2mZv5LpB"
        made.save()
    return made


def test_a_password_that_is_sealed_anew_is_no_change() -> None:
    made = trunk()
    version = Preferences.now("lines")
    with record.edited(None):
        made.password = "t7Rw9KqX2mZv5LpB"
        made.save()
    assert Preferences.now("lines") == version
    with record.edited(None):
        made.password = "another7Rw9KqX2m"
        made.save()
    assert Preferences.now("lines") != version


def test_with_a_lost_key_lines_have_a_version_still() -> None:
    made = trunk()
    version = Preferences.now("lines")
    with record.edited(None):
        Trunk.objects.update(sealed_password="sealed with a key that is lost")
    lost = Preferences.now("lines")
    assert lost not in ("", version)
    with record.edited(None):
        Trunk.objects.update(host="other.example.com")
    moved = Preferences.now("lines")
    assert moved not in ("", version, lost)
    with record.edited(None):
        Trunk.objects.update(sealed_password="another one")
    assert Preferences.now("lines") not in ("", version, lost, moved)
    assert Trunk.objects.get().pk == made.pk
    with record.edited(None):
        Trunk.objects.all().delete()
    assert Preferences.now("lines") == ""


def test_what_was_is_put_back_whole() -> None:
    made = trunk()
    before = Preferences.now("lines")
    with record.edited(None):
        Trunk.objects.update(name="Other", max_calls=7)
    assert SystemChange.objects.waiting().get().old == ""
    assert record.restore(before) == before
    made.refresh_from_db()
    assert (made.name, made.max_calls, made.password) == ("Telco", 0, "t7Rw9KqX2mZv5LpB")


OLD_ROUTE = {
    "id": 7, "name": "Reception", "enabled": True, "position": 1, "number": "+493012345678", "to": "voicemail",
    "extension_id": "6f2c7b0c-0e1d-4f6a-9d1e-0d9e6c0f3a11", "extension_number": "1000",
}  # fmt: skip
OLD_BLOCK = OLD_ROUTE | {
    "id": 8, "name": "All", "number": "+4930123", "to": "digits", "extension_id": None, "extension_number": "",
}  # fmt: skip


@pytest.fixture
def old_version() -> str:
    """Lines as they were stored before there were call destinations, and as they are after the migration."""
    old = {"trunks": [], "outbound": [], "inbound": [OLD_ROUTE, OLD_BLOCK], "emergency": []}
    LinesVersion.objects.create(version="0123456789abcdef", record=old)
    Preferences.objects.update(lines="0123456789abcdef")
    usual = {"position": 1, "enabled": True}
    InboundRoute.objects.create(pk=7, name="Reception", number="+493012345678", goes_to="voicemail:1000", **usual)
    InboundRoute.objects.create(pk=8, name="All", number="+4930123", goes_to="digits", **usual)
    return "0123456789abcdef"


def test_lines_that_were_stored_earlier_are_what_they_were(old_version: str) -> None:
    assert [row["goes_to"] for row in record.of(old_version)["inbound"]] == ["voicemail:1000", "digits"]
    with changes.edited(None):
        pass
    assert not SystemChange.objects.exists()
    assert Preferences.now("lines") == old_version


def test_lines_that_were_stored_earlier_are_gone_back_to(old_version: str) -> None:
    make_extension("1000", voicemail=True)
    with changes.edited(None):
        InboundRoute.objects.update(goes_to="hangup")
    change = SystemChange.objects.waiting().get()
    assert [each.fields for each in preference_changes.details(change)] == [
        [("Goes to", "Voicemail of 1000", "Hang up")],
        [("Goes to", "Extension by the last digits", "Hang up")],
    ]
    assert preference_changes.choose(None, SystemChange.Field.LINES, old_version)
    assert list(InboundRoute.objects.values_list("pk", "goes_to")) == [(7, "voicemail:1000"), (8, "digits")]
    assert Preferences.now("lines") == old_version  # what is stored, and what the PBX is given
    assert not SystemChange.objects.waiting().exists()


def test_lines_that_went_to_an_extension_which_is_gone_are_not_put_back(old_version: str) -> None:
    with changes.edited(None):
        InboundRoute.objects.update(goes_to="hangup")
    with pytest.raises(CannotPutBack, match="extension 1000"):
        preference_changes.choose(None, SystemChange.Field.LINES, old_version)
    assert set(InboundRoute.objects.values_list("goes_to", flat=True)) == {"hangup"}


def test_a_version_says_in_words_what_is_in_it() -> None:
    trunk()
    assert record.summary(Preferences.now("lines")) == "1 trunk, 0 outbound routes, 0 inbound routes"
    make_inbound(goes_to="voicemail:1000")
    make_group("1000")
    make_announcement()
    make_announcement(name="Closed")
    set_hours()
    assert record.summary(Preferences.now("lines")) == (
        "1 trunk, 0 outbound routes, 1 inbound route, 1 ring group, 2 announcements, business hours"
    )


@pytest.mark.parametrize(
    ("group", "emergency", "words"),
    [
        ({"members": ["1000", "1001"]}, {}, "Ring group Sales: its member 1001 is gone."),
        ({"number": "1002"}, {}, "Ring group Sales: 1002 is an extension now. Delete that extension first."),
        ({}, {"phones": "1000,1001"}, "An emergency call rang extension 1001, which no longer exists."),
        (
            {},
            {"more_numbers": "19240\n1002"},
            "Emergency number 1002 is an extension now. Delete that extension first.",
        ),
        ({}, {"phones": "1000", "more_numbers": "19240"}, ""),
    ],
)
def test_what_cannot_be_put_back_is_named_and_nothing_changes(
    group: dict[str, Any], emergency: dict[str, Any], words: str
) -> None:
    make_extension("1000")
    gone = make_extension("1001")
    make_group(*group.pop("members", ["1000"]), **group)
    with changes.edited(None):
        Emergency.objects.create(pk=1, **emergency)
    version = Preferences.now("lines")
    with changes.edited(None):
        RingGroup.objects.update(name="Support", number="6300", members=["1000"])
        Emergency.objects.update(phones="", more_numbers="")
    gone.delete()
    make_extension("1002")
    if words:
        with pytest.raises(CannotPutBack) as said:
            preference_changes.choose(None, SystemChange.Field.LINES, version)
        assert str(said.value) == words
        assert RingGroup.objects.get().name == "Support"
    else:
        preference_changes.choose(None, SystemChange.Field.LINES, version)
        assert (RingGroup.objects.get().name, Emergency.load().phone_numbers) == ("Sales", ["1000"])


def test_lines_are_forgotten_that_nothing_goes_back_to_and_what_callers_heard_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(record, "KEPT", 1)
    make_announcement()
    heard = Preferences.now("lines")
    SystemChange.objects.all().delete()
    with record.edited(None):
        Announcement.objects.all().delete()
        Trunk.objects.create(name="Telco", host="sip.example.com")
    assert record.is_stored(heard)  # as the PBX does not have the change yet
    assert AnnouncementSound.objects.exists()
    SystemChange.objects.all().delete()
    with record.edited(None):
        Trunk.objects.update(host="other.example.com")
    assert not record.is_stored(heard)
    assert not AnnouncementSound.objects.exists()
    assert record.is_stored(Preferences.now("lines"))


def test_an_announcement_whose_sound_is_gone_is_not_put_back() -> None:
    make_announcement()
    version = Preferences.now("lines")
    assert record.restore(version) == version
    AnnouncementSound.objects.all().delete()
    with pytest.raises(CannotPutBack, match="audio file of announcement Welcome"):
        record.restore(version)


def test_lines_that_are_no_longer_stored_are_not_put_back() -> None:
    with pytest.raises(CannotPutBack, match="no longer stored"):
        record.restore("gone")
