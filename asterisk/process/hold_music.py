"""What callers on hold hear: the music that comes with Asterisk, or a sound that was uploaded.

Each sound has a folder of its own, so that whoever is on hold while it changes goes on hearing the one before.
"""

import shutil
from pathlib import Path

from asterisk.ami.client import Ami
from asterisk.engine.store import EngineError
from asterisk.process import data_folder, embedded
from core import whole_file
from core.coded_text import CodedText
from core.preferences.models import HoldMusic
from extensions.review import preferences as preference_changes

FILE = "musiconhold.conf"
MODULE = "res_musiconhold.so"


def folder(directory: Path) -> str:
    """Of the sound that the PBX is to play, which is there then. Raises EngineError."""
    version = preference_changes.given(preference_changes.Field.HOLD_MUSIC)
    wav = HoldMusic.objects.filter(pk=version).values_list("wav", flat=True).first() if version else None
    if wav is None:
        return data_folder.MUSIC
    place = directory / "music" / version
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(place / "music.wav", bytes(wav), lasting=True)
        _forget_others(place)
    except OSError as error:
        raise EngineError(CodedText("file.unwritable", file=place.name, why=error.strerror)) from error
    return str(place)


def _forget_others(place: Path) -> None:
    stored = set(HoldMusic.objects.values_list("version", flat=True))
    for each in place.parent.iterdir():
        if each.name not in stored:
            shutil.rmtree(each)


def put(directory: Path) -> None:
    """What Asterisk reads at its next start or reload. Raises EngineError."""
    text = (embedded.CONF / FILE).read_text()
    path = directory / "etc" / FILE
    music = folder(directory)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole_file.write(path, embedded.fill(text, {"MUSIC": music}))
    except OSError as error:
        raise EngineError(CodedText("file.unwritable", file=FILE, why=error.strerror)) from error


def reload(ami: Ami) -> None:
    """Raises AmiError where Asterisk would not take the file."""
    ami.ask("Reload", Module=MODULE)
