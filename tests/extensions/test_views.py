"""Pages of one extension: a form that is sent again, what two saved at once, and what a new one starts from."""

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils.timezone import localdate

from accounts.models import User
from extensions import actions
from extensions.models import ExtensionTemplate, SipExtension
from tests.extensions.test_form import edited
from tests.people import Typed, make_extension

ADD = "/extensions/add/"


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def said(answer: Any) -> str:
    return [*map(str, get_messages(answer.wsgi_request))][-1]


def numbers() -> list[str]:
    return [*SipExtension.objects.order_by("position").values_list("number", flat=True)]


def test_a_form_that_is_sent_again_adds_nothing_while_the_extension_is_there(signed_in: Client) -> None:
    def added(number: str, token: str) -> tuple[str, str]:
        typed = Typed(number=number, email=f"p{number}@example.com", more={"form_token": token})
        answer = signed_in.post(ADD, typed.fields)
        return answer["Location"], said(answer)

    done = "Extension {} saved. Apply to send it to the PBX."
    before = ("/extensions/1000/", "This form was already saved as extension 1000.")
    assert added("1000", "abc") == ("/extensions/1000/", done.format("1000"))
    assert added("1001", "abc") == before
    assert added("1001", "def") == ("/extensions/1001/", done.format("1001"))
    assert added("1002", "abc") == before
    assert numbers() == ["1000", "1001"]
    for number in ("1002", "1003"):  # of a form without a token, each is another one
        assert added(number, "") == (f"/extensions/{number}/", done.format(number))
    SipExtension.objects.get(number="1000").user.delete()
    assert added("1004", "abc") == ("/extensions/1004/", done.format("1004"))
    assert added("1005", "abc") == ("/extensions/1004/", "This form was already saved as extension 1004.")
    session = signed_in.session
    session["added"] = [["oldest", "1001"], *([f"token-{place}", "1001"] for place in range(19))]
    session.save()
    added("1006", "newest")
    kept = [token for token, _number in signed_in.session["added"]]
    assert kept == [*(f"token-{place}" for place in range(19)), "newest"]


def test_who_saves_second_sees_what_differs_and_no_secret(signed_in: Client, ada: User) -> None:
    extension = make_extension("1000", first_name="Grace")
    secret = "k2Vd8PsX5mQw9TzB3nRc"
    second = edited(extension, job_title="Captain", registration_password=secret).fields
    signed_in.post("/extensions/1000/edit/", edited(extension, job_title="Admiral").fields)
    answer = signed_in.post("/extensions/1000/edit/", second)
    assert answer.status_code == 409
    rows = {str(row["label"]): (row["saved"], row["yours"]) for row in answer.context["rows"] if row["differs"]}
    assert rows == {"Job Title": ("Admiral", "Captain"), "Registration Password": ("unchanged", "changed")}
    same = {str(row["label"]): (row["saved"], row["yours"]) for row in answer.context["rows"] if not row["differs"]}
    assert same["First Name"] == ("Grace", "Grace")
    hidden = {each["name"]: each["value"] for each in answer.context["hidden_fields"]}
    assert "then" not in hidden
    assert (hidden["version"], hidden["job_title"], hidden["registration_password"]) == ("2", "Captain", secret)
    assert answer.context["theirs"].action == "extension.changed"
    actions.leave("1000", ada, None, localdate())
    assert signed_in.post("/extensions/1000/edit/", second).context["theirs"].action == "extension.left"
    actions.come_back("1000", ada)
    answer = signed_in.post("/extensions/1000/edit/", second)
    assert answer.context["theirs"].action == "extension.came_back"
    hidden = {each["name"]: each["value"] for each in answer.context["hidden_fields"]}
    assert signed_in.post("/extensions/1000/edit/", {**hidden, "then": "save"})["Location"] == "/extensions/1000/"
    extension.refresh_from_db()
    assert (extension.registration_password, User.objects.get(pk=extension.user_id).job_title) == (secret, "Captain")


def test_a_new_extension_starts_from_what_the_address_says(signed_in: Client) -> None:
    template = ExtensionTemplate.objects.create(name="Desk", values={"max_phones": 3, "location": "Attic"})
    make_extension("1000", location="Hall", max_phones=2)
    for query, held, chosen, copied in (
        ("", ("", 1), None, ""),
        (f"template={template.pk}", ("Attic", 3), template, ""),
        ("template=999", ("", 1), None, ""),
        ("template=x", ("", 1), None, ""),
        ("copy=1000", ("Hall", 2), None, "1000"),
    ):
        shown = signed_in.get(f"{ADD}?{query}").context
        assert (shown["form"].sip["location"].value() or "", shown["form"].sip["max_phones"].value()) == held
        assert (shown["template"], shown["copied"], [*shown["templates"]]) == (chosen, copied, [template])
    assert signed_in.get(f"{ADD}?copy=4711").status_code == 404
    page = signed_in.get(f"/extensions/1000/edit/?template={template.pk}&choose").context
    assert (page["form"].sip["location"].value(), page["copied"], page["chooses"], page["templates"]) == (
        "Hall", "", False, [],
    )  # fmt: skip
    assert (page["title"], page["cancel_url"]) == (
        f"Edit extension 1000, {SipExtension.objects.get().user}",
        "/extensions/1000/",
    )
