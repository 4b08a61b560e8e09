"""Tables as other programs save them: quotes, words for nothing, line ends, other separators."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Literal

import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.records.models import Record
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.reading.members import ArchiveError
from tests.archives.conftest import START, saved
from tests.archives.test_loading import stored
from tests.archives.test_tables import MERGED, TITLES, assert_merged, load, table

EVENTS = "time [s],sleep_position [NA](/api/datatype/270/)\n"


def quoted(content: bytes, quoting: Literal[0, 1]) -> bytes:
    """The same table with quotes, by another writer than ours."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=quoting)
    writer.writerows(csv.reader(io.StringIO(content.decode())))
    return out.getvalue().encode()


def with_numbers_of_rows(content: bytes) -> bytes:
    """As R and pandas write it: a first column of numbers, without a title."""
    lines = content.decode().splitlines()
    return "\n".join(
        [f'"",{lines[0]}', *(f'"{at}",{line}' for at, line in enumerate(lines[1:])), ""]
    ).encode()


PLAIN = table(*MERGED)
TITLE, _, CELLS = PLAIN.partition(b"\n")
FORMS = {
    "all quoted": quoted(PLAIN, csv.QUOTE_ALL),
    "titles quoted": quoted(TITLE, csv.QUOTE_ALL) + CELLS,
    "numbers of rows": with_numbers_of_rows(PLAIN),
    "byte order mark": b"\xef\xbb\xbf" + PLAIN,
    "byte order mark and quotes": b"\xef\xbb\xbf" + quoted(PLAIN, csv.QUOTE_ALL),
    "carriage returns": PLAIN.replace(b"\n", b"\r\n"),
    "an old Mac": PLAIN.replace(b"\n", b"\r"),
    "blank lines at the end": PLAIN + b"\n\r\n\n",
    "no line end": PLAIN.rstrip(b"\n"),
    "capitals": PLAIN.replace(b"time [s/256]", b"Time [s/256] "),
    "nan": PLAIN.replace(b",,", b",nan,").replace(b",,", b",nan,"),
    "NA": PLAIN.replace(b",,", b",NA,").replace(b",,", b",NA,"),
    "words": PLAIN.replace(b",,", b",n/a,").replace(b",,", b",NULL,"),
}
FORMS["a comma in a title"] = "\n".join(
    line + ('"mood, of the day",' if at == 0 else "good,")
    for at, line in enumerate(PLAIN.decode().splitlines())
).encode()


@pytest.mark.parametrize("block", [64, 1 << 17])
@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_in_other_forms(
    tmp_path: Path, athlete: User, monkeypatch: pytest.MonkeyPatch, form: str, block: int
) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK", block)
    (loaded,) = load(tmp_path, athlete, FORMS[form]).records
    assert_merged(loaded.record)


@pytest.mark.parametrize("word", ["nan", "NaN", "NA", "n/a", "null"])
def test_words_for_nothing_in_a_file_of_events(tmp_path: Path, athlete: User, word: str) -> None:
    """First and last they are the frame of the record; between them an event would be lost."""
    name = "sleep_position.csv"
    framed = f"{EVENTS}0.0,{word}\n1.0,3\n4.0,{word}\n"
    loading.load_place(saved(tmp_path, framed.encode(), name), athlete, START)
    record = Record.objects.get()
    assert (stored(record.pk, 270), record.end) == (([256], [3]), START + 1024)
    lost = f"{EVENTS}1.0,3\n2.0,{word}\n4.0,1\n"
    with pytest.raises(ArchiveError, match="row 3, column sleep_position: nan is not a value"):
        loading.load_place(saved(tmp_path, lost.encode(), name), athlete, START)


@pytest.mark.parametrize("word", ["", "nan", "NA"])
def test_a_gap_between_samples_is_refused_however_it_is_written(
    tmp_path: Path, athlete: User, word: str
) -> None:
    rows = [",,,,,", ",,,,70,", f",,,,{word},", ",,,,70,"]
    with pytest.raises(ArchiveError, match="row 5, column heart_rate: a gap of 1"):
        load(tmp_path, athlete, table(*rows))


TITLED = TITLES.format(unit="mL/min")


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("t.csv", PLAIN.replace(b",", b";"), "its cells are separated by semicolons; commas "),
        (
            "t.csv",
            PLAIN.replace(b",", b";").replace(b".", b",").replace(b"\n%d;;;" % START, b"\n1,5;;;"),
            "its cells are separated by semicolons and decimals written with a comma",
        ),
        ("t.csv", quoted(PLAIN, csv.QUOTE_ALL).replace(b",", b";"), "separated by semicolons"),
        ("t.csv", PLAIN.replace(b",", b"\t"), "its cells are separated by tabs"),
        ("t.txt", PLAIN.replace(b",", b"|"), "its cells are separated by bars"),
        ("18.csv", b"0.5;180\n", "its cells are separated by semicolons; commas"),
        ("18.csv", b"0,5;180\n", "separated by semicolons and decimals written with a comma"),
        ("18.txt", b"0.5 180\n", "its cells are separated by blanks"),
        ("18.csv", b"time [s] /api/datatype/18/\n0.5 180\n", "separated by blanks"),
        (
            "18.csv", b'time [s],/api/datatype/18/\n"0,5","180"\n',
            r"row 2, column time \[s\]: '0,5' is not a number; decimals must be written with",
        ),
        (
            "18.csv", b"time [s],/api/datatype/18/\n0,5,180\n",
            r"row 2: 3 cells where the first row has 2; are decimals written with a comma\?",
        ),
        ("18.csv", b"time [s],/api/datatype/18/\n1,2\n\n2,3\n", "row 3: is blank, with others"),
        ("18.csv", b'time [s],/api/datatype/18/\n1,"2\n2,3\n', "row 2: a quote is not closed"),
        (
            "t.csv", b"time [s/256],/api/datatype/19/\n3.8E+11,70\n",
            r"row 2, column time: 3\.8E\+11 was rounded",
        ),
    ],
)  # fmt: skip
def test_what_is_not_read_is_called_by_its_name(
    tmp_path: Path, athlete: User, name: str, content: bytes, why: str
) -> None:
    with pytest.raises(ArchiveError, match=why):
        loading.load_place(saved(tmp_path, content, name), athlete, START)
    assert not Record.objects.exists()


def test_times_with_exponents_that_lost_nothing(tmp_path: Path, athlete: User) -> None:
    content = b"time [s/256],/api/datatype/19/\n%.18e,%.18e\n" % (START + 256, 70)
    (loaded,) = load(tmp_path, athlete, content).records
    assert (loaded.start, stored(loaded.record, 19)[1]) == (START, [70])


def test_text_in_columns_that_are_not_known(tmp_path: Path, athlete: User) -> None:
    mood = b"very good indeed, for a day on which so little was slept"
    content = b'time [s/256],mood,/api/datatype/19/\n%d,"%b",70\n' % (START + 256, mood)
    report = load(tmp_path, athlete, content)
    assert report.unknown == ["table.csv: mood"]
    assert stored(report.records[0].record, 19)[1] == [70]
