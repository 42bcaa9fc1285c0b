"""The rows of an import: which are wrong, which want the same, and what is typed into them anew."""

import pytest

from extensions.spreadsheets.formats import BY_CODE, doubled, key, line_of_heads, of_heads, targets_of
from extensions.spreadsheets.preview import correct, filters, leave_out
from extensions.spreadsheets.rows import clashes
from extensions.spreadsheets.table import Found, Table, alike, with_heads

TARGETS = ["number", "first_name", ""]


def table() -> Table:
    """The third row wants what the first has."""
    return Table(
        ["Extension Number", "First Name", "Shoe size"],
        [3, 4, 6, 7],
        [[" 1001 ", " Grace", "38"], ["1002", "Alan", "40"], ["1001", "Ada", "38"], ["1004", "Alan", ""]],
        [
            Found("new", unique={"number": "1001", "email": ""}),
            Found("changed", unique={"number": "1002", "email": ""}, version=3, meant=[0, 1], changes=["first_name"]),
            Found("new", unique={"number": "1001", "email": ""}),
            Found("wrong", errors=["email"], weak=["voicemail_pin"]),
        ],
    )


def test_a_row_that_wants_what_another_has_counts_as_wrong() -> None:
    rows = table()
    assert rows.clashes() == {2: {"number": 3}}
    assert dict(rows.counts()) == {"new": 1, "changed": 1, "wrong": 2}
    found = {kind: rows.places(kind) for kind in ("all", "new", "changed", "same", "wrong")}
    assert found == {"all": [0, 1, 2, 3], "new": [0], "changed": [1], "same": [], "wrong": [2, 3]}
    assert [(each.kind, each.label, each.count) for each in filters(rows)] == [
        ("all", "All", 4),
        ("wrong", "Error", 2),
        ("new", "New", 1),
        ("changed", "Changed", 1),
    ]


def test_it_is_kept_and_read_again_as_it_was() -> None:
    assert Table.of_json(table().to_json()) == table()


def test_what_has_a_target_is_read_and_a_number_without_blanks() -> None:
    rows = table()
    grace, alan = {"number": "1001", "first_name": " Grace"}, {"number": "1002", "first_name": "Alan"}
    assert rows.row(0, TARGETS) == grace
    assert rows.typed(TARGETS)[:2] == [grace, alan]
    assert rows.typed(TARGETS, [1]) == [alan]
    assert rows.typed(TARGETS, []) == []
    assert rows.width == 3


def test_others_that_are_alike() -> None:
    rows = table().rows
    assert [alike(rows, place, 1) for place in range(4)] == [[], [3], [], [1]]
    assert alike(rows, 0, 2) == [2]


@pytest.mark.parametrize(
    ("unique", "found"),
    [
        ([{"number": "1"}, {"number": "2"}], {}),
        ([{"number": "1", "email": ""}, {"number": "2", "email": ""}], {}),
        ([{"email": "a@b"}, {"email": "a@b"}, {"email": "a@b"}], {1: {"email": 0}, 2: {"email": 0}}),
        ([{"number": "a@b"}, {"email": "a@b"}], {}),
        ([{"number": "1", "registration_name": "1"}], {}),
        ([{"number": "1"}, {"number": "2", "registration_name": "1"}], {1: {"registration_name": 0}}),
        ([{"number": "1", "registration_name": "2"}, {"number": "2"}], {0: {"registration_name": 1}}),
        (
            [{"registration_name": "x"}, {"number": "x"}, {"registration_name": "x"}],
            {0: {"registration_name": 1}, 2: {"registration_name": 0}},
        ),
    ],
)
def test_who_wants_what_another_row_has(unique: list[dict[str, str]], found: dict[int, dict[str, int]]) -> None:
    assert clashes([*enumerate(unique)]) == found


def test_what_is_typed_anew_stands_in_its_cell_and_where_it_is_wanted_in_those_alike() -> None:
    rows = table()
    sent = {
        "cell-4-1": "Alain",
        "alike-4-1": "on",
        "cell-3-2": "39",
        "cell-6-1": "Ada",  # as it was
        "cell-5-1": "of no row",
        "cell-3-3": "of no column",
        "cell-x-1": "no",
        "cell-3-x": "no",
        "cell-3": "no",
        "row-7-2": "no",
        "then": "save",
    }
    assert correct(rows, sent) == [0, 1, 3]
    assert rows.rows == [
        [" 1001 ", " Grace", "39"],
        ["1002", "Alain", "40"],
        ["1001", "Ada", "38"],
        ["1004", "Alain", ""],
    ]
    assert correct(rows, {"cell-7-2": "x" * 3000}) == [3]
    assert len(rows.rows[3][2]) == 2000
    assert correct(rows, {"cell-7-2": rows.rows[3][2]}) == []


