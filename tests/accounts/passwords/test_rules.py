import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords.rules import SIGNS, new_user_password
from core.preferences.models import Preferences

pytestmark = pytest.mark.django_db


def codes(password: str, user: User | None = None) -> set[str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {str(each.code) for each in error.error_list}
    return set()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("Ab3defghi", "password_length"),
        ("Ab3" + "x" * 61, "password_length"),
        ("abcdefghij1", "password_classes"),
        ("ABCDEFGHIJ1", "password_classes"),
        ("Abcdefghijk", "password_classes"),
        ("1234567890", "password_too_common"),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(password: str, code: str) -> None:
    assert code in codes(password)


@pytest.mark.parametrize("password", ["Ab3defghij", "Ab3" + "x" * 60, "Ünïcödé Пароль 7x"])
def test_a_good_password_passes(password: str) -> None:
    assert codes(password) == set()


@pytest.mark.parametrize(
    ("password", "found"),
    [("Ab3defghij!k", set()), ("Ab3defghijkl", {"password_classes"}), ("Ab3defghi!", {"password_length"})],
)
def test_preferences_say_how_long_and_whether_a_sign_is_needed(password: str, found: set[str]) -> None:
    Preferences.objects.update(password_length=12, password_signs=True)
    assert codes(password) == found


@pytest.mark.parametrize(("length", "signs"), [(12, True), (63, True), (40, False)])
def test_a_suggested_password_keeps_stricter_rules_too(length: int, signs: bool) -> None:
    Preferences.objects.update(password_length=length, password_signs=signs)
    made = [new_user_password() for _ in range(50)]
    assert {len(password) for password in made} == {max(16, length)}
    assert all(codes(password) == set() for password in made)
    assert any(set(SIGNS) & set(password) for password in made) == signs


@pytest.mark.parametrize("word", ["Grace", "HOPPER", "grace.h@example.com", "grace.h"])
def test_a_password_about_the_person_is_refused(word: str) -> None:
    grace = User(first_name="Grace", last_name="Hopper", email="grace.h@example.com")
    assert "password_about_person" in codes(f"Xx7!{word}Xx7!", grace)


def test_random_passwords_keep_the_rules_and_differ() -> None:
    made = {new_user_password() for _ in range(200)}
    assert len(made) == 200
    assert all(codes(password) == set() for password in made)
