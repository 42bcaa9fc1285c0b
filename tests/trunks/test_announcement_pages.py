"""Call Features > Announcement."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import User
from core.audit.models import AuditRecord
from core.preferences.models import Preferences, SystemChange
from extensions.changes.state import CannotPutBack
from extensions.review import preferences as preference_changes
from tests.extensions.calls.voicemail.test_greeting import heard, mp3, silent_flac, wav
from tests.people import make_extension
from tests.trunks.known_pbx import KnownPbx
from tests.trunks.known_pbx import known_pbx as known_pbx
from tests.trunks.test_route_pages import errors, logged
from tests.trunks.typed import (
    ANNOUNCEMENT,
    GROUP,
    INBOUND,
    make_announcement,
    make_group,
    make_inbound,
    opened,
    posted,
    text_of,
)
from trunks import changes
from trunks.models import Announcement, AnnouncementSound, InboundRoute, LinesVersion

URL = "/announcements/"


@pytest.fixture
def signed_in(client: Client, ada: User, known_pbx: type[KnownPbx]) -> Client:
    Preferences.objects.update(country="DE")
    make_extension("1000", first_name="Grace", voicemail=True)
    client.force_login(ada)
    return client


def upload(client: Client, url: str, data: bytes | None, file: str = "welcome.mp3", **typed: str) -> Any:
    files = {} if data is None else {"file": SimpleUploadedFile(file, data)}
    return posted(client, url, ANNOUNCEMENT | typed | files)


def test_an_upload_is_kept_and_played_on_the_page(signed_in: Client) -> None:
    answer = upload(signed_in, f"{URL}add/", mp3(), goes_to_kind="voicemail", goes_to_number="1000")
    assert answer["Location"] == URL
    announcement = Announcement.objects.get()
    assert logged("announcement.added") == {
        "Name": ("", "Welcome"),
        "Enabled": ("", "yes"),
        "Audio file": ("", "welcome.mp3"),
        "Afterwards": ("", "Voicemail of 1000"),
    }
    assert "Voicemail of 1000" in text_of(signed_in.get(URL))
    sound = f"{URL}{announcement.pk}/sound/"
    page = text_of(signed_in.get(f"{URL}{announcement.pk}/"))
    assert f'src="{sound}?v={announcement.sound}"' in page
    assert "welcome.mp3" in page
    whole = signed_in.get(sound)
    assert whole.headers["Content-Type"] == "audio/wav"
    seconds, level = heard(whole.content)
    assert 1.4 < seconds < 1.7
    assert level > 0.35
    part = signed_in.get(sound, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "Choose a WAV, MP3, OGG (Vorbis) or FLAC file."),
        (b"", "The file is empty. Choose another."),
        (b"no sound", "This file is not a sound that can be read."),
        (b"RIFF" + b"\x00" * 9_000_000, "The file is larger than 8 MB. Choose a smaller one."),
        (silent_flac(1), "The sound is longer than 5 minutes. Choose a shorter one."),
    ],
)
def test_what_is_no_recording_is_refused(signed_in: Client, data: bytes | None, words: str) -> None:
    found = errors(upload(signed_in, f"{URL}add/", data))
    assert words in found["file"][0]
    assert list(found) == ["file"]
    assert not AnnouncementSound.objects.exists()


def test_a_good_recording_beside_another_error_is_to_be_chosen_again(signed_in: Client) -> None:
    found = errors(upload(signed_in, f"{URL}add/", wav(), "a.wav", name=""))
    assert found == {"name": ["Enter a name."], "file": ["Choose the file again: it was not kept."]}
    assert not AnnouncementSound.objects.exists()


def test_uploads_are_limited(signed_in: Client) -> None:
    for _ in range(10):
        upload(signed_in, f"{URL}add/", b"no sound")
    found = errors(upload(signed_in, f"{URL}add/", wav()))
    assert found["file"] == ["You uploaded too many sounds. Try again in a few minutes."]


def test_it_is_changed_with_its_recording_or_without(signed_in: Client) -> None:
    announcement = make_announcement()
    upload(signed_in, f"{URL}{announcement.pk}/", None, name="Closed")
    assert logged("announcement.changed") == {"Name": ("Welcome", "Closed")}
    assert Announcement.objects.get().sound == announcement.sound
    upload(signed_in, f"{URL}{announcement.pk}/", wav(), "closed.wav", name="Closed")
    changed = Announcement.objects.get()
    assert changed.sound != announcement.sound
    assert {str(sound) for sound in AnnouncementSound.objects.all()} == {"welcome.wav", "closed.wav"}
    signed_in.post(f"{URL}{announcement.pk}/toggle/", {"enabled": "no"})
    assert "Disabled" in text_of(signed_in.get(URL))
    answer = signed_in.post(f"{URL}{announcement.pk}/delete/", {"then": "save"}, follow=True)
    assert answer.redirect_chain == [(URL, 302)]
    assert "Announcement Closed deleted." in text_of(answer)
    assert not Announcement.objects.exists()
    assert AuditRecord.objects.filter(action="announcement.deleted").exists()


def test_the_form_says_whether_a_recording_is_needed(signed_in: Client) -> None:
    new, there = (signed_in.get(url).context["form"] for url in (f"{URL}add/", f"{URL}{make_announcement().pk}/"))
    assert (new["file"].label, there["file"].label) == ("Audio file", "New audio file (optional)")
    assert new["name"].field.widget.attrs["autocomplete"] == "off", "it is not the name of who types"


def test_a_recording_that_another_saved_meanwhile_is_not_lost(signed_in: Client) -> None:
    announcement = make_announcement()
    mark = opened(signed_in, f"{URL}{announcement.pk}/")
    upload(signed_in, f"{URL}{announcement.pk}/", wav(), "other.wav")
    answer = signed_in.post(f"{URL}{announcement.pk}/", ANNOUNCEMENT | {"opened": mark, "then": "save"})
    assert answer.status_code == 409


# --- what needs what ---


def test_calls_go_to_it_and_then_it_is_not_deleted(signed_in: Client) -> None:
    announcement = make_announcement()
    to = {"goes_to_kind": "announcement", "goes_to_announcement": str(announcement.pk)}
    posted(signed_in, "/inbound-routes/add/", INBOUND | to)
    posted(signed_in, "/ring-groups/add/", GROUP | {"members": "1000"} | to)
    assert InboundRoute.objects.get().goes_to == announcement.destination
    assert logged("route.inbound_added")["Goes to"] == ("", "Announcement Welcome")
    assert "Announcement Welcome" in text_of(signed_in.get("/inbound-routes/"))
    page = text_of(signed_in.get(f"{URL}{announcement.pk}/"))
    assert "Reception" in page
    assert "Sales" in page
    why = "Inbound route Reception, Ring group Sales send calls here. Choose another destination there first."
    assert why in text_of(signed_in.get(f"{URL}{announcement.pk}/delete/"))
    assert signed_in.post(f"{URL}{announcement.pk}/delete/", {"then": "save"}).status_code == 409
    assert Announcement.objects.exists()


def test_an_extension_that_it_goes_on_to_is_not_deleted(signed_in: Client) -> None:
    make_announcement(goes_to="voicemail:1000")
    assert "Announcement Welcome sends calls to 1000. Change that first." in text_of(
        signed_in.get("/extensions/1000/delete/")
    )


def test_no_call_goes_around_in_a_circle(signed_in: Client) -> None:
    last = make_announcement(name="Last")
    group = make_group("1000", goes_to=last.destination)
    first = make_announcement(name="First", goes_to=group.destination)
    back = {"goes_to_kind": "announcement", "goes_to_announcement": str(first.pk)}
    found = errors(upload(signed_in, f"{URL}{last.pk}/", None, name="Last", **back))
    assert found == {"goes_to": ["Calls would loop through First, Sales, Last. Choose another destination."]}
    itself = {"goes_to_kind": "announcement", "goes_to_announcement": str(last.pk)}
    assert "goes_to" in errors(upload(signed_in, f"{URL}{last.pk}/", None, name="Last", **itself))
    found = errors(posted(signed_in, f"/ring-groups/{group.pk}/", GROUP | {"members": "1000"} | back))
    assert "through First, Sales." in found["goes_to"][0]


# --- undo ---


def test_the_recording_of_before_is_put_back_as_long_as_it_is_stored(signed_in: Client, ada: User) -> None:
    announcement = make_announcement(b"RIFF one")
    make_inbound(goes_to=announcement.destination)
    version = Preferences.now("lines")
    upload(signed_in, f"{URL}{announcement.pk}/", wav(), "two.wav")
    assert preference_changes.choose(ada, SystemChange.Field.LINES, version)
    assert bytes(AnnouncementSound.objects.get(pk=Announcement.objects.get().sound).wav) == b"RIFF one"
    upload(signed_in, f"{URL}{announcement.pk}/", wav(), "two.wav")
    AnnouncementSound.objects.exclude(pk=Announcement.objects.get().sound).delete()
    with pytest.raises(CannotPutBack, match="no longer stored"):
        preference_changes.choose(ada, SystemChange.Field.LINES, version)


def test_a_recording_that_no_stored_version_has_is_forgotten(signed_in: Client) -> None:
    announcement = make_announcement(b"RIFF one")
    with changes.edited(None):
        Announcement.objects.update(sound=AnnouncementSound.store(b"RIFF two", "two.wav"))
    assert AnnouncementSound.objects.count() == 2
    SystemChange.objects.all().delete()
    LinesVersion.objects.exclude(pk=Preferences.now("lines")).delete()
    with changes.edited(None):
        Announcement.objects.update(name="Renamed")
    assert [str(sound) for sound in AnnouncementSound.objects.all()] == ["two.wav"]
    assert announcement.sound not in AnnouncementSound.objects.values_list("pk", flat=True)


def test_a_route_goes_to_no_announcement_that_is_gone(signed_in: Client) -> None:
    there = make_announcement()
    typed = INBOUND | {"goes_to_kind": "announcement"}
    for key in ("", "999", "x"):
        found = errors(posted(signed_in, "/inbound-routes/add/", typed | {"goes_to_announcement": key}))
        assert found == {"goes_to": ["This announcement no longer exists. Choose another one."]}
    posted(signed_in, "/inbound-routes/add/", typed | {"goes_to_announcement": str(there.pk)})
    assert InboundRoute.objects.get().goes_to == there.destination
