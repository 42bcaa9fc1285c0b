"""Texts that are stored as a code with parameters, and translated when they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from core import localization

_texts: dict[str, StrOrPromise] = {}


def register(texts: Mapping[str, StrOrPromise]) -> None:
    """Make texts known by their codes. In a text, %(name)s stands for the parameter of that name."""
    _texts.update(texts)


def is_known(code: str) -> bool:
    return code in _texts


class CodedText:
    """A registered text. str() gives it in the language of the reader; to_json() what is stored of it."""

    def __init__(self, code: str, **params: object) -> None:
        self.code, self.params = code, params

    def __str__(self) -> str:
        return show(to_json(self))

    def __repr__(self) -> str:
        return f"CodedText({to_json(self)})"


def to_json(value: object) -> Any:
    """What is stored of a text or an error: {"code": ..., parameters}, or a str that others have said or typed."""
    if isinstance(value, Exception) and value.args and isinstance(value.args[0], CodedText):
        value = value.args[0]
    if isinstance(value, CodedText):
        return {"code": value.code, **{name: to_json(each) for name, each in value.params.items()}}
    if isinstance(value, Mapping):
        return {str(name): to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [to_json(each) for each in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def show(value: Any) -> str:
    """What was stored, in the language of the reader. Of a code that this version no longer knows, the code."""
    match value:
        case None:
            return ""
        case bool():
            return _("yes") if value else _("no")
        case {"code": str(code), **params}:
            return str(_texts.get(code, code) % {name: _param(each) for name, each in params.items()})
        case list():
            return ", ".join(map(show, value))
    return str(value)


class _Count(int):
    """A number as the language writes it, by which a text can still choose its plural."""

    def __str__(self) -> str:
        return localization.count(int(self))


def _param(value: Any) -> str | _Count:
    return _Count(value) if isinstance(value, int) and not isinstance(value, bool) else show(value)
