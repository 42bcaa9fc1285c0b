import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Organization, User
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
        ("Correct7Horse9Staple " * 6 + "123", "password_length"),
        ("abcdefghij1", "password_classes"),
        ("ABCDEFGHIJ1", "password_classes"),
        ("Abcdefghijk", "password_classes"),
        ("1234567890", "password_leaked"),
        ("SaUn24865709", "password_leaked"),
        ("sAUN24865709", "password_leaked"),
        ("Ab3" + "x" * 60, "password_weak"),
        ("Ab3defghij", "password_weak"),
        ("Qwertz12345", "password_weak"),
        ("Password2026!", "password_weak"),
        ("Summer2026!", "password_season"),
        ("2026-SUMMER!xy", "password_season"),
        ("Xq7 winter 25", "password_season"),
        ("December.2025!", "password_season"),
        ("Brightwater2026!", "password_about_person"),
        ("xX7!brightwaterXx7!", "password_about_person"),
        ("Brightwater&Sons7", "password_about_person"),
        ("BrightwaterSons7xq", "password_about_person"),
        ("Xx7!pbxportalXx7!", "password_about_person"),
    ],
)
def test_a_poor_password_is_refused_with_its_reason(password: str, code: str) -> None:
    Organization.objects.update(name="Brightwater & Sons Ltd")
    assert code in codes(password)


@pytest.mark.parametrize(
    "password",
    [
        "Ab3dxfghqj", "Correct7Horse9Staple " * 6 + "12", "Ünïcödé Пароль 7x", "Bold7ltd-and-inc", "Dismay77-tricycle",
        "Summerhouse 2026 mango", "Marching 12 penguins Q",
    ],
)  # fmt: skip
def test_a_good_password_passes(password: str) -> None:
    Organization.objects.update(name="The Inc and Ltd")
    assert codes(password) == set()


@pytest.mark.parametrize(
    ("password", "found"),
    [("Ab3dxfghqj!k", set()), ("Ab3dxfghqjkl", {"password_classes"}), ("Ab3dxfghq!", {"password_length"})],
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
