"""The pages on which people look after themselves, for the tour."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import Page

from accounts.models import User
from accounts.one_time_links import Purpose
from accounts.profile import pictures
from core.preferences.models import Preferences
from extensions.models import SipExtension, VoicemailMessage
from extensions.my_account import email_change
from extensions.pbx import Folder
from tests.browser import company
from tests.browser.tour import Tour, press, stop
from tests.people import make_user

LONG = "victoria.featherstonehaugh-cholmondeley@engineering.analytical-engines.example.com"


def face() -> bytes:
    image = Image.new("RGB", (600, 400), "#8fb8de")
    pen = ImageDraw.Draw(image)
    pen.ellipse((200, 80, 400, 300), fill="#f2c9a1")
    pen.rectangle((150, 300, 450, 400), fill="#35507a")
    out = BytesIO()
    image.save(out, "JPEG")
    return out.getvalue()


def vic(tour: Tour, picture: bool = True) -> User:
    """Somebody without a role, with a long name, whose phone is registered."""
    user = make_user(
        "Victoria", last_name="Featherstonehaugh-Cholmondeley", job_title="Key Accounts", mobile="+447700900118"
    )
    user.organizations.add(*company.departments()[:2])
    extension = tour.office.extension(user=user, number="1000", max_phones=2)
    tour.office.registered(extension)
    if picture:
        pictures.keep(user, pictures.drawn(face()))
    return user


@stop
def account(tour: Tour) -> Page:
    return tour.opened(vic(tour), "/account/")


@stop
def account_where_little_may_be_changed(tour: Tour) -> Page:
    user = vic(tour, picture=False)
    Preferences.objects.update(self_service=[])
    return tour.opened(user, "/account/")


@stop
def account_with_errors(tour: Tour) -> Page:
    Preferences.objects.update(self_service=["name", "mobile", "avatar"])
    page = tour.ada("/account/")
    page.locator("#id_first_name").fill("")
    page.locator("#id_mobile").fill("call me")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def account_picture_refused(tour: Tour) -> Page:
    page = tour.ada("/account/")
    page.locator("#id_picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": Path(__file__).read_bytes()}
    )
    press(page, "Upload picture")
    page.get_by_role("alert").wait_for()
    return page


@stop
def account_notifications(tour: Tour) -> Page:
    Preferences.objects.update(notifications=["password_changed", "new_device", "second_factor_changed"])
    return tour.opened(make_user("Vic", muted=["new_device"]), "/account/notifications/")


@stop
def account_email(tour: Tour) -> Page:
    page = tour.opened(make_user("Vic"), "/account/email/")
    page.locator("#id_new").fill("nonsense")
    press(page, "Send confirmation")
    page.get_by_role("alert").wait_for()
    return page


@stop
def account_email_waits(tour: Tour) -> Page:
    user = vic(tour)
    change = email_change.ask(user, LONG)
    email_change.confirm(change, Purpose.NEW_EMAIL)
    return tour.opened(user, "/account/")


def link(side: Purpose) -> str:
    change = email_change.ask(make_user("Vic"), "victoria@example.org")
    return f"/account/email/{side}/{email_change.token(change, side)}/"


@stop
def account_email_confirm(tour: Tour) -> Page:
    tour.stranger.goto(link(Purpose.OLD_EMAIL))
    return tour.stranger


@stop
def account_email_confirmed(tour: Tour) -> Page:
    tour.stranger.goto(link(Purpose.NEW_EMAIL))
    press(tour.stranger, "Confirm")
    tour.stranger.get_by_role("heading", name="Confirmed").wait_for()
    return tour.stranger


@stop
def account_email_link_void(tour: Tour) -> Page:
    tour.stranger.goto("/account/email/new_email/nonsense/")
    return tour.stranger


@stop
def my_extension(tour: Tour) -> Page:
    user = vic(tour)
    tour.office.phone(user.sip_extension, password="wrong").register()
    page = tour.opened(user, "/extensions/1000/?phone=yealink")
    page.locator(".troubles li").wait_for()
    page.get_by_text("New registration password…").click()
    return page


@stop
def my_extension_code(tour: Tour) -> Page:
    page = tour.opened(vic(tour), "/extensions/1000/?phone=wave")
    press(page, "Show the QR code")
    page.locator(".qr").wait_for()
    press(page, "Reveal Registration Password")
    page.locator("#revealed-password").wait_for()
    return page


def left(extension: SipExtension, at: int, caller: str, name: str, folder: Folder, seconds: int) -> None:
    VoicemailMessage.objects.create(
        extension=extension, message_id=str(at), folder=folder, caller_number=caller, caller_name=name,
        left_at=timezone.now() - timedelta(hours=7 * at), seconds=seconds, size=16_000 * seconds,
    )  # fmt: skip


@stop
def own_page_with_messages(tour: Tour) -> Page:
    own = SipExtension.objects.get(user=vic(tour))
    left(own, 1, "+12025550147", "", Folder.NEW, 21)
    left(own, 2, "1001", "Victoria Featherstonehaugh-Cholmondeley of Analytical Engines", Folder.NEW, 605)
    left(own, 3, "1002", "Grace Hopper", Folder.HEARD, 7)
    left(own, 4, "", "", Folder.HEARD, 2)
    left(own, 5, "1003", "Hugo", Folder.DELETED, 31)
    page = tour.opened(own.user, "/extensions/1000/#voicemail")
    page.get_by_text("1 deleted message").click()
    return page


@stop
def own_page_without_messages(tour: Tour) -> Page:
    own = SipExtension.objects.get(user=vic(tour))
    return tour.opened(own.user, "/extensions/1000/#voicemail")


@stop
def own_voicemail_settings(tour: Tour) -> Page:
    user = vic(tour)
    SipExtension.objects.update(voicemail=True)
    return tour.opened(user, "/extensions/1000/voicemail/settings/")


@stop
def own_voicemail_settings_with_errors(tour: Tour) -> Page:
    page = own_voicemail_settings(tour)
    page.locator("#id_voicemail_pin").fill("1234")
    press(page, "Save")
    page.get_by_role("alert").wait_for()
    return page


@stop
def greeting(tour: Tour) -> Page:
    user = vic(tour)
    SipExtension.objects.update(voicemail=True)
    return tour.opened(user, "/extensions/1000/voicemail/greeting/")


@stop
def greeting_of_ones_own(tour: Tour) -> Page:
    page = greeting(tour)
    sound = Path(__file__).parents[1] / "extensions/calls/voicemail/sounds/tone.flac"
    page.locator("#id_greeting").set_input_files(sound)
    press(page, "Upload greeting")
    page.locator("audio").wait_for()
    return page


@stop
def greeting_with_errors(tour: Tour) -> Page:
    page = greeting(tour)
    page.locator("#id_greeting").set_input_files(__file__)
    press(page, "Upload greeting")
    page.get_by_role("alert").wait_for()
    return page
