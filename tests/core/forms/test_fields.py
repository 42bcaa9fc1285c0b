"""Fields that normalize: whatever people type, one form of it comes out, or it is refused in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Role, User
from core.forms.datetime_field import MomentField, meant
from core.forms.fields import (
    CountField,
    CountriesField,
    EmailFormField,
    LongSelect,
    SeveralField,
    SingleLineFormField,
    ZoneField,
)
from core.forms.layout import ask_again, finish, secret_input


def said(field: forms.Field, typed: Any) -> str:
    with pytest.raises(ValidationError) as refusal:
        field.clean(typed)
    return str(refusal.value.messages[0])


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        (SingleLineFormField(required=False), " Zoe\u0308\u00a0Young ", "Zoë Young"),
        (SingleLineFormField(required=False), None, ""),
        (CountField(most=5, words="0 to 5"), "5", 5),
        (CountField(most=5, words="0 to 5"), "0", 0),
        (CountField(most=5, words="0 to 5"), "", 0),
        (CountriesField(required=False), "France, de;uk\nFR", "DE,FR,GB"),
        (CountriesField(required=False), "", ""),
        (ZoneField(), "berlin", "Europe/Berlin"),
        (ZoneField(), "Nowhere", "Nowhere"),
        (EmailFormField(required=False), " ADA@Example.COM", "ada@example.com"),
        (EmailFormField(required=False), "", None),
    ],
)
def test_what_is_typed_has_one_form(field: forms.Field, typed: Any, value: Any) -> None:
    assert field.clean(typed) == value


def test_a_count_that_is_none_is_refused_and_none_is_shown_as_empty() -> None:
    field = CountField(most=5, words="Enter 0 to 5.")
    for wrong in ("6", "-1", "1.0", "x"):
        assert said(field, wrong) == "Enter 0 to 5."
    assert [field.prepare_value(each) for each in (0, 1, None)] == ["", 1, None]
    assert not field.has_changed(0, "")
    assert field.has_changed(0, "1")
    assert field.has_changed(1, "")


def test_a_country_that_is_none_is_named_with_the_nearest() -> None:
    field = CountriesField(required=False)
    assert said(field, "Germny") == "“Germny” is not a country. Did you mean Germany?"
    assert said(field, "DE, qqqq") == (
        "“qqqq” is not a country. Enter names with commas between, such as France, Switzerland."
    )
    shown = [field.prepare_value(each) for each in ("DE,FR", "DE, x", "", None)]
    assert shown == ["France, Germany", "DE, x", "", None]


@pytest.mark.parametrize("key", [2**63, -(2**63), "9" * 30])
def test_a_key_that_no_database_holds_is_no_choice(db: None, key: Any) -> None:
    field = SeveralField(queryset=Role.objects.all(), required=False)
    assert "is not one of the available choices" in said(field, [key])
    assert list(field.clean([str(Role.objects.all()[0].pk)])) == [Role.objects.all()[0]]
    assert list(field.clean([])) == []
    assert "is not a valid value" in said(field, ["x"])


def test_of_hundreds_of_choices_the_chosen_one_is_marked() -> None:
    select = LongSelect(attrs={"class": "wide"}, choices=[("", "None"), ("a", "A & B"), ("b", "B")])
    assert select.render("zone", "a", {"id": "id_zone"}) == (
        '<select class="wide" id="id_zone" name="zone"><option value="">None</option>'
        '<option value="a" selected>A &amp; B</option><option value="b">B</option></select>'
    )
    assert '<option value="" selected>' in select.render("zone", None)


def test_an_address_is_found_in_whatever_case_its_domain_is_typed(ada: User) -> None:
    assert User.objects.get(email="ada@EXAMPLE.com") == ada
    assert not User.objects.filter(email="").exists()


@pytest.mark.parametrize(
    ("text", "begins", "ends"),
    [
        ("2026-01-31", "2026-01-31T00:00:00", "2026-01-31T23:59:59.999999"),
        ("2026-01-31T18:00", "2026-01-31T18:00:00", "2026-01-31T18:00:59.999999"),
        ("2026-01-31T18:00:05", "2026-01-31T18:00:05", "2026-01-31T18:00:05.999999"),
        ("2026-01-31T18:00:05+01:00", "2026-01-31T17:00:05", "2026-01-31T17:00:05.999999"),
    ],
)
def test_a_day_a_minute_and_a_second_have_a_beginning_and_an_end(text: str, begins: str, ends: str) -> None:
    with timezone.override(UTC):
        assert meant(text, end=False) == datetime.fromisoformat(begins).replace(tzinfo=UTC)
        assert meant(text, end=True) == datetime.fromisoformat(ends).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "x", "2026-02-30", "2026-13-01T00:00", "0001-01-01T00:00+14:00"])
def test_a_day_that_is_none_is_none(text: str) -> None:
    assert meant(text, end=False) is None


def test_a_time_is_shown_in_the_browsers_own_field_unless_it_would_drop_it() -> None:
    with timezone.override(UTC):
        field = MomentField(end=True)
        good = field.widget.render("until", "2026-01-31")
        empty, wrong = field.widget.render("until", None), field.widget.render("until", "soon")
        assert field.clean(" ") is None
        assert field.clean("2026-01-31") == datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    for each in (good, empty):
        assert 'type="datetime-local"' in each
        assert 'step="1"' in each
    assert 'value="2026-01-31T23:59:59"' in good
    assert 'type="text"' in wrong
    assert 'value="soon"' in wrong
    assert said(field, "soon") == "Enter a date, or a date and time, such as 2026-01-31 or 2026-01-31T18:00."


class Sample(forms.Form):
    name = forms.CharField(label="Name")
    note = forms.CharField(label="Note")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A")])
    own = forms.CharField(label="Own", error_messages={"required": "Say it."})


def test_each_field_says_what_to_enter_or_that_it_is_optional() -> None:
    form = Sample({})
    helper = finish(form, "note")
    form.fields["note"].required = False
    assert str(form.fields["note"].label) == "Note (optional)"
    assert {name: errors[0] for name, errors in form.errors.items()} == {
        "name": "Enter the Name.",
        "kind": "Choose an option.",
        "own": "Say it.",
    }
    assert [field.plain_label for field in form.fields.values()] == ["Name", "Note", "Kind", "Own"]  # type: ignore[attr-defined]
    assert (helper.form_tag, helper.disable_csrf) == (False, True)
    ask_again(form)
    assert not form.errors
    assert form.cleaned_data == {}


def test_the_input_of_a_secret_keeps_what_was_typed_and_says_how_to_make_one() -> None:
    shown = secret_input(length=8, alphabet="0123456789").render("pin", "1234")
    for each in ('type="password"', 'value="1234"', 'data-length="8"', 'data-alphabet="0123456789"', "data-secret"):
        assert each in shown
    assert 'data-length="0"' in secret_input().render("pin", "")
