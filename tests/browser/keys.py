"""What a page makes of a key or a click: sent by a script, so that it is known whether the browser would do its own."""

from playwright.sync_api import Page

PRESSED = """([key, held]) => {
    const event = new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...held});
    document.activeElement.dispatchEvent(event);
    return event.defaultPrevented;
}"""


def press_key(page: Page, key: str, **held: bool) -> bool:
    """Whether the page has taken the key for itself."""
    return bool(page.evaluate(PRESSED, [key, held]))
