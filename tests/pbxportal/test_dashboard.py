"""The first page: who lands on it, what it says is well and what is not, and where each figure leads."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.timezone import localtime
from pytest_django.fixtures import Settings

from accounts.models import Role, User
from accounts.second_factor.factors import add_app
from asterisk.models import CheckRun
from backup.models import Backup, BackupSettings
from core import disk, localization
from core.access.permissions import Permission
from core.audit import log
from core.coded_text import CodedText
from core.events import look
from core.https import Certificate as HttpsCertificate
from core.mail.models import Email
from core.preferences.models import Preferences
from extensions import pbx
from extensions.listing import registrations
from extensions.models import SipExtension
from pbxportal.dashboard import figures, health, setup
from pbxportal.front import certificates
from pbxportal.portal_address import Address
from tests.pages import html_of
from tests.people import make_extension, make_user
from tests.trees import department
from tests.trunks.typed import make_trunk


@pytest.fixture(autouse=True)
def no_pbx(settings: Settings, tmp_path: Path) -> None:
    """Whichever test before left one running."""
    settings.AMI_PORT, settings.LIVE_FILE = 9, tmp_path / "live.sqlite3"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def parts(client: Client) -> dict[str, Any]:
    return {part.label: part for part in client.get("/dashboard/").context["parts"]}


def steps(client: Client) -> list[str]:
    return [step.title for step in client.get("/dashboard/").context["steps"]]


def lands_on(user: User) -> str:
    client = Client()
    client.force_login(user)
    return str(client.get("/", follow=True).redirect_chain[-1][0])


def test_who_manages_anything_lands_here_and_others_on_their_own_page(ada: User, hugo: User, vic: User) -> None:
    make_extension("1000", user=ada)
    make_extension("1001", user=vic)
    viewer = Role.objects.create(name="Viewer", granted=["extension.view"])
    assert lands_on(ada) == lands_on(hugo) == "/dashboard/"
    assert lands_on(make_user("Olga", role="operator")) == "/dashboard/"
    assert lands_on(make_user("Wim", custom=viewer)) == "/extensions/"
    assert lands_on(vic) == "/extensions/1001/"


def test_the_state_of_the_pbx_leads_here_for_who_may_see_it(signed_in: Client, vic: User) -> None:
    assert '<a href="/dashboard/" id="pbx-words"' in html_of(signed_in, "/extensions/")
    make_extension("1001", user=vic)
    signed_in.force_login(vic)
    page = html_of(signed_in, "/extensions/1001/")
    assert "/dashboard/" not in page
    assert '<button type="button" id="pbx-words"' in page


def test_an_empty_portal_says_what_to_set_up(signed_in: Client) -> None:
    assert steps(signed_in) == [
        "Set up the mail server",
        "Enter the address that phones register with",
        "Turn on HTTPS",
        "Require two-step verification for administrators",
        "Set up your own two-step verification",
        "Add a trunk",
        "Set up backups",
        "Add the first extension",
    ]


def test_what_is_set_up_or_is_not_the_persons_to_do_is_not_asked_for(signed_in: Client, hugo: User) -> None:
    Preferences.objects.update(mail_host="mail.example.com", sip_host="pbx.example.com")
    make_extension("1000")
    make_trunk()
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    own = "Set up your own two-step verification"
    assert steps(signed_in) == ["Turn on HTTPS", "Require two-step verification for administrators", own]
    signed_in.force_login(hugo)
    assert steps(signed_in) == [own]


def test_a_trunk_that_carries_no_emergency_calls_is_to_do(signed_in: Client) -> None:
    trunk = make_trunk()
    type(trunk).objects.update(enabled=False)
    assert "Let a trunk carry emergency calls" in steps(signed_in)


def test_registration_passwords_that_were_kept_are_to_be_renewed(signed_in: Client) -> None:
    make_extension("1000")
    make_extension("1001")
    assert not any(step.startswith("Renew") for step in steps(signed_in))
    SipExtension.objects.update(renew_password_by=date(2026, 12, 24))
    assert "Renew 2 registration passwords" in steps(signed_in)
    page = html_of(signed_in, "/dashboard/")
    assert "The first is due 12/24/2026." in page
    assert 'href="/extensions/?renew=yes"' in page


def test_what_is_not_well_says_why_and_leads_to_its_page(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    Preferences.objects.update(mail_host="mail.example.com")
    Email.objects.create(kind="test", to="a@example.com", delayed_since=timezone.now(), answer_code="unreachable")
    run = CheckRun.objects.create(total=3)
    run.close(True, [{"number": "1000"}])
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    Backup.objects.create(state=Backup.State.VERIFIED, file="a", started_at=timezone.now() - timedelta(days=3))
    monkeypatch.setattr(disk, "usage", lambda _path: (10**12, 10**12 - 5 * 10**7, 5 * 10**7))
    found = parts(signed_in)
    assert {label: part.dot for label, part in found.items()} == {
        "PBX": "bad", "PBX listener": "bad", "Mail": "bad", "Disk": "bad", "Certificate": "none",
        "Engine Check": "bad", "Backup": "bad",
    }  # fmt: skip
    assert found["Mail"].words.startswith("E-mail delayed since")
    assert (found["Engine Check"].words, found["Engine Check"].url) == ("1 extension differs", "/history/check/")
    assert (found["Backup"].words, found["Backup"].url) == ("Out of date", "/backup/")
    Backup.objects.create(state=Backup.State.FAILED, file="b")
    assert parts(signed_in)["Backup"].words == "The last one failed"


def test_the_certificate_says_until_when_it_is_valid_or_what_is_wrong(signed_in: Client, settings: Settings) -> None:
    address = Address("127.0.0.1:8443", ("https://pbx.office.test:8443",), HttpsCertificate.AUTHORITY)
    settings.ADDRESS, settings.PORTAL_ALLOW_HTTP = address, True
    found = parts(signed_in)["Certificate"]
    assert (found.dot, found.words, found.url) == ("bad", "No HTTPS certificate yet", "/preferences/https/")
    certificates.prepare(address)
    held = certificates.held(address)
    assert held
    found = parts(signed_in)["Certificate"]
    assert (found.dot, found.words) == ("good", f"Valid until {localtime(held.until):%m/%d/%Y}")


def test_outside_lines_that_differ_are_said(signed_in: Client) -> None:
    CheckRun.objects.create(total=3).close(True, [{"number": ""}])
    found = parts(signed_in)["Engine Check"]
    assert (found.dot, found.words) == ("bad", "Outside lines differ")


def test_what_is_well_says_so(signed_in: Client, settings: Settings) -> None:
    Preferences.objects.update(mail_host="mail.example.com")
    CheckRun.objects.create(total=3).close(True, [])
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    assert parts(signed_in)["Backup"].words == "None yet"
    Backup.objects.create(state=Backup.State.VERIFIED, file="a")
    found = parts(signed_in)
    assert [found[label].dot for label in ("Mail", "Disk", "Engine Check", "Backup")] == ["good"] * 4


def test_figures_are_of_what_the_person_sees_and_lead_to_the_list(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    monkeypatch.setattr("asterisk.backend.Asterisk.registered", lambda _self, _most: ["1000", "1001"])
    monkeypatch.setattr(registrations, "failing", lambda: {1002})
    monkeypatch.setattr("asterisk.backend.Asterisk.gone_since", lambda _self, _since: ["1002"])
    monkeypatch.setattr(figures, "_calls", lambda: 2)
    monkeypatch.setattr(figures, "_calls_today", lambda: 5)
    found = signed_in.get("/dashboard/").context["figures"]
    assert [(each.label, each.count, each.url) for each in found] == [
        ("Extensions", 3, "/extensions/"),
        ("Registered", 2, "/extensions/?registration=registered"),
        ("Offline", 1, "/extensions/?registration=offline"),
        ("Went offline today", 1, "/extensions/?registration=gone"),
        ("Failing to register", 1, "/extensions/?registration=failing"),
        ("Calls now", 2, ""),
        ("Calls today", 5, ""),
    ]
    sales = department("Sales")
    SipExtension.objects.get(number="1001").user.organizations.set([sales])
    role = Role.objects.create(name="Desk", granted=["extension.manage"], reach="organizations")
    role.organizations.add(sales)
    signed_in.force_login(make_user("Lena", custom=role))
    found = signed_in.get("/dashboard/").context["figures"]
    assert [each.count for each in found] == [1, 1, 0, 0, 0]


def test_what_is_not_known_is_no_number(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, settings: Settings, tmp_path: Path
) -> None:
    settings.LIVE_FILE = tmp_path / "live.sqlite3"  # no listener of another test writes to this one
    monkeypatch.setattr(figures, "_calls", lambda: None)
    found = signed_in.get("/dashboard/").context["figures"]
    assert [each.count for each in found] == [0, *[None] * 6]


def test_open_events_and_the_last_actions(signed_in: Client, ada: User) -> None:
    look.begin("disk", CodedText("event.disk", path="/var", share=95), "/var")
    log.record(ada, "extension.added", "1000")
    page = html_of(signed_in, "/dashboard/")
    assert "Needs attention" in page
    assert "added an extension" in page
    operator = make_user("Olga", role="human_resource")
    signed_in.force_login(operator)
    page = html_of(signed_in, "/dashboard/")
    assert "Needs attention" not in page
    assert "Recent activity" not in page


def test_the_setup_sheet_folds_away_once_a_phone_is_registered(
    signed_in: Client, ada: User, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_extension("1001", user=vic)
    signed_in.force_login(vic)
    assert "setup-sheet" not in html_of(signed_in, "/extensions/1001/")
    phone = pbx.Phone("x", True, "192.0.2.1:5060", "192.0.2.1", "Snom", timezone.now())
    line = pbx.Line(pbx.LineState.IDLE, (phone,))
    monkeypatch.setattr("asterisk.backend.Asterisk.lines", lambda _self, numbers: dict.fromkeys(numbers, line))
    monkeypatch.setattr(registrations, "failing", lambda _found: set())
    assert '<details class="setup-sheet">' in html_of(signed_in, "/extensions/1001/")
    assert '<details class="setup-sheet" open>' in html_of(signed_in, "/extensions/1001/?phone=yealink")
    signed_in.force_login(ada)
    assert '<details class="setup-sheet">' in html_of(signed_in, "/extensions/1001/")


def test_it_is_folded_where_no_phone_can_register(signed_in: Client) -> None:
    make_extension("1002", enabled=False)
    page = html_of(signed_in, "/extensions/1002/")
    assert '<details class="setup-sheet">' in page
    assert "No phone can register." in page.partition('id="phone"')[2]
    assert "No phone registered yet" not in page


# --- by permission, and at the limits ---


def who_may(*granted: Permission, **more: Any) -> User:
    role = Role.objects.create(name=f"Role {Role.objects.count()}", granted=list(granted), **more)
    return make_user("Lena", email=f"{Role.objects.count()}@example.com", custom=role)


@pytest.mark.parametrize(
    ("permission", "labels"),
    [
        (Permission.VIEW_ROLES, []),
        (Permission.VIEW_MAIL, ["Mail"]),
        (Permission.VIEW_CHECK, ["Disk", "Engine Check"]),
        (Permission.VIEW_PREFERENCES, ["Mail", "Disk", "Certificate"]),
        (Permission.VIEW_BACKUP, ["Backup"]),
    ],
)
def test_a_part_is_shown_to_who_may_see_its_page(db: None, permission: Permission, labels: list[str]) -> None:
    found = health.parts(who_may(permission))
    assert [each.label for each in found] == ["PBX", "PBX listener", *labels]
    assert bool(found[0].url) is (permission == Permission.VIEW_CHECK)
    assert found[1].url == ""
    assert "PBX listener" in [each.label for each in health.parts(who_may(Permission.VIEW_EVENTS)) if each.url]


def test_a_part_leads_to_a_page_that_one_may_open(db: None) -> None:
    def mail(*granted: Permission) -> str:
        return next(each.url for each in health.parts(who_may(*granted)) if each.label == "Mail")

    both = (Permission.VIEW_MAIL, Permission.VIEW_PREFERENCES)
    assert (mail(both[0]), mail(both[1]), mail(*both)) == ("/mail/", "/preferences/mail/", "/preferences/mail/")
    Preferences.objects.update(mail_host="mail.example.com")
    assert (mail(both[0]), mail(both[1]), mail(*both)) == ("/mail/", "/preferences/mail/", "/mail/")


def test_what_is_known_of_each_part_is_said(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def shown() -> dict[str, tuple[str, str, str, str]]:
        return {each.label: (each.dot, each.words, each.why, each.url) for each in health.parts(ada)}

    assert shown()["Mail"] == ("none", "No mail server", "No e-mail is sent.", "/preferences/mail/")
    assert shown()["Certificate"] == ("none", "HTTPS is off", "", "/preferences/https/")
    assert shown()["Engine Check"] == ("none", "Not run yet", "", "/history/check/")
    assert shown()["Backup"] == ("none", "Not set up", "", "/backup/")
    CheckRun.objects.create(total=3)
    assert shown()["Engine Check"][1] == "Not run yet"
    CheckRun.objects.create(total=3).close(True, [{"number": "1000"}, {"number": "1001"}])
    assert shown()["Engine Check"][:2] == ("bad", "2 extensions differ")
    CheckRun.objects.create(total=3).close(True, [])
    assert shown()["Engine Check"][:2] == ("good", "No differences")
    Preferences.objects.update(mail_host="mail.example.com")
    assert shown()["Mail"] == ("good", "Nothing delayed", "", "/mail/")
    whole = 10**12
    for free, dot, words in ((5 * 10**11, "good", "500 GB free"), (7 * 10**10, "wait", "70 GB free"),
                             (5 * 10**7, "bad", "0 GB free")):  # fmt: skip
        monkeypatch.setattr(disk, "usage", lambda _path, free=free: (whole, whole - free, free))
        found = shown()["Disk"]
        assert found[:2] == (dot, words)
        assert bool(found[2]) is bool(found[3]) is (dot != "good")
    monkeypatch.setattr(disk, "spaces", lambda _: [])
    assert "Disk" not in shown()


@pytest.mark.parametrize(
    ("states", "dot", "words"),
    [
        ([], "wait", "None yet"),
        ([("running", 0)], "wait", "None yet"),
        ([("failed", 0)], "bad", "The last one failed"),
        ([("verified", 1)], "good", ""),
        ([("verified", 1), ("running", 0)], "good", ""),
        ([("failed", 2), ("verified", 1)], "good", ""),
        ([("verified", 1), ("failed", 0)], "bad", "The last one failed"),
        ([("verified", 3)], "bad", "Out of date"),
    ],
)
def test_the_last_backup_says_how_it_is(ada: User, states: list[tuple[str, int]], dot: str, words: str) -> None:
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    good = None
    for place, (state, days) in enumerate(states):
        at = timezone.now() - timedelta(days=days)
        Backup.objects.create(state=state, file=str(place), started_at=at)
        good = at if state == "verified" else good
    part = next(each for each in health.parts(ada) if each.label == "Backup")
    assert part.dot == dot
    assert part.words == (words or localization.moment(good or timezone.now()))
    if words == "The last one failed":
        assert part.why == f"Last good one: {localization.moment(good) if good else '-'}"


@pytest.mark.parametrize(
    ("permission", "titles"),
    [
        (Permission.VIEW_PREFERENCES, []),
        (
            Permission.MANAGE_PREFERENCES,
            [
                "Set up the mail server",
                "Enter the address that phones register with",
                "Turn on HTTPS",
                "Require two-step verification for administrators",
            ],
        ),
        (Permission.MANAGE_TRUNKS, ["Add a trunk"]),
        (Permission.MANAGE_ROUTES, ["Let a trunk carry emergency calls"]),
        (Permission.MANAGE_BACKUP, ["Set up backups"]),
        (Permission.MANAGE_EXTENSIONS, ["Add the first extension"]),
    ],
)
def test_each_is_told_what_they_can_set_up(db: None, permission: Permission, titles: list[str]) -> None:
    own = "Set up your own two-step verification"
    assert {each.title for each in setup.undone(who_may(permission))} == {*titles, own}


def test_what_is_set_up_is_told_no_more(ada: User, settings: Settings) -> None:
    settings.ADDRESS = Address(":8443", ("https://pbx.lan:8443",), HttpsCertificate.AUTHORITY)
    Preferences.objects.update(mail_host="mail.example.com", sip_host="pbx.lan", second_factor=True)
    make_trunk(name="One")
    make_extension("1000")
    chosen = BackupSettings.load()
    chosen.passphrase = "correct horse battery staple"
    chosen.save()
    add_app(ada, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", 0)
    assert setup.undone(ada) == []
    SipExtension.objects.update(renew_password_by=date(2026, 12, 24))
    assert [each.title for each in setup.undone(ada)] == ["Renew 1 registration password"]
    assert setup.undone(ada)[0].url == "/extensions/?renew=yes"
