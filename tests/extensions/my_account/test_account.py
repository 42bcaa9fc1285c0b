"""My account: what people see and change of themselves, and what Preferences keep from them."""

import re
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.forms import BaseForm, Field, FileField
from django.test import Client, RequestFactory
from django.urls import get_resolver
from PIL import Image
from pytest_django.fixtures import Settings

from accounts.models import User
from accounts.profile import pictures, uploads
from accounts.profile.models import Avatar
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions import pbx
from extensions.calls.sound_file import SoundField
from extensions.models import Change, SipExtension
from tests.pages import html_of
from tests.people import make_extension, make_user

FILES = (FileField, SoundField)


@pytest.fixture(autouse=True)
def without_a_pbx(settings: Settings) -> None:
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9


@pytest.fixture
def own(vic: User) -> SipExtension:
    return make_extension("1000", user=vic, caller_id="2222")


@pytest.fixture
def vics(client: Client, vic: User) -> Client:
    client.force_login(vic)
    return client


def allow(*what: str) -> None:
    Preferences.objects.update(self_service=list(what))


def png(side: int = 40, name: str = "me.png") -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (side, side), "red").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def text_of(client: Client, path: str = "/account/") -> str:
    return html_of(client, path)


def test_people_see_what_is_known_of_them(vics: Client, own: SipExtension, vic: User) -> None:
    User.objects.filter(pk=vic.pk).update(job_title="Pilot")
    page = text_of(vics)
    for words in ("vic@example.com", "2222", "Pilot", "Departments", "/extensions/1000/"):
        assert words in page


def test_somebody_without_an_extension_has_an_account_too(vics: Client) -> None:
    page = vics.get("/account/")
    assert page.status_code == 200
    assert "Extension Number" not in page.content.decode()


def test_a_mobile_number_and_a_language_are_changed_at_once_and_logged_as_theirs(
    vics: Client, own: SipExtension, vic: User
) -> None:
    before = SipExtension.objects.get().version
    answer = vics.post("/account/", {"mobile": "(202) 555-0143", "language": "en-gb"}, follow=True)
    assert "Your account was saved." in answer.content.decode()
    vic.refresh_from_db()
    assert (vic.mobile, vic.language) == ("+12025550143", "en-gb")
    record = AuditRecord.objects.filter(action="person.changed").get()
    assert (record.by, record.number) == (vic.pk, "1000")
    assert record.detail["fields"]["mobile"] == ["", "+1 202-555-0143"]
    now = SipExtension.objects.get()
    assert "2025550143" in now.search_text
    assert now.version == before + 1  # a form that an administrator had open meanwhile says so
    assert not Change.objects.waiting().filter(by=vic).exists()


def test_nothing_is_logged_where_nothing_was_changed(vics: Client, own: SipExtension) -> None:
    User.objects.update(mobile="+12025550143")
    for mobile in ("+1 202-555-0143", "(202) 555 0143"):
        answer = vics.post("/account/", {"mobile": mobile, "language": ""}, follow=True)
        assert "Nothing was changed." in answer.content.decode()
    assert vics.post("/account/picture/", {"then": "remove"}).status_code == 302
    assert not AuditRecord.objects.filter(action="person.changed").exists()


def test_a_wrong_mobile_number_and_a_language_that_is_none_are_refused(vics: Client) -> None:
    answer = vics.post("/account/", {"mobile": "call me", "language": "xx"})
    assert answer.status_code == 422
    assert {*answer.context["form"].errors} == {"mobile", "language"}


@pytest.mark.parametrize("posted", [{"mobile": "+12025550143"}, {"first_name": "Victor"}, {"email": "a@example.com"}])
def test_what_preferences_keep_is_shown_and_cannot_be_posted(vics: Client, vic: User, posted: dict[str, str]) -> None:
    allow()
    page = text_of(vics)
    assert "Ask your administrator" in page
    assert 'name="mobile"' not in page
    assert vics.post("/account/", {"language": "", **posted}).status_code == 302
    vic.refresh_from_db()
    assert (vic.mobile, vic.first_name, vic.email) == ("", "Vic", "vic@example.com")


def test_nobody_gives_themselves_a_role(vics: Client, vic: User) -> None:
    typed = {"mobile": "", "language": "", "role": "1", "is_active": "", "job_title": "Chief"}
    assert vics.post("/account/", typed).status_code == 302
    vic.refresh_from_db()
    assert (vic.role, vic.is_active, vic.job_title) == (None, True, "")


