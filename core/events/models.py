"""What went wrong and whether it still is, and what a webhook is to be told of it."""

from __future__ import annotations

import uuid
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from core import coded_text
from core.events import kinds

NEWS = Q(told_at=None) | Q(solved_at__isnull=False, solved_told_at=None)


class EventQuerySet(models.QuerySet["Event"]):
    def open(self) -> Self:
        return self.filter(solved_at=None)

    def news(self) -> Self:
        """Those whose beginning or end has not been told."""
        return self.filter(NEWS)


class Event(models.Model):
    """Something that is wrong. `subject` tells those of one kind apart: a disk, a part of the portal."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=254, blank=True)
    detail = models.JSONField(null=True)  # a code with parameters
    is_test = models.BooleanField(default=False)
    began_at = models.DateTimeField(default=timezone.now)
    solved_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    solved_told_at = models.DateTimeField(null=True)
    told_to = models.JSONField(default=list)  # e-mail addresses, and the host of a webhook

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], condition=NEWS, name="events_that_are_news")]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(solved_at=None), name="one_open_event_of_a_subject"
            ),
            models.CheckConstraint(
                condition=Q(solved_at=None) | Q(solved_at__gte=F("began_at")), name="events_begin_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}".strip()

    @property
    def label(self) -> str:
        return kinds.label(self.kind)

    @property
    def detail_text(self) -> str:
        return coded_text.show(self.detail)

    @property
    def url(self) -> str:
        """Of the page where it is put right; "" where there is none."""
        page = kinds.KINDS[self.kind].page if self.kind in kinds.KINDS else ""
        return reverse(page, args=[self.subject]) if page and self.subject else ""

    @property
    def dot(self) -> str:
        if self.is_test:
            return "none"
        return "good" if self.solved_at else "bad"

    @property
    def is_urgent(self) -> bool:
        return self.kind in kinds.KINDS and kinds.KINDS[self.kind].urgent


class Delivery(models.Model):
    """What a webhook is sent, once it has answered 200 to 299. The same `id` and `body` at each attempt."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    body = models.TextField()
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(null=True)  # to the last attempt: a code with parameters, or what the system said
    delivered_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(delivered_at=None, given_up_at=None), name="deliveries_that_wait"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def answer_text(self) -> str:
        return coded_text.show(self.answer)
