"""Every address, by every method, for everybody: what one may not see is not there, what one may only see is refused.

What to expect is worked out from the table of tests/addresses.py, never asked of the portal.
"""

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import chain, cycle
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings, urls
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import resolve
from django.utils import timezone
from django.views import defaults
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from accounts.profile.models import Avatar
from asterisk import check
from asterisk.live import voicemail_greeting
from asterisk.models import ApplyRun, BlockedAddress, CheckRun
from asterisk.nodes import from_settings
from backup.models import Backup
from core.audit.models import AuditRecord
from core.mail.models import Email
from core.preferences.models import HoldMusic, Preferences, SystemChange
from extensions.models import BulkAction, Change, ExtensionTemplate, SipExtension, VoicemailMessage
from tests.addresses import OPEN, OWN, PAGES, PEOPLE, TARGETS, Needs, Page, Person, Target, answer
from tests.asterisk.live.test_voicemail_spool import put
from tests.links import Links
from tests.people import Typed, be_stale, make_extension
from tests.test_urls import NO_BATCH, ROUTES
from tests.test_urls import db as db
from tests.trunks.typed import make_announcement, make_group, make_holiday, make_inbound, make_outbound, make_trunk
from trunks.models import (
    Announcement,
    BusinessHours,
    Emergency,
    Holiday,
    InboundRoute,
    OutboundRoute,
    RingGroup,
    Trunk,
)

PICTURE = "0123456789abcdef"
AGAIN = "/sign-in/again/"
READ_OR_DONE = ["get", "head", "post"]
UNKNOWN = ["put", "patch", "delete", "options"]
SECRET_NAME = "Zacharias"  # of 2000, whom the local administrator does not reach
REFUSES = ("web-socket/", "metrics")  # asked by the front server about somebody else, and by a program
GONE_WHERE_IT_CANNOT_BE_DONE = (403, 404, 405)


Picture = dict[str, list[str]]


class Refusal:
    """Says no by the whole page to each person once in a test. From then on the status is all that is asked for.

    Who reaches only Sales gets it each time: what else is there must not be said on it.
    """

    def __init__(self, view: Callable[..., HttpResponse], status: int, local: User) -> None:
        self.view, self.status, self.local = view, status, local
        self.told: set[Any] = set()

    def __call__(self, request: HttpRequest, exception: Exception) -> HttpResponse:
        if request.user.pk in self.told:
            return HttpResponse(status=self.status)
        if request.user != self.local:
            self.told.add(request.user.pk)
        return self.view(request, exception)


