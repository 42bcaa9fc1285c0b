from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.requests import SignedInRequest
from pbxportal.search import find


@require_GET
def search(request: SignedInRequest) -> HttpResponse:
    """While somebody types, what is found so far; without script a page of it."""
    typed = request.GET.get("q", "")
    context = {"section": "", "q": typed, "groups": find(request.user, typed)}
    return render(request, "pbxportal/_found.html" if request.htmx else "pbxportal/search.html", context)
