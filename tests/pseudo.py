"""A language that no catalogue has: each text of the portal, of Django and of allauth in brackets."""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import allauth
import django
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

CODE, LOCALE = "en-nz", "en_NZ"
KEYWORDS = DEFAULT_KEYWORDS | {"gettext_lazy": None, "gettext_noop": None, "ngettext_lazy": (1, 2)}
COMMENT = re.compile(r"{#.*?#}|{% comment %}.*?{% endcomment %}", re.DOTALL)
APPS = ("core", "accounts", "extensions", "trunks", "asterisk", "backup", "pbxportal")
THEIRS = [
    *(Path(django.__file__).parent / each / "locale/en/LC_MESSAGES/django.po" for each in ("conf", "contrib/auth")),
    Path(allauth.__file__).parent / "locale/de/LC_MESSAGES/django.po",
]

Message = str | tuple[str, ...]


def in_python(source: bytes) -> Iterator[Message]:
    for _line, message, _comments, _context in extract("python", BytesIO(source), KEYWORDS):
        yield message if isinstance(message, str) else tuple(each for each in message if each)


def in_template(source: str) -> Iterator[Message]:
    """In one line, so that none of it is taken for indented Python; without comments, which would go on to its end."""
    return in_python(" ".join(templatize(COMMENT.sub("", source)).splitlines()).encode())


def of_the_portal(root: Path) -> Iterator[Message]:
    for app in APPS:
        for path in (root / app).rglob("*.py"):
            yield from in_python(path.read_bytes())
    for path in (root / "templates").rglob("*.*"):
        yield from in_template(path.read_text())


def of_others() -> Iterator[Message]:
    for path in THEIRS:
        with path.open("rb") as file:
            for each in read_po(file):
                if each.id:
                    yield each.id if isinstance(each.id, str) else tuple(each.id)


def bracketed(message: Message) -> Any:
    return f"⟦{message}⟧" if isinstance(message, str) else tuple(f"⟦{each}⟧" for each in message)


def write(directory: Path, messages: Iterable[Message]) -> None:
    """As Django finds it below one of LOCALE_PATHS."""
    catalog = Catalog(locale="en")
    for message in messages:
        catalog.add(message, bracketed(message), flags=["python-format"])
    path = directory / LOCALE / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)
