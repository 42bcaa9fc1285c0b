import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from accounts.models import Organization, User
from accounts.passwords import rules
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


@pytest.mark.parametrize(("length", "code"), [(9, "password_length"), (10, ""), (128, ""), (129, "password_length")])
def test_a_password_of_the_shortest_and_of_the_longest_length_passes(db: None, length: int, code: str) -> None:
    password = "Ab1" + "xyz" * 50
    if not code:
        rules.LengthAndClasses().validate(password[:length])
        return
    with pytest.raises(ValidationError) as refusal:
        rules.LengthAndClasses().validate(password[:length])
    assert (refusal.value.code, refusal.value.messages) == (code, ["Use 10 to 128 characters."])


@pytest.mark.parametrize(
    ("password", "signs", "words"),
    [
        ("abcdefghijk", False, "Add a digit and an uppercase letter."),
        ("ABCDEFGHIJ1", False, "Add a lowercase letter."),
        ("Abcdefghij1", True, "Add a symbol such as ! or #."),
        ("Abc efghij1", True, "Add a symbol such as ! or #."),
    ],
)
def test_what_a_password_lacks_is_named(db: None, password: str, words: str, *, signs: bool) -> None:
    Preferences.objects.update(password_signs=signs)
    with pytest.raises(ValidationError) as refusal:
        rules.LengthAndClasses().validate(password)
    assert refusal.value.messages == [words]


def test_the_rules_are_said_in_words(db: None) -> None:
    words = "10 to 128 characters, with a digit, an uppercase letter, and a lowercase letter."
    assert rules.LengthAndClasses().get_help_text() == words
    Preferences.objects.update(password_signs=True, password_length=20)
    assert rules.Rules.current().words == (
        "20 to 128 characters, with a digit, an uppercase letter, a lowercase letter, and a symbol such as ! or #."
    )
    assert (rules.Rules.current().suggested_length, rules.Rules(10, False).suggested_length) == (20, 16)
    assert set(rules.SIGNS) <= set(rules.Rules.current().alphabet)
    assert not set(rules.SIGNS) & set(rules.Rules(10, False).alphabet)
    assert "name" in rules.NotAboutThePerson().get_help_text()
    assert rules.HardToGuess().get_help_text() == "Must not be easy to guess."


@pytest.mark.parametrize(
    ("password", "words", "word"),
    [
        ("xxACMExx", ["Ac", "acme"], "acme"),
        ("xxAcxx", ["Ac"], ""),
        ("xxAcmxx", ["Acm"], "Acm"),
        ("xx", [""], ""),
    ],
)
def test_a_word_of_three_letters_counts_in_any_case(password: str, words: list[str], word: str) -> None:
    assert rules.contained(password, words) == word


def test_of_the_companys_name_the_long_words_count() -> None:
    assert rules.company_words("The Acme Co-Op Ltd") == ["The Acme Co-Op Ltd", "TheAcmeCo-OpLtd", "Acme", "pbxportal"]


@pytest.mark.parametrize(
    ("stored", "is_one"), [("", False), ("!abc", False), ("argon2$x", True)]
)  # fmt: skip
def test_what_is_stored_is_told_from_what_is_no_password(ada: User, stored: str, *, is_one: bool) -> None:
    User.objects.filter(pk=ada.pk).update(password=stored)
    assert rules.is_one(stored) is is_one
    assert User.objects.filter(rules.is_set("password")).exists() is is_one


def test_a_short_password_is_said_to_be_short_and_not_weak(db: None) -> None:
    rules.HardToGuess().validate("short")
    with pytest.raises(ValidationError, match="easy to guess"):
        rules.HardToGuess().validate("Password1234")
