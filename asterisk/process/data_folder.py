"""Where Asterisk finds its prompts and its music on hold: links into what its packages brought.

Packages keep the voices of a language apart (en_US_f_Allison), and leave it to their installation to make one of them
the language's: Asterisk looks for sounds/en.
"""

import shutil
from pathlib import Path

SOUNDS, MUSIC = "sounds", "moh"


def make(place: Path, data: Path) -> Path:
    """Make the folder anew at `place`. What the packages have not brought is silent, and stops nothing."""
    shutil.rmtree(place, ignore_errors=True)
    (place / SOUNDS).mkdir(mode=0o700, parents=True)
    for folder in sorted(data.glob("*")):
        if folder.name != SOUNDS:
            (place / folder.name).symlink_to(folder)
    for language, voice in voices(data / SOUNDS).items():
        (place / SOUNDS / language).symlink_to(voice)
    (place / MUSIC).mkdir(exist_ok=True)
    return place


def voices(sounds: Path) -> dict[str, Path]:
    """language -> the folder of its prompts: that of its name, or the first voice that speaks it."""
    found: dict[str, Path] = {}
    for folder in sorted(sounds.glob("*")):
        if folder.is_dir():
            found.setdefault(folder.name, folder)
            found.setdefault(folder.name.partition("_")[0], folder)
    return found
