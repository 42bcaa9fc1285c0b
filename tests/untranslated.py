"""Finds text that people can read and that does not go through gettext: in templates, and in Python."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType

ATTRIBUTES = {"title", "aria-label", "aria-description", "placeholder", "alt", "data-busy", "data-label"}
PLACE = "\ue000"  # where a tag or a variable stood
NAMES = {"pbxportal"}  # the product's
TRANSLATED = {"translate": "", "blocktranslate": "endblocktranslate", "comment": "endcomment"}
# A filter that puts out its argument.
SAYING = re.compile(r"\|(default|default_if_none|pluralize|yesno):(\"[^\"]*[A-Za-z][^\"]*\"|'[^']*[A-Za-z][^']*')")
GIVEN = re.compile(r"\w+=(\"[^\"]*[A-Z ][^\"]*\"|'[^']*[A-Z ][^']*')")
# Attributes whose values scripts, servers and browsers read: {% if x %}yes{% endif %} stands in them too.
LETTER = re.compile(r"[^\W\d_]")


def in_template(source: str, *, is_html: bool = True) -> list[str]:
    shown, said = _without_tags(source)
    if not is_html:
        return said + [text for text in _lines(shown) if _is_text(text)]
    page = _Page()
    page.feed(shown)
    page.close()
    return said + page.found


def _without_tags(source: str) -> tuple[str, list[str]]:
    """The source with a mark in place of each tag, and what the tags themselves say untranslated."""
    shown, said, until = [], [], ""
    for token in Lexer(source).tokenize():
        name = token.contents.split()[0] if token.token_type == TokenType.BLOCK and token.contents else ""
        if until:
            until = "" if name == until else until
        elif token.token_type == TokenType.TEXT:
            shown.append(token.contents)
        elif token.token_type in (TokenType.VAR, TokenType.BLOCK):
            said += [found.group(0) for found in SAYING.finditer(token.contents) if "yesno" not in found.group(1)]
            if name == "include":
                said += [found.group(0) for found in GIVEN.finditer(token.contents)]
            until = TRANSLATED.get(name, "")
            if name == "block" and token.contents.split()[1] == "main_class":
                until = "endblock"  # class names
            shown.append(PLACE)
    return "".join(shown), said


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.replace(PLACE, "\n").splitlines())


def _is_text(text: str) -> bool:
    return bool(LETTER.search(text)) and text.strip(" -:") not in NAMES


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "style"):
            self._silent = tag
        given = dict(attrs)
        watched = ATTRIBUTES | (
            {"value"} if given.get("type") in ("submit", "button", "reset") and tag == "input" else set()
        )
        if tag == "meta":
            watched = set()
        self.found += [
            f'{name}="{value}"' for name, value in attrs if name in watched and any(map(_is_text, _lines(value or "")))
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag == self._silent:
            self._silent = ""

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found += [text for text in _lines(data) if _is_text(text)]


GETTEXT = {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy",
}  # fmt: skip
# Arguments that pages show.
SHOWN = {"label", "help_text", "verbose_name", "message", "empty_label", "violation_error_message"}
# Whose first argument, or any in a list or dictionary in it, pages show.
SAYERS = {"ValidationError", "success", "error", "warning", "info"}
# For whoever reads the log or the terminal, and errors of the program, which no page shows.
SILENT = {
    "Http404", "TypeError", "ValueError", "RuntimeError", "CommandError", "AssertionError", "print", "write",
    "SipError", "getLogger", "execute", "executemany", "executescript", "compile", "fullmatch", "match", "sub", "split",
    "seal", "unseal", "format_html", "format_html_join", "mark_safe",
}  # fmt: skip
WORDS = re.compile(r"[A-Za-z]{2,}[,:;.]? +[A-Za-z“%{]")
SQL = re.compile(r"\s*(SELECT|INSERT|CREATE|DELETE|UPDATE|PRAGMA|DROP|WITH|ALTER|BEGIN|ATTACH|WHEN)\b")
MARKUP = re.compile(r"\s*<|.*\\[AZdw]|text/|inline;|attachment;|Basic |PJSIP/", re.DOTALL)


def in_python(source: str) -> list[str]:
    finder = _Finder()
    finder.visit(ast.parse(source))
    return finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[str] = []
        self._around: list[ast.AST] = []

    def generic_visit(self, node: ast.AST) -> None:
        self._around.append(node)
        super().generic_visit(node)
        self._around.pop()

    def visit_Call(self, node: ast.Call) -> None:
        name = _name(node.func)
        if name in GETTEXT or name in SILENT or _is_logging(node.func):
            for child in [*node.args, *(each.value for each in node.keywords)] if name not in GETTEXT else []:
                if not isinstance(child, ast.Constant | ast.JoinedStr):
                    self.visit(child)
            return
        self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # a docstring
            self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
        self._look(node.lineno, text, spoken=self._is_spoken() and bool(re.search("[A-Za-z]{2}", text)))
        for each in node.values:
            if isinstance(each, ast.FormattedValue):
                self.visit(each.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._look(node.lineno, node.value, spoken=self._is_spoken() and bool(re.search("[A-Za-z]", node.value)))

    def _is_spoken(self) -> bool:
        parent = self._around[-1]
        if isinstance(parent, ast.keyword):
            return parent.arg in SHOWN
        return isinstance(parent, ast.Call) and _name(parent.func) in SAYERS

    def _look(self, line: int, text: str, *, spoken: bool) -> None:
        if not SQL.match(text) and not MARKUP.match(text) and (spoken or WORDS.search(text)):
            self.found.append(f"{line}: {text}")


def _name(function: ast.expr) -> str:
    return (
        function.id if isinstance(function, ast.Name) else function.attr if isinstance(function, ast.Attribute) else ""
    )


def _is_logging(function: ast.expr) -> bool:
    return (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == "logger"
    )


def templates(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for path in sorted((root / "templates").rglob("*.*")):
        yield path, in_template(path.read_text(), is_html=path.suffix == ".html")


def modules(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for app in ("core", "accounts", "extensions", "trunks", "asterisk", "backup", "pbxportal"):
        for path in sorted((root / app).rglob("*.py")):
            if not {"migrations", "management", "formats"}.intersection(path.parts):
                yield path, in_python(path.read_text())
