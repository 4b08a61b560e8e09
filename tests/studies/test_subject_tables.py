"""CSV files of subjects."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.studies.planning.schedule import FIRST_DAY, LAST_DAY
from apps.studies.tables.csv_file import TableError
from apps.studies.tables.subject_table import SubjectRow, read_subjects, write_subjects
from tests.studies.hypotheses import few


def faults(text: str) -> list[tuple[int, str | None, str | None]]:
    """Where a file is wrong."""
    with pytest.raises(TableError) as refused:
        read_subjects(text.encode())
    return [(fault.row, fault.column, fault.value) for fault in refused.value.faults]


@pytest.mark.rule("studies 8.1")
def test_only_the_start_is_required() -> None:
    assert read_subjects(b"start_date\n2026-02-02\n") == [SubjectRow(2, date(2026, 2, 2))]


@pytest.mark.rule("studies 8.1")
def test_every_column() -> None:
    text = (
        "weight;height;date_of_birth;gender;password;last_name;first_name;email;timezone;status;"
        "group;start_date;subject_id\n"
        "61.5;1.68;1988-4-9;f; secret ;Benoit;Cora;c@example.com;America/Montreal;ok;"
        "'=A;2026-02-02;007\n"
    )
    assert read_subjects(text.encode()) == [
        SubjectRow(
            number=2,
            start_date=date(2026, 2, 2),
            subject_id="007",
            group="=A",
            timezone="America/Montreal",
            status="ok",
            gender="F",
            date_of_birth=date(1988, 4, 9),
            height=1.68,
            weight=61.5,
            email="c@example.com",
            first_name="Cora",
            last_name="Benoit",
            password=" secret ",
        )
    ]


@pytest.mark.rule("studies 8.1")
@pytest.mark.parametrize("name", ["007", "100000", "1e5", "sub_001", "A.b-2"])
def test_ids_are_texts(name: str) -> None:
    (row,) = read_subjects(f"subject_id,start_date\n{name},2026-02-02\n".encode())
    assert row.subject_id == name


@pytest.mark.rule("studies 8.1")
@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("subject_id", cell) for cell in ("1E+05", "1.5E-3", "a b", "-", "ä", "x" * 101)),
        *(("start_date", cell) for cell in ("2026-2-2", "02/02/2026", "2026-02-30", "soon")),
        *(("timezone", cell) for cell in ("Mars/Base", "CEST", "europe/berlin")),
        *(("date_of_birth", cell) for cell in ("9.4.1988", "1988-13-1", "1988")),
        *(("height", cell) for cell in ("1m68", "0", "-1", "nan", "168000")),
        *(("weight", cell) for cell in ("heavy", "inf")),
        *(("email", cell) for cell in ("cora", "@", "a b@c")),
        ("gender", "x"),
        ("group", "x" * 201),
    ],
)
def test_what_a_cell_cannot_be(column: str, cell: str) -> None:
    start = "" if column == "start_date" else ",start_date"
    value = "" if column == "start_date" else ",2026-02-02"
    assert faults(f"{column}{start}\n{cell}{value}\n") == [(2, column, cell)]


@pytest.mark.rule("studies 8.1")
def test_all_errors_are_said_at_once() -> None:
    text = "subject_id,start_date,grup\na,2026-02-02,\nA,,\nb,never,\n1E+05,2026-02-02,\n"
    assert faults(text) == [
        (1, "grup", "grup"),
        (3, "start_date", ""),
        (3, "subject_id", "A"),
        (4, "start_date", "never"),
        (5, "subject_id", "1E+05"),
    ]
    assert faults("subject_id\n1\n") == [(1, "start_date", None)]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
measures = st.none() | st.floats(1e-3, 999)
days = st.dates(FIRST_DAY, LAST_DAY)
subjects = st.builds(
    SubjectRow,
    number=st.just(0),
    start_date=days,
    subject_id=st.from_regex(r"[a-z][a-z0-9_.-]{0,9}", fullmatch=True),
    username=st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,9}", fullmatch=True),
    group=texts.map(str.strip),
    timezone=st.sampled_from(["", "UTC", "America/Montreal"]),
    status=texts.map(str.strip),
    gender=st.sampled_from(["", "M", "F"]),
    date_of_birth=st.none() | days,
    height=measures,
    weight=measures,
)


@pytest.mark.rule("studies 8.1")
@few
@given(st.lists(subjects, max_size=4, unique_by=lambda row: row.subject_id))
def test_what_comes_down_goes_up_unchanged(rows: list[SubjectRow]) -> None:
    text = "".join(write_subjects(rows))
    read = read_subjects(text.encode())
    assert "".join(write_subjects(read)) == text
    for one, other in zip(rows, read, strict=True):
        assert [*vars(one).values()][1:] == [*vars(other).values()][1:]


@pytest.mark.rule("studies 8.1")
def test_no_names_addresses_or_passwords_are_given_out() -> None:
    row = SubjectRow(
        2, date(2026, 2, 2), email="c@example.com", first_name="Cora", last_name="B", password="pw"
    )
    text = "".join(write_subjects([row]))
    assert text == (
        "subject_id,username,group,start_date,timezone,status,gender,date_of_birth,height,weight\r\n"
        ",,,2026-02-02,,,,,,\r\n"
    )
