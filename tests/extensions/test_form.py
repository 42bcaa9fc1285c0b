"""The rules of the Add and Edit form: each error at its field, all at once, in words that say what to do."""

from typing import Any

import phonenumbers
import pytest
from django.test import Client
from phonenumbers import SUPPORTED_REGIONS

from accounts.models import Organization, Role, User
from core.preferences.models import Preferences
from extensions.forms import ExtensionForm, shared_values
from extensions.models import SipExtension
from tests.pages import html_of
from tests.people import PASSWORD, Typed, make_extension, make_user
from tests.trees import fill
from trunks.models import RingGroup

PERSON = {"first_name", "last_name", "email", "mobile", "password", "role", "organizations", "job_title"}


def errors(client: Client, typed: Typed, url: str = "/extensions/add/") -> dict[str, str]:
    """What the form says of each field; {} where it was saved."""
    answer = client.post(url, typed.fields)
    if answer.status_code == 302:
        return {}
    assert answer.status_code == 422
    form = answer.context["form"]
    return {name: " ".join(words) for one in (form.person, form.sip) for name, words in one.errors.items()}


@pytest.fixture
def signed_in(client: Client, ada: User) -> Client:
    client.force_login(ada)
    return client


def test_first_name_email_and_the_defaults_are_enough(signed_in: Client) -> None:
    page = signed_in.get("/extensions/add/").context["form"]
    assert page.sip["number"].help_text == "1000 to 5999. The phone's user name."
    suggested = {name: form[name].value() for form in (page.person, page.sip) for name in form.fields}
    suggested = {name: value for name, value in suggested.items() if value not in (None, "")}
    typed = {**suggested, "first_name": "Grace", "email": "grace@example.com", "then": "save"}
    answer = signed_in.post("/extensions/add/", typed)
    assert answer.status_code == 302
    made = SipExtension.objects.get()
    assert (made.number, made.caller_id, made.max_phones, made.user.role) == ("1000", "1000", 1, None)
    assert list(made.user.organizations.all()) == [Organization.company()]
    assert made.user.check_password(suggested["password"])
    assert made.registration_password == suggested["registration_password"]
    assert (len(made.registration_name), len(made.registration_password)) == (10, 20)


def test_without_scripts_finding_a_department_saves_nothing(signed_in: Client) -> None:
    fill(60)
    typed = Typed(more={"find": "department 57", "then": "find", "email": "no one", "caller_id": "no number"}).fields
    answer = signed_in.post("/extensions/add/", typed)
    assert answer.status_code == 200
    assert (answer.context["form"].person.errors, answer.context["form"].sip.errors) == ({}, {})
    assert answer.context["form"].person["first_name"].value() == "Grace"
    assert "Department 57" in answer.content.decode()
    assert not SipExtension.objects.exists()