class Cast:
    """Everybody of the table, each signed in, and what there is to ask for."""

    local: User | None = None

    def __init__(self) -> None:
        root = Organization.company()
        sales = Organization.objects.create(name="Sales", parent=root)
        inside = Organization.objects.create(name="Inside Sales", parent=sales)
        self.role = Role.objects.create(name="Of nobody")
        self.sessions: dict[str, str] = {}
        self.forms: dict[Target | None, dict[str, Any]] = {}
        for each in PEOPLE:
            user = User.objects.create(
                first_name=each.name,
                email=f"{each.name.replace(chr(32), chr(46))}@example.com",
                role=role_of(each, sales),
            )
            user.organizations.add(root)
            self.local = user if each.local else self.local
            Avatar.objects.create(user=user, image=b"", version=PICTURE)
            make_extension(OWN[each.name].number, user=user)
            client = Client()
            client.force_login(user)
            self.sessions[each.name] = client.cookies[settings.SESSION_COOKIE_NAME].value
        for target in TARGETS:
            if target.there:
                extension = make_extension(target.number, first_name="Grace" if target.in_sales else SECRET_NAME)
                extension.user.role = Role.objects.get(key=Role.SUPER_ADMINISTRATOR) if target.may else None
                extension.user.save()
                Avatar.objects.create(user=extension.user, image=b"", version=PICTURE)
                Authenticator.objects.create(user=extension.user, type=Authenticator.Type.TOTP, data={})
                extension.user.organizations.add(inside if target.in_sales else root)
        keys = [each.key for each in PEOPLE if each.key]
        self.defaults = set(Role.objects.filter(key__in=keys).values_list("pk", flat=True))
        self.run = ApplyRun.objects.create(numbers=["2000"])
        self.run.changes.set(Change.objects.filter(number="2000"))
        self.run.close(ApplyRun.Outcome.PROVED, "Proved.")
        drift = {"number": "2000", "field": {"code": "field.name"}, "wished": "a", "engine": "b", "said": "c"}
        CheckRun.objects.create(finished_at=timezone.now(), drifts=[drift], differing=1, total=1, compared=1)
        music = HoldMusic.objects.create(version="0123456789abcdef", name="jingle.wav", wav=b"RIFF")
        Preferences.objects.update(hold_music=music.version)
        trunk, other = (make_trunk(name=name, host="sip.invalid") for name in ("Line 1", "Line 2"))
        inbound = make_inbound(number="", goes_to="extension:2000")
        self.messages = {each.number: message_of(each).pk for each in SipExtension.objects.all()}
        block = BlockedAddress.objects.create(
            network="192.0.2.9", reason="attempts", tries=10, until=timezone.now() + timedelta(days=1)
        )
        BulkAction.objects.create(pk=NO_BATCH, kind="changed", count=0)
        without = User.objects.create(first_name="Nobody", last_name="Numbered")
        without.organizations.add(inside)
        self.keys = {
            "extensions/templates": ExtensionTemplate.objects.create(name="Desk").pk,
            "extensions/people": without.pk,
            "blocked": block.pk,
            "history": self.run.pk,
            "backup": Backup.objects.create(state="verified", file=str(settings.ASTERISK_DIR / "no.backup")).pk,
            "trunks": other.pk,
            "outbound-routes": make_outbound(trunk).pk,
            "inbound-routes": inbound.pk,
            "ring-groups": make_group("2000").pk,
            "announcements": make_announcement().pk,
            "business-hours": make_holiday().pk,
            "roles": self.role.pk,
            "default": Role.objects.get(key="employee").pk,
            "organizations": inside.pk,
            "mail": Email.objects.create(kind="new_device", user=User.objects.all()[0], to="a@example.com").pk,
            "log": AuditRecord.objects.order_by("pk")[0].pk,
        }
        Preferences.objects.update(mail_host="127.0.0.1", mail_from="portal@example.com")
        refused = {"batch": NO_BATCH, "state": "refused", "answer": "550 no"}
        for one in SipExtension.objects.filter(number__in=("1000", "2000")):
            Email.objects.create(kind="welcome", user=one.user, to=f"{one.number}@example.com", **refused)

    def client(self, who: Person | None) -> Client:
        client = Client()
        if who:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who.name]
        return client

    def ask(self, who: Person | None, method: str, path: str, body: dict[str, Any]) -> Any:
        got = getattr(self.client(who), method)(path, body if method in READ_OR_DONE else "")
        if got.streaming:
            list(got)  # to its end: then its file is closed
        return got

    def tried(
        self, who: Person, method: str, path: str, body: dict[str, Any], is_refusal: Callable[[Any], bool]
    ) -> tuple[Any, Picture]:
        """The answer, and if it is a refusal, what is pictured of what was written. All is as before afterwards."""
        with transaction.atomic(), connection.execute_wrapper(watch := Watch()):
            got = self.ask(who, method, path, body)
            after = pictured(watch.wrote) if is_refusal(got) else {}
            transaction.set_rollback(True)
        return got, after


def is_closed(answer: Any) -> bool:
    return answer.status_code in GONE_WHERE_IT_CANNOT_BE_DONE


def asks_who_it_is(answer: Any) -> bool:
    return answer.status_code == 302 and bool(answer["Location"].startswith(AGAIN))


def text_of(answer: Any) -> str:
    """Of a page; "" of a sound."""
    return "" if answer.streaming else answer.content.decode()


def message_of(extension: SipExtension) -> VoicemailMessage:
    sound = put(settings.ASTERISK_DIR, "INBOX", 0, extension.number, number=extension.number).with_suffix(".wav")
    voicemail_greeting.put(settings.ASTERISK_DIR, extension.number, sound.read_bytes())
    return VoicemailMessage.objects.create(
        extension=extension, message_id=extension.number, folder="new", left_at=timezone.now(), seconds=1,
        size=sound.stat().st_size,
    )  # fmt: skip


def role_of(who: Person, sales: Organization) -> Role | None:
    if who.key:
        return Role.objects.get(key=who.key)
    if not who.may:
        return None
    role = Role.objects.create(name=who.name, granted=sorted(who.may), reach="organizations" if who.local else "all")
    if who.local:
        role.organizations.add(sales)
    return role


@pytest.fixture(scope="module")
def hired(db: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Cast, Path]:
    """The cast and its sound files, made once: each test finds them as they were."""
    files = tmp_path_factory.mktemp("cast")
    with override_settings(ASTERISK_DIR=files):
        return Cast(), files


@pytest.fixture
def cast(
    hired: tuple[Cast, Path], settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cast]:
    cast, files = hired
    assert cast.local
    monkeypatch.setattr(urls, "handler403", Refusal(defaults.permission_denied, 403, cast.local))
    monkeypatch.setattr(urls, "handler404", Refusal(defaults.page_not_found, 404, cast.local))
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    settings.ASTERISK_DIR = tmp_path
    settings.PBX_EXPECTED = False
    settings.AMI_PORT = 9
    with transaction.atomic():
        yield cast
        transaction.set_rollback(True)


