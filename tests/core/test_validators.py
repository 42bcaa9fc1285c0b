import pytest
from django.core.exceptions import ValidationError

from core.validators import LARGEST, digits, single_line, tidy


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


@pytest.mark.parametrize(
    "text",
    [
        "\u3164", "\u2800", "\u115f", "\u1160", "\uffa0", "\u17b4", "\u17b5", "\u200b", "\u2060", "\ufeff", "\u00ad",
        "\u200c", "\u200d\u200c", "\u034f", "\ufe0f", "\u180b", "\U000e0100", "\u0301", "\u0301\u200d",
        "Ada\u3164", "\u2800Ada", "Ada\u2800\u2800Lovelace", "a\u202eb", "a\u2028b", "a\nb", "\U000e0041", "\ue000",
    ],
)  # fmt: skip
def test_a_name_of_which_nothing_is_seen_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="one line of plain text"):
        single_line(tidy(text))


@pytest.mark.parametrize("text", ["=?utf-8?q?V=0d=0aReply-To:_evil=40x.de?=", "Ada =?utf-8?b?QQ==?= B", "a=?"])
def test_a_name_that_mail_programs_would_decode_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match=r"Remove “=\?”"):
        single_line(tidy(text))


@pytest.mark.parametrize(
    "text",
    [
        "", "Ada", "Müller", "Nguyễn Thị", "علی\u200cرضا", "美咲", "葛\U000e0100城", "김철수", "สมชาย", "क्ष", "❤\ufe0f",
        "👩\u200d🚒", "7", "?", "O’Brien", "x\u0323\u0301",
    ],
)  # fmt: skip
def test_names_of_all_languages_are_taken(text: str) -> None:
    single_line(tidy(text))
