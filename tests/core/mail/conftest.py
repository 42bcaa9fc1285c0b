from collections.abc import Iterator

import pytest

from core.preferences.models import Preferences
from tests.core.mail.postbox import HOST, Postbox


@pytest.fixture
def postbox(db: None) -> Iterator[Postbox]:
    """Running, and set up in Preferences."""
    box = Postbox()
    box.start()
    use(box)
    yield box
    box.stop()


def use(box: Postbox, **more: object) -> None:
    values = {
        "mail_host": HOST,
        "mail_port": box.port,
        "mail_security": box.tls or "none",
        "mail_from": "portal@example.com",
        **more,
    }
    Preferences.objects.update(**values)
