"""/health/ and /metrics, for programs."""

import time
from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET

from core import disk
from core.preferences.models import Preferences
from pbxportal import monitor

UNAUTHORIZED = {"WWW-Authenticate": "Bearer"}


class ResponseTimes:
    """Measures, where /metrics is on, how long each page takes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        if Preferences.current().metrics_on:
            seconds = time.perf_counter() - began
            monitor.RESPONSES.labels(request.method, f"{response.status_code // 100}xx").observe(seconds)
        return response


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """In a word; with the monitor's token in detail."""
    space = disk.scarcest()
    status = 503 if space and space.is_out else 200
    if "Authorization" in request.headers:
        if not monitor.shows_token(request):
            return HttpResponse("Wrong token\n", content_type="text/plain", status=401, headers=UNAUTHORIZED)
        return JsonResponse(monitor.detail(), status=status)
    words = f"disk {space.share:.0%} full, {space.free // 1_000_000} MB free\n" if space else "ok\n"
    return HttpResponse(words, content_type="text/plain", status=status)


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    if not Preferences.current().metrics_on:
        raise Http404("Metrics are off.")
    if not monitor.shows_token(request):
        return HttpResponse("Wrong token\n", content_type="text/plain", status=401, headers=UNAUTHORIZED)
    return HttpResponse(monitor.metrics(), content_type="text/plain; version=0.0.4; charset=utf-8")
