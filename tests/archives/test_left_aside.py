"""Files that are left aside: copies, empty files, files beside records; and why nothing is left."""

from __future__ import annotations

from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.records.models import Record
from apps.signals.formats.csv import reader as csv_reader
from apps.signals.formats.reading.members import ArchiveError
from tests.archives.conftest import START, asynchronous, of_2021, riff, saved, zipped
from tests.archives.test_loading import load, stored

INFO = b'{"start": %d, "request": "/api/data/?record=900101"}' % START
RR = asynchronous("RR_interval", "s/256", 18, [(128, 0), (384, 256)])
NOT = "it contains no file of a record: "


@pytest.mark.parametrize("suffix", [".csv", ".txt"])
def test_what_a_converter_writes_beside_wav(tmp_path: Path, athlete: User, suffix: str) -> None:
    """A file without titles, of seconds and counts; a value that differs does not count."""
    files = {
        "info.json": INFO,
        "ECG_I.wav": riff([1360, 1364, 1369], 256),
        f"ECG_I{suffix}": b"0.00000000,1360.00000000\n0.00390625,1364.00000000\n",
        "heart_rate.wav": riff([70, 71], 1),
        f"heart_rate{suffix}": b"1.00000000,70.00000000\n2.00000000,99.00000000\n",
        "RR_interval.csv": RR,
    }
    report = load(tmp_path, athlete, files, folder="record_900101/")
    assert report.aside == [
        f"record_900101/ECG_I{suffix}: is a copy of ECG_I.wav, which is loaded",
        f"record_900101/heart_rate{suffix}: is a copy of heart_rate.wav, which is loaded",
    ]
    assert report.unknown == []
    assert stored(900101, 4113)[1] == [1360, 1364, 1369]
    assert stored(900101, 19)[1] == [70, 71]
    assert stored(900101, 18) == ([128, 384], [0, 256])


def test_a_copy_may_be_longer_than_tables_are(
    tmp_path: Path, athlete: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reader, "TEXT", 20)
    files = {"info.json": INFO, "ECG_I.wav": riff([1], 256), "ECG_I.csv": b"0.00000000,1.0\n" * 99}
    assert len(load(tmp_path, athlete, files).aside) == 1


def test_a_table_with_titles_is_no_copy(tmp_path: Path, athlete: User) -> None:
    title = b"time [s],ECG_I [NA](/api/datatype/4113/)\n0.0,2\n"
    with pytest.raises(ArchiveError, match="ECG_I was already loaded from another file"):
        load(
            tmp_path, athlete, {"info.json": INFO, "ECG_I.wav": riff([1], 256), "ECG_I.csv": title}
        )


def test_files_of_no_bytes_are_named_and_the_rest_is_loaded(tmp_path: Path, athlete: User) -> None:
    empty = dict.fromkeys(["PPG.wav", "ECG_I.wav", "step.csv", "x.edf"], b"")
    report = load(tmp_path, athlete, of_2021() | empty)
    assert report.aside == [f"record_221732/{name}: is empty (0 bytes)" for name in sorted(empty)]
    assert "ECG_I" not in report.records[0].channels
    assert "heart_rate" in report.records[0].channels


def test_a_copy_counts_where_the_wav_is_empty(tmp_path: Path, athlete: User) -> None:
    files = {"info.json": INFO, "heart_rate.wav": b"", "heart_rate.csv": b"1.0,70\n2.0,71\n"}
    (loaded,) = load(tmp_path, athlete, files, folder="record_900101/").records
    assert stored(loaded.record, 19)[1] == [70, 71]


@pytest.mark.parametrize("top", [{}, {"range_4-datatype_18/info.json": INFO}])
def test_events_beside_the_folder_of_a_record(
    tmp_path: Path, athlete: User, top: dict[str, bytes]
) -> None:
    files = top | {
        "range_4-datatype_18/RR_interval.csv": RR,
        "range_4-datatype_18/record_900101/info.json": INFO,
        "range_4-datatype_18/record_900101/ECG_I.wav": riff([1, 2], 256),
    }
    report = load(tmp_path, athlete, files, folder="")
    assert [loaded.channels for loaded in report.records] == [{"ECG_I": 2}]
    (aside,) = report.aside
    assert aside.startswith("range_4-datatype_18/RR_interval.csv: is beside the folders")
    assert report.unknown == []
    loading.load_place(saved(tmp_path, zipped(files, "")), athlete, START)


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("PPG.wav", b"", r"PPG\.wav: is empty \(0 bytes\)"),
        ("RR_interval.csv", b"a,b\n1,2\n", "its first title is 'a', not one of time"),
        ("table.csv", b"time [s],x\n1,2\n", "none of its titles names a datatype"),
        ("table.csv", b' {"start": 1}', "is JSON, not a table"),
        ("RR_interval.txt", b"[1]", "is JSON, not a table"),
        ("table.csv", "time [s],x\n".encode("utf-16"), "is UTF-16; save it as UTF-8"),
        ("table.txt", b"\0\1\2", "contains no text"),
        ("step.csv", b"1,2,3\n", "has 3 cells in a row .*; decimals must be written with a point"),
        ("step.csv", b"1\n", "has 1 cells in a row where a file without titles has 2$"),
        ("inner.zip", b"PK", "is a zip within the download; load it by itself"),
        ("pulse.wav", b"RIFF", "its name is not that of a channel"),
        ("step.wav", b"RIFF", r"is a \.wav, but step is a channel of events \(\.csv or \.hxd\)"),
        ("ECG_I.hxd", b"", r"is a \.hxd, but ECG_I is a channel of samples \(\.wav\)"),
        ("README", b"?", "is not a .wav, .hxd, .csv, .txt or .edf"),
        (".ECG_I.wav", b"?", "is hidden"),
    ],
)
def test_why_there_is_no_record(
    tmp_path: Path, athlete: User, name: str, content: bytes, why: str
) -> None:
    with pytest.raises(ArchiveError, match=rf"{NOT}.*{why}"):
        load(tmp_path, athlete, {"info.json": INFO, name: content})
    assert not Record.objects.exists()


def test_many_reasons_are_counted(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match=r"and 6 more$") as caught:
        load(tmp_path, athlete, {f"{at}": b"" for at in range(9)})
    assert str(caught.value).count("is not a .wav") == 3