WRONG: list[tuple[str, Any, str]] = [
    ("first_name", "a\nb", "one line"),
    ("first_name", "=?utf-8?q?V=0d=0aReply-To:_evil=40x.de?=", "Remove “=?”"),
    ("first_name", "\u3164", "one line of plain text"),
    ("last_name", "\u2800", "one line of plain text"),
    ("last_name", "x" * 64, "at most 63"),
    ("job_title", "\u202egnp.exe", "one line"),
    ("email", "grace@localhost", "e-mail address such as"),
    ("email", "=?utf-8?q?a=0d=0aBcc=3ae?=@example.com", "must not contain “=?”"),
    ("email", "ADA@example.com", "Ada has this e-mail address and no extension."),
    ("mobile", "12", "such as"),
    ("mobile", "call me", "such as"),
    ("password", "Short1xq", "10 to 128"),
    ("password", "alllowercase1", "an uppercase letter"),
    ("password", "Xx7!hopperXx7!", "without"),
    ("password", "Xx7!x1000!Xx7!", "without “1000”"),
    ("password", "", "Enter the User Password"),
    ("role", "999", "more permissions than yours"),
    ("organizations", [], "at least one department"),
    ("organizations", ["999"], "not one of the available"),
    ("number", "999", "from 1000 to 5999. 1000 is free."),
    ("number", "6000", "from 1000 to 5999. 1000 is free."),
    ("number", "१०००", "2 to 8 digits"),
    ("number", "1e3", "2 to 8 digits"),
    ("number", "01000", "2 to 8 digits"),
    ("number", "", "Enter the Extension Number"),
    ("caller_id", "1" * 32, "at most 31"),
    ("caller_id", "12a", "0-9 * # +"),
    ("caller_id", "१०", "0-9 * # +"),
    ("registration_name", "with blank", "A-Z a-z 0-9"),
    ("registration_name", "x" * 64, "at most 63"),
    ("registration_name", "", "Enter the Registration Name"),
    ("registration_name", "trunk-12", "the name of a trunk"),
    ("registration_password", "short", "10 to 63"),
    ("registration_password", "x" * 64, "10 to 63"),
    ("registration_password", "with blank 1234567", "10 to 63"),
    ("registration_password", "pässword-unguessable-77", "10 to 63"),
    ("registration_password", "password123", "easy to guess"),
    ("registration_password", "qwertyuiop", "easy to guess"),
    ("registration_password", "1111111111111111", "easy to guess"),
    ("registration_password", "gracehopper1000", "easy to guess"),
    ("voicemail_pin", "12", "3 to 15 digits"),
    ("voicemail_pin", "1" * 16, "at most 15"),
    ("voicemail_pin", "12a4", "3 to 15 digits"),
    ("voicemail_pin", "१२३७", "3 to 15 digits"),
    ("voicemail_pin", "1000", "cannot be the extension number"),
    ("voicemail_pin", "7777", "easy to guess"),
    ("voicemail_pin", "2345", "easy to guess"),
    ("voicemail_pin", "313131", "easy to guess"),
    ("voicemail_email", "letter", "not one of the available"),
    ("voicemail_after_email", "burn", "not one of the available"),
    ("outbound_countries", ",".join(sorted(SUPPORTED_REGIONS)[:101]), "You entered 101 countries. Enter at most 100,"),
    ("max_phones", "0", "Choose 1, 2 or 3"),
    ("max_phones", "4", "Choose 1, 2 or 3"),
    ("max_phones", "two", "Choose 1, 2 or 3"),
]


@pytest.mark.parametrize(("field", "value", "words"), WRONG)
def test_bad_input_is_refused_at_its_field(signed_in: Client, field: str, value: Any, words: str) -> None:
    found = errors(signed_in, Typed(more={field: value}))
    assert list(found) == [field], found
    assert words in found[field]
    assert not SipExtension.objects.exists()


def test_a_paste_that_is_too_long_is_refused_with_its_count_and_stays(signed_in: Client) -> None:
    assert "maxlength" not in html_of(signed_in, "/extensions/add/")
    pasted = "Head of everything, " * 3 + "and of more"
    answer = signed_in.post("/extensions/add/", Typed(more={"job_title": pasted}).fields)
    page = answer.content.decode()
    assert "Ensure this value has at most 63 characters (it has 71)." in page
    assert f'value="{pasted}"' in page
    assert "maxlength" not in page


def countries(many: int) -> str:
    return ",".join(sorted(phonenumbers.SUPPORTED_REGIONS)[:many])


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"number": "1000"}, {}),
        ({"number": "5999"}, {}),
        ({"number": "6000"}, {"number": "Enter a number from 1000 to 5999. 1000 is free."}),
        ({"outbound_calls_at_once": "100", "outbound_call_minutes": "1440", "outbound_day_minutes": "9999"}, {}),
        (
            {"outbound_calls_at_once": "101", "outbound_call_minutes": "1441", "outbound_day_minutes": "10000"},
            {
                "outbound_calls_at_once": "Enter a whole number from 1 to 100, or leave it empty.",
                "outbound_call_minutes": "Enter a whole number from 1 to 1,440, or leave it empty.",
                "outbound_day_minutes": "Enter a whole number from 1 to 9,999, or leave it empty.",
            },
        ),
        ({"outbound_countries": countries(100)}, {}),
        (
            {"outbound_countries": countries(101)},
            {"outbound_countries": "You entered 101 countries. Enter at most 100, or leave it empty for all."},
        ),
    ],
)
def test_up_to_the_limits_it_is_saved_and_past_them_refused(
    signed_in: Client, fields: dict[str, str], found: dict[str, str]
) -> None:
    said = errors(signed_in, Typed(number=fields.get("number", "1000"), more={"voicemail": "on", **fields}))
    assert {name: words.replace("1440", "1,440").replace("9999", "9,999") for name, words in said.items()} == found


