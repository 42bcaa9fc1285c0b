"""Inputs and selects are written at once: Django's templates for each of them take five times as long."""

from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

WIDGETS = "django/forms/widgets/"
INPUTS = {f"{WIDGETS}{name}.html" for name in ("text", "email", "number", "password", "hidden", "checkbox", "url")}
SELECT = f"{WIDGETS}select.html"
NOTHING = mark_safe("")
CUTS = "maxlength"  # a browser cuts what is pasted without a word: the form refuses it, and says how long it is


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """As Django's attrs.html writes them, without CUTS: False leaves one out, True gives it no value."""
    return mark_safe(  # noqa: S308
        "".join(
            f" {conditional_escape(name)}" if value is True else f' {conditional_escape(name)}="{_escaped(value)}"'
            for name, value in attrs.items()
            if value is not False and name != CUTS
        )
    )


def _escaped(value: Any) -> str:
    return conditional_escape(str(value))


def input_(widget: Mapping[str, Any]) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        NOTHING if value is None else format_html(' value="{}"', str(value)),
        attributes(widget["attrs"]),
    )


def select(widget: Mapping[str, Any]) -> SafeString:
    options = (
        (str(option["value"]), attributes(option["attrs"]), option["label"])
        for _, group, _ in widget["optgroups"]
        for option in group
    )
    return format_html(
        '<select name="{}"{}>{}</select>',
        widget["name"],
        attributes(widget["attrs"]),
        format_html_join("", '<option value="{}"{}>{}</option>', options),
    )


class FormRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        widget = context.get("widget", {})
        if template_name in INPUTS:
            return input_(widget)
        if template_name == SELECT and not any(group for group, _, _ in widget["optgroups"]):
            return select(widget)
        return str(super().render(template_name, context, request))
