"""How tones sound: those of the preferred country, in a constant file of Asterisk."""

from pathlib import Path

import phonenumbers

from asterisk.ami.client import Ami
from asterisk.engine.store import EngineError
from asterisk.process import embedded
from core import whole_file
from core.coded_text import CodedText
from extensions.review import preferences as preference_changes

FILE = "indications.conf"
MODULE = "indications"
NORTH_AMERICA = 1
OTHERWISE = "itu"


def text() -> str:
    return (embedded.CONF / FILE).read_text()


def zone(country: str) -> str:
    """The section of the file that holds the country's tones."""
    code = phonenumbers.country_code_for_region(country)
    name = {NORTH_AMERICA: "us", phonenumbers.country_code_for_region("GB"): "uk"}.get(code, country.lower())
    return name if f"\n[{name}]\n" in text() else OTHERWISE


def given() -> str:
    return zone(preference_changes.given(preference_changes.Field.COUNTRY))


def put(directory: Path) -> None:
    """What Asterisk reads at its next start or reload. Raises EngineError."""
    path = directory / "etc" / FILE
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(path, embedded.fill(text(), {"TONES": given()}))
    except OSError as error:
        raise EngineError(CodedText("file.unwritable", file=FILE, why=error.strerror)) from error


def reload(ami: Ami) -> None:
    """Raises AmiError where Asterisk would not take the file."""
    ami.ask("Reload", Module=MODULE)
