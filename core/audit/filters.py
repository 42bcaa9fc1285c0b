"""What of the operation log is asked for, and its pages. Each costs the same in a log of any size."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from core import localization
from core.audit.actions import MODULE_LABELS
from core.audit.models import AuditPerson, AuditRecord
from core.folding import fold
from core.forms.datetime_field import MomentField
from core.keyset_pagination import LAST_ID, Page, by_id

PAGE_SIZE = 50
MOST_PEOPLE = 20
MOST_SET_BACKS = 20
EXPORTED_AT_ONCE = 1000

Ids = tuple[int, int]  # from, to; both are meant


UNKNOWN = {"module": _("Choose a module from the list."), "result": _("Choose a result from the list.")}


class LogFilter(forms.Form):
    person = forms.CharField(label=_("Person"), max_length=100, required=False)
    since = MomentField(label=_("From"))
    until = MomentField(label=_("To"), end=True)
    module = forms.ChoiceField(label=_("Module"), choices=[("", _("All")), *MODULE_LABELS.items()], required=False)
    result = forms.ChoiceField(label=_("Result"), choices=[("", _("All")), *AuditRecord.Result.choices], required=False)
    number = forms.RegexField(
        r"\A[0-9]{1,8}\Z",
        label=_("Extension"),
        required=False,
        error_messages={"invalid": _("Enter an extension number, such as 1001.")},
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.people: list[int] | None = None
        for name, field in self.fields.items():
            field.widget.attrs |= {"autocomplete": "off", "class": "form-control"}
            if isinstance(field, forms.ChoiceField):
                field.widget.attrs["class"] = "form-select"
                field.error_messages["invalid_choice"] = UNKNOWN[name]
        self.fields["number"].widget.attrs["inputmode"] = "numeric"

    def clean_person(self) -> str:
        text = " ".join(self.cleaned_data["person"].split())
        if not text:
            return ""
        found = AuditPerson.objects.filter(search__contains=fold(text)).order_by("by")
        others = [by for by, label in AuditRecord.OTHERS.items() if fold(text) in fold(str(label))]
        self.people = [*others, *found.values_list("by", flat=True).distinct()[: MOST_PEOPLE + 1]]
        if len(self.people) > MOST_PEOPLE:
            raise ValidationError(
                _("More than %(most)s people match. Type more of the name, or the full address."),
                code="too_many_people",
                params={"most": MOST_PEOPLE},
            )
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", ValidationError(_("Enter a time later than From."), code="order"))
        return cleaned

    def asked(self) -> dict[str, str]:
        """What was typed, as it stands in the address of the page."""
        return {name: text for name in self.fields if (text := str(self.data.get(name, "")).strip())}

    def value_shown(self, name: str) -> str:
        text = self.asked()[name]
        value = self.cleaned_data.get(name) if hasattr(self, "cleaned_data") else None
        if isinstance(value, datetime):
            return localization.moment(value)
        return dict(self.fields[name].choices).get(text, text) if name in UNKNOWN else text  # type: ignore[attr-defined]

    def found(self) -> "Found":
        cleaned = self.cleaned_data
        equal = {name: cleaned[name] for name in ("module", "result", "number") if cleaned[name]}
        ways = [Q(by=each) for each in self.people] if self.people is not None else [Q()]
        ranges = times(cleaned["since"], cleaned["until"])
        records = AuditRecord.objects.filter(**equal)
        if cleaned["since"]:
            records = records.filter(at__gte=cleaned["since"])
        if cleaned["until"]:
            records = records.filter(at__lte=cleaned["until"])
        return Found(records, ways, ranges)


@dataclass(frozen=True)
class Found:
    """The records, by each way (a person) and each range of ids: an index has every one of these in order."""

    records: QuerySet[AuditRecord]
    ways: list[Q]
    ranges: list[Ids]

    def _ids(self, inside: Ids, size: int, *, oldest_first: bool = False) -> list[int]:
        sign = "" if oldest_first else "-"
        ids: set[int] = set()
        for way, (first, last) in product(self.ways, self.ranges):
            within = max(first, inside[0]), min(last, inside[1])
            if within[0] <= within[1]:
                some = self.records.filter(way, id__range=within).order_by(f"{sign}id")
                ids.update(some.values_list("id", flat=True)[:size])
        return sorted(ids, reverse=not oldest_first)[:size]

    def page(
        self, *, before: int | None = None, after: int | None = None, oldest: bool = False, size: int = PAGE_SIZE
    ) -> Page[AuditRecord]:
        """The one next to the row `before` or `after`; else the last, or the first."""
        ids = by_id(self._ids, before=before, after=after, oldest=oldest, size=size)
        return Page(rows(ids.rows), ids.previous, ids.next)

    def until_now(self) -> "Found":
        """Without those that are still to come."""
        return replace(self, records=self.records.filter(id__lte=newest()))

    def all(self) -> Iterator[AuditRecord]:
        """The newest first; some at a time, so that no query stays open."""
        before = LAST_ID
        while ids := self._ids((1, before - 1), EXPORTED_AT_ONCE):
            yield from rows(ids)
            before = ids[-1]


def rows(ids: list[int]) -> list[AuditRecord]:
    return list(AuditRecord.objects.filter(id__in=ids).order_by("-id"))


def newest() -> int:
    return AuditRecord.objects.values_list("id", flat=True).first() or 0


def times(since: datetime | None, until: datetime | None) -> list[Ids]:
    """The ids of that time: rows follow each other in time, but for where the clock was set back."""
    if since is None and until is None:
        return [(1, LAST_ID)]
    breaks = list(AuditRecord.objects.filter(set_back=True).values_list("id", flat=True)[: MOST_SET_BACKS + 1])
    if len(breaks) > MOST_SET_BACKS:
        return [(1, LAST_ID)]
    begins = [1, *sorted(breaks)]
    ends = [*(begin - 1 for begin in begins[1:]), newest()]
    found = []
    for begin, end in zip(begins, ends, strict=True):
        ids = range(begin, end + 1)
        first = bisect_left(ids, since, key=_at) if since else 0
        beyond = bisect_right(ids, until, key=_at) if until else len(ids)
        if first < beyond:
            found.append((ids[first], ids[beyond - 1]))
    return found


def _at(row: int) -> datetime:
    """Of the row, or where it is missing of the one after it."""
    return AuditRecord.objects.filter(id__gte=row).order_by("id").values_list("at", flat=True)[0]


def filter_text(asked: dict[str, str]) -> str:
    """A filter that was used, as the log shows it."""
    return ", ".join(f"{LogFilter.base_fields[name].label}: {text}" for name, text in asked.items())