def test_of_two_inputs_of_a_page_each_changes_those_that_were_alike_on_it() -> None:
    rows = table()
    assert correct(rows, {"cell-4-1": "Grace", "alike-4-1": "on", "cell-7-1": "Alan"}) == [1, 3]
    assert [row[1] for row in rows.rows] == [" Grace", "Grace", "Ada", "Grace"]


def test_rows_that_are_left_out_are_gone_with_what_was_found_of_them() -> None:
    rows, whole = table(), table()
    leave_out(rows, [0, 2])
    assert (rows.lines, rows.rows) == ([4, 7], [whole.rows[1], whole.rows[3]])
    assert rows.found == [whole.found[1], whole.found[3]]
    assert rows.heads == whole.heads


def test_below_the_line_that_names_the_columns_all_rows_are_as_wide() -> None:
    rows = [["Our people"], [], ["Ext", "Name"], [], ["1001", "Grace", "38"], ["", ""], ["1002"]]
    found = with_heads(rows)
    assert found
    made, at = found
    assert at == 2
    assert (made.heads, made.lines) == (["Ext", "Name", ""], [5, 7])
    assert made.rows == [["1001", "Grace", "38"], ["1002", "", ""]]
    below = with_heads([["Ext"], ["1001"], ["1002"]])
    assert below
    assert (below[0].lines, below[0].rows) == ([2, 3], [["1001"], ["1002"]])
    assert with_heads([["1001", "Grace"]]) is None
    assert with_heads([]) is None


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([["Ext", "Name"]], 0),
        ([["Name", "Mail"], ["Ext", "Name"]], 1),
        ([["Ext", "Name"], ["Ext", "Name"]], 0),
        ([["Ext"], ["Ext", "Ext", "Ext"]], 0),
        ([["Ext"], ["Ext", "Name"], ["Ext"]], 1),
        ([["title"]] * 9 + [["Ext"]], 9),
        ([["title"]] * 10 + [["Ext"]], None),
        ([["Name", "Mail"]], None),
    ],
)
def test_the_line_that_names_the_columns(rows: list[list[str]], line: int | None) -> None:
    assert line_of_heads(rows) == line


@pytest.mark.parametrize(
    ("heads", "code", "targets"),
    [
        (["Ext", "Name", "Shoe"], "other", ["number", "full_name", ""]),
        (["Ext", "Name", "First Name"], "other", ["number", "", "first_name"]),
        (["Last name", "Full name", "Ext"], "other", ["last_name", "", "number"]),
        (["Ext", "Extension", "Mail", "E-Mail"], "other", ["number", "", "email", ""]),
        (["extension", "secret", "tech", "voicemail_enable", "voicemail"], "freepbx",
         ["number", "registration_password", "", "voicemail", ""]),
        (["Extension Number", "User Password"], "ours", ["number", "password"]),
        (["Extension Number", "Enable Voicemail"], "yeastar", ["number", "voicemail"]),
    ],
)  # fmt: skip
def test_each_column_has_one_field_and_each_field_one_column(heads: list[str], code: str, targets: list[str]) -> None:
    of = of_heads(heads)
    assert (of.code, targets_of(heads, of)) == (code, targets)
    assert BY_CODE[of.code] is of


@pytest.mark.parametrize(
    ("heads", "head"),
    [
        (["Ext", "Name"], ""),
        (["Ext", "Name", "EXT"], "EXT"),
        (["Ext", "", "Name", ""], ""),
        (["E-Mail", "Name", "name", "e mail"], "name"),
        (["", "", "a", "A"], "A"),
    ],
)
def test_a_head_that_stands_there_twice_is_named(heads: list[str], head: str) -> None:
    assert doubled(heads) == head


def test_heads_are_the_same_whatever_their_letters_and_signs() -> None:
    assert key("E-Mail  Address") == key("email_address") == "emailaddress"
    assert key(" \u65e5\u672c ") == "\u65e5\u672c"
