"""One form of a password before it is checked and hashed: keyboards and systems send the same one differently."""

import pytest
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.passwords.opaque_string import opaque_string
from core.preferences.models import Preferences
from tests.people import Typed, make_extension, make_user

COMPOSED, DECOMPOSED = "Übergröße 7 Häuser", "U\u0308bergro\u0308ße\u00a07\u3000Ha\u0308user"


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        (DECOMPOSED, COMPOSED),
        ("a\u1680b\u2003c\u202fd", "a b c d"),
        (" kept ", " kept "),
        ("UPPER lower", "UPPER lower"),
        ("\u017f\ufb01\uff21\u00b2", "\u017f\ufb01\uff21\u00b2"),  # NFKC would make another password of it
    ],
)
def test_the_form_is_that_of_rfc_8265(typed: str, form: str) -> None:
    assert opaque_string(typed) == form == opaque_string(form)


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_password_is_known_in_whatever_form_it_was_chosen(chosen: str, typed: str) -> None:
    hashed = make_password(chosen)
    assert check_password(typed, hashed)
    assert not check_password(typed.lower(), hashed)
    assert not check_password(typed.replace("7", "\uff17"), hashed)


@pytest.mark.parametrize(("chosen", "typed"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_people_sign_in_in_whatever_form_they_chose_their_password(
    client: Client, db: None, chosen: str, typed: str
) -> None:
    user = make_user("Ada", role="super_administrator")
    user.set_password(chosen)
    user.save()
    assert client.post("/sign-in/", {"login": "ada@example.com", "password": typed}).status_code == 302
    answer = client.post(reverse("own_password"), {"present": typed, "password": DECOMPOSED + "!"})
    assert answer.status_code == 302
    assert User.objects.get().check_password(COMPOSED + "!")


def test_its_length_is_counted_in_that_form(client: Client, ada: User) -> None:
    """Ten characters, of which a Mac sends twelve."""
    Preferences.objects.update(password_length=12)
    make_extension("1000", user=ada)
    client.force_login(ada)
    page = client.post("/extensions/add/", Typed(more={"password": "A\u0308o\u0308bc7efghi"}).fields)
    assert "Use 12 to" in page.content.decode()


def test_a_registration_password_stays_as_it_is(client: Client, ada: User) -> None:
    client.force_login(ada)
    page = client.post("/extensions/add/", Typed(more={"registration_password": "t7Rw9KqX2mZv\u00a05LpB8nYc"}).fields)
    assert "without spaces or accents" in page.content.decode()
