"""Departments among the extensions: the list of one's people, and the choice of them in the form."""

import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import Organization, Role, User
from asterisk.live import store as live
from asterisk.live.registration_recorder import RegistrationRecorder
from asterisk.live.store import Contact
from asterisk.nodes import from_settings
from core.access.permissions import Permission
from core.preferences.models import Preferences
from extensions import actions
from extensions.listing import filters, registrations, views
from extensions.listing.search import counted as counted_of
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.pages import html_of
from tests.people import Typed, make_extension, make_user
from tests.trees import department, fill


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def numbers(client: Client, **query: Any) -> list[str]:
    """Of all pages."""
    found, url = [], "?" + "&".join(f"{name}={value}" for name, value in query.items())
    while url:
        context = client.get(f"/extensions/{url}").context
        found += [row.number for row in context["extensions"]]
        url = context["shown"].next_url
    return found


def member(number: str, *of: Organization, **more: Any) -> SipExtension:
    extension = make_extension(number, **more)
    extension.user.organizations.set(of)
    return extension


def custom(user: User, *reached: Organization, granted: Permission = Permission.MANAGE_EXTENSIONS) -> User:
    user.role = Role.objects.create(name="Custom", granted=[granted], reach=Role.Reach.ORGANIZATIONS)
    user.role.organizations.set(reached)
    user.save()
    return user


# --- the list ---


def test_the_list_is_of_one_department_or_of_all_below(signed_in: Client) -> None:
    sales, office = department("Sales"), department("Office")
    europe = department("Europe", sales)
    member("1000", sales)
    member("1001", europe, sales, last_name="Smith")
    member("1002", europe, last_name="Smith")
    member("1003", office, last_name="Smith")
    assert numbers(signed_in, organization=sales.pk) == ["1000", "1001"]
    assert numbers(signed_in, organization=sales.pk, below="yes") == ["1000", "1001", "1002"]
    assert numbers(signed_in, organization=sales.pk, below="yes", sort="-number") == ["1002", "1001", "1000"]
    assert numbers(signed_in, organization=sales.pk, below="yes", q="smith") == ["1001", "1002"]
    page = signed_in.get(f"/extensions/?organization={sales.pk}&below=yes&q=smith").content.decode()
    assert "Department: <bdi>Sales and sub-departments</bdi>" in page
    assert f'href="/extensions/?organization={sales.pk}&amp;below=yes"' in page
    assert 'href="/extensions/?q=smith"' in page
    assert f'name="organization" value="{sales.pk}"' in page


@pytest.mark.parametrize(("few", "many"), [(1000, 50_000), (3, 50_000), (3, 3)])
def test_pages_of_few_and_of_many_members_lose_none(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, few: int, many: int
) -> None:
    monkeypatch.setattr(filters, "FEW", few)
    monkeypatch.setattr(filters, "MANY", many)
    sales = department("Sales")
    for n in range(90):
        member(str(1000 + n), *([sales] if n % 3 else []), first_name=f"Same {n % 4}")
    wanted = [str(1000 + n) for n in range(90) if n % 3]
    assert numbers(signed_in, organization=sales.pk) == wanted
    assert sorted(numbers(signed_in, organization=sales.pk, sort="-name")) == wanted
    context = signed_in.get(f"/extensions/?organization={sales.pk}").context
    assert (context["total"], context["more_than_total"]) == (60, False)


def test_a_department_without_extensions_says_so(signed_in: Client) -> None:
    page = signed_in.get(f"/extensions/?organization={department('Sales').pk}").content.decode()
    assert "No extensions match" in page


@pytest.mark.parametrize("wrong", ["999", "x", "-1", "१", "9" * 30])
def test_a_department_that_is_not_there_is_not_found(signed_in: Client, wrong: str) -> None:
    assert signed_in.get(f"/extensions/?organization={wrong}").status_code == 404


