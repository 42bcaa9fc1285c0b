from django.db import models
from django.utils import timezone

from accounts.models import User
from core.forms.fields import NormalizedEmailField


class Avatar(models.Model):
    """A person's picture, as we have encoded it ourselves: a square JPEG."""

    user = models.OneToOneField(User, models.CASCADE, primary_key=True, related_name="avatar")
    image = models.BinaryField()
    version = models.CharField(max_length=16)  # of its address, so that a browser may keep it

    def __str__(self) -> str:
        return f"Picture of {self.user_id}"


class EmailChange(models.Model):
    """Another e-mail address, until it is confirmed at both."""

    user = models.OneToOneField(User, models.CASCADE, related_name="email_change")
    new = NormalizedEmailField(max_length=254)
    old_confirmed = models.BooleanField()  # from the start, where there is no old one
    new_confirmed = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=0)
    asked_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.user_id}: {self.new}"
