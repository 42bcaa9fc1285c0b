"""A form's field as crispy writes it, for a third of the time: see core/forms/_field.html."""

from django import forms, template
from django.forms.boundfield import BoundField

register = template.Library()
CLASSES = {"checkbox": "form-check-input", "select": "form-select", "text": "form-control"}


@register.filter
def kind(field: BoundField) -> str:
    """A key of CLASSES, "hidden", or "other": what crispy itself is to write."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if widget.use_fieldset or isinstance(widget, forms.FileInput | forms.MultiWidget):
        return "other"
    if isinstance(widget, forms.CheckboxInput):
        return "checkbox"
    return "select" if isinstance(widget, forms.Select) else "text"


@register.filter
def written(field: BoundField, errors: object) -> str:
    """Its input, of a kind in CLASSES."""
    widget = field.field.widget
    classes = [widget.attrs.get("class", ""), type(widget).__name__.lower(), CLASSES[kind(field)]]
    its = " ".join(dict.fromkeys(" ".join(classes).split()))
    return field.as_widget(attrs={"class": f"{its} is-invalid" if errors else its})