def test_one_out_of_reach_does_not_exist(client: Client, vic: User) -> None:
    sales, office = department("Sales"), department("Office")
    europe = department("Europe", sales)
    member("1000", sales)
    member("1001", europe)
    member("1002", office)
    client.force_login(custom(vic, sales))
    assert numbers(client, organization=sales.pk, below="yes") == ["1000", "1001"]
    for hidden in (office, Organization.company()):
        assert client.get(f"/extensions/?organization={hidden.pk}&below=yes").status_code == 404
    Role.objects.filter(name="Custom").update(below=False)
    assert numbers(client, organization=sales.pk, below="yes") == ["1000"]
    assert client.get(f"/extensions/?organization={europe.pk}").status_code == 404


def test_those_below_are_those_that_the_role_reaches(client: Client, vic: User) -> None:
    sales, office = department("Sales"), department("Office")
    member("1000", sales)
    member("1001", office, department("Secret", sales))
    client.force_login(custom(vic, sales, office))
    Role.objects.filter(name="Custom").update(below=False)
    assert numbers(client) == ["1000", "1001"]
    assert numbers(client, organization=sales.pk, below="yes") == ["1000"]


def test_off_the_filter_is_none(signed_in: Client) -> None:
    sales = department("Sales")
    member("1000", sales)
    member("1001")
    Preferences.objects.update(organization_management=False)
    assert numbers(signed_in, organization=sales.pk) == ["1000", "1001"]
    assert "Sales" not in html_of(signed_in, f"/extensions/?organization={sales.pk}")


# --- by what an extension is ---


def is_narrowed(client: Client, filters: str, wanted: list[str], chip: str) -> None:
    """To the numbers, with a chip that says so and leads back to all."""
    page = client.get(f"/extensions/?{filters}")
    assert [row.number for row in page.context["extensions"]] == wanted
    assert page.context["total"] == len(wanted)
    assert [(each.label, each.text, each.url) for each in page.context["filters"].chips] == [
        (*chip.rpartition(": ")[::2], "?")
    ]


def test_departments_are_to_choose_from_where_they_are_few(
    signed_in: Client, vic: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    department("Office")
    custom(vic, department("Sales"))

    def offered_to(client: Client) -> list[str]:
        every = {
            name: [each for _, each in values] for name, _, values, _ in client.get("/extensions/").context["choices"]
        }
        assert [*every][-4:] == ["registration", "role", "enabled", "voicemail"]
        return every.get("organization", [])

    vics = Client()
    vics.force_login(vic)
    monkeypatch.setattr(views, "MOST_DEPARTMENTS", 3)
    assert offered_to(signed_in) == ["Company", "Company / Office", "Company / Sales"]
    assert offered_to(vics) == ["Company / Sales"]
    monkeypatch.setattr(views, "MOST_DEPARTMENTS", 2)
    assert offered_to(signed_in) == []
    monkeypatch.setattr(views, "MOST_DEPARTMENTS", 3)
    Preferences.objects.update(organization_management=False)
    assert offered_to(signed_in) == []


def test_each_filter_narrows_the_list_and_has_a_chip(signed_in: Client) -> None:
    make_extension("1000", voicemail=True)
    plain = make_extension("1001", enabled=False)
    full = make_extension("1002")
    full.user.email = "full@example.com"
    full.user.set_password("Correct7Horse9Staple")
    full.user.save()
    full.save()
    role = plain.user.role = Role.objects.get(key="administrator")
    plain.user.save()
    highest = make_extension("99999999", user=make_user("Zoe", custom=role))
    is_narrowed(signed_in, f"role={role.pk}", ["1001", "99999999"], f"Role: {role}")
    actions.delete(highest.number, None)
    Change.objects.exclude(number="1002").delete()
    is_narrowed(signed_in, f"role={role.pk}", ["1001"], f"Role: {role}")
    is_narrowed(signed_in, "role=none", ["1000", "1002"], "Role: None")
    is_narrowed(signed_in, "enabled=yes", ["1000", "1002"], "Extension: Enabled")
    is_narrowed(signed_in, "enabled=no", ["1001"], "Extension: Disabled")
    is_narrowed(signed_in, "voicemail=yes", ["1000"], "Voicemail: On")
    is_narrowed(signed_in, "voicemail=no", ["1001", "1002"], "Voicemail: Off")
    is_narrowed(signed_in, "unapplied=yes", ["1002"], "Not applied")
    SipExtension.objects.filter(number="1001").update(renew_password_by=timezone.localdate())
    is_narrowed(signed_in, "renew=yes", ["1001"], "Registration password to renew")
    is_narrowed(signed_in, "email=no", ["1000", "1001"], "No e-mail address")
    is_narrowed(signed_in, "password=no", ["1000", "1001"], "No password chosen yet")
    assert numbers(signed_in, role="none", voicemail="no") == ["1002"]


def test_each_chip_leads_to_the_list_without_it(signed_in: Client) -> None:
    sales = department("Sales")
    department("North", sales)
    query = f"q=a+b&organization={sales.pk}&below=yes&role=none&enabled=yes&voicemail=no&unapplied=yes"
    shown = signed_in.get(f"/extensions/?{query}").context["filters"]
    assert shown.query == f"q=a+b&organization={sales.pk}&below=yes&role=none&enabled=yes&unapplied=yes&voicemail=no"
    chips = {each.label or each.text: each for each in shown.chips}
    assert [*chips] == ["Department", "Role", "Extension", "Voicemail", "Not applied", "Search"]
    assert chips["Department"].text == "Sales and sub-departments"
    assert chips["Department"].url == "?q=a+b&role=none&enabled=yes&unapplied=yes&voicemail=no"
    assert chips["Search"].url == f"?{shown.query.removeprefix('q=a+b&')}"
    assert chips["Voicemail"].url == f"?{shown.query.removesuffix('&voicemail=no')}"
    alone = signed_in.get(f"/extensions/?organization={sales.pk}").context["filters"]
    assert [(each.label, each.text, each.url) for each in alone.chips] == [("Department", "Sales", "?")]
    north = Organization.objects.get(name="North")
    leaf = signed_in.get(f"/extensions/?organization={north.pk}&below=yes").context["filters"]
    assert [each.text for each in leaf.chips] == ["North"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("", ""), ("  a \n b\t", "a b"), ("a\0b", "ab"), ("x" * 101, "x" * 100), ("x" * 100, "x" * 100)],
)
def test_what_is_typed_is_kept_in_one_line(text: str, kept: str) -> None:
    assert filters.typed(text) == kept