def test_numbers_that_cannot_be_given_say_why_and_which_is_free(signed_in: Client) -> None:
    Preferences.objects.update(first_number=910, last_number=913)
    RingGroup.objects.create(name="All", number="912")
    make_extension("910", registration_name="913")
    for number, words in (
        ("911", "This is an emergency number or a helpline. Enter a number from 910 to 913. {}"),
        ("912", "This is the number of a ring group. Enter a number from 910 to 913. {}"),
        ("913", "Another extension registers with this name. Enter a number from 910 to 913. {}"),
        ("914", "Enter a number from 910 to 913. {}"),
    ):
        full = "All numbers are taken. Widen the range in Preferences."
        assert errors(signed_in, Typed(number=number)) == {"number": words.format(full)}
    assert errors(signed_in, Typed(number="910")) == {"number": "Another extension has this number."}
    Preferences.objects.update(last_number=914)
    assert errors(signed_in, Typed(number="910")) == {"number": "Another extension has this number. 914 is free."}
    assert errors(signed_in, Typed(number="911"))["number"].endswith(". 914 is free.")


def test_a_copy_has_what_others_can_have_the_same_of(db: None) -> None:
    role = Role.objects.get(key="employee")
    user = make_user("Grace", custom=role, job_title="Clerk", mobile="+4915112345678")
    made = make_extension("1000", user=user, max_phones=3, location="Attic", outbound_number="+49301234567")
    values = shared_values(made)
    company = [each.pk for each in user.organizations.all()]
    assert (values["role"], values["organizations"], values["job_title"]) == (role.pk, company, "Clerk")
    assert (values["max_phones"], values["transport"]) == (3, made.transport)
    own = {"number", "caller_id", "registration_name", "email", "mobile", "first_name", "last_name", "password"}
    assert not own & {*values}


@pytest.mark.parametrize(
    ("mail", "ticked", "email", "sends"),
    [
        ("mail.example.com", True, "grace@example.com", True),
        ("mail.example.com", False, "grace@example.com", False),
        ("mail.example.com", True, "", False),
        ("", True, "grace@example.com", False),
    ],
)
def test_a_welcome_is_sent_where_it_is_wanted_and_can_be(
    ada: User, mail: str, ticked: bool, email: str, sends: bool
) -> None:
    Preferences.objects.update(mail_host=mail)
    fields = Typed(email=email, more={"send_welcome": "on"} if ticked else {}).fields
    typed = {**fields, "password": "" if mail else PASSWORD}
    form = ExtensionForm(typed, by=ada, preferences=Preferences.load())
    assert (form.welcome is not None) == bool(mail)
    assert form.is_valid(), form.error_list()
    assert form.sends_welcome == sends
    assert not form.sets_secret
    made = form.save()
    changing = {**fields, "password": "", "version": "1"}
    edit = ExtensionForm(changing, by=ada, preferences=Preferences.load(), extension=made)
    assert edit.is_valid(), edit.error_list()
    assert (edit.welcome, edit.sends_welcome, edit.sets_secret) == (None, False, True)
    kept = ExtensionForm(
        {**changing, "registration_password": ""}, by=ada, preferences=edit.preferences, extension=made
    )
    assert kept.is_valid()
    assert not kept.sets_secret


def test_the_form_stays_itself_where_it_is_sent_again(ada: User) -> None:
    def token(data: Any) -> str:
        return ExtensionForm(data, by=ada, preferences=Preferences.load()).token

    assert token({"form_token": "abc"}) == '<input type="hidden" name="form_token" value="abc">'
    assert token(None) != token(None)
    assert len(token({})) == len(token(None)) == len(token({"form_token": "x" * 20}))
    blank = ExtensionForm(None, by=ada, preferences=Preferences.load())
    assert not blank.is_valid()
    assert 'value="0"' in blank.version


