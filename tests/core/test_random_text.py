import pytest

from core.random_text import has_run, random_password


def test_passwords_that_are_suggested_have_every_class_and_no_run() -> None:
    made = [random_password(10) for _ in range(5000)]
    assert len(set(made)) == 5000
    for password in made:
        assert not has_run(password)
        assert any(map(str.isdigit, password)), password
        assert any(map(str.isupper, password)), password
        assert any(map(str.islower, password)), password


@pytest.mark.parametrize(("text", "run"), [("ab1234cd", True), ("x9876", True), ("aaaab", True), ("aaab1235", False)])
def test_what_looks_typed_by_hand_is_a_run(text: str, run: bool) -> None:
    assert has_run(text) == run
