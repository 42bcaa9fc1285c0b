"""What the tests themselves keep to, so that no assertion holds for want of what it looks at."""

import ast
from pathlib import Path

FETCHING = {"get", "post", "head"}


def fetched(expression: ast.expr) -> bool:
    methods = {each.attr for each in ast.walk(expression) if isinstance(each, ast.Attribute)}
    return "content" in methods and bool(methods & FETCHING)


def looks_for_nothing_in_a_page(assertion: ast.Assert) -> bool:
    """Whether a page is fetched within `... not in ...`: nobody then asks for its status."""
    compared = [each for each in ast.walk(assertion) if isinstance(each, ast.Compare)]
    return any(isinstance(each.ops[0], ast.NotIn) and fetched(each.comparators[0]) for each in compared)


def found(text: str) -> list[int]:
    assertions = [each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Assert)]
    return [each.lineno for each in assertions if looks_for_nothing_in_a_page(each)]


def test_a_page_that_must_not_say_something_is_asked_for_its_status() -> None:
    assert found('assert b"x" not in client.get("/").content') == [1]
    assert found('assert "x" not in client.post("/").content.decode()') == [1]
    assert found('answer = client.get("/")\nassert b"x" not in answer.content') == []
    texts = {path: path.read_text() for path in Path(__file__).parent.rglob("*.py")}
    assert Path(__file__) in texts
    assert {f"{path}:{line}" for path, text in texts.items() for line in found(text)} == set()