def test_a_name_is_needed_first_or_last(signed_in: Client) -> None:
    assert errors(signed_in, Typed(first_name="", last_name="")) == {"first_name": "Enter a first name or a last name."}
    assert errors(signed_in, Typed(first_name="", last_name="Hopper")) == {}


def test_all_errors_come_at_once_and_what_was_typed_stays(signed_in: Client) -> None:
    typed = Typed(number="7", email="nonsense", first_name="Gräce", more={"max_phones": "9", "job_title": "Admiral"})
    answer = signed_in.post("/extensions/add/", typed.fields)
    page = answer.content.decode()
    assert [each["id"] for each in answer.context["errors"]] == ["id_email", "id_number", "id_max_phones"]
    for value in ("Gräce", "nonsense", "Admiral", PASSWORD, "t7Rw9KqX2mZv5LpB8nYc"):
        assert f'value="{value}"' in page


@pytest.mark.parametrize(
    ("typed", "stored"), [("07400 123456", "+447400123456"), ("+1 (555) 123-4567", "+15551234567"), ("", "")]
)
def test_a_mobile_number_is_read_with_the_country_of_the_system(signed_in: Client, typed: str, stored: str) -> None:
    Preferences.objects.update(country="GB")
    assert errors(signed_in, Typed(more={"mobile": typed})) == {}
    assert SipExtension.objects.get().user.mobile == stored


@pytest.mark.parametrize(
    ("country", "number"),
    [("US", "988"), ("US", "112"), ("CA", "988"), ("IN", "1098"), ("IN", "1091"), ("DE", "116111"), ("GB", "105"),
     ("FR", "119"), ("AU", "106"), ("ES", "116111")],
)  # fmt: skip
def test_no_number_of_a_helpline(signed_in: Client, country: str, number: str) -> None:
    Preferences.objects.update(first_number=10, last_number=999_999, country=country)
    assert "an emergency number or a helpline" in errors(signed_in, Typed(number=number))["number"]


def test_the_helpline_of_another_country_is_a_number_as_others(signed_in: Client) -> None:
    Preferences.objects.update(first_number=10, country="DE")
    assert errors(signed_in, Typed(number="988")) == {}


def test_no_number_of_a_helpline_is_suggested(db: None) -> None:
    """Spain has 500 of them in a row."""
    make_extension("1299")
    preferences = Preferences(first_number=1299, last_number=5999, country="ES")
    assert SipExtension.objects.next_free_number(preferences) == "1800"


