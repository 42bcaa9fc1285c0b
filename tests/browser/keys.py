"""What a page makes of a key or a click: sent by a script, so that it is known whether the browser would do its own."""

from typing import Any

from playwright.sync_api import Page

PRESSED = """([key, held]) => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...held});
    document.activeElement.dispatchEvent(event);
    return event.defaultPrevented;
}"""
FOCUSED = "document.activeElement.id || document.activeElement.textContent.trim()"


def press_key(page: Page, key: str, **held: bool) -> bool:
    """Whether the page has taken the key for itself."""
    return bool(page.evaluate(PRESSED, [key, held]))


def focused(page: Page) -> Any:
    """The id of what has the focus, or its words."""
    return page.evaluate(FOCUSED)
