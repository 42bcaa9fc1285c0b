from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from core.http import page_before

THEMES = ("auto", "light", "dark")


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    response = HttpResponseRedirect(page_before(request, "/"))
    chosen = request.POST.get("theme")
    if chosen in THEMES:
        response.set_cookie(
            "theme", chosen, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response