@pytest.mark.parametrize("country", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_the_usual_range_begins_with_numbers_that_can_be_given(db: None, country: str) -> None:
    found = SipExtension.objects.next_free_number(Preferences(country=country))
    assert 1000 <= int(found) <= 1010


def test_no_emergency_number(signed_in: Client) -> None:
    Preferences.objects.update(first_number=100, last_number=999, country="GB")
    for number in ("112", "911", "999"):
        assert "emergency" in errors(signed_in, Typed(number=number))["number"]


def test_names_and_numbers_of_others_are_refused_both_ways(signed_in: Client) -> None:
    make_extension("1000", registration_name="1001")
    assert "1002 is free" in errors(signed_in, Typed(number="1001"))["number"]
    assert (
        "another extension"
        in errors(signed_in, Typed(number="1003", more={"registration_name": "1000"}))["registration_name"].lower()
    )
    assert (
        "registers with this name"
        in errors(signed_in, Typed(number="1003", more={"registration_name": "1001"}))["registration_name"]
    )
    assert errors(signed_in, Typed(number="1003", more={"registration_name": "1003"})) == {}


def test_the_next_free_number_fills_gaps_and_says_when_all_are_taken(db: None) -> None:
    Preferences.objects.update(first_number=1000, last_number=1003)
    preferences = Preferences.load()
    free = SipExtension.objects.next_free_number
    assert free(preferences) == "1000"
    for number in ("1000", "1001", "1003"):
        make_extension(number)
    assert free(preferences) == "1002"
    make_extension("1002")
    assert free(preferences) == ""


def test_names_of_any_script_are_tidied_not_changed(signed_in: Client) -> None:
    assert errors(signed_in, Typed(first_name=" Zoe\u0308\u00a0Ann ", last_name="محمد علی\u200cزاده")) == {}
    user = SipExtension.objects.get().user
    assert (user.first_name, user.last_name) == ("Zoë Ann", "محمد علی\u200cزاده")


@pytest.mark.parametrize("key", ["9" * 30, "-" + "9" * 30, "\uff19" * 30, "9" * 5000, "x", "0"])
def test_a_department_that_there_cannot_be_is_no_choice(signed_in: Client, key: str) -> None:
    there = str(Organization.company().pk)
    found = errors(signed_in, Typed("1000", "Grace", "", "", {"organizations": [there, key]}))
    assert "not " in found["organizations"]
    role = {"name": "Helpdesk", "reach": "organizations", "organizations": [there, key]}
    answer = signed_in.post("/roles/add/", role)
    assert answer.status_code == 422
    assert "not " in str(answer.context["form"].errors["organizations"])
    assert not SipExtension.objects.exists()
    assert not Role.objects.filter(name="Helpdesk").exists()


def test_without_organization_management_the_field_is_gone_and_memberships_stay(signed_in: Client) -> None:
    extension = make_extension("1000")
    extension.user.organizations.add(Organization.company())
    Preferences.objects.update(organization_management=False)
    assert "Department" not in html_of(signed_in, "/extensions/1000/edit/")
    typed = Typed(more={"version": "1", "organizations": [], "registration_name": extension.registration_name})
    assert errors(signed_in, typed, "/extensions/1000/edit/") == {}
    assert extension.user.organizations.count() == 1


# --- editing ---


def edited(extension: SipExtension, **more: Any) -> Typed:
    kept = {
        "version": str(extension.version), "password": "", "registration_password": "",
        "registration_name": extension.registration_name, "caller_id": extension.caller_id,
    }  # fmt: skip
    return Typed(number="5000", more={**kept, **more})


def test_empty_secrets_are_kept_and_the_number_stays(signed_in: Client) -> None:
    extension = make_extension("1000")
    extension.user.set_password(PASSWORD)
    extension.user.save()
    assert errors(signed_in, edited(extension), "/extensions/1000/edit/") == {}
    after = SipExtension.objects.get()
    assert (after.number, after.registration_password) == ("1000", extension.registration_password)
    assert after.user.check_password(PASSWORD)
    assert after.user.first_name == "Grace"


@pytest.mark.parametrize(("field", "chosen"), [("transport", "tls"), ("media_encryption", "required")])
def test_how_a_phone_connects_is_as_chosen_and_stays_where_nothing_is_sent(
    signed_in: Client, field: str, chosen: str
) -> None:
    extension = make_extension("1000")
    for sent in (chosen, ""):
        typed = edited(extension, **{field: sent})
        assert errors(signed_in, typed, "/extensions/1000/edit/") == {}
        extension = SipExtension.objects.get()
        assert getattr(extension, field) == chosen


def test_an_edit_leaves_alone_what_others_changed_meanwhile(signed_in: Client) -> None:
    """A person's own new password or sign-in is not part of the form, so a save must not bring the old one back."""
    extension = make_extension("1000")
    page = edited(extension)
    extension.user.set_password("Their0wnNewPassword")
    extension.user.save()
    assert errors(signed_in, page, "/extensions/1000/edit/") == {}
    assert User.objects.get(pk=extension.user.pk).check_password("Their0wnNewPassword")


def test_two_administrators_editing_the_second_sees_both_versions(signed_in: Client) -> None:
    extension = make_extension("1000", first_name="Grace")
    first, second = edited(extension, job_title="Admiral"), edited(extension, job_title="Captain", caller_id="1234")
    assert signed_in.post("/extensions/1000/edit/", first.fields).status_code == 302
    answer = signed_in.post("/extensions/1000/edit/", second.fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Admiral" in page
    assert "Captain" in page
    assert "ada@example.com" in page
    assert SipExtension.objects.get().user.job_title == "Admiral"
    again = second.fields | {
        each["name"]: each["value"] for each in answer.context["hidden_fields"] if each["name"] == "version"
    }
    assert signed_in.post("/extensions/1000/edit/", again).status_code == 302
    after = SipExtension.objects.get()
    assert (after.user.job_title, after.caller_id) == ("Captain", "1234")


@pytest.mark.parametrize("version", ["", "abc", "-1", "१", "99999999999999999999"])
def test_a_page_without_its_version_is_a_conflict_not_an_error(signed_in: Client, version: str) -> None:
    extension = make_extension("1000")
    assert signed_in.post("/extensions/1000/edit/", edited(extension, version=version).fields).status_code == 409


# --- roles ---


def test_a_role_that_gives_nothing_says_so(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = html_of(client, "/extensions/add/")
    assert "Supervisor (no permissions yet)" in page
    assert "Super Administrator</option>" in page


def test_only_who_manages_roles_gives_one(client: Client, hugo: User) -> None:
    client.force_login(hugo)
    mighty = Role.objects.get(key="super_administrator")
    assert errors(client, Typed(more={"role": str(mighty.pk)})) == {}
    assert SipExtension.objects.get().user.role is None
    assert "User Role" not in html_of(client, "/extensions/add/")


def test_nobody_edits_a_mightier_person(client: Client, hugo: User, ada: User) -> None:
    make_extension("1000", user=ada)
    client.force_login(hugo)
    for url in ("edit", "delete", "toggle", "registration-password"):
        assert client.post(f"/extensions/1000/{url}/", Typed().fields).status_code == 403
    assert client.get("/extensions/1000/").status_code == 200


def test_the_last_super_administrator_stays(signed_in: Client, ada: User) -> None:
    extension = make_extension("1000", user=ada)
    found = errors(signed_in, edited(extension, role="", email="ada@example.com"), "/extensions/1000/edit/")
    assert "last Super Administrator" in found["role"]
    make_user("Second", role="super_administrator")
    assert errors(signed_in, edited(extension, role="", email="ada@example.com"), "/extensions/1000/edit/") == {}


def test_a_mobile_number_is_shown_in_international_form_and_survives_an_edit(signed_in: Client) -> None:
    extension = make_extension("1000")
    User.objects.filter(pk=extension.user.pk).update(mobile="+447400123456")
    assert 'value="+44 7400 123456"' in signed_in.get("/extensions/1000/edit/").content.decode()
    assert errors(signed_in, edited(extension, mobile="+44 7400 123456"), "/extensions/1000/edit/") == {}
    assert User.objects.get(pk=extension.user.pk).mobile == "+447400123456"


def test_two_administrators_who_take_one_number_at_once_the_second_is_told(ada: User) -> None:
    first, second = (
        ExtensionForm(typed.fields, by=ada, preferences=Preferences.load())
        for typed in (Typed(), Typed(email="other@example.com", more={"registration_name": "other"}))
    )
    assert first.is_valid()
    assert second.is_valid()
    assert first.try_save() is not None
    assert second.try_save() is None
    assert [(each["id"], each["message"]) for each in second.error_list()] == [
        ("id_number", "Another extension has this number. 1001 is free.")
    ]
    assert SipExtension.objects.count() == 1
    assert not User.objects.filter(email="other@example.com").exists()


def test_a_name_like_a_trunk_s_from_before_stays_while_something_else_is_changed(signed_in: Client) -> None:
    assert errors(signed_in, Typed()) == {}
    SipExtension.objects.update(registration_name="trunk-1")
    again = Typed(first_name="Amazing", more={"registration_name": "trunk-1", "version": "1", "password": ""})
    signed_in.post("/extensions/1000/edit/", again.fields)
    extension = SipExtension.objects.get()
    assert (extension.user.first_name, extension.registration_name) == ("Amazing", "trunk-1")


def test_an_extension_whose_registration_name_is_its_own_number_is_edited(signed_in: Client) -> None:
    typed = Typed(more={"registration_name": "1000"})
    assert errors(signed_in, typed) == {}
    again = Typed(first_name="Amazing", more={"registration_name": "1000", "version": "1", "password": ""})
    assert errors(signed_in, again, "/extensions/1000/edit/") == {}
    assert SipExtension.objects.get().user.first_name == "Amazing"
