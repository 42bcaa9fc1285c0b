"""The questions that are asked before somebody leaves, and what is said of the answers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import User
from accounts.sessions.models import Session
from extensions.leaving.forms import LeaveForm
from extensions.models import SipExtension
from tests.extensions.leaving.leaver import LEAVE, again, errors, leaves, signed_in
from tests.pages import html_of
from tests.people import make_extension


def test_the_form_asks_and_says_that_nothing_is_deleted_yet(
    adas: Client, grace: SipExtension, linus: SipExtension
) -> None:
    page = adas.get("/extensions/1001/leave/").content.decode()
    for words in ("grace@example.com is signed out everywhere", "No one answers", "A colleague’s phones ring"):
        assert words in page
    assert f"deleted on {localdate() + timedelta(days=30):%m/%d/%Y}" in page
    assert again(grace).enabled


def test_before_it_is_done_it_is_said_what_will_be(adas: Client, grace: SipExtension, linus: SipExtension) -> None:
    signed_in(grace.user)
    signed_in(grace.user)
    answers = {**LEAVE, "calls": "colleague", "colleague": "Torvalds", "keep": "7", "then": "check"}
    page = " ".join(adas.post("/extensions/1001/leave/", answers).content.decode().split())
    for words in (
        "2 sessions end",
        "<bdi>Linus Torvalds</bdi>",
        f"Deleted automatically on {localdate() + timedelta(days=7):%m/%d/%Y}, in 7 days",
        "Number 1001 and its registration",
        "Offboard and Apply",
    ):
        assert words in page, words
    assert again(grace).enabled
    assert Session.objects.count() == 3


@pytest.mark.parametrize("keep", ["7", "30", "90"])
def test_it_is_kept_for_some_days(adas: Client, grace: SipExtension, keep: str) -> None:
    assert adas.post("/extensions/1001/leave/", {**LEAVE, "keep": keep}).status_code == 302
    assert again(grace).delete_on == localdate() + timedelta(days=int(keep))


def test_it_is_kept_until_a_date_or_for_good(adas: Client, grace: SipExtension) -> None:
    day = str(localdate() + timedelta(days=1))
    adas.post("/extensions/1001/leave/", {**LEAVE, "keep": "date", "delete_on": day})
    assert str(again(grace).delete_on) == day
    adas.post("/extensions/1001/leave/", {**LEAVE, "keep": "forever", "delete_on": day})
    assert again(grace).delete_on is None
    assert again(grace).left_on == localdate()


TODAY, LATE = str(localdate()), str(localdate() + timedelta(days=4000))


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({"calls": "voicemail"}, "id_calls", "Choose who"),
        ({"calls": ""}, "id_calls", "Choose who"),
        ({"keep": "8"}, "id_keep", "Choose how long"),
        ({"keep": "date", "delete_on": ""}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": TODAY}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": LATE}, "id_delete_on", "Enter a date from"),
        ({"keep": "date", "delete_on": "soon"}, "id_delete_on", "such as 2026-12-24"),
        ({"calls": "colleague"}, "id_colleague", "number or name"),
        ({"calls": "colleague", "colleague": "nobody-like-this"}, "id_colleague", "No one matches"),
        ({"calls": "colleague", "colleague": "1001"}, "id_colleague", "Choose someone else"),
        ({"calls": "colleague", "colleague": "1003"}, "id_colleague", "disabled"),
        ({"calls": "colleague", "colleague": "1004"}, "id_colleague", "is offboarded too"),
        ({"calls": "colleague", "handed_to": "1004"}, "id_colleague", "number or name"),
        ({"calls": "colleague", "handed_to": "100200300"}, "id_colleague", "at most 8"),
        ({"calls": "colleague", "colleague": "x" * 101}, "id_colleague", "at most 100"),
        ({"calls": "colleague", "colleague": "Twin"}, "id_colleague", "2 people match"),
        ({"calls": "colleague", "colleague": "a\0b"}, "id_colleague", "Null characters"),
    ],
)
def test_bad_answers_are_refused_at_their_field(
    adas: Client, ada: User, grace: SipExtension, answers: dict[str, str], field: str, words: str
) -> None:
    make_extension("1003", first_name="Disabled", enabled=False)
    leaves(make_extension("1004", first_name="Gone"), ada)
    for number in ("1020", "1021"):
        make_extension(number, first_name="Twin")
    found = errors(adas, **answers)
    assert list(found) == [field], found
    assert words in found[field]
    assert again(grace).enabled


@pytest.mark.parametrize("typed", ["Twin", ""])
def test_the_one_who_is_chosen_of_several_is_taken(adas: Client, grace: SipExtension, typed: str) -> None:
    make_extension("1007", first_name="Twin")
    make_extension("1008", first_name="Twin")
    answers = {**LEAVE, "calls": "colleague", "colleague": typed, "handed_to": "1008"}
    assert adas.post("/extensions/1001/leave/", answers).status_code == 302
    assert again(grace).handed_to == SipExtension.objects.get(number="1008")


def test_without_scripts_a_button_searches(adas: Client, grace: SipExtension, linus: SipExtension) -> None:
    answer = adas.post("/extensions/1001/leave/", {**LEAVE, "colleague": "torv", "then": "search"})
    assert answer.status_code == 200
    assert [each.number for each in answer.context["matches"]] == ["1002"]
    assert not answer.context["errors"]
    assert 'id="calls-colleague" value="colleague" checked' in " ".join(answer.content.decode().split())


@pytest.mark.parametrize("step", ["search", "change"])
def test_who_goes_on_typing_is_told_of_no_errors(adas: Client, grace: SipExtension, step: str) -> None:
    typed = {"colleague": "nobody of that name", "calls": "colleague", "keep": "until", "until": "never", "then": step}
    answer = adas.post("/extensions/1001/leave/", typed)
    assert (answer.status_code, answer.context["errors"]) == (200, [])
    assert "nobody of that name" in answer.content.decode()
    answer = adas.post("/extensions/1001/leave/", typed | {"then": "check"})
    assert answer.status_code == 422
    assert answer.context["errors"]


def test_enter_in_another_field_goes_on(adas: Client, grace: SipExtension) -> None:
    """A browser then presses the first button, which searches."""
    answer = adas.post("/extensions/1001/leave/", {**LEAVE, "then": "search", "colleague": " "})
    assert "Offboard and Apply" in answer.content.decode()
    assert '<input type="hidden" name="calls" value="nobody">' in answer.content.decode()


def test_the_search_shows_who_can_take_the_calls(adas: Client, ada: User, grace: SipExtension) -> None:
    leaves(make_extension("1005", first_name="Twin"), ada)
    make_extension("1006", first_name="Twin", enabled=False)
    for number in range(1010, 1022):
        make_extension(str(number), first_name="Twin")
    answer = adas.get("/extensions/1001/leave/colleagues/?colleague=twin")
    assert [each.number for each in answer.context["matches"]] == [str(n) for n in range(1010, 1018)]
    assert "And 4 more" in answer.content.decode()
    assert html_of(adas, "/extensions/1001/leave/colleagues/?colleague=").strip() == ""


@pytest.mark.parametrize(("days", "is_right"), [(0, False), (1, True), (3653, True), (3654, False)])
def test_a_date_is_from_tomorrow_to_ten_years_on(ada: User, grace: SipExtension, days: int, is_right: bool) -> None:
    day = localdate() + timedelta(days=days)
    form = LeaveForm({**LEAVE, "keep": "date", "delete_on": str(day)}, extension=grace, by=ada)
    assert form.is_valid() == is_right
    assert form.until == (day if is_right else None)
    first, last = localdate() + timedelta(days=1), localdate() + timedelta(days=3653)
    said = f"Enter a date from {first:%m/%d/%Y} to {last:%m/%d/%Y}."
    assert form.errors.get("delete_on", []) == ([] if is_right else [said])


def test_it_opens_as_it_is_and_its_answers_are_sent_again(ada: User, grace: SipExtension, linus: SipExtension) -> None:
    def shown() -> dict[str, object]:
        return {name: str(value) for name, value in LeaveForm(extension=again(grace), by=ada).initial.items()}

    assert shown() == {"calls": "nobody", "colleague": "", "keep": "30", "messages": "keep"}
    day = localdate() + timedelta(days=9)
    answers = {"calls": "colleague", "colleague": "torv", "keep": "date", "delete_on": str(day)}
    form = LeaveForm({**LEAVE, **answers}, extension=grace, by=ada)
    assert form.is_valid()
    assert [(name, str(value)) for name, value in form.entered] == [
        ("calls", "colleague"), ("colleague", "1002"), ("messages", "keep"), ("keep", "date"), ("delete_on", str(day)),
    ]  # fmt: skip
    assert form.save() == []
    assert shown() == {
        "calls": "colleague", "colleague": "1002", "keep": "date", "messages": "keep", "delete_on": str(day),
    }  # fmt: skip
    linus.enabled = False
    linus.save()
    assert "colleague" in LeaveForm({**LEAVE, **answers, "colleague": "1002"}, extension=again(grace), by=ada).errors
    plain = LeaveForm({**LEAVE, "keep": "7"}, extension=again(grace), by=ada)
    assert plain.is_valid()
    assert dict(plain.entered) == {"calls": "nobody", "messages": "keep", "keep": "7"}
    leaves(grace, ada, keep="forever")
    assert (shown()["keep"], shown()["calls"]) == ("forever", "nobody")
    assert LeaveForm(extension=grace, by=ada).ids["handed_to"] == "id_colleague"


def test_a_number_that_is_typed_whole_comes_first(ada: User, grace: SipExtension) -> None:
    for number in ("10051", "1005", "1006"):
        make_extension(number, first_name="Twin", caller_id="1005")
    form = LeaveForm(extension=grace, by=ada)
    found = form.look_up(" 1005 ")
    assert ([each.number for each in found.shown], found.more) == (["1005", "1006", "10051"], 0)
    assert (form.look_up("\0 ").shown, form.look_up("1001").shown) == ([], [])
    for place in range(1010, 1020):
        make_extension(str(place), caller_id="1005")
    found = form.look_up("1005")
    assert ([each.number for each in found.shown][:2], len(found.shown), found.more) == (["1005", "1006"], 8, 5)
