"""The tables of the operation log. Rows are added by core.audit.log alone; the database refuses all else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import coded_text
from core.audit import actions as audit_actions
from core.audit import context
from core.audit import fields as recorded_fields

ORIGINS = {context.SYSTEM: _("system"), context.COMMAND: _("command"), "unknown": _("unknown")}


@dataclass(frozen=True)
class FieldChange:
    """One field of a change, in the language of the reader. `is_masked`: its values are not recorded."""

    label: str
    old: str
    new: str
    is_masked: bool


class AuditRecord(models.Model):
    """An action, recorded with it in the same transaction. `detail` never holds a secret."""

    class Result(models.TextChoices):
        DONE = "done", _("Done")
        REFUSED = "refused", _("Refused")
        FAILED = "failed", _("Failed")

    SYSTEM, COMMAND, NOBODY = 0, -1, -2
    # Who, where it is no user.
    OTHERS = {SYSTEM: _("system"), COMMAND: _("command line"), NOBODY: _("unknown person")}

    at = models.DateTimeField(default=timezone.now)
    set_back = models.BooleanField(default=False)  # the clock was, since the row before
    by = models.BigIntegerField(default=SYSTEM)  # a user's primary key, which may be gone
    by_name = models.CharField(max_length=254, blank=True)  # of a user, as it was then
    by_email = models.CharField(max_length=254, blank=True)  # likewise
    origin = models.CharField(max_length=45)
    module = models.CharField(max_length=32)
    action = models.CharField(max_length=40)
    on = models.JSONField()  # a name, or a code with parameters
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
        return f"{self.by_name or self.by}: {self.action} {self.on}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("An audit record is written once.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def get_absolute_url(self) -> str:
        return reverse("log:record", args=[self.pk])

    @property
    def action_label(self) -> str:
        return audit_actions.label(self.action)

    @property
    def module_label(self) -> str:
        return str(audit_actions.MODULE_LABELS.get(self.module, self.module))

    @property
    def who(self) -> str:
        return self.by_name or str(self.OTHERS.get(self.by, ""))

    @property
    def origin_label(self) -> str:
        return str(ORIGINS.get(self.origin, self.origin))

    @property
    def on_text(self) -> str:
        return coded_text.show(self.on)

    @property
    def fields(self) -> list[FieldChange]:
        """What the action changed, by label."""
        changed = (_field_change(name, *pair) for name, pair in self.detail.get("fields", {}).items())
        return sorted(changed, key=lambda each: each.label)

    @property
    def more(self) -> list[tuple[str, str]]:
        """What else is known of the action: label and text."""
        known = ((name, value) for name, value in self.detail.items() if name != "fields" and value not in ("", []))
        return [(str(recorded_fields.field(name).label), recorded_fields.show(name, value)) for name, value in known]


def _field_change(name: str, old: Any, new: Any) -> FieldChange:
    field = recorded_fields.field(name)
    texts = recorded_fields.show(name, old), recorded_fields.show(name, new)
    return FieldChange(str(field.label), *texts, is_masked=field.is_secret and new == recorded_fields.MASK)


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
