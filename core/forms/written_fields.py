"""A form's field, written at once as crispy's own bootstrap5/field.html writes it: see core/forms/_field.html."""

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from core.forms.renderer import escaped

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
def written(field: BoundField) -> SafeString:
    """One that is not of the kind "other"."""
    its, errors, id_ = kind(field), field.errors, escaped(field.auto_id)
    if its == "hidden":
        return field.as_widget()
    input_, after = input_of(field, its, errors), ""
    if errors:
        its_errors = {"field": field, "form_show_errors": True}
        after = render_to_string("bootstrap5/layout/field_errors.html", its_errors)
    if field.help_text:  # it is ours, and may have a link
        after += f'<div id="{id_}_helptext" class="form-text">{field.help_text}</div>'
    if its == "checkbox":
        box = f"{input_}{label_of(field, 'form-check-label')}{after}"
        return mark_safe(f'<div class="mb-3"><div id="div_{id_}" class="form-check">{box}</div></div>')  # noqa: S308
    return mark_safe(f'<div id="div_{id_}" class="mb-3">{label_of(field, "form-label")}{input_}{after}</div>')  # noqa: S308


def input_of(field: BoundField, its: str, errors: object) -> str:
    widget = field.field.widget
    names = f"{widget.attrs.get('class', '')} {type(widget).__name__.lower()} {CLASSES[its]}"
    classes = " ".join(dict.fromkeys(names.split()))
    return field.as_widget(attrs={"class": f"{classes} is-invalid" if errors else classes})


def label_of(field: BoundField, css_class: str) -> str:
    mark, star = (" requiredField", '<span class="asteriskField">*</span>') if field.field.required else ("", "")
    words = escaped(field.label)
    return f'<label for="{escaped(field.id_for_label)}" class="{css_class}{mark}">{words}{star}</label>'