@pytest.mark.parametrize(("there", "total", "more"), [(2, 2, False), (3, 3, False), (4, 3, True)])
def test_no_more_are_counted_than_so_many(db: None, there: int, total: int, more: bool) -> None:
    for number in range(1000, 1000 + there):
        make_extension(str(number))
    rows = SipExtension.objects.filter(enabled=True)
    found = counted_of(rows, 3, "position")
    assert (found.total, found.more, found.rows.count(), found.trouble) == (total, more, there, "")
    assert (counted_of(rows, 3, of=rows.order_by()).total, counted_of(SipExtension.objects.all(), 3).total) == (
        total,
        there,
    )


@pytest.mark.parametrize("counted", [10_000, 1])
def test_few_and_many_unapplied_are_found(signed_in: Client, monkeypatch: pytest.MonkeyPatch, counted: int) -> None:
    monkeypatch.setattr(filters, "COUNTED", counted)
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    Change.objects.filter(number="1001").delete()
    assert numbers(signed_in, unapplied="yes") == ["1000", "1002"]


@pytest.mark.parametrize("wrong", ["999", "x", "-1", "१"])
def test_a_role_that_is_not_there_is_not_found(signed_in: Client, wrong: str) -> None:
    assert signed_in.get(f"/extensions/?role={wrong}").status_code == 404


def test_what_no_filter_knows_is_left_out(signed_in: Client) -> None:
    make_extension("1000")
    unknown = "enabled=x&voicemail=1&email=yes&password=yes&unapplied=no&renew=no&registration=x&below=yes"
    page = signed_in.get(f"/extensions/?{unknown}")
    assert not page.context["filters"]
    assert page.context["filters"].query == ""


# --- by what phones do ---


def phone(number: str, address: str = "192.0.2.7:5060") -> Contact:
    now = time.time()
    return Contact(f"{number};@x", number, address, "Phone", "Reachable", now, now)


def attempt(account: str, *, cause: str = "credentials", host: str = "192.0.2.9", ago: float = 60) -> live.Attempt:
    at = time.time() - ago
    return live.Attempt(account, cause, host, f"{host}:5060", "UDP", 1, at, at)


