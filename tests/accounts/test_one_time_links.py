"""Links that prove that a mail was read."""

import pytest
from django.core import signing

from accounts import one_time_links
from accounts.one_time_links import VALID_SECONDS, Link, Purpose


@pytest.mark.parametrize("purpose", Purpose)
def test_a_link_says_what_it_is_for_until_it_is_too_old(purpose: Purpose, monkeypatch: pytest.MonkeyPatch) -> None:
    link = Link(purpose, 7, 3)
    text = one_time_links.token(link)
    assert one_time_links.read(text) == link
    now = signing.time.time()  # type: ignore[attr-defined]
    monkeypatch.setattr(signing.time, "time", lambda: now + VALID_SECONDS[purpose] - 5)  # type: ignore[attr-defined]
    assert one_time_links.read(text) == link
    monkeypatch.setattr(signing.time, "time", lambda: now + VALID_SECONDS[purpose] + 5)  # type: ignore[attr-defined]
    assert one_time_links.read(text) is None


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", signing.dumps(["new_email", 1, 1]), signing.dumps(["x", 1, 1], salt=one_time_links.SALT)],
    ids=["nothing", "nonsense", "other salt", "other purpose"],
)
def test_what_nobody_here_signed_is_no_link(text: str) -> None:
    assert one_time_links.read(text) is None


def test_an_altered_link_is_none() -> None:
    text = one_time_links.token(Link(Purpose.NEW_EMAIL, 7, 3))
    assert one_time_links.read(text[:-1] + ("A" if text[-1] != "A" else "B")) is None
