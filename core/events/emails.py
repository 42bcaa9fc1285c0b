"""The e-mail about events: what began and what was solved, together."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import localization
from core.events.models import Event
from core.mail import composition
from core.mail.composition import Words
from core.mail.models import Email


def alert(email: Email) -> Words | None:
    """Its facts: `news`, the key of each event and whether it is solved. None: they are forgotten."""
    events = Event.objects.in_bulk([pk for pk, _solved in email.facts["news"]])
    news = [(events[pk], solved) for pk, solved in email.facts["news"] if pk in events]
    if not news:
        return None
    began, solved = ([event for event, over in news if over is wanted] for wanted in (False, True))
    context = {
        "began": began,
        "solved": solved,
        "is_test": all(event.is_test for event, _solved in news),
        "page": settings.PORTAL_URL + reverse("events:list"),
    }
    return composition.words(email, subject(began, solved), context)


def subject(began: list[Event], solved: list[Event]) -> str:
    named = began or solved
    label = named[0].label
    if len(named) > 1:
        more = ngettext("%(label)s and %(count)s more", "%(label)s and %(count)s more", len(named) - 1)
        label = more % {"label": label, "count": localization.count(len(named) - 1)}
    if named[0].is_test:
        return _("Test alert: %(label)s") % {"label": label}
    return (_("Alert: %(label)s") if began else _("Solved: %(label)s")) % {"label": label}