@contextmanager
def heard(*phones: Contact, failed: Iterable[live.Attempt] = ()) -> Iterator[None]:
    """As a listener would have left it; one that another test has started writes to a file of its own."""
    with (
        tempfile.TemporaryDirectory() as directory,
        override_settings(LIVE_FILE=Path(directory) / "live.sqlite3"),
        pytest.MonkeyPatch.context() as patch,
    ):
        file = from_settings().live_file
        live.prepare(file)
        with live.opened(file) as db:
            live.replace_all(db, list(phones), {})
            live.add_attempts(db, failed)
            live.beat(db, hears=True)
        patch.setattr(live, "STALE_SECONDS", 600)  # however slow the machine
        yield


def test_the_list_is_of_those_with_a_phone_or_without_one(signed_in: Client) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    with heard(phone("1001"), phone("9999")):
        is_narrowed(signed_in, "registration=registered", ["1001"], "Phones: Registered")
        is_narrowed(signed_in, "registration=offline", ["1000", "1002"], "Phones: Offline")
        SipExtension.objects.filter(number="1002").update(enabled=False)
        is_narrowed(signed_in, "registration=offline", ["1000"], "Phones: Offline")


def test_the_list_is_of_those_whose_last_phone_went_today(signed_in: Client) -> None:
    assert registrations.today() == timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    for number in ("1000", "1001", "1002", "1003"):
        make_extension(number)
    with heard(phone("1000"), phone("1001"), phone("1002")), live.opened(from_settings().live_file) as db:
        live.replace(db, {"1001": [], "1002": []})
        is_narrowed(signed_in, "registration=gone", ["1001", "1002"], "Phones: Went offline today")
        db.execute("UPDATE offline SET at = at - 86400 WHERE number = '1002'")
        is_narrowed(signed_in, "registration=gone", ["1001"], "Phones: Went offline today")
        live.replace(db, {"1001": [phone("1001")]})
        is_narrowed(signed_in, "registration=gone", [], "Phones: Went offline today")


def test_of_many_phones_what_was_noted_a_moment_ago_counts(signed_in: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registrations, "FEW", 1)
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    with heard(phone("1001"), phone("1002"), phone("9999")):
        recorder = RegistrationRecorder(from_settings())
        recorder.write()
        is_narrowed(signed_in, "registration=registered", ["1001", "1002"], "Phones: Registered")
        is_narrowed(signed_in, "registration=offline", ["1000"], "Phones: Offline")
        with live.opened(from_settings().live_file) as db:
            live.replace(db, {"1001": [], "1000": [phone("1000")]})
        recorder.write()
        is_narrowed(signed_in, "registration=registered", ["1000", "1002"], "Phones: Registered")
        from_settings().live_file.unlink()
        recorder.write()  # nobody listens: it stays as it was
    assert registrations.noted() == {1000, 1002}


def test_the_list_is_of_those_whose_phone_fails_to_register(signed_in: Client) -> None:
    for number in ("1000", "1001", "1002", "1003", "1004", "1005"):
        make_extension(number, registration_name=f"name-{number}")
    make_extension("1006", enabled=False)
    failed = [
        attempt("1000"),
        attempt("1006"),
        attempt("name-1001", cause="account"),
        attempt("1002", ago=2 * 86400),
        attempt("1003", cause="sound"),
        attempt("1004", host="192.0.2.7"),
        attempt("nobody"),
    ]
    with heard(phone("1004"), phone("1000"), failed=failed):
        is_narrowed(signed_in, "registration=failing", ["1000", "1001"], "Phones: Failing to register")
        rows = signed_in.get("/extensions/").context["extensions"]
        assert [row.number for row in rows if row.fails] == ["1000", "1001"]
        page = signed_in.get("/extensions/status/?n=1000&n=1004").content.decode()
        assert page.count("A phone fails to register</span>") == 1
        assert 'href="/extensions/1000/#troubles-1000"' in page
        SipExtension.objects.filter(number="1001").update(enabled=False)  # there it is no wonder
        rows = signed_in.get("/extensions/").context["extensions"]
        assert [row.number for row in rows if row.fails] == ["1000"]


