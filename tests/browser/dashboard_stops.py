"""The first page empty, full, and in trouble, for the tour."""

from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import Page

from asterisk.models import CheckRun
from backup.models import Backup, BackupSettings
from core.audit import log
from core.mail.models import Email
from core.preferences.models import Preferences
from tests.browser import company
from tests.browser.event_stops import several
from tests.browser.tour import Tour, ada, stop
from tests.node import apply
from tests.people import make_extension, make_user
from tests.trunks.typed import make_trunk


def set_up() -> None:
    Preferences.objects.update(mail_host="mail.example.com", mail_from="p@example.com", sip_host="pbx.example.com")
    make_trunk()
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    Backup.objects.create(state=Backup.State.VERIFIED, file="a")
    CheckRun.objects.create(total=40).close(True, [])
    for number in range(1000, 1006):
        log.record(ada(), "extension.changed", number)


@stop
def dashboard_empty(tour: Tour) -> Page:
    return tour.ada("/dashboard/")


@stop
def dashboard(tour: Tour) -> Page:
    company.people(40)
    set_up()
    return tour.ada("/dashboard/")


@stop
def dashboard_in_trouble(tour: Tour) -> Page:
    company.people(40)
    set_up()
    several()
    CheckRun.objects.create(total=40).close(True, [{"number": str(number)} for number in range(1000, 1012)])
    Backup.objects.create(state=Backup.State.FAILED, file="b")
    since = timezone.now() - timedelta(hours=3)
    Email.objects.create(kind="test", to="a@example.com", delayed_since=since, answer_code="unreachable", tries=3)
    tour.settings.PBX_EXPECTED = False
    tour.settings.AMI_PORT = 9
    return tour.ada("/dashboard/")


@stop
def dashboard_of_human_resources(tour: Tour) -> Page:
    company.people(12)
    return tour.opened(make_user("Hugo", role="human_resource"), "/dashboard/")


@stop
def own_page_with_a_phone(tour: Tour) -> Page:
    """The set-up sheet is folded."""
    vic = make_user("Vic")
    extension = make_extension("1000", user=vic)
    apply(["1000"], None)
    tour.office.registered(extension)
    page = tour.opened(vic, "/extensions/1000/")
    page.locator(".phone-list").wait_for()
    page.reload()
    page.locator(".setup-sheet").wait_for()
    return page
