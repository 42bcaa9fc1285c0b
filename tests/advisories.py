"""Whether a pinned package has a known vulnerability: asked of PyPI, or of the dated copy where it cannot be asked."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from pip._internal.models.index import PyPI

ROOT = Path(__file__).resolve().parent.parent
COPY = Path(__file__).with_name("advisories.json")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
VALID = timedelta(days=90)
SECONDS = 5
AT_ONCE = 8

# An advisory that does not touch the portal: its id -> why, and until when that is believed.
ACCEPTED: dict[str, tuple[str, date]] = {}

Read = Callable[[str, str], list[str] | None]  # name, version -> ids of advisories; None: nothing is said of it


class UnreadableError(Exception):
    pass


def pins() -> dict[str, str]:
    files = [ROOT / name for name in ("requirements.txt", "requirements-dev.txt")]
    return dict(sorted({pin for file in files for pin in PIN.findall(file.read_text())}))


def read_from_pypi(name: str, version: str) -> list[str] | None:
    """Some mirrors know no addresses of versions, and say this of the newest version alone. Raises UnreadableError."""
    for address in (f"{PyPI.pypi_url}/{name}/{version}/json", f"{PyPI.pypi_url}/{name}/json"):
        try:
            with urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 (https alone)
                said = json.load(answer)
        except HTTPError as error:
            if error.code == 404:
                continue
            raise UnreadableError(error) from error
        except (OSError, HTTPException, ValueError) as error:
            raise UnreadableError(error) from error
        if said["info"]["version"] == version:
            return [each["id"] for each in said["vulnerabilities"] if not each.get("withdrawn")]
    return None


def read_all(pinned: Mapping[str, str], read: Read = read_from_pypi) -> dict[str, list[str] | None]:
    """Raises UnreadableError."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            found = dict(zip(pinned, pool.map(read, pinned, pinned.values()), strict=True))
        except UnreadableError:
            pool.shutdown(cancel_futures=True)
            raise
    if pinned and not any(each is not None for each in found.values()):
        raise UnreadableError("It says nothing of any package.")
    return found


def keep(pinned: Mapping[str, str], found: Mapping[str, list[str] | None], today: date) -> None:
    COPY.write_text(json.dumps({"read": today.isoformat(), "pins": pinned, "advisories": found}, indent=1) + "\n")


def why_not_from_copy(pinned: Mapping[str, str], copy: Mapping[str, Any], today: date) -> str:
    if copy["pins"] != pinned:
        return "The copy is of other versions"
    if today - date.fromisoformat(copy["read"]) > VALID:
        return f"The copy of {copy['read']} is older than {VALID.days} days"
    return ""


def troubles(pinned: Mapping[str, str], found: Mapping[str, list[str] | None], today: date) -> list[str]:
    """A sentence for each advisory that is not accepted."""
    return [
        f"{name} {pinned[name]} has {advisory}: renew it (make lock), or accept it in tests/advisories.py."
        for name, advisories in found.items()
        for advisory in advisories or ()
        if advisory not in ACCEPTED or ACCEPTED[advisory][1] < today
    ]


def check(read: Read = read_from_pypi, today: date | None = None) -> tuple[int, str]:
    """The exit code, and what to print."""
    today, pinned = today or datetime.now(UTC).date(), pins()
    when = "today"
    try:
        found = read_all(pinned, read)
    except UnreadableError as error:
        copy = json.loads(COPY.read_text())
        if why := why_not_from_copy(pinned, copy, today):
            return 1, f"PyPI's advisories cannot be read ({error}). {why}: run make advisories where they can."
        found, when = copy["advisories"], f"on {copy['read']}; PyPI cannot be read now"
    if wrong := troubles(pinned, found, today):
        return 1, "\n".join(wrong)
    unread = sorted(name for name, advisories in found.items() if advisories is None)
    of_these = f" Nothing was said of {', '.join(unread)}." if unread else ""
    return 0, f"No advisory for {len(found) - len(unread)} packages ({when}).{of_these}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.advisories", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="write the copy anew")
    if parser.parse_args().keep:
        pinned = pins()
        keep(pinned, read_all(pinned), datetime.now(UTC).date())
    code, text = check()
    (sys.stderr if code else sys.stdout).write(f"{text}\n")
    return code


if __name__ == "__main__":
    raise SystemExit(main())
