"""No field of an extension is forgotten: each is in the table, and is recorded, kept, shown and put back."""

from datetime import date
from typing import Any

import pytest
from django.db import models
from django.test import Client

from accounts.models import User
from accounts.people.forms import PersonForm
from core.audit.fields import MASK
from core.preferences.models import Preferences
from extensions.changes import record as changes
from extensions.changes.state import record_of, set_back
from extensions.fields import BY_NAME, FIELDS, MASKED, SECRET, Field, Owner, Storage, form_fields
from extensions.forms import SipExtensionForm
from extensions.models import SipExtension
from tests.people import make_extension

# Columns that nobody sets: what the portal itself keeps of a row.
INTERNAL = {
    Owner.EXTENSION: {
        "id",
        "user",
        "person_was_there",
        "position",
        "version",
        "sort_name",
        "sort_email",
        "search_text",
        "has_phone",
        "has_password",
        "sort_mobile",
        "sort_role",
    },
    Owner.PERSON: {"password_seen", "id", "last_login", "date_joined", "language", "muted", "link_version"},
}
MODELS: dict[Owner, type[models.Model]] = {Owner.EXTENSION: SipExtension, Owner.PERSON: User}
COLUMNS = [field for field in FIELDS if field.storage is not Storage.OTHER]


def model_field(field: Field) -> Any:
    return MODELS[field.owner]._meta.get_field(field.attribute)


def owner_of(extension: SipExtension, field: Field) -> User | SipExtension:
    return extension.user if field.owner is Owner.PERSON else extension


def another(field: Field, now: Any) -> Any:
    """A value that the column takes, and does not have now."""
    column = model_field(field)
    if isinstance(column, models.BooleanField):
        return not now
    if isinstance(column, models.DateField):
        return date(2999, 1, 1)
    if column.choices:
        return next(value for value, _ in column.choices if value != now)
    if isinstance(column, models.IntegerField):
        return now + 1
    return {"mobile": "+14155550123", "email": "other@example.com"}.get(field.name, f"{now}7"[-7:])


@pytest.mark.parametrize("owner", Owner)
def test_each_field_of_the_models_is_in_the_table(owner: Owner) -> None:
    attributes = {field.attribute for field in FIELDS if field.owner is owner}
    meta = MODELS[owner]._meta
    there = {each.name for each in (*meta.concrete_fields, *meta.many_to_many)}
    assert there == attributes | INTERNAL[owner], "Enter it into extensions/fields.py, or in INTERNAL above."
    assert not attributes & INTERNAL[owner]


def test_each_field_of_the_form_is_in_the_table_in_its_order(ada: User) -> None:
    preferences = Preferences.load()
    person, sip = PersonForm(by=ada, preferences=preferences), SipExtensionForm(preferences=preferences)
    secrets = {"password", "registration_password", "voicemail_pin"}
    assert [name for name in person.fields if name not in secrets] == form_fields(Owner.PERSON)
    assert [name for name in sip.fields if name not in secrets] == form_fields(Owner.EXTENSION)
    assert {*person.fields, *sip.fields} == {field.name for field in FIELDS if field.on_form}


def test_a_label_is_the_same_everywhere(ada: User) -> None:
    preferences = Preferences.load()
    for form in (PersonForm(by=ada, preferences=preferences), SipExtensionForm(preferences=preferences)):
        for name, typed in form.fields.items():
            assert str(typed.plain_label) == BY_NAME[name].label  # type: ignore[attr-defined]
    for field in FIELDS:
        if field.owner is Owner.EXTENSION:
            assert str(model_field(field).verbose_name) in (field.label, field.attribute.replace("_", " "))


def test_names_and_labels_are_used_once() -> None:
    assert len(BY_NAME) == len({field.label for field in FIELDS}) == len(FIELDS)


@pytest.mark.parametrize(
    ("name", "text", "shown"),
    [
        ("renew_password_by", "2026-06-11", "06/11/2026"),
        ("renew_password_by", "", ""),
        ("role", "human_resource", "Human Resources"),
        ("role", "Clerk", "Clerk"),
    ],
)
def test_a_value_is_shown_as_people_read_it(name: str, text: str, shown: str) -> None:
    assert BY_NAME[name].shown(text) == shown


def test_a_secret_stands_in_no_mail() -> None:
    assert SECRET <= MASKED


@pytest.mark.parametrize("field", COLUMNS, ids=lambda field: field.name)
def test_a_change_of_it_is_recorded(db: None, field: Field) -> None:
    extension = make_extension("1000")
    before = changes.values(extension)
    owner = owner_of(extension, field)
    setattr(owner, field.attribute, another(field, getattr(owner, field.attribute)))
    found = changes.difference(before, changes.values(extension))
    assert list(found) == [field.name]
    assert (found[field.name] == ["", MASK]) == field.is_secret


@pytest.mark.parametrize("field", COLUMNS, ids=lambda field: field.name)
def test_an_undo_puts_it_back(db: None, field: Field) -> None:
    extension = make_extension("1000")
    owner = owner_of(extension, field)
    former, record = getattr(owner, field.attribute), record_of(extension)
    setattr(owner, field.attribute, another(field, former))
    assert record_of(extension) != record
    set_back(extension, record)
    assert (getattr(owner, field.attribute) == former) == field.is_undone


def test_a_record_of_before_a_field_came_has_its_default(db: None) -> None:
    extension = make_extension("1000")
    record = record_of(extension)
    record["extension"] = {"registration_name": extension.registration_name}
    extension.max_phones, extension.allowed_networks, extension.enabled = 3, "10.0.0.0/8", False
    set_back(extension, record)
    assert (extension.max_phones, extension.allowed_networks, extension.enabled) == (1, "", True)


def test_the_form_has_a_place_for_each(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.get("/extensions/add/").content.decode()
    for field in FIELDS:
        assert (page.count(f' name="{field.name}"') >= 1) == field.on_form, field.name


@pytest.mark.parametrize("field", [field for field in FIELDS if field.is_fact], ids=lambda field: field.name)
def test_the_detail_page_shows_each_fact(client: Client, ada: User, field: Field) -> None:
    extension = make_extension("1000")
    owner = owner_of(extension, field)
    setattr(owner, field.attribute, another(field, getattr(owner, field.attribute)))
    owner.save()
    client.force_login(ada)
    page = client.get("/extensions/1000/").content.decode()
    assert f"<dt>{field.label}</dt>" in page
    assert f"<bdi>{field.shown(field.text_of(owner))}</bdi>" in page
