"""What is written at once is what Django's and crispy's own templates would write."""

import re
from typing import Any

import pytest
from crispy_forms.templatetags.crispy_forms_filters import as_crispy_field
from django import forms
from django.forms.renderers import DjangoTemplates

from core.forms.layout import finish
from core.forms.renderer import FormRenderer

HOSTILE = "\"><script>alert('1')</script>&amp;"
CHOICES = [("", "None"), ("a", HOSTILE), (HOSTILE, "Ünïcode 日本"), (3, "three")]
WIDGETS: list[tuple[forms.Widget, Any]] = [
    (forms.TextInput(), None),
    (forms.TextInput(attrs={"class": "x y", "data-once": True, "disabled": False, "minlength": 12}), HOSTILE),
    (forms.TextInput(attrs={"type": "tel", "title": HOSTILE}), "1000"),
    (forms.EmailInput(), "ada@example.com"),
    (forms.NumberInput(attrs={"min": 0}), 1234567),
    (forms.PasswordInput(render_value=True), HOSTILE),
    (forms.PasswordInput(), HOSTILE),
    (forms.HiddenInput(), 0),
    (forms.CheckboxInput(), True),
    (forms.CheckboxInput(), False),
    (forms.CheckboxInput(attrs={"class": "form-check-input"}), "yes"),
    (forms.URLInput(), ""),
    (forms.Select(choices=CHOICES), "a"),
    (forms.Select(choices=CHOICES, attrs={"required": True, "class": "form-select"}), 3),
    (forms.Select(choices=CHOICES), None),
    (forms.Select(choices=[("group", [("a", "A")]), ("b", "B")]), "b"),
    (forms.Textarea(), HOSTILE),
    (forms.CheckboxSelectMultiple(choices=CHOICES), ["a"]),
]


@pytest.mark.parametrize(("widget", "value"), WIDGETS)
def test_it_writes_what_django_writes(widget: forms.Widget, value: Any) -> None:
    def written(renderer: DjangoTemplates) -> str:
        html = widget.render("field", value, {"id": "id_field"}, renderer)
        return "".join(line.strip() for line in html.splitlines())

    assert written(FormRenderer()) == written(DjangoTemplates())


@pytest.mark.parametrize("widget", [forms.TextInput, forms.EmailInput, forms.PasswordInput])
def test_no_input_cuts_what_is_pasted_and_what_is_too_long_is_counted(widget: type[forms.Widget]) -> None:
    class Short(forms.Form):
        text = forms.CharField(max_length=63, widget=widget)

    form = Short({"text": "x" * 70})
    assert "maxlength" not in str(form["text"])
    assert form.errors["text"] == ["Ensure this value has at most 63 characters (it has 70)."]


class Every(forms.Form):
    """A field of each kind that a form here may have."""

    text = forms.CharField(help_text="Some <b>help</b>.")
    choice = forms.ChoiceField(choices=CHOICES, required=False)
    yes = forms.BooleanField(help_text="Tick it.")
    maybe = forms.BooleanField(required=False)
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)
    boxes = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple, required=False)
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect, required=False, label="One & all")
    file = forms.FileField(required=False)


@pytest.mark.parametrize("data", [None, {}, {"text": HOSTILE, "choice": "none of them", "maybe": "on", "boxes": ["z"]}])
@pytest.mark.parametrize("name", Every.base_fields)
def test_a_field_is_as_crispy_writes_it(name: str, data: dict[str, Any] | None) -> None:
    def written(template: str) -> str:
        form = Every(data)
        form.helper = finish(form)  # type: ignore[attr-defined]
        form.helper.field_template = template  # type: ignore[attr-defined]
        html = re.sub(r"\s+", " ", as_crispy_field(form[name]))
        return re.sub(r" ?([<>]) ?", r"\1", html)

    assert written("core/forms/_field.html") == written("bootstrap5/field.html")
