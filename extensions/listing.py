"""The rows of the list, and the links of its heads and pages."""

from urllib.parse import urlencode

from django.db.models import CharField, F, Value
from django.db.models.functions import Coalesce
from django.urls import reverse

from extensions import pbx
from extensions.models import Change, SipExtension, SipExtensionQuerySet
from extensions.paging import Page, page

PAGE_SIZE = 25
SORTS = {"number": "position", "name": "sort_name", "email": "sort_email"}


class Row:
    """An extension as the list shows it."""

    def __init__(self, extension: SipExtension, waiting: set[str], phones: dict[str, list[pbx.Phone]] | None) -> None:
        user = extension.user
        self.number, self.enabled, self.caller_id = extension.number, extension.enabled, extension.caller_id
        self.name, self.email, self.role = user.full_name, user.email or "", str(user.role or "None")
        self.mobile, self.job_title = user.mobile_shown, user.job_title
        self.max_phones, self.registration_name = extension.max_phones, extension.registration_name
        self.organizations = ", ".join(str(each) for each in user.organizations.all())
        self.waiting = extension.number in waiting
        registered = None if phones is None else phones.get(extension.number, [])
        self.phones = registered and sorted(registered, key=lambda phone: not phone.online)
        self.url = extension.get_absolute_url()
        self.edit_url = reverse("extensions:edit", args=[self.number])
        self.delete_url = reverse("extensions:delete", args=[self.number])
        self.toggle_url = reverse("extensions:toggle", args=[self.number])


def rows_of(found: list[SipExtension]) -> list[Row]:
    numbers = [each.number for each in found]
    try:
        phones = pbx.get().phones(numbers)
    except pbx.PbxError:
        phones = None
    waiting = set(Change.objects.waiting().of(numbers).numbers())
    return [Row(each, waiting, phones) for each in found]


def link(parameters: dict[str, str]) -> str:
    return "?" + urlencode({name: value for name, value in parameters.items() if value})


def sort_links(q: str, sort: str) -> dict[str, dict[str, str]]:
    links = {}
    for name in SORTS:
        now = "asc" if sort == name else "desc" if sort == f"-{name}" else ""
        links[name] = {"direction": now, "url": link({"q": q, "sort": f"-{name}" if now == "asc" else name})}
    return links


def sorted_page(found: SipExtensionQuerySet, sort: str, cursor: str) -> Page[SipExtension]:
    if sort.removeprefix("-") == "email":
        found = found.annotate(sort_email=Coalesce(F("user__email"), Value(""), output_field=CharField()))
    return page(found, SORTS[sort.removeprefix("-")], descending=sort.startswith("-"), cursor=cursor, size=PAGE_SIZE)
