"""What the list of extensions can show, and what each person wants to see of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrPromise

from accounts.models import User
from extensions.models import ListSettings

PAGE_SIZES = (25, 50, 100)
FITTING = 8  # columns


@dataclass(frozen=True)
class Column:
    """`sort`: the field of its order; "": it has none."""

    name: str
    label: StrPromise
    sort: str = ""
    is_always: bool = False
    is_usual: bool = False

    @property
    def css_class(self) -> str:
        return f"cell-{self.name.replace('_', '-')}"


COLUMNS = (
    Column("number", _("Number"), "position", is_always=True),
    Column("name", _("Name"), "sort_name", is_always=True),
    Column("caller_id", _("Caller ID"), "caller_id", is_usual=True),
    Column("email", _("Email"), "sort_email", is_usual=True),
    Column("mobile", _("Mobile Number"), "sort_mobile"),
    Column("job_title", _("Job Title")),
    Column("role", _("Role"), "sort_role", is_usual=True),
    Column("organizations", _("Departments"), is_usual=True),
    Column("voicemail", _("Voicemail")),
    Column("phones", _("Phones"), is_usual=True),
    Column("last_seen", _("Last seen")),
)
BY_NAME = {each.name: each for each in COLUMNS}
SORTS = {each.name: each.sort for each in COLUMNS if each.sort}
USUAL = tuple(each.name for each in COLUMNS if each.is_usual)


@dataclass(frozen=True)
class Layout:
    """How a person sees the list."""

    columns: tuple[Column, ...]
    page_size: int

    @property
    def is_wide(self) -> bool:
        """Whether there are more than fit beside one another."""
        return len(self.columns) > FITTING

    @cached_property
    def shows(self) -> dict[str, bool]:
        """Of each column, for templates."""
        return {each.name: each in self.columns for each in COLUMNS}


def layout_of(user: User, *, with_organizations: bool) -> Layout:
    chosen = ListSettings.objects.filter(user=user).first()
    names = {*chosen.columns} if chosen else {*USUAL}
    shown = tuple(
        each
        for each in COLUMNS
        if each.is_always or (each.name in names and (with_organizations or each.name != "organizations"))
    )
    return Layout(shown, chosen.page_size if chosen else PAGE_SIZES[0])


def keep(user: User, columns: Iterable[str], page_size: int) -> None:
    """Columns in their own order; what is none is left out, and another page size is the first."""
    names = {*columns}
    kept = [each.name for each in COLUMNS if each.name in names and not each.is_always]
    size = page_size if page_size in PAGE_SIZES else PAGE_SIZES[0]
    ListSettings.objects.update_or_create(user=user, defaults={"columns": kept, "page_size": size})
