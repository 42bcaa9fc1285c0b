"""Rows of Django's own permissions, which nobody here has."""

from django.contrib.contenttypes.management import create_contenttypes
from django.db.models.signals import post_migrate


def make_none() -> None:
    """Between tests they would be made anew: that takes a tenth of a second."""
    post_migrate.disconnect(dispatch_uid="django.contrib.auth.management.create_permissions")
    post_migrate.disconnect(create_contenttypes)
