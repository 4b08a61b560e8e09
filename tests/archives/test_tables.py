"""Tables as dashboards and converters write them: exact counts, or an error with its row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.archives import loading
from apps.archives.report import Report
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.reading.columns import ColumnNumbers
from apps.signals.formats.reading.members import ArchiveError
from tests.archives.conftest import START, riff, saved, zipped
from tests.archives.test_loading import stored

TITLES = (
    "time [s/256],breathing_rate [rpm](/api/datatype/33/),"
    "minute_ventilation [{unit}](/api/datatype/36/),sleep_position [NA](/api/datatype/270/),"
    "activity [g](/api/datatype/49/),heart_rate [bpm](/api/datatype/19/),"
)


def table(*rows: str, unit: str = "mL/min") -> bytes:
    lines = [f"{START + 256 * at},{row}" for at, row in enumerate(rows)]
    return "\n".join([TITLES.format(unit=unit), *lines, ""]).encode()


MERGED = (
    ",,,,,",
    "12,4395.68,1,0.01953125,70,",
    "12,0,,0,71,",
    "13,13.28,2,-0.00390625,72,",
    ",,,,,",
)


def assert_merged(key: int) -> None:
    """The only record is that one, and holds what MERGED says."""
    record = Record.objects.get()
    assert (record.start, record.end) == (START, START + 4 * 256)
    assert stored(key, 33)[1] == [12, 12, 13]
    assert stored(key, 36)[1] == [331, 0, 1]
    assert stored(key, 270) == ([256, 768], [1, 2])
    assert stored(key, 49)[1] == [5, 0, -1]
    assert stored(key, 19)[1] == [70, 71, 72]


def load(tmp_path: Path, user: User, content: bytes, name: str = "table.csv") -> Report:
    return loading.load_place(saved(tmp_path, content, name), user)


@pytest.mark.rule("wire 5.5", "wire F9")
@pytest.mark.parametrize("feed", ["\n", "\r\n"])
def test_a_merged_table(tmp_path: Path, athlete: User, feed: str) -> None:
    content = b"\xef\xbb\xbf" * (feed == "\r\n") + table(*MERGED).replace(b"\n", feed.encode())
    (loaded,) = load(tmp_path, athlete, content).records
    assert_merged(loaded.record)


@pytest.mark.rule("wire F9")
def test_the_batch_in_litres(tmp_path: Path, athlete: User) -> None:
    rows = ",,,,,", "12,4.39568,,0,70,", "12,0.01328,,0,70,"
    (loaded,) = load(tmp_path, athlete, table(*rows, unit="L/min")).records
    assert stored(loaded.record, 36)[1] == [331, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([",,,,,", "12,4396,,0,70,"], "row 3, column minute_ventilation: 4396 is not a multiple"),
        (
            [",,,,,", "12,,,0.01,70,"],
            "row 3, column activity: 0.01 is not a multiple of 0.00390625",
        ),
        ([",,,,,", "12,,,,70,", "12,,,,,", "12,,,,70,"], "row 5, column heart_rate: a gap of 1"),
        ([",,,,,", ",,,,,", ",,,,70,"], "row 4, column heart_rate: a gap of 1 samples"),
        ([",,,,,", ",,,,70000,"], "row 3, column heart_rate: 70000 is no uint16"),
        ([",,,,,", ",,,,70.5,"], "row 3, column heart_rate: 70.5 is not a multiple of 1"),
        ([",,,,,", ",,x,,70,"], r"row 3, column sleep_position \[NA\].*: 'x' is not a number"),
        ([",,,,,", ",,1e300,,70,"], "row 3, column sleep_position"),
        (["12,,,,70,", "12,,,,", "12,,,,70,"], "row 3: 6 cells where the first row has 7"),
        ([",,1,,,"], "the start of the record is unknown"),
    ],
)
def test_what_is_wrong_is_named(
    tmp_path: Path, athlete: User, rows: list[str], message: str
) -> None:
    with pytest.raises(ArchiveError, match=message):
        load(tmp_path, athlete, table(*rows))
    assert not Record.objects.exists()


def test_times_off_the_grid(tmp_path: Path, athlete: User) -> None:
    content = table(*MERGED).replace(str(START + 512).encode(), str(START + 513).encode())
    with pytest.raises(
        ArchiveError, match=r"row 4, column breathing_rate: tick \d+ is off the gri"
    ):
        load(tmp_path, athlete, content)
    twice = table(*MERGED).replace(str(START + 512).encode(), str(START + 256).encode())
    with pytest.raises(ArchiveError, match=r"row 4, column breathing_rate: .* overlaps"):
        load(tmp_path, athlete, twice)
    without = table(*MERGED).replace(str(START + 512).encode(), b"")
    with pytest.raises(ArchiveError, match="row 4, column time: nan is not a multiple"):
        load(tmp_path, athlete, without)


def test_the_first_samples_tell_the_start(tmp_path: Path, athlete: User) -> None:
    content = b"time [s/256],/api/datatype/19/,/api/v1/datatype/4145/\n"
    content += b"".join(
        b"%d,%b,%d\n" % (START + at * 4, b"70" if at == 64 else b"", at) for at in range(65)
    )
    (loaded,) = load(tmp_path, athlete, content).records
    assert loaded.start == START
    assert stored(loaded.record, 4145)[1] == list(range(65))


def test_other_columns_are_reported(tmp_path: Path, athlete: User) -> None:
    content = b"time [s/256],mood,/api/datatype/19/,x [y](/api/datatype/999999/)\n%d,1,70,2\n"
    report = load(tmp_path, athlete, content % (START + 256))
    assert report.unknown == ["table.csv: mood", "table.csv: x [y](/api/datatype/999999/)"]


def test_tables_of_several_users(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match="a table of several users is not supported"):
        load(tmp_path, athlete, b"user,time [s/256],/api/datatype/19/\n/api/user/1/,1,1\n")


def test_the_same_column_twice(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match="two columns are of one datatype"):
        load(tmp_path, athlete, b"time [s/256],/api/datatype/19/,/api/datatype/19/\n")


def test_a_table_beside_other_files(tmp_path: Path, athlete: User) -> None:
    files = {
        "info.json": b'{"start": %d}' % START,
        "4145.wav": riff(range(64), 64),
        "merged.csv": table(*MERGED),
    }
    (loaded,) = load(tmp_path, athlete, zipped(files), "download.zip").records
    assert sorted(loaded.channels) == [
        "acceleration_X", "activity", "breathing_rate", "heart_rate", "minute_ventilation",
        "sleep_position",
    ]  # fmt: skip


@pytest.mark.rule("wire F6", "wire F9")
@pytest.mark.parametrize(
    ("name", "content", "values"),
    [
        # without titles: seconds with eight decimals, or ticks (wire F6 and F9)
        ("RR_interval.csv", b"0.50000000,180\n1.25000000,190\n", ([128, 320], [180, 190])),
        ("18.csv", b"%d,180\n%d,190\n" % (START + 128, START + 320), ([128, 320], [180, 190])),
        # as a published converter writes it: seconds since 1970, physical values
        (
            "RR_interval_epoch.csv",
            b"time [s],RR_interval [s] (/api/datatype/18/),\n%.8f,0.703125,\n"
            % (START / 256 + 0.5),
            ([128], [180]),
        ),
        # rounded to six decimals
        (
            "RR_interval.csv",
            b"time [s],RR_interval [s/256](/api/datatype/18/)\n0.003906,180\n0.996094,181\n",
            ([1, 255], [180, 181]),
        ),
    ],
)
def test_files_of_events(
    tmp_path: Path, athlete: User, name: str, content: bytes,
    values: tuple[list[int], list[int]],
) -> None:  # fmt: skip
    loading.load_place(saved(tmp_path, content, name), athlete, START)
    assert stored(Record.objects.get().pk, 18) == values


def test_positions_on_the_earth_keep_their_fractions(tmp_path: Path, athlete: User) -> None:
    content = b"time [s],GPS_latitude [degree](/api/datatype/8192/)\n1.0,45.5\n2.0,46.0\n"
    loading.load_place(saved(tmp_path, content, "GPS_latitude.csv"), athlete, START)
    assert stored(Record.objects.get().pk, 8192) == ([256, 512], [45.5, 46.0])


def test_codes_are_whole(tmp_path: Path, athlete: User) -> None:
    content = b"time [s],sleep_position [NA](/api/datatype/270/)\n0.0,nan\n1.0,3.0\n4.0,NaN\n"
    loading.load_place(saved(tmp_path, content, "sleep_position.csv"), athlete, START)
    record = Record.objects.get()
    assert stored(record.pk, 270) == ([256], [3])
    assert isinstance(stored(record.pk, 270)[1][0], int)
    assert record.end == START + 1024


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_physical_values_become_the_counts_they_were(
    datatypes: dict[int, Datatype], data: st.DataObject
) -> None:
    scaled = [36, 37, 38, 49, 54, 81, 271, 274, 276, 338, 4113, 19]
    datatype = datatypes[data.draw(st.sampled_from(scaled))]
    lowest, highest = (-32_768, 32_767) if datatype.signed else (0, 65_535)
    counts = np.array(data.draw(st.lists(st.integers(lowest, highest), min_size=1, max_size=9)))
    decimals = data.draw(st.sampled_from([8, 10, 17]))
    written = np.round(counts * datatype.gain + datatype.offset, decimals)
    rows = np.arange(len(counts))
    cells = ColumnNumbers(datatype, datatype.unit, rows, rows, written)
    if datatype.unit:
        assert cells.device_counts().tolist() == counts.tolist()


def test_long_files_are_read_in_pieces(
    tmp_path: Path, athlete: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK", 64)
    content = "time [s],step [Step](/api/datatype/52/)\n"
    content += "".join(f"{at / 256},{at}\n" for at in range(1000))
    loading.load_place(saved(tmp_path, content.encode()[:-1], "step.csv"), athlete, START)
    assert stored(Record.objects.get().pk, 52) == (list(range(1000)), list(range(1000)))
