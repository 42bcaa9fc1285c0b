"""Bulk Add: looked at first, then made whole or not at all, and undone at once."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Organization, Role, User
from core.audit.models import AuditRecord
from core.preferences.models import Preferences
from extensions.bulk import add_views, adding
from extensions.bulk import page as page_of_bulk
from extensions.bulk.forms import _some
from extensions.bulk.plan import free_run, plan
from extensions.models import BulkAction, Change, ExtensionTemplate, SipExtension
from tests.extensions.bulk.typed import bulk_add
from tests.people import be_stale, make_extension, make_user
from trunks.models import RingGroup

URL = "/extensions/bulk/add/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def previewed(client: Client, **more: Any) -> dict[str, Any]:
    """The hidden fields of the preview, as its buttons send them."""
    answer = client.post(URL, bulk_add(then="preview", **more))
    assert answer.status_code == 200, answer.context["errors"]
    fields: dict[str, Any] = {}
    for field in answer.context["hidden_fields"]:
        fields.setdefault(field["name"], []).append(field["value"])
    return fields


def added(client: Client, **more: Any) -> BulkAction:
    answer = client.post(URL, {**previewed(client, **more), "then": "save"})
    assert answer.status_code == 302, answer.context
    return BulkAction.objects.get(pk=answer["Location"].split("/")[-2])


def errors(client: Client, **more: Any) -> dict[str, str]:
    answer = client.post(URL, bulk_add(then="preview", **more))
    assert answer.status_code == 422
    form = answer.context["form"]
    return {name: " ".join(words) for one in form.forms for name, words in one.errors.items()}


def numbers() -> list[str]:
    return list(SipExtension.objects.order_by("position").values_list("number", flat=True))


def test_a_preview_saves_nothing_and_the_whole_is_made_with_one_log_row_each(signed_in: Client, ada: User) -> None:
    sent = previewed(signed_in)
    assert (numbers(), sent["first"]) == ([], ["2000"])
    action = added(signed_in, job_title="Clerk", location="Floor 2", voicemail="")
    assert numbers() == ["2000", "2001", "2002"]
    assert (action.count, action.kind, action.by) == (3, "added", ada)
    made = SipExtension.objects.get(number="2001")
    assert (made.user.full_name, made.user.job_title, made.location, made.voicemail) == (
        "Desk 2",
        "Clerk",
        "Floor 2",
        False,
    )
    assert (made.caller_id, made.user.email, made.sort_name) == ("2001", None, "desk 2")
    assert list(made.user.organizations.all()) == [Organization.company()]
    assert len({each.registration_password for each in SipExtension.objects.all()}) == 3
    assert AuditRecord.objects.filter(action="extension.added").count() == 3
    assert Change.objects.waiting().numbers() == ["2000", "2001", "2002"]
    call_command("verify_audit")


def test_taken_numbers_are_named_and_refused_or_passed_over(signed_in: Client) -> None:
    make_extension("2001", registration_name="2003")
    RingGroup.objects.create(name="All", number="2004")
    said = errors(signed_in, count="5")["first"]
    assert said == (
        "These cannot be used: 2001 (taken by an extension), 2003 (registration name of another extension),"
        " 2004 (ring group). 1000 to 1004 are free. Start there, or skip taken numbers below."
    )
    added(signed_in, count="3", taken="skip")
    assert numbers() == ["2000", "2001", "2002", "2005"]


def test_a_range_that_is_too_small_says_how_many_there_are(signed_in: Client) -> None:
    assert errors(signed_in, first="5998", count="5", taken="skip") == {
        "count": "Only 2 numbers are free from 5998 on. Enter fewer, or widen the range in Preferences."
    }
    assert errors(signed_in, first="6000") == {"first": "Enter a number from 1000 to 5999."}
    assert errors(signed_in, count="1001") == {"count": "Enter a whole number from 1 to 1,000."}


def test_emergency_numbers_are_passed_over(db: None) -> None:
    Preferences.objects.update(first_number=900)
    made = plan(910, 3, Preferences.load(), skip=True)
    assert [each.number for each in made.planned] == ["910", "912", "913"]
    assert [(each.number, each.code) for each in made.not_free] == [("911", "emergency")]


def test_the_last_number_is_looked_at_too(db: None) -> None:
    preferences = Preferences.load()
    last = preferences.last_number
    make_extension(str(last))
    assert [(each.number, each.why) for each in plan(last - 1, 3, preferences, skip=False).not_free] == [
        (str(last), "taken by an extension"),
        (str(last + 1), "outside the range in Preferences"),
    ]
    skipping = plan(last - 1, 3, preferences, skip=True)
    assert [(each.number, each.place) for each in skipping.planned] == [(str(last - 1), 1)]
    assert [each.number for each in skipping.not_free] == [str(last)]
    assert plan(last - 3, 3, preferences, skip=True).not_free == []
    for number in (last - 9, last - 7):
        make_extension(str(number))
    assert [each.number for each in plan(last - 9, 2, preferences, skip=True).planned] == [str(last - 8), str(last - 6)]


@pytest.mark.parametrize(
    ("taken", "count", "first"),
    [
        ([], 10, 1000),
        ([], 11, None),
        (["1000"], 9, 1001),
        (["1003", "1007"], 3, 1000),
        (["1002", "1006"], 3, 1003),
        (["1002", "1005"], 4, 1006),
        (["1002", "1005"], 5, None),
        (["1000", "1001", "1009"], 7, 1002),
    ],
)
def test_so_many_free_numbers_in_a_row_are_found(db: None, taken: list[str], count: int, first: int | None) -> None:
    Preferences.objects.update(first_number=1000, last_number=1009)
    for number in taken:
        make_extension(number)
    assert free_run(count, Preferences.load()) == first


def test_a_preview_names_the_first_ten_and_the_last(signed_in: Client) -> None:
    for number in range(2000, 2012):
        make_extension(str(number))
    sent = bulk_add(then="preview", count="14", taken="skip", email="desk{number}@example.com", passwords="random")
    answer = signed_in.post(URL, sent)
    page = answer.content.decode()
    shown = answer.context
    assert [each["number"] for each in shown["rows"]] == [str(number) for number in range(2012, 2022)]
    assert [each.number for each in shown["not_free"]] == [str(number) for number in range(2000, 2010)]
    assert (shown["between"], shown["more"]) == (
        3,
        [{"number": "2025", "name": "Desk 14", "email": "desk2025@example.com"}],
    )
    for words in ("Add 14 extensions", "3 more", "And 2 more.", "Skipped", "Generated for each", "<dd>on</dd>"):
        assert words in page
    eleven = signed_in.post(URL, bulk_add(then="preview", first="2012", count="11", voicemail="")).content.decode()
    assert "2022" in eleven
    assert "more" not in eleven.partition("<h1")[2]
    assert "Skipped" not in eleven
    assert "<dd>off</dd>" in eleven


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ({"count": "1"}, {}),
        ({"count": "0"}, {"count": "Enter a whole number from 1 to 1,000."}),
        ({"count": "1000"}, {}),
        ({"first": "999"}, {"first": "Enter a number from 1000 to 5999."}),
        ({"first": "1000"}, {}),
        ({"first": "5999", "count": "1"}, {}),
        ({"count": "200", "passwords": "random", "email": "x{n}@example.com"}, {}),
        ({"first_name": "x" * 59 + "{number}"}, {}),
        ({"first_name": "", "last_name": "{n}"}, {}),
        ({"email": "desk@example.com", "count": "1"}, {}),
        (
            {"email": "desk@example.com"},
            {"email": "Each person needs another address. Put {number} into it, such as ext{number}@example.com."},
        ),
        (
            {"last_name": "x" * 60 + "{number}"},
            {"last_name": "With the number filled in, this is longer than 63 characters. Shorten it."},
        ),
    ],
)
def test_up_to_the_limits_numbers_are_made(signed_in: Client, typed: dict[str, str], found: dict[str, str]) -> None:
    answer = signed_in.post(URL, bulk_add(then="preview", **typed))
    assert answer.status_code == (422 if found else 200)
    if found:
        assert errors(signed_in, **typed) == found
    else:
        assert answer.context["count"] == int(typed.get("count", "3"))


def test_of_many_numbers_that_are_taken_the_first_are_named(signed_in: Client) -> None:
    for number in range(2000, 2015):
        make_extension(str(number))
    Preferences.objects.update(first_number=2000, last_number=2015)
    said = errors(signed_in, count="16")["first"]
    assert said.startswith("These cannot be used: 2000, 2001, ")
    assert said.endswith(" more (taken by an extension). Skip taken numbers below.")


@pytest.mark.parametrize(("many", "words"), [(5, "1, 2, 3, 4, 5"), (6, "1, 2, 3, 4, 5, and 1 more"), (1, "1")])
def test_five_numbers_are_named_and_the_others_counted(many: int, words: str) -> None:
    assert _some([str(number) for number in range(1, many + 1)]) == words


def test_change_leads_back_to_the_form_as_it_was_filled_in(signed_in: Client) -> None:
    for then in ("change", "find"):
        answer = signed_in.post(URL, bulk_add(then=then, first="1", job_title="Clerk"))
        assert (answer.status_code, answer.context["errors"]) == (200, [])
        assert answer.context["form"].person["job_title"].value() == "Clerk"
        assert "Nothing has been added yet." not in answer.content.decode()
    assert numbers() == []


def test_each_new_form_is_another_and_one_that_is_shown_again_stays_itself(signed_in: Client) -> None:
    first, second = (signed_in.get(URL).context for _ in range(2))
    assert first["token"] != second["token"]
    assert first["errors"] == []
    wrong = signed_in.post(URL, bulk_add(then="preview", first="1", form_token=str(first["token"])))
    assert wrong.context["token"] == first["token"]
    assert [tab["errors"] for tab in wrong.context["tabs"]] == [1, *[0] * (len(wrong.context["tabs"]) - 1)]


def test_who_reaches_nobody_adds_nobody(client: Client, db: None) -> None:
    role = Role.objects.create(name="Nobody's desk", granted=["extension.manage"], reach="organizations")
    client.force_login(make_user("Lena", custom=role))
    assert client.get(URL).status_code == 403
    role.organizations.add(Organization.company())
    assert client.get(URL).status_code == 200


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"first_name": ""}, "first_name", "Enter a first name or a last name."),
        ({"first_name": "Desk {x}"}, "first_name", "{x} is not known. Use {number} or {n}."),
        ({"first_name": "x" * 60 + "{number}"}, "first_name", "With the number filled in, this is longer than 63"),
        ({"email": "desk@example.com"}, "email", "Each person needs another address."),
        ({"email": "{number}"}, "email", "Enter an e-mail address"),
        ({"email": "ada{n}@example.com"}, "email", "Another person already signs in with ada2@example.com."),
        ({"passwords": "random"}, "passwords", "Only people with an e-mail address sign in."),
        ({"count": "201", "passwords": "random", "email": "x{n}@example.com"}, "passwords", "At most 200 people"),
        ({"allowed_networks": "x"}, "allowed_networks", "“x” is not an address"),
    ],
)
def test_errors_stand_at_their_fields(signed_in: Client, typed: dict[str, str], field: str, said: str) -> None:
    make_user("Ada2")
    found = errors(signed_in, **typed)
    assert [*found] == [field]
    assert found[field].startswith(said)
    assert numbers() == []


def test_people_with_addresses_can_be_given_passwords_which_are_downloaded_once(signed_in: Client) -> None:
    action = added(signed_in, email="Desk{number}@Example.com", passwords="random")
    path = f"/extensions/bulk/{action.pk}/credentials/"
    be_stale(signed_in)
    assert signed_in.post(path)["Location"].startswith("/sign-in/again/")
    signed_in.force_login(User.objects.get(first_name="Ada"))
    file = signed_in.post(path)
    rows = list(csv.DictReader(StringIO(file.content.decode("utf-8-sig"))))
    assert [row["Extension Number"] for row in rows] == ["2000", "2001", "2002"]
    for row in rows:
        made = SipExtension.objects.get(number=row["Extension Number"])
        assert row["Email Address"] == made.user.email == f"desk{made.number}@example.com"
        assert made.user.check_password(row["User Password"])
        assert made.user.password_seen
        assert (row["Registration Password"], row["Voicemail PIN"]) == (made.registration_password, made.voicemail_pin)
    assert signed_in.post(path)["Location"] == action.get_absolute_url()
    assert AuditRecord.objects.filter(action="bulk.credentials_downloaded").count() == 1
    assert not BulkAction.objects.get().sealed_credentials


def test_nobody_else_downloads_them(signed_in: Client, client: Client) -> None:
    action = added(signed_in)
    client.force_login(make_user("Grace", role="super_administrator"))
    assert client.post(f"/extensions/bulk/{action.pk}/credentials/").status_code == 404


def test_what_was_seen_is_what_is_made(signed_in: Client) -> None:
    sent = previewed(signed_in, taken="skip")
    make_extension("2001")
    answer = signed_in.post(URL, {**sent, "then": "save"}, follow=True)
    assert "other numbers are free now" in answer.content.decode()
    assert numbers() == ["2001"]


def test_sent_twice_it_is_made_once(signed_in: Client) -> None:
    sent = {**previewed(signed_in), "then": "save"}
    first = signed_in.post(URL, sent)
    assert signed_in.post(URL, sent)["Location"] == first["Location"]
    assert len(numbers()) == 3


def test_it_is_undone_at_once_unless_something_needs_one(signed_in: Client) -> None:
    action = added(signed_in)
    group = RingGroup.objects.create(name="All", number="3000", members=["2001"])
    signed_in.post(f"/extensions/bulk/{action.pk}/undo/")
    assert len(numbers()) == 3
    group.delete()
    signed_in.post(f"/extensions/bulk/{action.pk}/undo/")
    assert numbers() == []
    assert not User.objects.filter(first_name__startswith="Desk").exists()
    action.refresh_from_db()
    assert action.undone_at
    assert not action.sealed_credentials


def test_a_role_that_manages_something_asks_again_who_it_is(signed_in: Client) -> None:
    role = str(Role.objects.get(key="administrator").pk)
    sent = previewed(signed_in, role=role)
    be_stale(signed_in)
    assert signed_in.post(URL, {**sent, "then": "save"})["Location"].startswith("/sign-in/again/")
    assert numbers() == []


def test_a_template_fills_it_in(signed_in: Client) -> None:
    template = ExtensionTemplate.objects.create(name="Desk", values={"max_phones": 3, "job_title": "Clerk"})
    form = signed_in.get(f"{URL}?template={template.pk}").context["form"]
    assert (form.sip["max_phones"].value(), form.person["job_title"].value()) == (3, "Clerk")
    assert form.sip["transport"].value() == Preferences.load().new_transport


def meanwhile(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Once, when all has been looked at and nothing is written yet."""
    really = adding.add

    def later(*given: Any) -> BulkAction:
        monkeypatch.setattr(adding, "add", really)
        happens()
        return really(*given)

    monkeypatch.setattr(adding, "add", later)


