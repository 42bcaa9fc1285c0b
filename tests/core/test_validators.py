import pytest

from core.validators import LARGEST, digits


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0), ("7", 7), ("007", 7), ("1001", 1001),
        (str(LARGEST), LARGEST), (str(LARGEST + 1), LARGEST), ("9" * 5000, LARGEST),
        ("", None), (" 7", None), ("-7", None), ("+7", None), ("7.0", None), ("1_0", None), ("7\n", None),
        ("7\0", None), ("१००", None), ("²", None),
    ],
)  # fmt: skip
def test_a_number_in_an_address_is_of_ascii_digits(text: str, number: int | None) -> None:
    assert digits(text) == number


def test_a_larger_number_than_the_most_is_the_most() -> None:
    assert [digits(text, most=20) for text in ("19", "20", "21", "0000000019", "9" * 30)] == [19, 20, 20, 19, 20]
