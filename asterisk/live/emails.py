"""What is mailed of what the PBX has noticed: blocked addresses, once an hour at most, and each emergency call."""

from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from accounts import one_time_links
from accounts.models import User
from asterisk.models import BlockedAddress
from core import localization
from core.access.permissions import Permission
from core.mail import composition, outbox
from core.mail.composition import Words
from core.mail.models import Email
from extensions.models import SipExtension

KIND = "addresses_blocked"
EMERGENCY = "emergency_call"
QUIET = timedelta(hours=1)
NAMED = 20


def tell() -> None:
    """What was blocked since the last one. Raises DatabaseError."""
    new = BlockedAddress.objects.filter(mailed=False)
    if not new.exists() or Email.objects.filter(kind=KIND, created_at__gt=timezone.now() - QUIET).exists():
        return
    with transaction.atomic():
        found = list(new.order_by("id").values_list("pk", flat=True))
        for person in User.objects.who_may(Permission.MANAGE_BLOCKED):
            outbox.notify(KIND, person, first=found[0], last=found[-1])
        BlockedAddress.objects.filter(pk__in=found).update(mailed=True)


def addresses_blocked(email: Email) -> Words | None:
    """Its facts: first and last, the keys of the blocks. None: they are forgotten."""
    found = BlockedAddress.objects.filter(pk__range=(email.facts["first"], email.facts["last"])).order_by("id")
    count = found.count()
    if not count:
        return None
    context = {
        "blocks": list(found[:NAMED]),
        "more": max(0, count - NAMED),
        "page": one_time_links.absolute(reverse("blocked")),
    }
    if count == 1:
        subject = gettext("The PBX blocked %(address)s") % {"address": found[0].network}
    else:
        words = ngettext("The PBX blocked %(count)s address", "The PBX blocked %(count)s addresses", count)
        subject = words % {"count": localization.count(count)}
    return composition.words(email, subject, context)


def emergency_call(email: Email) -> Words:
    """Its facts: what was `dialed`, by which extension (`caller`), `at` which time, and its `location`."""
    extension = SipExtension.objects.select_related("user").filter(number=email.facts["caller"]).first()
    context = {
        "dialed": email.facts["dialed"],
        "number": email.facts["caller"],
        "name": extension.user.full_name if extension else "",
        "location": email.facts["location"],
        "at": datetime.fromisoformat(email.facts["at"]),
    }
    subject = gettext("Emergency call to %(dialed)s from %(number)s %(name)s") % context
    return composition.words(email, subject.strip(), context)
