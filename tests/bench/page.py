"""A page's forms, as a browser would post them."""

from html.parser import HTMLParser

Fields = dict[str, list[str]]
Attributes = list[tuple[str, str | None]]

UNPOSTED = {"submit", "button", "reset", "image", "file"}


class FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = []
        self._inside = False
        self._select: str | None = None
        self._textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({})
            self._inside = True
        elif not self._inside or "disabled" in has:
            return
        elif tag == "input":
            self._read_input(has)
        elif tag == "select":
            self._select = has.get("name", "")
        elif tag == "option" and self._select:
            self._read_option(self._select, has)
        elif tag == "textarea":
            self._textarea = has.get("name", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self._add(self._textarea, data)

    def _add(self, name: str, value: str) -> None:
        self.forms[-1].setdefault(name, []).append(value)

    def _read_input(self, has: dict[str, str]) -> None:
        kind = has.get("type", "text")
        if kind in UNPOSTED or not has.get("name"):
            return
        if kind not in ("checkbox", "radio"):
            self._add(has["name"], has.get("value", ""))
        elif "checked" in has:
            self._add(has["name"], has.get("value", "on"))

    def _read_option(self, name: str, has: dict[str, str]) -> None:
        """The first option stands until a selected one is found."""
        if "selected" in has or name not in self.forms[-1]:
            self.forms[-1][name] = [has.get("value", "")]


def form_with(name: str, html: str) -> Fields:
    """The page's form that has a field of this name."""
    reader = FormReader()
    reader.feed(html)
    return next(form for form in reader.forms if name in form)
