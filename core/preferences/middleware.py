from collections.abc import Callable, Iterable, Iterator

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from core.preferences.models import in_force


class PreferencesInForce:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with in_force():
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = to_the_end(response.streaming_content)
        return response


def to_the_end(content: Iterable[bytes]) -> Iterator[bytes]:
    """What is made only while it is sent is made by the same preferences."""
    with in_force():
        yield from content