def test_the_list_says_when_a_phone_was_last_seen(signed_in: Client) -> None:
    for number in ("1000", "1001", "1002"):
        make_extension(number)
    signed_in.post("/extensions/layout/", {"column": ["last_seen"], "page_size": "25"})
    with heard(phone("1000"), phone("1001")), live.opened(from_settings().live_file) as db:
        live.replace(db, {"1001": []})
        page = signed_in.get("/extensions/").content.decode()
        assert "seen=yes" in page
        polled = signed_in.get("/extensions/status/?n=1000&n=1001&n=1002&seen=yes").content.decode()
    for text in (page, polled):
        seen = re.findall(r'<span id="seen-(\d+)"[^>]*>\s*(.*?)\s*</span>', text, re.DOTALL)
        assert [(number, words) for number, words in seen if number != "1001"] == [("1000", "Now"), ("1002", "Never")]
        assert str(datetime.now(UTC).year) in dict(seen)["1001"]


def test_where_phones_are_not_known_the_list_says_so(signed_in: Client, settings: Settings, tmp_path: Path) -> None:
    settings.LIVE_FILE = tmp_path / "live.sqlite3"  # no listener of another test writes to this one
    make_extension("1000")
    for registration in ("registered", "offline"):
        page = signed_in.get(f"/extensions/?registration={registration}")
        assert (page.context["extensions"], page.context["total"]) == ([], 0)
        assert "Phones are not known right now" in page.content.decode()


# --- the form ---


def offered(client: Client, url: str, **data: Any) -> dict[str, bool]:
    answer = client.post(url, data) if data else client.get(url)
    picker = answer.context["form"].person.picker
    return {option["department"].name: option["chosen"] for option in picker.options()}


def test_few_departments_are_all_shown_and_many_are_searched(signed_in: Client) -> None:
    fill(49)
    assert len(offered(signed_in, "/extensions/add/")) == 50
    fill_one_more = department("Sales")
    assert offered(signed_in, "/extensions/add/") == {"Company": True}
    page = signed_in.get("/extensions/add/").content.decode()
    assert page.count('name="organizations"') == 1
    assert 'hx-get="/organizations/choices/"' in page
    extension = member("1000", fill_one_more)
    assert offered(signed_in, f"/extensions/{extension.number}/edit/") == {"Sales": True}


def test_a_search_keeps_what_is_ticked(signed_in: Client) -> None:
    fill(60)
    sales = department("Sales", Organization.objects.get(name="Department 7"))
    answer = signed_in.get(f"/organizations/choices/?find=SALE&organizations={Organization.company().pk}")
    found = [(each["department"].name, each["chosen"], each["place"]) for each in answer.context["picker"].options()]
    assert found == [("Company", True, ""), ("Sales", False, "Department 7")]
    answer = signed_in.get(f"/organizations/choices/?find=nothing&organizations={sales.pk}&organizations=999")
    assert [each["department"].name for each in answer.context["picker"].options()] == ["Sales"]
    assert "No other departments match." in answer.content.decode()


def test_without_scripts_finding_saves_nothing_and_loses_nothing(signed_in: Client) -> None:
    fill(60)
    sales = department("Sales")
    typed = Typed(more={"then": "find", "find": "sales", "email": "nonsense", "registration_password": "short"}).fields
    answer = signed_in.post("/extensions/add/", typed)
    assert answer.status_code == 200
    assert not SipExtension.objects.exists()
    page = answer.content.decode()
    assert "invalid" not in page
    assert 'value="nonsense"' in page
    assert f'value="{sales.pk}"' in page
    extension = member("1000", sales)
    answer = signed_in.post("/extensions/1000/edit/", {**typed, "find": "department 59"})
    assert "Department 59" in answer.content.decode()
    extension.user.refresh_from_db()
    assert extension.user.email is None
    typed = Typed(more={"then": "save", "find": "sales", "number": "1001", "organizations": [sales.pk]}).fields
    assert signed_in.post("/extensions/add/", typed).status_code == 302
    assert list(SipExtension.objects.get(number="1001").user.organizations.all()) == [sales]


