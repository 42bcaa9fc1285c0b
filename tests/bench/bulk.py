"""What many extensions at once cost: edited, disabled, deleted, and added, each with its undo; saved, not applied."""

import time

from django.conf import settings

from accounts.models import User
from extensions.models import BulkAction
from tests.bench import filling
from tests.bench.browser import Answer, Browser
from tests.bench.page import Fields, form_with
from tests.bench.server import Server
from tests.bench.table import Figures
from tests.people import PASSWORD

GROUP = "Bulk actions"
SIZES = [1_000, 10_000]
ADDED = 1_000
EDIT = {"do_location": ["set"], "location": ["Hall"], "do_max_phones": ["set"], "max_phones": ["2"]}
SAVE = {"then": ["save"]}


def measure(rounds: int, figures: Figures, browser: Browser, server: Server, by: User) -> None:
    for size in SIZES:
        filling.empty(by)
        filling.fill(size, by)
        browser = signed_in(by)
        everybody = f"all=yes&filter=&count={size}"
        edit = f"/extensions/bulk/edit/?{everybody}"
        form = browser.form(edit, "form_token") | EDIT | {"then": ["preview"]}
        preview = noted(figures, "edit, preview", size, browser.post("/extensions/bulk/edit/", form, 200))
        saved = form_with("seen", preview.text) | SAVE
        noted(figures, "edit of two fields", size, browser.post("/extensions/bulk/edit/", saved))
        undo(figures, "edit", size, browser)
        for code in ("disable", "new-passwords", "delete"):
            browser = signed_in(by)
            path = f"/extensions/bulk/{code}/"
            shown = noted(figures, f"{code}, preview", size, browser.get(f"{path}?{everybody}"))
            noted(figures, code, size, browser.post(path, form_with("seen", shown.text) | SAVE))
            undo(figures, code, size, browser)
    add(figures, signed_in(by), SIZES[-1])


def signed_in(by: User) -> Browser:
    """Just now: what is sensitive asks again after five minutes."""
    browser = Browser(settings.PORTAL_URL)
    browser.sign_in(str(by.email), PASSWORD)
    return browser


def add(figures: Figures, browser: Browser, beside: int) -> None:
    path = "/extensions/bulk/add/"
    wanted = {"first": ["200000"], "count": [str(ADDED)], "then": ["preview"]}
    preview = noted(
        figures, f"add {ADDED:,}, preview", beside, browser.post(path, browser.form(path, "count") | wanted, 200)
    )
    noted(figures, f"add {ADDED:,}", beside, browser.post(path, form_with("seen", preview.text) | SAVE))
    undo(figures, f"add {ADDED:,}", beside, browser)


def undo(figures: Figures, name: str, size: int, browser: Browser) -> None:
    path = BulkAction.objects.latest("at").get_absolute_url()
    token: Fields = {"csrfmiddlewaretoken": browser.form(path, "csrfmiddlewaretoken")["csrfmiddlewaretoken"]}
    noted(figures, f"{name}, undo", size, browser.post(f"{path}undo/", token))
    time.sleep(0.01)  # the next one is later


def noted(figures: Figures, name: str, size: int, answer: Answer) -> Answer:
    figures.add(GROUP, f"{name}, s", size, [answer.seconds])
    return answer
