"""Who is told of events by e-mail."""

from collections.abc import Sequence

from django.contrib.auth import get_user_model

from core.access.permissions import Permission
from core.access.person import Person
from core.preferences.models import Preferences


def possible() -> Sequence[Person]:
    """Whoever may see events and has an address."""
    found: Sequence[Person] = get_user_model().objects.who_may(Permission.VIEW_EVENTS)
    return found


def chosen(preferences: Preferences) -> Sequence[Person]:
    """Those of Preferences. Where nobody is chosen, or none of them may see events any more: who sees Preferences."""
    people = possible()
    named = [person for person in people if person.pk in preferences.alert_people]
    return named or [person for person in people if person.can(Permission.VIEW_PREFERENCES)]
