"""Templates and static files: short enough to read, none of them dead, and each page links what it needs."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import allauth
import pytest
from django.template.loader import get_template

from core.mail.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
LONGEST_LINE, LONGEST_FILE = 150, 300
APPS = ["accounts", "backup", "asterisk", "core", "extensions", "pbxportal", "trunks"]
# Django and allauth ask for these by name.
BY_NAME = ["400.html", "403.html", "403_csrf.html", "404.html", "429.html", "500.html"]
FRAMES = ["base.html", "base_plain.html"]
MADE_BY_SCRIPTS = {".has-script", ".is-dragged", ".is-folded", ".is-target"}

NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*"))
PAGES = [name for name in NAMES if name.endswith(".html") and "/emails/" not in name]
OURS = sorted([*STATIC.glob("css/*.css"), *STATIC.glob("js/*.js")])


@cache
def text_of(name: str) -> str:
    return (TEMPLATES / name).read_text()


def test_no_input_cuts_what_is_pasted() -> None:
    assert not [name for name in PAGES if "maxlength" in text_of(name).lower()]


# --- length ---


@pytest.mark.parametrize("path", [*(TEMPLATES / name for name in NAMES), *OURS], ids=lambda path: path.name)
def test_no_line_is_too_long(path: Path) -> None:
    lines = enumerate(path.read_text().splitlines(), 1)
    assert [number for number, line in lines if len(line) > LONGEST_LINE] == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_static_file_is_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


# --- use ---


def patterns_in_python() -> Iterator[str]:
    """The names of templates in the apps; where one is put together, with a star."""
    for path in (path for app in APPS for path in (ROOT / app).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value
            elif isinstance(node, ast.JoinedStr):
                yield "".join(str(each.value) if isinstance(each, ast.Constant) else "*" for each in node.values)


def names_in(name: str) -> list[str]:
    """The templates that a template extends and includes."""
    return re.findall(r'{% (?:extends|include) "([^"]+)"', text_of(name))


def test_each_template_is_used() -> None:
    of_allauth = Path(allauth.__file__).parent / "templates"
    used = {pattern for pattern in patterns_in_python() if pattern.endswith((".html", ".txt")) and pattern[0] != "*"}
    used |= {each for name in NAMES for each in names_in(name)}
    used |= {f"{kind.template}.{ending}" for kind in KINDS.values() for ending in ("html", "txt")}
    used |= {name for name in NAMES if (of_allauth / name).exists()} | set(BY_NAME)
    assert [name for name in NAMES if not any(fnmatchcase(name, pattern) for pattern in used)] == []


# --- what a page links ---


def parts_of(name: str) -> set[str]:
    """A page and all of ours that it extends and includes."""
    below = {part for each in names_in(name) if each != name and each in NAMES for part in parts_of(each)}
    return {name} | below


def frames_of(page: str) -> list[str]:
    if "{% extends frame %}" in text_of(page) or '|yesno:"base.html,base_plain.html" %}' in text_of(page):
        return FRAMES
    return [frame for frame in FRAMES if frame in parts_of(page) and page != frame]


IN_FRAMES = [(page, frame) for page in PAGES for frame in frames_of(page)]


def whole(name: str, frame: str) -> str:
    return "".join(map(text_of, sorted(parts_of(name) | parts_of(frame))))


def linked(text: str, kind: str) -> set[str]:
    return set(re.findall(rf"{{% static '{kind}/(\w+)\.{kind}' %}}", text))


def words_of(text: str) -> set[str]:
    """Its classes, ids and data- attributes, as selectors write them."""
    values = re.findall(r'(class|id)="((?:[^"{]|{%.*?%}|{{.*?}})*)"', text, re.DOTALL)
    values += [("class", each) for each in re.findall(r"block main_class %}([\w -]+){%", text)]
    plain = [("." if kind == "class" else "#", re.sub(r"{%.*?%}|{{.*?}}", " ", value)) for kind, value in values]
    words = {sign + word for sign, value in plain for word in value.split()}
    return words | set(re.findall(r"data-[\w-]+", text)) | MADE_BY_SCRIPTS


@cache
def rules_of(sheet: Path) -> list[set[str]]:
    """What must be on a page, for each of its selectors, so that it may find something."""
    css = re.sub(r"/\*.*?\*/|@media[^{]*{", "", sheet.read_text(), flags=re.DOTALL)
    css = re.sub(r":not\((?:[^()]|\([^()]*\))*\)", "", css)
    selectors = [each for found in re.findall(r"([^{}]+){", css) for each in re.split(r",(?![^()]*\))", found)]
    return [set(re.findall(r"[.#][a-zA-Z][\w-]*|data-[\w-]+", each)) for each in selectors]


@pytest.mark.parametrize(("name", "frame"), IN_FRAMES)
def test_a_page_links_the_style_sheets_that_have_rules_for_it(name: str, frame: str) -> None:
    text, of_frame = whole(name, frame), linked(text_of(frame), "css")
    words = words_of(text)
    sheets = [sheet for sheet in STATIC.glob("css/*.css") if any(rule and rule <= words for rule in rules_of(sheet))]
    assert linked(text, "css") - of_frame == {sheet.stem for sheet in sheets} - of_frame


@pytest.mark.parametrize(("name", "frame"), IN_FRAMES)
def test_a_page_links_the_scripts_that_look_for_what_it_has(name: str, frame: str) -> None:
    text, of_frame = whole(name, frame), linked(text_of(frame), "js")
    of_page = [script for script in STATIC.glob("js/*.js") if script.stem not in of_frame]
    found = {script.stem for script in of_page if words_of(text) & looked_for(script)}
    assert linked(text, "js") - of_frame == found | {"theme"}


def looked_for(script: Path) -> set[str]:
    return set(re.findall(r"\[(data-[\w-]+)", script.read_text())) - {"data-guard", "data-secret-box"}


# --- errors ---


@pytest.mark.parametrize(
    "name", ["400.html", "400_host.html", "413.html", "500.html", "502.html", "503.html", "503_busy.html"]
)
def test_a_page_of_an_error_asks_neither_the_database_nor_a_context(name: str) -> None:
    page = get_template(name).render()
    assert page.lstrip().startswith("<!DOCTYPE html>")
    assert all(page.count(tag) == 1 for tag in ("<h1>", "</title>", '<main class="plain-main">', "css/plain.css"))
