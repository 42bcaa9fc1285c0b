"""Inputs and selects are written at once: Django's templates for each of them take five times as long."""

import html
from collections.abc import Mapping
from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.safestring import SafeData, SafeString, mark_safe

WIDGETS = "django/forms/widgets/"
INPUTS = {f"{WIDGETS}{name}.html" for name in ("text", "email", "number", "password", "hidden", "checkbox", "url")}
SELECT = f"{WIDGETS}select.html"
CUTS = "maxlength"  # a browser cuts what is pasted without a word: the form refuses it, and says how long it is


def attributes(attrs: Mapping[str, Any]) -> SafeString:
    """As Django's attrs.html writes them, without CUTS: False leaves one out, True gives it no value."""
    return mark_safe(  # noqa: S308
        "".join(
            f" {escaped(name)}" if value is True else f' {escaped(name)}="{escaped(value)}"'
            for name, value in attrs.items()
            if value is not False and name != CUTS
        )
    )


def escaped(value: Any) -> str:
    """As conditional_escape, which looks whether it is lazy first: none of these is."""
    text = str(value)
    return text if isinstance(text, SafeData) else html.escape(text)


def input_(widget: Mapping[str, Any]) -> SafeString:
    its = {"type": widget["type"], "name": widget["name"]}
    if widget["value"] is not None:
        its["value"] = str(widget["value"])
    return mark_safe(f"<input{attributes(its)}{attributes(widget['attrs'])}>")  # noqa: S308


def select(widget: Mapping[str, Any]) -> SafeString:
    options = "".join(
        f'<option value="{escaped(option["value"])}"{attributes(option["attrs"])}>{escaped(option["label"])}</option>'
        for _, group, _ in widget["optgroups"]
        for option in group
    )
    its = f'name="{escaped(widget["name"])}"{attributes(widget["attrs"])}'
    return mark_safe(f"<select {its}>{options}</select>")  # noqa: S308


class FormRenderer(DjangoTemplates):
    def render(self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None) -> str:
        widget = context.get("widget", {})
        if template_name in INPUTS:
            return input_(widget)
        if template_name == SELECT and not any(group for group, _, _ in widget["optgroups"]):
            return select(widget)
        return str(super().render(template_name, context, request))
