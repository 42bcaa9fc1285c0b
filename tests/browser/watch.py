"""What must never happen while a page is open: an error, a blocked or failed request, a word to another host."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

HERE = ("127.0.0.1", "localhost")
LOUD = ("error", "warning")
HARMLESS = (
    # A page itself may be answered with 403, 409, 422: its test looks at it. Chromium repeats that in the console.
    "Failed to load resource",
    # It is heeded by https:// and on this machine alone.
    "The Cross-Origin-Opener-Policy header has been ignored",
)
STOPPED_BY_LEAVING = "net::ERR_ABORTED"


class Watch:
    """Collects what went wrong in all pages of the contexts that it was set upon."""

    def __init__(self, *hosts: str) -> None:
        self.hosts = hosts or HERE
        self.trouble: list[str] = []

    def over(self, context: BrowserContext) -> BrowserContext:
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failed)
        context.on("response", self._on_response)
        return context

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in LOUD and not message.text.startswith(HARMLESS):
            self.trouble.append(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self.trouble.append(f"script: {error.error}")

    def _on_request(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in self.hosts and not request.url.startswith("data:"):
            self.trouble.append(f"another host was asked: {request.url}")

    def _on_failed(self, request: Request) -> None:
        if request.failure != STOPPED_BY_LEAVING:
            self.trouble.append(f"no answer: {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self.trouble.append(f"{response.status}: {response.url}")
