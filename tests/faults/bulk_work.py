"""Bulk actions on a served portal, of which something is killed meanwhile; and the undo of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from extensions.models import BulkAction
from tests.bench.page import Fields, form_with
from tests.extensions.bulk.typed import bulk_add
from tests.faults.killed import MANY, NEW, THERE, Found, Scene, Shape, WebKilled, all_is_applied, applies, found
from tests.faults.portal import Browser


@dataclass(frozen=True)
class Deed:
    """`change`: what the operation log calls what becomes of each; `back`: what it calls the undo of that."""

    code: str
    change: str
    back: str
    people: int
    is_done: Callable[[Shape, Shape], bool]
    has_credentials: bool = False

    @property
    def path(self) -> str:
        return f"/extensions/bulk/{self.code}/"

    def form(self, browser: Browser) -> Fields:
        """As it is sent after the look at what it does."""
        if self.code == "add":
            browser.get(self.path)
            sent: dict[str, Any] = bulk_add(first=NEW[0], count=str(MANY), then="preview")
            shown = browser.send(self.path, sent).page
        elif self.code == "edit":
            form = form_with("form_token", browser.get(f"{self.path}?{chosen()}"))
            sent = {"do_location": "set", "location": "Hall", "do_max_phones": "set", "max_phones": "2"}
            shown = browser.send(self.path, {**form, **sent, "then": "preview"}).page
        else:
            shown = browser.get(f"{self.path}?{chosen()}")
        return {**form_with("seen", shown), "then": ["apply"]}

    def check(self, before: Found, now: Found) -> None:
        """Done once, whole."""
        assert self.is_done(before.shape, now.shape), "half"
        rows = {"changes": MANY, "actions": 1, "items": MANY, f"extension.{self.change}": MANY}
        people = {"people": self.people, "departments": self.people} if self.people else {}
        now.is_more_than(before, rows | people)

    def check_undone(self, at_first: Found, before: Found, now: Found) -> None:
        assert now.shape == at_first.shape, "half"
        rows = {"changes": MANY, "undone": 1, f"extension.{self.back}": MANY, "bulk.undone": 1}
        people = {"people": -self.people, "departments": -self.people} if self.people else {}
        now.is_more_than(before, rows | people)


def chosen() -> str:
    return "&".join(f"n={number}" for number in THERE)


ADD = Deed("add", "added", "deleted", MANY, lambda was, now: [*now] == [*was, *NEW], has_credentials=True)
EDIT = Deed("edit", "changed", "changed", 0, lambda _, now: {each[2:4] for each in now.values()} == {("Hall", 2)})
DISABLE = Deed("disable", "changed", "changed", 0, lambda _, now: {each[0] for each in now.values()} == {False})
PASSWORDS = Deed(
    "new-passwords", "changed", "changed", 0,
    lambda was, now: was.keys() == now.keys() and not any(was[each][1] == now[each][1] for each in was),
    has_credentials=True,
)  # fmt: skip
DELETE = Deed("delete", "deleted", "added", -MANY, lambda _, now: not now)


class BulkScene(Scene):
    def does(self, deed: Deed) -> None:
        """And undoes it."""
        browser = Browser(self.port, self.by)
        form, before = deed.form(browser), found()
        answer = self.struck("deed", browser, lambda: browser.send(deed.path, form))
        now = found()
        saved = now != before
        if saved:
            deed.check(before, now)
        assert saved or answer is None or answer.status != 302
        self.end("deed", answer, saved=saved)
        assert browser.get(reverse("extensions:bulk_actions")).count("/bulk/") >= saved
        at = self.whole("deed", lambda: browser.send(deed.path, form), again=saved).location
        deed.check(before, found())
        action = BulkAction.objects.latest("at")
        assert at == action.get_absolute_url()
        page = browser.get(at)
        assert "not applied" not in page, page
        assert ("Download credentials" in page) == deed.has_credentials
        if deed.has_credentials and isinstance(self.fault, WebKilled):
            self.downloads(f"{at}credentials/", browser)
        all_is_applied()
        self.undoes(deed, action, before, browser)

    def downloads(self, path: str, browser: Browser) -> None:
        """Once; but if no answer came, or what was sent was not noted any more, they are still there."""
        answer = self.struck("request", browser, lambda: browser.send(path, {}))
        self.ends[f"download: {'answered' if answer else 'no answer'}"] += 1
        assert answer is None or answer.status == 200
        assert answer or browser.send(path, {}).status == 200
        browser.send(path, {})  # once more, where it was killed between the answer and its note that it was given
        assert browser.send(path, {}).status == 302

    def undoes(self, deed: Deed, action: BulkAction, at_first: Found, browser: Browser) -> None:
        path, before = action.get_absolute_url(), found()
        answer = self.struck("undo", browser, lambda: browser.send(f"{path}undo/", {}))
        now = found()
        saved = now != before
        if saved:
            deed.check_undone(at_first, before, now)
        assert saved or answer is None or answer.status != 302
        self.end("undo", answer, saved=saved)
        assert ("Undone on" in browser.get(path)) == saved
        self.whole("undo", lambda: browser.send(f"{path}undo/", {}), again=saved)
        deed.check_undone(at_first, before, found())
        assert "Undone on" in browser.get(path)
        applies(browser)
        all_is_applied()
