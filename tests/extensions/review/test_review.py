"""What waits is looked at before it goes, nobody's half-done edit is swept along, and each can be taken back."""

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from accounts.models import Role, User
from asterisk.models import ApplyRun
from core.preferences.models import Preferences
from extensions import actions, pbx
from extensions.changes import record as changes
from extensions.changes.state import CannotPutBack, record_of
from extensions.forms import ExtensionForm
from extensions.models import Change, SipExtension
from extensions.review import review
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def edit(extension: SipExtension, by: User, **more: Any) -> None:
    extension = SipExtension.objects.get(pk=extension.pk)
    typed = {
        "first_name": extension.user.first_name, "last_name": extension.user.last_name, "password": "",
        "email": extension.user.email or "", "version": str(extension.version), "caller_id": extension.caller_id,
        "registration_name": extension.registration_name, "registration_password": "",
    }  # fmt: skip
    form = ExtensionForm(
        Typed(more={**typed, **more}).fields, by=by, preferences=Preferences.load(), extension=extension
    )
    assert form.is_valid(), form.error_list()
    form.save()


def applied() -> None:
    """As if all that waits had been proved."""
    Change.objects.update(applied_at="2026-01-01T00:00Z")


def test_an_add_that_the_pbx_refuses_is_said_and_leads_to_the_form(
    signed_in: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise pbx.Refused("it reads another caller ID", "1000", "caller_id")

    monkeypatch.setattr(type(pbx.get()), "apply", refuses)
    answer = signed_in.post("/extensions/add/", Typed(more={"then": "apply"}).fields)
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "The change was not applied" in page
    assert "it reads another caller ID" in page
    assert 'href="/extensions/1000/edit/"' in page


def test_edits_of_one_extension_are_one_difference(ada: User, hugo: User) -> None:
    extension = make_extension("1000", first_name="Grace")
    applied()
    edit(extension, ada, caller_id="2000")
    edit(extension, hugo, caller_id="3000", registration_password="t7Rw9KqX2mZv5LpB8nYc")
    edit(extension, ada, first_name="Amazing")
    edit(extension, ada, first_name="Grace")
    (row,) = review.waiting(ada)
    assert [(each.label, each.old, each.new) for each in row.fields] == [
        ("Caller ID", "1000", "3000"),
        ("Registration Password", "", "changed"),
    ]
    assert (row.number, row.kind, row.mine) == ("1000", "Changed", False)
    assert [name for name, _ in row.authors] == ["Ada", "Hugo", "Ada", "Ada"]


def test_new_and_deleted_say_so(ada: User) -> None:
    make_extension("1000", first_name="Old")
    applied()
    make_extension("1001", first_name="New")
    actions.delete("1000", ada)
    assert [(row.number, row.name, row.kind) for row in review.waiting(ada)] == [
        ("1000", "Old", "Deleted"),
        ("1001", "New", "New"),
    ]


def test_only_what_was_chosen_is_applied(signed_in: Client, ada: User) -> None:
    make_extension("1000")
    make_extension("1001")
    assert signed_in.post("/apply/", {"from": "review", "n": ["1001", "9999"]}).status_code == 302
    run = ada_runs()[-1]
    assert run == ["1001"]


def ada_runs() -> list[list[str]]:
    """Not that by which a new engine was filled."""
    return [run.numbers for run in ApplyRun.objects.filter(by__first_name="Ada").order_by("pk")]


def test_apply_from_the_header_never_takes_somebody_elses_change_along(
    signed_in: Client, ada: User, hugo: User
) -> None:
    extension = make_extension("1000")
    applied()
    actions.disable(extension.number, hugo)
    answer = signed_in.post("/apply/")
    assert answer["Location"] == "/review/"
    assert ada_runs() == []


def test_save_and_apply_shows_anothers_waiting_change_of_the_same_extension_first(
    signed_in: Client, ada: User, hugo: User
) -> None:
    extension = make_extension("1000", first_name="Grace")
    applied()
    edit(extension, hugo, caller_id="3000")
    extension.refresh_from_db()
    typed = Typed(
        more={
            "version": str(extension.version), "password": "", "registration_password": "", "then": "apply",
            "registration_name": extension.registration_name, "caller_id": "3000",
        }
    )  # fmt: skip
    assert signed_in.post("/extensions/1000/edit/", typed.fields)["Location"] == "/review/#n1000"
    assert ada_runs() == []


def test_disabling_does_not_take_anothers_waiting_change_along(signed_in: Client, ada: User, hugo: User) -> None:
    extension = make_extension("1000")
    applied()
    edit(extension, hugo, caller_id="3000")
    answer = signed_in.post("/extensions/1000/toggle/", {"enabled": "no"})
    assert answer["Location"] == "/review/#n1000"
    assert not SipExtension.objects.get().enabled
    assert ada_runs() == []


def test_an_address_that_is_only_opened_applies_nothing(signed_in: Client, ada: User) -> None:
    make_extension("1000")
    Change.objects.update(by=ada)  # nobody else's, so that the button would apply it
    assert signed_in.get("/apply/")["Location"] == "/review/"
    assert ada_runs() == []
    assert Change.objects.waiting().numbers() == ["1000"]


def test_applying_and_discarding_lead_back_and_say_what_was_done(
    signed_in: Client, ada: User, hugo: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    live, applied = True, []

    def applies(_pbx: object, numbers: list[str], by: User) -> pbx.Applied:
        applied.append((numbers, by))
        return pbx.Applied(live, "It is told.")

    def answer(path: str, **fields: Any) -> tuple[str, str, str]:
        found = signed_in.post(path, fields)
        said = [*get_messages(found.wsgi_request)][-1]
        return found["Location"], said.level_tag, str(said)

    monkeypatch.setattr(type(pbx.get()), "apply", applies)
    choose, none = (
        ("/review/", "info", "Choose what to apply."),
        ("/review/", "info", "There are no unapplied changes."),
    )
    assert answer("/apply/") == none
    assert answer("/apply/", **{"from": "review"}) == choose
    for number in ("1000", "1001"):
        make_extension(number)
        Change.objects.filter(number=number).update(by=ada if number == "1000" else hugo)
    assert answer("/apply/") == choose
    assert answer("/apply/", n=["4711"]) == none
    assert applied == []
    done = ("/extensions/", "success", "It is told.")
    assert answer("/apply/", all="mine") == done
    assert answer("/apply/", all="everybody", next="https://example.com/") == done
    live = False
    assert answer("/apply/", n=["1001"], next="/extensions/1001/") == ("/extensions/1001/", "warning", "It is told.")
    assert applied == [(["1000"], ada), (["1000", "1001"], ada), (["1001"], ada)]
    discarded = "Changes to extension 1000 were discarded. It is told."
    assert answer("/extensions/1000/discard/") == ("/review/", "warning", discarded)
    assert signed_in.get("/extensions/1001/discard/").status_code == 405
    assert signed_in.post("/extensions/1000/discard/").status_code == 404


def test_nothing_chosen_applies_nothing(signed_in: Client) -> None:
    make_extension("1000")
    assert signed_in.post("/apply/", {"from": "review"})["Location"] == "/review/"
    assert ada_runs() == []


# --- taking back ---


def test_discarding_gives_back_what_the_pbx_has(signed_in: Client, ada: User) -> None:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    secret, name = extension.registration_password, extension.registration_name
    applied()
    edit(extension, ada, caller_id="2000", first_name="Amazing", registration_password="t7Rw9KqX2mZv5LpB8nYc",
         registration_name="another", max_phones="3", job_title="Admiral")  # fmt: skip
    actions.disable(SipExtension.objects.get().number, ada)
    signed_in.post("/extensions/1000/discard/")
    now = SipExtension.objects.get()
    assert (now.caller_id, now.user.full_name, now.registration_password, now.registration_name) == (
        "1000", "Grace Hopper", secret, name,
    )  # fmt: skip
    assert (now.max_phones, now.enabled) == (1, True)
    assert now.user.job_title == "Admiral"
    assert review.waiting(ada) == []


def test_discarding_a_new_one_takes_it_away_and_a_deleted_one_brings_it_back(signed_in: Client, ada: User) -> None:
    grace = make_user("Grace", role="employee")
    kept = make_extension("1000", user=grace)
    applied()
    actions.delete("1000", ada)
    make_extension("1001")
    for number in ("1000", "1001"):
        assert signed_in.post(f"/extensions/{number}/discard/").status_code == 302
    now = SipExtension.objects.get()
    assert (now.number, now.pk, now.registration_password) == ("1000", kept.pk, kept.registration_password)
    assert (now.user.email, str(now.user.role)) == ("grace@example.com", "Employee")
    assert now.user.check_password(PASSWORD)
    assert [each.name for each in now.user.organizations.all()] == ["Company"]


def test_what_somebody_else_has_saved_since_is_not_discarded_unseen(signed_in: Client, ada: User) -> None:
    extension = make_extension("1000", first_name="Grace")
    applied()
    edit(extension, ada, first_name="Amazing")
    page = signed_in.get("/review/").content.decode()
    newest = re.search(r'name="newest" value="(\d+)"\s+formaction="/extensions/1000/discard/"', page)
    assert newest
    edit(extension, make_user("Hugo", role="human_resource"), first_name="Unseen")
    answer = signed_in.post("/extensions/1000/discard/", {"newest": newest[1]}, follow=True)
    assert "someone else saved a change" in answer.content.decode()
    assert SipExtension.objects.get().user.first_name == "Unseen"
    assert len(Change.objects.waiting()) == 2
    newest = re.search(r'name="newest" value="(\d+)"', answer.content.decode())
    assert newest
    signed_in.post("/extensions/1000/discard/", {"newest": newest[1]})
    assert SipExtension.objects.get().user.first_name == "Grace"
    assert review.waiting(ada) == []


def test_what_cannot_stand_again_is_said_and_nothing_is_lost(signed_in: Client, ada: User) -> None:
    grace = make_user("Grace")
    make_extension("1000", user=grace)
    applied()
    actions.delete("1000", ada)
    make_user("Grace")
    page = signed_in.post("/extensions/1000/discard/", follow=True).content.decode()
    assert "another person now uses grace@example.com" in page
    assert [row.kind for row in review.waiting(ada)] == ["Deleted"]


def test_nobody_discards_what_a_mightier_person_has(client: Client, ada: User, hugo: User) -> None:
    extension = make_extension("1000", user=ada)
    second = make_user("Second", role="super_administrator")
    applied()
    actions.disable(extension.number, second)
    client.force_login(hugo)
    assert client.post("/extensions/1000/discard/").status_code == 403
    actions.delete(SipExtension.objects.get().number, second)
    assert client.post("/extensions/1000/discard/").status_code == 403
    assert not User.objects.filter(pk=ada.pk).exists()


def test_nobody_takes_away_their_own_extension_by_an_undo(ada: User) -> None:
    make_user("Second", role="super_administrator")
    make_extension("1000", user=ada)
    with pytest.raises(CannotPutBack, match="your own"):
        review.restore({"1000": None}, ada)
    assert User.objects.filter(pk=ada.pk).exists()


def test_restoring_is_all_or_nothing(ada: User) -> None:
    first, second = make_extension("1000"), make_extension("1001")
    formers = {each.number: record_of(each) for each in (first, second)}
    applied()
    edit(first, ada, caller_id="2000")
    edit(second, ada, registration_name="other")
    make_extension("1002", registration_name=second.registration_name)
    with pytest.raises(CannotPutBack):
        review.restore(formers, ada)
    assert SipExtension.objects.get(number="1000").caller_id == "2000"


def test_the_former_wish_holds_no_secret_in_clear(ada: User) -> None:
    extension = make_extension("1000")
    edit(extension, ada, caller_id="2000")
    kept = str(list(Change.objects.values()))
    assert "'caller_id': '1000'" in kept
    assert extension.registration_password not in kept


def test_a_person_without_rights_reviews_and_discards_nothing(client: Client, vic: User) -> None:
    make_extension("1000", user=vic)
    client.force_login(vic)
    assert client.get("/review/").status_code == 404
    assert client.post("/extensions/1000/discard/").status_code == 404
    assert client.get("/history/").status_code == 404
    assert client.post("/history/back/", {"moment": "2026-01-01T00:00"}).status_code == 404


def test_thousands_can_be_chosen_at_once(signed_in: Client) -> None:
    make_extension("1000")
    chosen = ["1000", *(str(number) for number in range(2000, 5000))]
    assert signed_in.post("/apply/", {"from": "review", "n": chosen}).status_code == 302
    assert ada_runs() == [["1000"]]


# --- many ---

MANY = [str(number) for number in range(2000, 2600)]


@pytest.fixture
def many(ada: User) -> None:
    extension = make_extension("2000")
    record = record_of(extension)
    Change.objects.all().delete()
    Change.objects.bulk_create(
        Change(number=number, kind="changed", by=ada, fields={"caller_id": ["1", "2"]}, former=record)
        for number in MANY
    )


def hugos_change(hugo: User, number: str = "2599") -> None:
    Change.objects.create(number=number, kind="changed", by=hugo, former=Change.objects.of([number])[0].former)


def test_many_are_shown_a_hundred_at_a_time_by_number(signed_in: Client, many: None) -> None:
    Change.objects.filter(number="2599").update(number="999")
    seen, address = [], "/review/"
    for _ in range(6):
        answer = signed_in.get(address)
        assert answer.status_code == 200
        seen += [row.number for row in answer.context["rows"]]
        address = f"/review/?from={answer.context['page'].next}"
        assert len(answer.content) < 400_000
    assert seen == ["999", *MANY[:-1]]
    assert answer.context["page"].previous == "2399"
    assert 'rel="next"' not in answer.content.decode()
    assert [row.number for row in signed_in.get("/review/?from=99999").context["rows"]] == MANY[-101:-1]
    for nonsense in ("x", "-1", "²", "9" * 5000):
        assert signed_in.get("/review/", {"from": nonsense}).status_code == 200


def test_all_that_wait_are_applied_at_once(signed_in: Client, many: None) -> None:
    page = signed_in.get("/review/")
    assert "Apply all 600 </button>" in " ".join(page.content.decode().split())
    words = ["Apply selected", "Apply 1 extension", "Apply 2 extensions"]
    assert [str(each) for each in page.context["apply_words"][:3]] == words
    signed_in.post("/apply/", {"from": "review", "all": "mine", "n": ["2000"], "seen": page.context["seen"]})
    assert ada_runs() == [MANY]


def test_others_changes_go_along_only_where_the_button_says_so(signed_in: Client, many: None, hugo: User) -> None:
    hugos_change(hugo)
    page = signed_in.get("/review/")
    for words in ("Apply all 599 changed only by you", "Apply all 600, including 1 changed by others"):
        assert words in page.content.decode()
    for choice in ("mine", "everybody"):
        signed_in.post("/apply/", {"from": "review", "all": choice, "seen": page.context["seen"]})
    mine, everybody = ada_runs()
    assert mine == MANY[:-1]
    assert "2599" in everybody


@pytest.mark.parametrize("choice", [{"all": "everybody"}, {"n": MANY}])
def test_what_another_saved_after_the_page_was_opened_does_not_go_unseen(
    signed_in: Client, many: None, hugo: User, choice: dict[str, Any]
) -> None:
    seen = signed_in.get("/review/").context["seen"]
    hugos_change(hugo)
    answer = signed_in.post("/apply/", {"from": "review", "seen": seen, **choice})
    assert answer["Location"] == "/review/"
    assert ada_runs() == []


def test_looking_first_leads_to_the_page_that_shows_it(signed_in: Client, many: None, hugo: User) -> None:
    hugos_change(hugo, "2000")
    extension = SipExtension.objects.get()
    answer = signed_in.post(f"/extensions/{extension.number}/toggle/", {"enabled": "no"})
    assert answer["Location"] == "/review/?from=2000#n2000"


def test_a_run_of_many_is_shown_a_hundred_at_a_time(signed_in: Client, many: None) -> None:
    run = ApplyRun.objects.create(numbers=MANY)
    run.changes.set(Change.objects.all())
    answer = signed_in.get(f"/history/{run.pk}/?from=2500")
    assert [row.number for row in answer.context["rows"]] == MANY[500:]
    assert "2500 to 2599 of 600 extensions" in answer.content.decode()


def test_an_old_name_that_is_put_back_is_the_one_that_is_shown_sorted_and_found(signed_in: Client, ada: User) -> None:
    extension = make_extension("1000", first_name="Grace", last_name="Hopper")
    Change.objects.all().delete()
    with changes.edit("1000", ada) as edited:
        edited.user.first_name, edited.user.last_name = "Zoe", "Young"
    review.discard("1000", ada)
    back = SipExtension.objects.get(number="1000")
    assert back.user.full_name == "Grace Hopper"
    assert (back.sort_name, back.search_text) == (extension.sort_name, extension.search_text)
    page = html_of(signed_in, "/extensions/?q=hopper")
    assert "Grace Hopper" in page
    assert "Zoe" not in html_of(signed_in, "/extensions/?q=zoe")


@pytest.mark.django_db
def test_nobody_is_put_back_onto_another_of_the_same_number(ada: User) -> None:
    """Neither a name nor what is encrypted for the other."""
    make_extension("1000", user=make_user("Grace"))
    actions.delete("1000", ada)
    former = Change.objects.get(kind=Change.Kind.DELETED).former
    other = make_extension("1000", user=make_user("Vic"))
    with pytest.raises(CannotPutBack, match="Extension 1000 belongs to Vic now"):
        review.restore({"1000": former}, ada)
    other.refresh_from_db()
    assert (other.user.first_name, bool(other.registration_password)) == ("Vic", True)
    actions.delete("1000", ada)
    review.restore({"1000": former}, ada)
    assert SipExtension.objects.get().user.first_name == "Grace"


def test_a_page_begins_at_a_number_and_the_last_one_is_full(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "PAGE_SIZE", 2)
    for number in ("999", "1000", "1001", "1002", "1003"):
        make_extension(number)
    every = Change.objects.waiting()
    for start, rows in (
        ("", ["999", "1000"]), ("x", ["999", "1000"]), ("1000", ["1000", "1001"]), ("1003", ["1003"]),
        ("1004", ["1002", "1003"]),
    ):  # fmt: skip
        page = review.page(every, start)
        assert (page.rows, page.total) == (rows, 5), start
    assert review.page(Change.objects.none(), "1000").rows == []


def test_whose_changes_wait(ada: User, hugo: User) -> None:
    for number, by in (("1000", ada), ("1001", hugo), ("1002", ada)):
        make_extension(number)
        Change.objects.filter(number=number).update(by=by)
    newest = Change.objects.latest("pk").pk
    edit(SipExtension.objects.get(number="1002"), hugo, caller_id="77")
    assert review.of_others(ada) == {"1001", "1002"}
    assert review.of_others(hugo) == {"1000", "1002"}
    assert (review.unseen(ada, newest), review.unseen(ada, newest + 1), review.unseen(hugo, 0)) == (
        {"1002"},
        set(),
        {"1000", "1002"},
    )
    assert [review.waits_for_others(ada, number) for number in ("1000", "1001", "1002", "1009")] == [
        False, True, True, False,
    ]  # fmt: skip
    assert review.waits_for_others(ada)
    shown = review.waiting(ada)
    assert [(each.number, each.name, each.kind, each.mine) for each in shown] == [
        ("1000", "Person 1000", "New", True),
        ("1001", "Person 1001", "New", False),
        ("1002", "Person 1002", "New", False),
    ]
    assert [name for name, _at in shown[2].authors] == ["Ada", "Hugo"]
    assert shown[2].newest == newest + 1
    values = {each.field.name: (each.old, each.new) for each in shown[2].fields}
    assert values["caller_id"] == ("", "77")
    assert [each.number for each in review.waiting(ada, ["1001"])] == ["1001"]
    Change.objects.filter(number="1000").update(by=None)
    assert review.waiting(ada, ["1000"])[0].authors[0][0] == "system"


def test_what_is_back_as_it_was_is_no_difference(ada: User) -> None:
    extension = make_extension("1000")
    applied()
    edit(extension, ada, caller_id="77", max_phones="3")
    edit(extension, ada, caller_id="1000", max_phones="3")
    (waiting,) = review.waiting(ada)
    assert [(each.field.name, each.old, each.new, each.is_secret) for each in waiting.fields] == [
        ("max_phones", "1", "3", False)
    ]
    assert (waiting.kind, waiting.mine) == ("Changed", True)
    edit(extension, ada, registration_password="t7Rw9KqX2mZv5LpB8nYc")
    secrets = [each for each in review.waiting(ada)[0].fields if each.is_secret]
    assert [(each.label, each.stored_old) for each in secrets] == [("Registration Password", "")]


def test_roles_of_whoever_is_changed_or_made_again(ada: User) -> None:
    before, now = (Role.objects.get(key=key) for key in ("employee", "human_resource"))
    extension = make_extension("1000", user=make_user("Grace", custom=before))
    applied()
    assert review.roles_concerned("1000") == [before]
    assert review.roles_concerned("1999") == []
    with changes.edit("1000", ada) as edited:
        edited.caller_id, edited.user.role = "77", now
    assert {*review.roles_concerned("1000")} == {before, now}
    review.discard("1000", ada)
    assert review.roles_concerned("1000") == [now]  # which no undo puts back
    actions.delete(extension.number, ada)
    assert review.roles_concerned("1000") == [now]
    review.discard("1999", ada)
    assert Change.objects.waiting().numbers() == ["1000"]
