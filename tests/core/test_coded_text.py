"""Texts that are stored as a code, and shown in the reader's language."""

from typing import Any

import pytest

from core import coded_text
from core.coded_text import CodedText, show, to_json

coded_text.register({"test.waits": "%(count)s calls wait for %(who)s", "test.busy": "busy"})


@pytest.mark.parametrize(
    ("value", "stored", "shown"),
    [
        (None, None, ""),
        (True, True, "yes"),
        (False, False, "no"),
        (1234, 1234, "1234"),
        ("typed", "typed", "typed"),
        (1.5, "1.5", "1.5"),
        (["a", True, 2], ["a", True, 2], "a, yes, 2"),
        (("a",), ["a"], "a"),
        (CodedText("test.busy"), {"code": "test.busy"}, "busy"),
        (ValueError(CodedText("test.busy")), {"code": "test.busy"}, "busy"),
        (ValueError("as said"), "as said", "as said"),
        (ValueError(), "", ""),
        (CodedText("test.gone", who="Ada"), {"code": "test.gone", "who": "Ada"}, "test.gone"),
        (
            CodedText("test.waits", count=12345, who=CodedText("test.busy")),
            {"code": "test.waits", "count": 12345, "who": {"code": "test.busy"}},
            "12,345 calls wait for busy",
        ),
        (
            CodedText("test.waits", count=True, who=None),
            {"code": "test.waits", "count": True, "who": None},
            "yes calls wait for ",
        ),
        ({1: CodedText("test.busy")}, {"1": {"code": "test.busy"}}, "{'1': {'code': 'test.busy'}}"),
    ],
)
def test_what_is_stored_of_a_text_is_shown_again(value: Any, stored: Any, shown: str) -> None:
    assert to_json(value) == stored
    assert show(stored) == shown


def test_a_code_is_known_once_it_is_registered() -> None:
    assert coded_text.is_known("test.busy")
    assert not coded_text.is_known("test.gone")
    assert str(CodedText("test.busy")) == "busy"
