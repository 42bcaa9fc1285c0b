"""Where the parts of the portal write what they log."""

from pathlib import Path

from django.conf import settings


def of(name: str) -> list[Path]:
    """Nothing: where this program itself writes."""
    if settings.LOG_TO_STDERR:
        return []
    folder = settings.VAR / "log"
    folder.mkdir(exist_ok=True)
    return [folder / f"{name}.log"]
