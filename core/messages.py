"""Where messages wait for the next page: Django's, by a cookie of this portal's own name."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class OwnCookieStorage(CookieStorage):
    @property
    def cookie_name(self) -> str:  # type: ignore[override]
        return str(settings.MESSAGE_COOKIE_NAME)


class MessageStorage(FallbackStorage):
    storage_classes = (OwnCookieStorage, SessionStorage)
