"""A company with everything that strains a page: long names, many scripts, deep departments, hundreds of rows."""

from itertools import cycle, islice

from accounts.models import Organization, Role
from extensions.models import SipExtension
from tests.people import make_extension

NAMES = [
    ("Margaret", "Okafor"),
    ("Wolfeschlegelsteinhausenbergerdorff", "Featherstonehaugh-Cholmondeley-Marjoribanks-Beauchamp"),
    ("عبد الله", "الخوارزمي"),
    ("美咲", "佐藤"),
    ("Łucja", "Wiśniewska"),
    ("Наталія", "Шевченко"),
    ("अनिता", "शर्मा"),
    ("Lobby", ""),
    ("Siobhán", "O’Brien"),
    ("Nguyễn", "Thị Mai"),
]
TITLES = ["Key Accounts", "Senior Vice President of Customer Success and Regional Enablement, EMEA", ""]
EMAIL = "{}.someone-with-a-long-name@engineering.analytical-engines.example.com"


def departments() -> list[Organization]:
    """Each inside the one before."""
    above = Organization.company()
    above.name = "Analytical Engines of Greater Manchester and Liverpool"
    above.save()
    found = []
    for name in ("Engineering", "Firmware and Embedded Systems", "Bootloader", "Signing", "Keys and ceremonies"):
        above = Organization.objects.create(name=name, parent=above)
        found.append(above)
    return found


def people(count: int) -> list[SipExtension]:
    groups = departments()
    roles = list(Role.objects.exclude(key=Role.SUPER_ADMINISTRATOR))
    return [person(n, *name, groups, roles) for n, name in enumerate(islice(cycle(NAMES), count))]


def person(n: int, first_name: str, last_name: str, groups: list[Organization], roles: list[Role]) -> SipExtension:
    extension = make_extension(
        str(1000 + n), first_name=first_name, last_name=last_name, max_phones=1 + n % 3, enabled=n % 9 != 4
    )
    user = extension.user
    user.email = EMAIL.format(n) if n % 5 == 1 else f"person{n}@example.com" if n % 7 else None
    user.role = roles[n % len(roles)] if n % 3 == 1 else None
    user.job_title, user.mobile = TITLES[n % 3], "+447700900118" if n % 2 else ""
    user.save()
    user.organizations.add(*groups[n % 5 : n % 5 + 2])
    extension.save()
    return extension
