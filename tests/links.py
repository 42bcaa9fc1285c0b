"""Where the links and forms of a page lead."""

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit


class Links(HTMLParser):
    """`found`: method and path of each thing that can be pressed."""

    def __init__(self, page: str, text: str) -> None:
        super().__init__()
        self.page = page
        self.form = ("get", "")
        self.forms: dict[str, tuple[str, str]] = {}
        self.found: set[tuple[str, str]] = set()
        self.feed(text)

    def _add(self, method: str, url: str) -> None:
        parts = urlsplit(urljoin(f"http://testserver{self.page}", url))
        if parts.netloc == "testserver" and not parts.path.startswith("/static/"):
            self.found.add((method, parts.path))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in has:
            self._add("get", has["href"])
        if tag == "form":
            self.form = self.forms[has.get("id", "")] = (has.get("method", "get"), has.get("action", ""))
            if has.get("role") == "search":
                self._add(*self.form)
        if tag == "button" and has.get("type", "submit") == "submit":
            method, action = self.forms.get(has["form"], self.form) if "form" in has else self.form
            self._add(method, has.get("formaction", action))
        for method in ("get", "post"):
            if f"hx-{method}" in has:
                self._add(method, has[f"hx-{method}"])
