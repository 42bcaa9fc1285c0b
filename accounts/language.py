"""In which language somebody is spoken to."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from accounts.models import User
from pbxportal.models import Preferences


def code_of(user: User | None) -> str:
    """The person's own choice; else that of Preferences."""
    if user and user.language in dict(settings.LANGUAGES):
        return user.language
    return Preferences.current().language


def of(user: User | None) -> AbstractContextManager[None]:
    """What is written in it, a letter for example, is in that person's language; None: in that of Preferences."""
    return translation.override(code_of(user))


class PersonsLanguage:
    """Asks the database nothing: the person of a request is known anyway, for the session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User) or not request.user.language:
            return self.get_response(request)
        with of(request.user):
            return self.get_response(request)
