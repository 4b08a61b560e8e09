"""CSV files as spreadsheets write them."""

from __future__ import annotations

import csv
from contextlib import suppress
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.tables.csv_file import (
    MOST_ROWS,
    TableError,
    guard_formula,
    read_table,
    unguard_formula,
    write_row,
)
from tests.studies.hypotheses import many

cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def rows(text: str | bytes, *optional: str) -> list[dict[str, str]]:
    """The cells of the rows of a file."""
    data = text.encode() if isinstance(text, str) else text
    return [row.cells for row in read_table(data, optional).rows]


def faults(text: str | bytes) -> list[str]:
    """What is said of a file."""
    with pytest.raises(TableError) as refused:
        rows(text)
    return [f"{fault.row}: {fault.error}" for fault in refused.value.faults]


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a;b\r\n1;2\r\n",
        "a\tb\n1\t2",
        "\ufeffa,b\n\n1,2\n\n",
        '"a";"b"\n"1";2',
        "\n a , b \n1,2",
        "a,b,\n1,2,\n",
        "a,b\n1,2,,\n",
        "a,b\r1,2\r",
        '"a","b"\n,\n1,"2"',
    ],
)
def test_files_of_spreadsheets(text: str) -> None:
    assert rows(text) == [{"a": "1", "b": "2"}]


def test_quotes_and_lines_in_cells() -> None:
    assert rows('a,b\n"1 ""x"", y","two\r\nlines"\n') == [{"a": '1 "x", y', "b": "two\r\nlines"}]
    assert rows('"a;;;",b\n1,2') == [{"a;;;": "1", "b": "2"}]


@pytest.mark.rule("studies 7")
def test_optional_columns_may_be_left_out_of_rows() -> None:
    """As in the published example, whose header has two more columns than its rows."""
    found = rows("1,survey,study,who\nyes,ann\nno,3,test,bob\n", "survey", "study")
    assert found == [
        {"1": "yes", "who": "ann"},
        {"1": "no", "survey": "3", "study": "test", "who": "bob"},
    ]


def test_rows_have_the_numbers_that_spreadsheets_show() -> None:
    table = read_table(b'a\n\n"1\n1"\n2\n')
    assert [row.number for row in table.rows] == [3, 4]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["1: The file is empty."]),
        ("\n\n", ["1: The file is empty."]),
        (b"a\n\xff", ["1: The file is not UTF-8."]),
        ("a\n\0", ["1: The file has a NUL character."]),
        ("a,a,b,b\n", ["1: The column is there twice."] * 2),
        ("a,b\n1\n1,2,3\n", ["2: Expected 2 cells, got 1.", "3: Expected 2 cells, got 3."]),
        ("a,,b\n1,2,3\n", ["2: Expected 3 cells, got 3."]),
        ("a\n" + "1\n" * (MOST_ROWS + 1), [f"1: A file has at most {MOST_ROWS} rows."]),
    ],
)
def test_what_is_wrong_with_a_file(text: str | bytes, said: list[str]) -> None:
    assert faults(text) == said


@pytest.mark.parametrize("text", ['a\n"1"x\n', 'a\n"1', "a\n" + "x" * 200_000])
def test_a_malformed_row_is_named(text: str) -> None:
    (said,) = faults(text)
    assert said.startswith("2: Malformed row: ")


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''@"])
def test_formulas_have_an_apostrophe(text: str) -> None:
    assert guard_formula(text) == "'" + text


@pytest.mark.parametrize("text", ["", "1", "a=b", "'a", "'"])
def test_other_texts_have_none(text: str) -> None:
    assert guard_formula(text) == text


@many
@given(cells)
def test_what_is_guarded_comes_back(text: str) -> None:
    guarded = guard_formula(text)
    assert unguard_formula(guarded) == text
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))


@many
@given(st.lists(st.lists(cells, min_size=3, max_size=3), max_size=5))
def test_what_is_written_is_read(table: list[list[str]]) -> None:
    lines = [["a", "b;c;d", "e"], *(["x" + line[0], *line[1:]] for line in table)]
    text = "".join(map(write_row, lines))
    assert [list(row.values()) for row in rows(text)] == lines[1:]
    assert list(csv.reader(StringIO(text, newline=""))) == lines


@many
@given(st.binary() | st.text(st.sampled_from("ab,;\t\"\r\n'=\\|")).map(str.encode))
def test_any_bytes_are_a_table_or_refused(data: bytes) -> None:
    with suppress(TableError):
        table = read_table(data)
        assert all(row.cells.keys() <= set(table.header) for row in table.rows)