def test_a_name_may_be_changed_where_preferences_say_so_and_goes_to_the_pbx(
    vics: Client, own: SipExtension, vic: User
) -> None:
    allow("name")
    Change.objects.all().delete()
    answer = vics.post("/account/", {"first_name": "Victor", "last_name": "", "language": ""}, follow=True)
    assert "Your account was saved." in answer.content.decode()
    change = Change.objects.get()
    assert (change.by, change.fields) == (vic, {"first_name": ["Vic", "Victor"]})
    assert SipExtension.objects.get().sort_name == "victor"
    assert vics.post("/account/", {"first_name": " ", "last_name": "", "language": ""}).status_code == 422


@pytest.mark.parametrize(
    ("live", "level", "words"),
    [
        (True, "success", "Your account was saved. Verified."),
        (False, "warning", "Your account was saved. Verified."),
        (None, "error", "Your account was saved. It is not applied yet. Ask an administrator to apply it."),
    ],
)
def test_who_changes_their_own_name_is_told_whether_the_pbx_took_it(
    vics: Client,
    own: SipExtension,
    vic: User,
    monkeypatch: pytest.MonkeyPatch,
    live: bool | None,
    level: str,
    words: str,
) -> None:
    def applies(_pbx: object, numbers: list[str], by: User) -> pbx.Applied:
        assert (numbers, by) == (["1000"], vic)
        if live is None:
            raise pbx.PbxError("It is on fire.")
        return pbx.Applied(live, "Verified.")

    allow("name")
    Change.objects.all().delete()
    monkeypatch.setattr(type(pbx.get()), "apply", applies)
    answer = vics.post("/account/", {"first_name": "Victor", "last_name": "", "language": ""})
    assert answer["Location"] == "/account/"
    assert [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)] == [(level, words)]
    assert own.user.pk == User.objects.get(first_name="Victor").pk


def test_a_name_does_not_take_somebody_elses_change_along(vics: Client, own: SipExtension, vic: User) -> None:
    allow("name")
    answer = vics.post("/account/", {"first_name": "Victor", "last_name": "", "language": ""})
    assert "has an unapplied change" in answer.content.decode()
    vic.refresh_from_db()
    assert vic.first_name == "Vic"