def targets_of(route: str, who: Person | None) -> list[Target | None]:
    if "<number:number>" not in route:
        return [None]
    return [*TARGETS, OWN[who.name]] if who else [TARGETS[0]]


def paths(route: str, cast: Cast, target: Target | None) -> dict[str, bool]:
    """Each path of the route, and whether it is about a default role."""
    path = "/" + route.replace("<number:number>", target.number if target else "").replace("<str:version>", PICTURE)
    first, second, *_ = f"{route}/".split("/")
    key = str(cast.keys.get(f"{first}/{second}", cast.keys.get(first, 0)))
    for placeholder in ("<uuid:batch>", "<uuid:key>", "<uuid:pk>"):
        path = path.replace(placeholder, NO_BATCH)
    path = path.replace("<slug:code>", "disable")
    path = path.replace("<int:message>", str(cast.messages.get(target.number, 0) if target else 0))
    path = path.replace("<slug:how>", "delete")
    found = {path.replace("<int:pk>", key).replace("<int:department>", key): False}
    if PAGES[route].changes_a_role:
        found[path.replace("<int:pk>", str(cast.keys["default"]))] = True
    return found


def expected(page: Page, who: Person, method: str, target: Target | None, of_default: bool = False) -> set[int]:
    """200 stands for whatever the page says when it is shown or done."""
    look, deed = (
        {_one(page, who, needs, target, of_default)} if needs is not None else {405} for needs in (page.look, page.deed)
    )
    if method not in READ_OR_DONE:
        return {405}
    if method == "get":
        return look if page.look is not None else look | (deed - {200})
    if method == "post":
        return deed if page.deed is not None else deed | (look - {200})
    return look | {405} if page.look is not None else {405} | (deed - {200})


def _one(page: Page, who: Person, needs: Needs, target: Target | None, of_default: bool) -> int:
    found = answer(who, needs, target)
    return 403 if found == 200 and of_default else found


def fields(target: Target | None) -> dict[str, Any]:
    """A form that would be saved."""
    extension = SipExtension.objects.filter(number=target.number).select_related("user").first() if target else None
    if extension is None:
        return {"name": "A new name", "opened": "", **Typed(number="4000").fields}
    kept = {
        "email": extension.user.email or "", "password": "", "registration_password": "", "job_title": "Changed",
        "registration_name": extension.registration_name, "version": str(extension.version),
    }  # fmt: skip
    return Typed(number=extension.number, more=kept).fields


SAVED = {"then", "name"}


def sent_by(cast: Cast, method: str, target: Target | None, body: dict[str, Any]) -> dict[str, Any]:
    if method != "post" or not SAVED & body.keys():
        return body
    if target not in cast.forms:
        cast.forms[target] = fields(target)
    return {**cast.forms[target], **body}


PICTURED = (
    SipExtension, ExtensionTemplate, BulkAction, User, Role, Email, Organization, Change, ApplyRun, VoicemailMessage,
    Trunk, OutboundRoute, InboundRoute, RingGroup, Announcement, Emergency, BusinessHours, Holiday, SystemChange,
)  # fmt: skip


TABLES = {model._meta.db_table: model for model in (*PICTURED, AuditRecord)}
NAMED = re.compile(rf"\b({'|'.join(TABLES)})\b")


def pictured(tables: Iterable[str] = TABLES) -> Picture:
    """All rows but that somebody was refused: that is recorded."""
    rows = {each: TABLES[each]._default_manager.values_list() for each in tables}
    if AuditRecord._meta.db_table in rows:
        rows[AuditRecord._meta.db_table] = AuditRecord.objects.exclude(action="page.refused").values_list()
    return {each: sorted(map(repr, found)) for each, found in rows.items()}


class Watch:
    """`wrote`: tables that a statement may have changed. There is no need to look at the others."""

    def __init__(self) -> None:
        self.wrote: set[str] = set()

    def __call__(self, execute: Any, sql: str, *more: Any) -> Any:
        if not sql.startswith("SELECT"):
            self.wrote.update(NAMED.findall(sql))
        return execute(sql, *more)


def each_case(route: str, cast: Cast) -> Iterator[tuple[Person, Target | None, str, str, dict[str, Any], set[int]]]:
    page, unknown = PAGES[route], cycle(UNKNOWN)
    for place, who in enumerate(PEOPLE):
        targets = targets_of(route, who)
        for turn, target in enumerate(targets, place):
            for path, of_default in paths(route, cast, target).items():
                # HEAD is GET to the views, which no one asks which it was: so it is tried with a quarter.
                # Another method is refused before anybody asks who it is or about what: each person tries one.
                by_turns = ["head"] if turn % 4 == 0 else [], [next(unknown)] if turn % len(targets) == 0 else []
                for method in ("get", "post", *chain(*by_turns)):
                    wanted = expected(page, who, method, target, of_default)
                    for body in page.bodies if method == "post" else [{}]:
                        yield who, target, path, method, body, wanted


