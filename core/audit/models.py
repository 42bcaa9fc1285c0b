"""The tables of the operation log. Rows are added by core.audit.log alone; the database refuses all else."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from core import localization
from core.audit import actions as audit_actions
from core.audit.context import COMMAND, SYSTEM
from core.stored_words import shown, shown_as

MASK = gettext_noop("changed")  # in place of a secret's new value
REMOVED = gettext_noop("removed")
FIXED = {gettext_noop("yes"), gettext_noop("no"), gettext_noop("on"), gettext_noop("off"), MASK, REMOVED}
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What an action may be on, besides what people have named.
ONE, MANY = gettext_noop("Extension %(number)s"), gettext_noop("%(number)s extensions")
APPLY, EVERY = gettext_noop("Apply %(run)s"), gettext_noop("All extensions")


class AuditRecord(models.Model):
    """An action, recorded with it in the same transaction. `detail` never holds a secret."""

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    # Who, where it is no user.
    SYSTEM, COMMAND, NOBODY = 0, -1, -2

    at = models.DateTimeField(default=timezone.now)
    set_back = models.BooleanField(default=False)  # the clock was, since the row before
    by = models.BigIntegerField(default=SYSTEM)  # a user's primary key, which may be gone
    by_name = models.CharField(max_length=254)
    origin = models.CharField(max_length=45)
    module = models.CharField(max_length=32)
    action = models.CharField(max_length=40)
    on = models.CharField(max_length=254)
    number = models.CharField(max_length=8, blank=True)  # of the extension that it is about
    result = models.CharField(max_length=8, choices=Result, default=Result.DONE)
    detail = models.JSONField(default=dict)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["by", "id"], name="log_by"),
            models.Index(fields=["module", "id"], name="log_module"),
            models.Index(fields=["result", "id"], name="log_result"),
            models.Index(fields=["number", "id"], name="log_number"),
            models.Index(fields=["by", "module", "id"], name="log_by_module"),
            models.Index(fields=["by", "result", "id"], name="log_by_result"),
            models.Index(fields=["module", "result", "id"], name="log_module_result"),
            models.Index(fields=["number", "module", "id"], name="log_number_module"),
            models.Index(fields=["number", "result", "id"], name="log_number_result"),
            models.Index(fields=["number", "by", "id"], name="log_number_by"),
            models.Index(fields=["id"], condition=models.Q(set_back=True), name="log_set_back"),
        ]

    def __str__(self) -> str:
        return f"{self.by_name}: {self.action} {self.on}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit record is written once.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def get_absolute_url(self) -> str:
        return reverse("log:record", args=[self.pk])

    @property
    def words(self) -> str:
        return audit_actions.words(self.action)

    @property
    def who(self) -> str:
        """To be shown: who is no user has a word for it."""
        return self.by_name if self.by > 0 else shown(self.by_name)

    @property
    def origin_shown(self) -> str:
        return shown(self.origin) if self.origin in (SYSTEM, COMMAND) else self.origin

    @property
    def on_shown(self) -> str:
        return shown_as(self.on, (ONE, MANY, APPLY))

    @property
    def fields(self) -> list[tuple[str, str, str]]:
        """Label, old and new value of each field that the action changed."""
        fields = self.detail.get("fields", {})
        if isinstance(fields, list):  # before there were values
            return [(_label(name), "", MASK) for name in fields]
        return [(_label(name), str(old), str(new)) for name, (old, new) in sorted(fields.items())]

    @property
    def fields_shown(self) -> list[tuple[str, str, str, bool]]:
        """In the language of the page; and whether the values were masked."""
        return [(shown(label), _value(old), _value(new), new == MASK and not old) for label, old, new in self.fields]

    @property
    def more(self) -> list[tuple[str, str]]:
        """What else is known of the action."""
        known = ((name, value) for name, value in self.detail.items() if name != "fields" and value not in ("", []))
        return [(_label(name), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
                for name, value in known]  # fmt: skip

    @property
    def more_shown(self) -> list[tuple[str, str]]:
        return [(shown(label), shown(text)) for label, text in self.more]


def _value(text: str) -> str:
    if DAY.fullmatch(text):
        with suppress(ValueError):
            return localization.day(date.fromisoformat(text))
    return shown(text) if text in FIXED else text


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize() if name.islower() else name


class AuditHead(models.Model):
    """How many records there are, and the hash of the last: one row. Who adds a record holds it meanwhile."""

    count = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64)
    last_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_head_of_the_log")]

    def __str__(self) -> str:
        return f"{self.count} records"


class AuditPerson(models.Model):
    """Who stands in the log, by each name that they had: what its filter searches. No part of the chain."""

    by = models.BigIntegerField()
    search = models.CharField(max_length=400)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["by", "search"], name="one_row_for_each_name")]

    def __str__(self) -> str:
        return self.search
