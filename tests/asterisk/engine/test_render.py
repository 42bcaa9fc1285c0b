"""From a snapshot to rows: no database, no Asterisk."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asterisk.engine import columns, render
from asterisk.engine.columns import Dial, Extension, HandOver, Login
from asterisk.engine.render import Rows, Snapshot

GRACE = Extension(
    number="1001",
    caller_name='Grace "Amazing" Hopper\\',
    caller_id="*77",
    registration_name="desk.of-grace",
    registration_password="t7Rw9KqX2mZv5LpB8nYc",
    max_phones=2,
)
EXPECTED = Rows(
    Login(
        id="1001",
        number="1001",
        registration_name="desk.of-grace",
        password_digest="MD5:2f7b75256ddb04ffd263ad1758b64b5b",
        caller_name='Grace "Amazing" Hopper\\',
        caller_id='"Grace \\"Amazing\\" Hopper\\\\" <*77>',
        max_contacts=2,
    ),
    Dial(number="1001", ring_seconds=30),
)


def test_the_rows_of_one_extension() -> None:
    assert render.rows(GRACE) == EXPECTED


def test_the_same_snapshot_gives_the_same_rows_in_the_same_order() -> None:
    others = [replace(GRACE, number=str(number)) for number in range(1002, 1010)]
    numbers = ("1009", "1001", *(other.number for other in others))
    one = render.render(Snapshot(numbers, (GRACE, *others)))
    two = render.render(Snapshot(numbers[::-1], (*others[::-1], GRACE)))
    assert list(one.items()) == list(two.items())
    assert list(one) == sorted(one)


def test_a_number_that_is_to_be_gone_has_no_rows() -> None:
    assert render.render(Snapshot(("1001", "1002"), (GRACE,))) == {"1001": EXPECTED, "1002": Rows()}


def test_a_number_that_is_handed_over_has_a_dial_plan_and_no_login() -> None:
    found = render.render(Snapshot(("1001", "1002"), (GRACE,), (HandOver("1002", "1001"),)))
    assert found == {"1001": EXPECTED, "1002": Rows(dial=Dial("1002", 30, "1001"))}


@pytest.mark.parametrize(
    ("number", "to"), [("1001", "1001"), ("1001", ""), ("1001", "1&2"), ("1001", "1002\n"), ("", "1")]
)
def test_a_hand_over_that_cannot_be_is_refused(number: str, to: str) -> None:
    with pytest.raises(render.RenderError, match="not valid for the PBX"):
        render.handed_over(HandOver(number, to))


def test_the_clear_password_is_in_no_row_and_in_no_repr() -> None:
    assert GRACE.registration_password not in str(asdict(EXPECTED))
    assert GRACE.registration_password not in repr(Snapshot(("1001",), (GRACE,)))


@given(name=st.text(st.characters(exclude_categories=["Cs"])), size=st.integers(0, 100))
def test_a_name_is_cut_between_characters(name: str, size: int) -> None:
    kept = columns.cut(name, size)
    assert name.startswith(kept)
    assert len(kept.encode()) <= size
    assert kept == name or len(name[: len(kept) + 1].encode()) > size


def test_a_long_name_is_cut_in_the_caller_id_and_whole_beside_it() -> None:
    login = render.rows(replace(GRACE, caller_name="日" * 100)).login
    assert login
    assert login.caller_id == f'"{"日" * 26}" <*77>'
    assert login.caller_name == "日" * 100


REFUSED: dict[str, list[object]] = {
    "number": ["", "1", "0100", "123456789", "1001\n", "١٠٠١", "10 01", "1001&1002", "h"],
    "caller_id": ["", "1" * 32, "1001\n", '1" <2>', "abc", "１", "1;2"],
    "registration_name": ["", "a" * 64, "a b", "a\n", "ä", 'a"', "a:b", "a@b"],
    "registration_password": [
        "",
        "x" * 64,
        "with a blank",
        "ten\ncharacters",
        "pässwörter12",
        "ten\0characters",
    ],
    "caller_name": ["", "two\nlines", "bell\a", "\u202eevil", "zero\0", "lone \ud800", "a\u2028b", "tab\t"],
    "max_phones": [0, 4, -1],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in REFUSED.items() for value in values])
def test_what_validators_should_have_refused_is_refused_again(field: str, value: object) -> None:
    extension = replace(GRACE, **{field: value})  # type: ignore[arg-type]
    with pytest.raises(render.RenderError) as refused:
        render.rows(extension)
    assert refused.value.number == extension.number
    if field == "registration_password" and value:
        assert str(value) not in str(refused.value)