def test_every_address_is_in_the_table() -> None:
    assert set(ROUTES) == PAGES.keys() | OPEN, "Enter the new pages in tests/addresses.py."


@pytest.mark.parametrize("route", PAGES)
def test_an_address_answers_each_as_the_table_says_and_leads_nowhere_that_is_closed(
    cast: Cast, record_property: Callable[[str, object], None], route: str
) -> None:
    cases = 0
    with ExitStack() as stack:
        if route == "history/check/now/":
            stack.enter_context(check.only_one(from_settings().engine_file))  # as if one ran: none is started
        before = pictured()
        for who, target, path, method, body, wanted in each_case(route, cast):
            got, after = cast.tried(who, method, path, sent_by(cast, method, target, body), is_closed)
            refused = is_closed(got)
            case = f"{who.name} {method} {path} {body}: {got.status_code}, not {wanted}"
            assert (got.status_code if refused else 200) in wanted, case
            assert got.status_code < 500, case
            assert all(rows == before[table] for table, rows in after.items()), f"{case}, and something was changed"
            if who.local:
                assert SECRET_NAME not in text_of(got), case
            cases += 1
            if method == "get" and got.status_code == 200:
                cases += check_links(cast, who, path, text_of(got))
    record_property("cases", cases)


@pytest.mark.parametrize("route", [route for route in PAGES if not f"/{route}".startswith(AGAIN)])
def test_what_is_sensitive_asks_again_who_it_is(
    cast: Cast, record_property: Callable[[str, object], None], route: str
) -> None:
    """Of who may do it, and proved five minutes ago who it is; nothing else asks."""
    super_administrator = PEOPLE[0]
    be_stale(cast.client(super_administrator))
    before, cases = pictured(), 0
    for who, target, path, method, body, wanted in each_case(route, cast):
        if who != super_administrator or target == OWN[who.name] or method == "head" or 200 not in wanted:
            continue
        got, after = cast.tried(who, method, path, sent_by(cast, method, target, body), asks_who_it_is)
        asked = asks_who_it_is(got)
        case = f"{method} {path} {body}: {got.status_code} {got.headers.get('Location')}"
        page = PAGES[route]
        about = not page.about_managers or bool(target and target.may)
        assert asked == (method in page.asks_again and about and body != page.looks), case
        assert all(rows == before[table] for table, rows in after.items()), f"{case}, and something was changed"
        cases += 1
    record_property("cases", cases)


def check_links(cast: Cast, who: Person, path: str, page: str) -> int:
    """That none of its menus, links, buttons and forms leads to what is closed. Gives how many there are."""
    found = Links(path, page).found
    for method, to in found:
        wanted = where(cast, who, method, to)
        assert 200 in wanted, f"{who.name} is shown {method} {to} on {path}, and gets {wanted}"
    return len(found)


def where(cast: Cast, who: Person, method: str, path: str) -> set[int]:
    found = resolve(path)
    if found.route in OPEN:
        return {200}
    number = found.kwargs.get("number")
    known = [*TARGETS, *OWN.values()]
    target = next((each for each in known if each.number == number), None) if number else None
    of_default = PAGES[found.route].changes_a_role and found.kwargs["pk"] in cast.defaults
    return expected(PAGES[found.route], who, method, target, of_default)


@pytest.mark.parametrize("route", [*PAGES, *sorted(OPEN)])
def test_no_one_is_sent_to_the_sign_in(cast: Cast, record_property: Callable[[str, object], None], route: str) -> None:
    cases = 0
    for path in paths(route, cast, TARGETS[0]) if route in PAGES else ["/" + route.replace("<str:token>", "x")]:
        for method in (*READ_OR_DONE, *UNKNOWN):
            for body in PAGES[route].bodies if route in PAGES and method == "post" else [{}]:
                got = cast.ask(None, method, path, body)
                if method not in READ_OR_DONE:
                    assert got.status_code == 405, f"{method} {path}"
                elif route in PAGES:
                    assert (got.status_code, got.headers.get("Location", "")[:9]) == (302, "/sign-in/"), (
                        f"{method} {path}"
                    )
                else:
                    assert got.status_code not in (403, 404) or route in REFUSES, f"{method} {path}"
                    assert got.status_code < 500, f"{method} {path}"
                cases += 1
    assert cases
    record_property("cases", cases)