@pytest.mark.parametrize(("taken", "status"), [("refuse", 422), ("skip", 200)])
def test_a_number_that_is_taken_meanwhile_leads_back(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch, taken: str, status: int
) -> None:
    sent = previewed(signed_in, taken=taken)
    meanwhile(monkeypatch, lambda: make_extension("2001"))
    answer = signed_in.post(URL, {**sent, "then": "save"})
    assert answer.status_code == status
    page = answer.content.decode()
    assert "Nothing was added because a number was taken meanwhile. Look at the numbers again." in page
    assert numbers() == ["2001"]
    assert not BulkAction.objects.exists()


def test_sent_twice_at_once_they_are_added_once(signed_in: Client, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Client()
    other.force_login(ada)
    sent = {**previewed(signed_in), "then": "save"}
    places: list[str] = []
    meanwhile(monkeypatch, lambda: places.append(other.post(URL, sent)["Location"]))
    places.append(signed_in.post(URL, sent)["Location"])
    assert places == [BulkAction.objects.get().get_absolute_url()] * 2
    assert numbers() == ["2000", "2001", "2002"]


def test_sent_again_while_the_first_is_at_work_it_leads_to_what_that_added(
    signed_in: Client, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Client()
    other.force_login(ada)
    sent = {**previewed(signed_in, taken="skip"), "then": "save"}

    def look(request: Any) -> BulkAction | None:
        monkeypatch.setattr(add_views, "done_before", page_of_bulk.done_before)
        found = page_of_bulk.done_before(request)
        other.post(URL, sent)
        return found

    monkeypatch.setattr(add_views, "done_before", look)
    answer = signed_in.post(URL, sent, follow=True)
    assert answer.redirect_chain == [(BulkAction.objects.get().get_absolute_url(), 302)]
    assert "These extensions were already added." in answer.content.decode()
    assert numbers() == ["2000", "2001", "2002"]
