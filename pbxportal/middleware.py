from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from pbxportal.models import in_force


class PreferencesInForce:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with in_force():
            return self.get_response(request)