def test_only_departments_in_reach_are_offered_and_named(client: Client, vic: User) -> None:
    hidden = department("Hidden")
    inner = department("Inner", hidden)
    Organization.objects.bulk_create(Organization(name=f"Team {n}", parent=inner) for n in range(60))
    client.force_login(custom(vic, inner))
    assert offered(client, "/extensions/add/") == {"Inner": True}
    answer = html_of(client, "/organizations/choices/?find=team+59")
    assert "Team 59" in answer
    assert "Inner" in answer
    assert "Hidden" not in answer
    assert "Team" not in html_of(client, "/organizations/choices/?find=hidden+team")
    typed = Typed(more={"organizations": [hidden.pk]}).fields
    assert "not one of the available" in str(client.post("/extensions/add/", typed).context["form"].person.errors)


def test_who_does_not_manage_extensions_finds_no_choices(client: Client, vic: User) -> None:
    client.force_login(custom(vic, Organization.company(), granted=Permission.VIEW_EXTENSIONS))
    assert client.get("/organizations/choices/").status_code == 403
    vic.role = None
    vic.save()
    client.force_login(vic)
    assert client.get("/organizations/choices/").status_code == 404


@pytest.mark.parametrize("why", ["off", "deleted"])
def test_whose_role_reaches_nobody_adds_nobody(client: Client, vic: User, why: str) -> None:
    sales = department("Sales")
    member("1000", sales)
    client.force_login(custom(vic, sales))
    assert client.get("/extensions/add/").status_code == 200
    assert 'href="/extensions/add/"' in html_of(client, "/extensions/")
    if why == "off":
        Preferences.objects.update(organization_management=False)
    else:
        sales.delete()
    assert numbers(client) == []
    assert 'href="/extensions/add/"' not in html_of(client, "/extensions/")
    assert client.get("/extensions/add/").status_code == 403
    assert client.post("/extensions/add/", Typed(number="1001").fields).status_code == 403
    assert client.get("/extensions/1000/").status_code == 404
    assert SipExtension.objects.count() == 1


# --- of the company, where there is nothing else ---


def test_who_is_added_while_it_is_off_is_of_the_company(signed_in: Client) -> None:
    Preferences.objects.update(organization_management=False)
    typed = Typed().fields
    del typed["organizations"]
    assert signed_in.post("/extensions/add/", typed).status_code == 302
    assert list(SipExtension.objects.get().user.organizations.all()) == [Organization.company()]


def test_an_edit_while_it_is_off_leaves_the_departments(signed_in: Client) -> None:
    sales = department("Sales")
    extension = member("1000", sales)
    Preferences.objects.update(organization_management=False)
    typed = Typed(
        more={
            "registration_name": extension.registration_name,
            "version": "1",
            "organizations": [],
            "job_title": "Boss",
        }
    ).fields
    assert signed_in.post("/extensions/1000/edit/", typed).status_code == 302
    user = SipExtension.objects.get().user
    assert (user.job_title, list(user.organizations.all())) == ("Boss", [sales])


def test_who_comes_back_after_the_department_went_is_of_the_company(ada: User) -> None:
    sales = department("Sales")
    extension = member("1000", sales)
    Change.objects.all().delete()
    actions.delete(extension.number, ada)
    sales.delete()
    review.discard("1000", ada)
    assert list(SipExtension.objects.get().user.organizations.all()) == [Organization.company()]


def test_a_conflict_while_it_is_off_does_not_speak_of_it(signed_in: Client) -> None:
    extension = member("1000", department("Sales"))
    Preferences.objects.update(organization_management=False)
    SipExtension.objects.update(version=5)
    typed = Typed(more={"registration_name": extension.registration_name, "version": "1"}).fields
    answer = signed_in.post("/extensions/1000/edit/", typed)
    assert answer.status_code == 409
    assert "Department" not in answer.content.decode()


def test_who_has_no_address_has_an_empty_cell(client: Client, ada: User) -> None:
    make_extension("1000", first_name="Grace")
    client.force_login(ada)
    page = html_of(client, "/extensions/")
    assert "Grace" in page
    assert '<td role="cell" class="cell-email"></td>' in page
