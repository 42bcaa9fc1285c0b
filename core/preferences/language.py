"""In which language somebody is spoken to."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from core.access.person import Person
from core.preferences.models import Preferences


def code_of(user: Person | None) -> str:
    """The person's own choice; else that of Preferences."""
    if user and user.language in dict(settings.LANGUAGES):
        return user.language
    return Preferences.current().language


def of(user: Person | None) -> AbstractContextManager[None]:
    """What is written in it, an e-mail for example, is in that person's language; None: in that of Preferences."""
    return translation.override(code_of(user))


class PersonsLanguage:
    """Asks the database nothing: the person of a request is known anyway, for the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.user.is_authenticated or not request.user.language:
            return self.get_response(request)
        with of(request.user):
            return self.get_response(request)
