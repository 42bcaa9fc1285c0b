"""What README names is there: commands with their options, settings, pictures. Its words are those of the glossary."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from PIL import Image

from tests.test_words import BANNED_WORDS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
LARGEST_PICTURE = 150_000  # bytes
ORDER = [
    "Start", "On your network", "On the internet", "Run it for real", "Update", "Backup", "Use", "Settings", "Develop",
    "Why",
]  # fmt: skip
FOR_USERS = README.partition("\n## Develop\n")[0]
CODE_OR_TITLE = re.compile(r"`[^`]+`|^ {4}.*$|(?<!\*)\*[A-Z][^*]+\*(?!\*)", re.MULTILINE)


def commands() -> Iterator[tuple[str, str]]:
    """Name, and the rest of the line where it stands on one of its own."""
    for line in README.splitlines():
        if line.startswith("    ") and (found := re.search(r"manage\.py (\w+)([^'`\n]*)", line)):
            yield found[1], found[2].partition("#")[0].partition(" --ignore")[0].strip()
    yield from ((name, "") for name in re.findall(r"`[^`\n]*manage\.py (\w+)`", README))


def test_the_chapters_come_in_the_order_in_which_one_needs_them() -> None:
    assert re.findall(r"^## (.+)$", README, re.MULTILINE) == [*ORDER, "License"]


@pytest.mark.parametrize(("name", "rest"), sorted({*commands()}))
def test_a_command_and_its_options_are_there(name: str, rest: str) -> None:
    assert name in get_commands(), name
    command = load_command_class(get_commands()[name], name)
    arguments = shlex.split(rest.replace("HASH", "0" * 64))
    command.create_parser("manage.py", name).parse_args(arguments)


def test_every_command_of_ours_is_named() -> None:
    ours = {path.stem for path in ROOT.glob("*/management/commands/[!_]*.py")}
    named = {name for name, _ in commands()}
    assert len(ours) >= 14
    assert ours - named == {"demo", "import_extensions"}  # it is `make demo`; pages start it


def test_every_target_of_make_that_is_named_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ +|&& |=True |:8000 |sudo )make (?:-C \S+ )?([a-z]+)", README, re.MULTILINE))
    assert {"run", "demo", "test", "install", "pictures"} <= named
    assert named <= targets


def test_the_settings_are_those_that_are_read() -> None:
    source = (ROOT / "pbxportal/settings.py").read_text()
    read = set(re.findall(r'\benv\.\w+\(\s*"([A-Z_]+)"', source))
    rows = re.findall(r"^\| (`[^|]+) \|", README, re.MULTILINE)
    named = re.findall(r"`([A-Z_]+)`", " ".join(rows))
    assert len(named) == len(set(named)) >= 28
    assert set(named) == read


def test_the_pictures_are_small_and_there() -> None:
    pictures = set(re.findall(r"\]\(([^):]+\.png)\)", README))
    assert len(pictures) == 2
    for each in pictures:
        with Image.open(ROOT / each) as picture:
            assert picture.size[0] == 1280
        assert (ROOT / each).stat().st_size < LARGEST_PICTURE


def test_what_is_for_users_is_said_in_the_words_of_the_glossary() -> None:
    assert BANNED_WORDS.findall(CODE_OR_TITLE.sub("", FOR_USERS)) == []
