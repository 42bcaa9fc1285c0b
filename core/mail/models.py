"""The queue of mails: one row is one mail to one person."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from core.mail import errors

TROUBLED = models.Q(state="waiting", delayed_since__isnull=False) | models.Q(state="uncertain", settled_at=None)


class EmailQuerySet(models.QuerySet["Email"]):
    def due(self) -> Self:
        return self.filter(state=Email.State.WAITING, due_at__lte=timezone.now()).order_by("due_at", "id")

    def hurry(self) -> int:
        """Those that wait are tried again at once, by a server that may be another now."""
        return self.filter(state=Email.State.WAITING, tries__gt=0).update(
            due_at=timezone.now(), tries=0, delayed_since=None
        )

    def troubled(self) -> Self:
        """Those that somebody should know of: delayed ones, and uncertain ones that nobody has looked after."""
        return self.filter(TROUBLED)


class Email(models.Model):
    """One mail to one person. `kind` names who writes it (core.mail.kinds), `facts` what it tells; never a secret."""

    class State(models.TextChoices):
        WAITING = "waiting"
        SENDING = "sending"  # handed to the server, which has not answered yet
        TAKEN = "taken"  # by the mail server
        REFUSED = "refused"  # by the mail server, for good; or given up
        UNCERTAIN = "uncertain"  # cut off before the server's answer: it may have been sent
        VOID = "void"  # there was nobody, or nothing any more, to write

    kind = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="emails")
    to = models.CharField(max_length=254)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    batch = models.UUIDField(null=True)  # of e-mails that were asked for together
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    tries = models.PositiveSmallIntegerField(default=0)
    delayed_since = models.DateTimeField(null=True)  # while it waits longer than is usual
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)  # of an uncertain one: when somebody had looked after it
    answer_code = models.CharField(max_length=20, blank=True)  # a key of errors.WORDS: what the portal itself says
    answer = models.CharField(max_length=500, blank=True)  # what the server said
    given_up = models.BooleanField(default=False)  # with this answer, after all tries

    objects = EmailQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # Of one state: SQLite does not see that one of several is meant.
            models.Index(fields=["due_at", "id"], condition=models.Q(state="waiting"), name="emails_that_wait"),
            models.Index(fields=["state", "id"], name="emails_by_state"),
            models.Index(fields=["state"], condition=TROUBLED, name="emails_in_trouble"),
            models.Index(fields=["user", "kind", "id"], name="emails_of_a_person"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="emails_of_a_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.to}"

    @property
    def answer_text(self) -> str:
        return errors.answer_text(self.answer_code, self.answer, given_up=self.given_up)

    @property
    def waits_for_the_server(self) -> bool:
        """Whether it waits for what all mails wait for alike."""
        return self.state == self.State.WAITING and bool(self.answer_code)
