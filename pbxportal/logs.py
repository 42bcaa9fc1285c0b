"""Where the parts of the portal write what they log, and what the first of them says."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings


def of(name: str) -> list[Path]:
    """Nothing: where this program itself writes."""
    if settings.LOG_TO_STDERR:
        return []
    folder = settings.VAR / "log"
    folder.mkdir(exist_ok=True)
    return [folder / f"{name}.log"]


def say(text: str) -> None:
    if settings.LOG_TO_STDERR:
        print(json.dumps({"event": text, "level": "info", "timestamp": datetime.now(UTC).isoformat()}), file=sys.stderr)
    else:
        print(text, flush=True)
