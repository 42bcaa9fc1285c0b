"""What a form says of its fields, and how it is asked again."""

from django import forms

from core.forms.layout import ask_again, finish, secret_input


class TeaForm(forms.Form):
    name = forms.CharField(label="Name")
    kind = forms.ChoiceField(label="Kind", choices=[("green", "Green")])
    sugar = forms.CharField(label="Sugar", required=False)
    milk = forms.CharField(label="Milk", error_messages={"required": "Say how much."})


def test_each_field_says_what_to_enter_or_that_it_is_optional() -> None:
    form = TeaForm({})
    helper = finish(form, "sugar")
    assert form.errors == {"name": ["Enter the Name."], "kind": ["Choose an option."], "milk": ["Say how much."]}
    assert [str(field.label) for field in form.fields.values()] == ["Name", "Kind", "Sugar (optional)", "Milk"]
    assert [field.plain_label for field in form.fields.values()] == ["Name", "Kind", "Sugar", "Milk"]  # type: ignore[attr-defined]
    assert (helper.form_tag, helper.disable_csrf) == (False, True)  # the template has both


def test_a_form_that_is_asked_again_keeps_what_was_typed_and_says_nothing_of_errors() -> None:
    form = TeaForm({"name": "Ada", "kind": "black"})
    assert form.errors
    ask_again(form)
    assert (form.errors, form.is_bound, form["name"].value(), form.cleaned_data) == ({}, True, "Ada", {})


def test_a_secret_is_shown_as_it_was_typed_and_can_be_suggested() -> None:
    shown = secret_input(length=20, alphabet="ab").render("secret", "typed")
    for words in (
        'value="typed"',
        'type="password"',
        'autocomplete="new-password"',
        'data-length="20"',
        'data-alphabet="ab"',
    ):
        assert words in shown
    assert 'data-length="0"' in secret_input().render("secret", "")
