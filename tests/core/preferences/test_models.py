"""What is true of the whole system, how it is shown, and which of its changes wait for the PBX."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from accounts.models import User
from core.https import Certificate, Choice
from core.preferences import models
from core.preferences.models import (
    HoldMusic,
    NameFormat,
    Preferences,
    SystemChange,
    in_force,
    known_country,
    known_language,
    known_zone,
)

Field = SystemChange.Field


@pytest.mark.parametrize(
    ("check", "good", "wrong", "words"),
    [
        (known_country, "DE", "XX", "Choose a country from the list."),
        (known_zone, "Europe/Berlin", "Mars/Olympus", "Choose a time zone from the list, such as America/New_York."),
        (known_language, "en-gb", "xx", "Choose a language from the list."),
    ],
)
def test_what_is_no_choice_is_refused(check: object, good: str, wrong: str, words: str) -> None:
    assert callable(check)
    check(good)
    with pytest.raises(ValidationError) as refusal:
        check(wrong)
    assert refusal.value.messages == [words]


@pytest.mark.parametrize(
    ("order", "name", "of_one"),
    [
        (NameFormat.FIRST_LAST, "Ada King", "Ada"),
        (NameFormat.LAST_FIRST, "King Ada", "Ada"),
        (NameFormat.LASTFIRST, "KingAda", "Ada"),
    ],
)
def test_a_name_stands_in_the_chosen_order(order: NameFormat, name: str, of_one: str) -> None:
    assert order.of("Ada", "King") == name
    assert order.of("Ada", "") == of_one
    assert order.of("", "King") == "King"


def test_in_one_request_they_are_read_once_and_hold_for_zone_and_language(db: None) -> None:
    Preferences.objects.update(time_zone="Asia/Tokyo", language="en-gb")
    Preferences.objects.update(https_certificate="acme", https_name="pbx.example")
    with in_force():
        first = Preferences.current()
        assert timezone.get_current_timezone() == first.zone == ZoneInfo("Asia/Tokyo")
        assert translation.get_language() == "en-gb"
        Preferences.objects.update(https_port=8443)
        assert Preferences.current() is first
        assert Preferences.now("https_port") == 8443
    assert Preferences.current().https == Choice(Certificate.ACME, "pbx.example", 8443, "")
    assert Preferences.current() is not first


def note(by: User, old: str, new: str, field: Field = Field.COUNTRY) -> list[tuple[str, str, str]]:
    SystemChange.note(by, field, old, new)
    return [(str(each.by), each.old, each.new) for each in SystemChange.objects.waiting().order_by("pk")]


def test_of_each_preference_one_change_waits(ada: User, hugo: User) -> None:
    assert note(ada, "US", "US") == []
    assert note(ada, "US", "DE") == [("Ada", "US", "DE")]
    before = SystemChange.objects.get().at
    assert note(hugo, "DE", "DE") == [("Ada", "US", "DE")]
    assert note(hugo, "DE", "FR") == [("Hugo", "US", "FR")]
    assert SystemChange.objects.get().at > before
    assert note(hugo, "20", "30", Field.VOICEMAIL_MINUTES)[1:]
    assert note(hugo, "FR", "US")[0][1] == "20"  # nothing of the country is left to follow
    SystemChange.objects.update(taken=True)
    assert SystemChange.objects.waiting().count() == 0
    assert SystemChange.objects.taken().count() == SystemChange.objects.unproved().count() == 1
    SystemChange.objects.update(applied_at=timezone.now())
    assert SystemChange.objects.taken().count() == 0


@pytest.mark.parametrize(
    ("field", "old", "new", "shown"),
    [
        (Field.COUNTRY, "US", "DE", "Country: United States -> Germany"),
        (Field.NAME_FORMAT, "first_last", "last_first", "Name Display Format: First Last -> Last First"),
        (Field.HOLD_MUSIC, "", "gone", "Music on hold: Built-in music -> gone"),
        (Field.VOICEMAIL_MESSAGES, "100", "1000", "Messages per mailbox: 100 -> 1,000"),
    ],
)
def test_a_change_is_shown_in_words(db: None, field: Field, old: str, new: str, shown: str) -> None:
    change = SystemChange(field=field, old=old, new=new)
    assert str(change) == shown
    assert change.concerns_everybody is (field == Field.NAME_FORMAT)


def test_a_change_of_what_lies_above_is_shown_in_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SystemChange.SHOWN, Field.LINES, "lines of {}".format)
    change = SystemChange(field=Field.LINES, old="then", new="now")
    assert (change.old_shown, change.new_shown) == ("lines of then", "lines of now")


def test_a_port_that_is_the_usual_one_is_shown_as_such(db: None) -> None:
    for field in SystemChange.OF_THE_NETWORK:
        for value, shown in (("", "default"), ("0", "default"), ("5070", "5070")):
            assert SystemChange(field=field, old=value, new="x").old_shown == shown


def test_music_that_can_be_gone_back_to_is_kept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "KEPT_MUSIC", 2)
    now = timezone.now()
    for ago, version in enumerate(("newest", "new", "waits", "was", "used", "old")):
        HoldMusic.objects.create(version=version, name=f"{version}.wav", wav=b"", added_at=now - timedelta(days=ago))
    Preferences.objects.update(hold_music="used")
    SystemChange.objects.create(field=Field.HOLD_MUSIC, old="was", new="waits")
    SystemChange.objects.create(field=Field.COUNTRY, old="old", new="old")
    HoldMusic.forget_unused()
    assert set(HoldMusic.objects.values_list("version", flat=True)) == {"newest", "new", "waits", "was", "used"}
    assert (HoldMusic.name_of("used"), HoldMusic.name_of("old")) == ("used.wav", "old")