def test_tries_of_pictures_are_limited(vics: Client, vic: User, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[bytes] = []

    def drawn(data: bytes) -> bytes:
        decoded.append(data)
        return data

    monkeypatch.setattr(pictures, "drawn", drawn)
    for _ in range(10):
        assert vics.post("/account/picture/", {"picture": png()}).status_code == 302
    answer = vics.post("/account/picture/", {"picture": png()})
    assert answer.status_code == 422
    assert "Try again in a few minutes." in answer.content.decode()
    assert len(decoded) == 10
    assert vics.post("/account/picture/", {"then": "remove"}).status_code == 302


def test_a_picture_is_kept_shown_and_removed(vics: Client, vic: User) -> None:
    answer = vics.post("/account/picture/", {"picture": png()}, follow=True)
    assert "Your picture was saved." in answer.content.decode()
    avatar = Avatar.objects.get(user=vic)
    path = f"/account/picture/{avatar.version}/"
    assert path in answer.content.decode()
    picture = vics.get(path)
    assert (picture["Content-Type"], picture["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert picture["Cache-Control"] == "private, max-age=31536000, immutable"
    assert Image.open(BytesIO(picture.content)).size == (256, 256)
    assert vics.get("/account/picture/0000000000000000/").status_code == 404
    gone = vics.post("/account/picture/", {"then": "remove"}, follow=True)
    assert "Your picture was removed." in gone.content.decode()
    assert vics.get(path).status_code == 404
    fields = [each.detail["fields"]["picture"][1] for each in AuditRecord.objects.filter(action="person.changed")]
    assert fields == ["removed", "changed"]


def test_a_picture_is_nobody_elses(vics: Client, client: Client, vic: User) -> None:
    vics.post("/account/picture/", {"picture": png()})
    path = f"/account/picture/{Avatar.objects.get(user=vic).version}/"
    other = Client()
    other.force_login(make_user("Eve"))
    assert other.get(path).status_code == 404


@pytest.mark.parametrize(
    ("upload", "words"),
    [
        (None, "Choose a JPG or PNG file."),
        (SimpleUploadedFile("a.png", b""), "The file is empty."),
        (
            SimpleUploadedFile("a.jpg", b"<svg onload=alert(1)>", content_type="image/jpeg"),
            "is not a complete JPG or PNG",
        ),
        (SimpleUploadedFile("a.png", b"\x89PNG" + bytes(2 * 1024 * 1024)), "larger than 1 MB"),
    ],
)
def test_a_bad_upload_is_refused_at_its_field(vics: Client, upload: SimpleUploadedFile | None, words: str) -> None:
    answer = vics.post("/account/picture/", {"picture": upload} if upload else {})
    assert answer.status_code == 422
    assert words in str(answer.context["picture_form"].errors["picture"])
    assert not Avatar.objects.exists()


def test_of_a_file_that_is_too_large_no_more_is_kept_than_is_taken() -> None:
    size = 30 * 1024 * 1024
    upload = RequestFactory().post("/", {"picture": SimpleUploadedFile("a.png", bytes(size))}).FILES["picture"]
    assert isinstance(upload, UploadedFile)
    assert upload.size == size
    assert len(upload.read()) == uploads.MOST_BYTES


def forms_of(kind: type[BaseForm]) -> Iterator[type[BaseForm]]:
    for each in kind.__subclasses__():
        yield each
        yield from forms_of(each)


def test_each_file_is_taken_as_large_as_its_form_says() -> None:
    """Of a larger one the beginning alone is kept: a sound would be cut there without a word."""
    assert get_resolver().url_patterns  # with them all forms are loaded
    every: list[dict[str, Field]] = [getattr(each, "base_fields", {}) for each in forms_of(BaseForm)]
    said = {name: str(field.help_text) for fields in every for name, field in fields.items() if type(field) in FILES}
    megabytes = {name: [int(each) for each in re.findall(r"([0-9]+) MB", text)] for name, text in said.items()}
    assert {"picture", "greeting", "music", "file", "spreadsheet", "calendar"} <= megabytes.keys()
    for name, most in megabytes.items():
        assert most == [uploads.LARGER.get(name, uploads.MOST_BYTES) // 2**20], name
    sound = SimpleUploadedFile("a.wav", bytes(uploads.LARGEST_SOUND))
    upload = RequestFactory().post("/", {"file": sound}).FILES["file"]
    assert isinstance(upload, UploadedFile)
    assert len(upload.read()) == uploads.LARGEST_SOUND


def test_a_picture_of_just_one_megabyte_is_taken_whole(vics: Client) -> None:
    whole = png().read()
    padded = SimpleUploadedFile("a.png", whole + bytes(uploads.MOST_BYTES - len(whole)))
    assert vics.post("/account/picture/", {"picture": padded}).status_code == 302


def test_pictures_may_be_kept_to_administrators(vics: Client) -> None:
    allow("mobile")
    assert vics.post("/account/picture/", {"picture": png()}).status_code == 403
    assert 'type="file"' not in text_of(vics)


def test_everybody_chooses_their_own_notifications(vics: Client, vic: User) -> None:
    page = vics.get("/account/notifications/")
    assert len(page.context["form"].initial["wanted"]) == 6
    vics.post("/account/notifications/", {"wanted": ["new_device", "new_network", "voicemail_locked"]})
    vic.refresh_from_db()
    assert vic.muted == ["password_changed", "second_factor_changed", "extension_changed"]
    [record] = AuditRecord.objects.filter(action="person.changed", by=vic.pk)
    [field] = record.fields
    assert field.label == "Notifications turned off"
    assert (field.old, field.new) == ("", "Password changed, Two-step verification changed, Extension changed")
    again = vics.post(
        "/account/notifications/", {"wanted": ["new_device", "new_network", "voicemail_locked"]}, follow=True
    )
    assert "Nothing was changed." in again.content.decode()
    assert vics.post("/account/notifications/", {"wanted": ["welcome"]}).status_code == 422


def test_what_the_system_switched_off_is_shown_and_the_persons_choice_of_it_stays(vics: Client, vic: User) -> None:
    User.objects.filter(pk=vic.pk).update(muted=["new_device"])
    Preferences.objects.update(notifications=["password_changed"])
    page = vics.get("/account/notifications/")
    assert page.context["form"].sent == ["password_changed"]
    assert "signs in to my account from a new device" in page.content.decode()
    vics.post("/account/notifications/", {})
    vic.refresh_from_db()
    assert vic.muted == ["password_changed", "new_device"]


def test_preferences_say_what_people_may_change_themselves(client: Client, ada: User) -> None:
    client.force_login(ada)
    form = client.get("/preferences/").context["form"]
    assert form["self_service"].value() == ["avatar", "mobile", "email", "registration_password", "voicemail"]
    typed = {each.name: each.value() for each in form if each.value() is not None}
    answer = client.post("/preferences/", {**typed, "version": form.opened_version, "self_service": ["name", "avatar"]})
    assert answer.status_code == 302
    assert set(Preferences.load().self_service) == {"avatar", "name"}
    [field] = AuditRecord.objects.filter(action="preferences.changed").get().fields
    assert field.label == "What people can change themselves"
    assert field.old == "Picture, Mobile Number, Email Address, Registration Password, Voicemail"
    assert field.new == "Picture, Name"
    form = client.get("/preferences/").context["form"]
    wrong = {**typed, "version": form.opened_version, "self_service": ["role"]}
    assert client.post("/preferences/", wrong).status_code == 422
