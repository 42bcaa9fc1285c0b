"""What needs a trunk or an extension, which is therefore not deleted."""

from typing import TypeVar

from django.db.models import Model, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django_stubs_ext import StrOrPromise

from extensions.models import SipExtension
from trunks import call_destinations, record
from trunks.models import Announcement, Emergency, InboundRoute, Line, OutboundRoute, RingGroup, Trunk

L = TypeVar("L", bound=Model)


def of_trunk(trunk: Trunk) -> list[OutboundRoute]:
    return [route for route in OutboundRoute.objects.all() if trunk.pk in route.trunks]


def refusal_of_trunk(trunk: Trunk) -> str:
    """Why the trunk cannot be deleted, in words; "" where nothing uses it."""
    routes = of_trunk(trunk)
    words = ngettext(
        "The outbound route %(names)s uses this trunk. Choose another trunk there first.",
        "The outbound routes %(names)s use this trunk. Choose other trunks there first.",
        len(routes),
    )
    return words % {"names": ", ".join(map(str, routes))} if routes else ""


def going_to(model: type[L], texts: list[str]) -> list[L]:
    """Those of the model that have one of these destinations."""
    found = Q()
    for name in record.destination_fields(model):
        found |= Q(**{f"{name}__in": texts})
    return list(model._default_manager.filter(found)) if found else []  # noqa: SLF001


def of_extension(extension: SipExtension) -> str:
    """Why the extension cannot be deleted, in words; "" where no line needs it."""
    routes = going_to(InboundRoute, call_destinations.of_extension(extension.number))
    if routes:
        words = ngettext(
            "The inbound route %(names)s goes to %(number)s. Change the route first.",
            "The inbound routes %(names)s go to %(number)s. Change the routes first.",
            len(routes),
        )
        return words % {"names": ", ".join(map(str, routes)), "number": extension.number}
    if groups := groups_of(extension.number):
        words = ngettext(
            "%(number)s is a member of the ring group %(names)s. Remove it there first.",
            "%(number)s is a member of the ring groups %(names)s. Remove it there first.",
            len(groups),
        )
        return words % {"names": ", ".join(map(str, groups)), "number": extension.number}
    if others := lines_going_to(call_destinations.of_extension(extension.number)):
        words = ngettext(
            "%(names)s sends calls to %(number)s. Change that first.",
            "%(names)s send calls to %(number)s. Change them first.",
            len(others),
        )
        return words % {"names": _named(others), "number": extension.number}
    if extension.number in Emergency.load().phone_numbers:
        return _("%(number)s rings for emergency calls. Remove it in Emergency first.") % {"number": extension.number}
    return ""


def numbers_in_use() -> set[str]:
    """Of all extensions for which of_extension() may say something."""
    models: tuple[type[Line], ...] = (InboundRoute, RingGroup, Announcement)
    texts = {text for model in models for line in model._default_manager.all() for text in record.destinations_of(line)}  # noqa: SLF001
    found = {
        destination.key
        for destination in map(call_destinations.parse, texts)
        if destination.kind in call_destinations.OF_EXTENSIONS
    }
    members = {number for group in RingGroup.objects.all() for number in group.members}
    return found | members | set(Emergency.load().phone_numbers)


def lines_going_to(texts: list[str]) -> list[Line]:
    """What sends calls to one of these destinations."""
    models: tuple[type[Line], ...] = (InboundRoute, RingGroup, Announcement)
    return [line for model in models for line in going_to(model, texts)]


def called_lines() -> list[RingGroup | Announcement]:
    """Those that can be a call destination."""
    return [*RingGroup.objects.all(), *Announcement.objects.all()]


def refusal_of_called(line: RingGroup | Announcement) -> str:
    """Why a ring group or an announcement cannot be deleted, in words; "" where nothing goes to it."""
    found = lines_going_to([line.destination])
    words = ngettext(
        "%(names)s sends calls here. Choose another destination there first.",
        "%(names)s send calls here. Choose another destination there first.",
        len(found),
    )
    return words % {"names": _named(found)} if found else ""


def _named(lines: list[Line]) -> str:
    """Each with what it is."""
    kinds: dict[type[Line], StrOrPromise] = {
        InboundRoute: gettext_lazy("Inbound route %(name)s"),
        RingGroup: gettext_lazy("Ring group %(name)s"),
        Announcement: gettext_lazy("Announcement %(name)s"),
    }
    return ", ".join(str(kinds[type(line)]) % {"name": line} for line in lines)


def circle(line: RingGroup | Announcement, text: str) -> list[str]:
    """The names of those by which a call that goes on to `text` comes back to the line; none where it does not."""
    by_text = {each.destination: each for each in called_lines()}
    names: list[str] = []
    while text in by_text and len(names) <= len(by_text):
        names.append(str(by_text[text]))
        if line.pk and text == line.destination:
            return names
        text = by_text[text].goes_to
    return []


def groups_of(number: str) -> list[RingGroup]:
    """Of which the extension is a member."""
    return [group for group in RingGroup.objects.all() if number in group.members]


def emergency_numbers() -> set[str]:
    """Those that are dialed as such, besides those of the country."""
    return {*Emergency.load().more_numbers.split()}


def group_numbers() -> set[str]:
    return {*RingGroup.objects.values_list("number", flat=True)}


def is_last_for_emergencies(trunk: Trunk) -> bool:
    """Whether no emergency call goes out without it."""
    carrying = set(Trunk.objects.for_emergencies().values_list("pk", flat=True))
    return carrying == {trunk.pk}
