from typing import Any

from django.test import Client


def html_of(client: Client, path: str, status: int = 200, **more: Any) -> str:
    """The page; so that what it must not say is not said for want of a page."""
    answer = client.get(path, **more)
    assert answer.status_code == status, f"{path}: {answer.status_code}"
    return answer.content.decode()
