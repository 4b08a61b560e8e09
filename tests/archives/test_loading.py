"""Genuine-shaped downloads become records, once, whole or not at all."""

from __future__ import annotations

import json
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection

from apps.accounts.models import User
from apps.archives import loading
from apps.archives.report import Report
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.reading.members import ArchiveError
from apps.signals.models import Channel
from apps.signals.storage import reader
from apps.signals.storage.reader import StoredChannel
from tests.archives.conftest import (
    START,
    TICKS,
    Files,
    asynchronous,
    of_2017,
    of_2021,
    riff,
    saved,
    zipped,
)

Refusal = tuple[str, bytes, str]


def stored(record: int, dataid: int) -> tuple[Any, Any]:
    """The offsets, None for a synchronous channel, and the values of a channel."""
    found = Channel.objects.get(record=record, datatype_id=dataid)
    source = StoredChannel(record, dataid, found.start, found.step or 0, found.count, found.dtype)
    parts = reader.sample_parts(source, range(found.count))
    if not source.step:
        parts = reader.event_parts([(source, 0, 2**60)])
    pieces = list(reader.read(parts, strict=True))
    values = [value for piece in pieces for value in piece.values.tolist()]
    if source.step:
        return None, values
    offsets = [tick for p in pieces if p.offsets is not None for tick in p.offsets.tolist()]
    return offsets, values


def load(tmp_path: Path, user: User, files: Files, **options: Any) -> Report:
    return loading.load_place(saved(tmp_path, zipped(files, **options)), user)


def samples(content: bytes, dtype: str) -> list[int]:
    return [int(count) for count in np.frombuffer(content[44:], dtype)]


@pytest.mark.rule("wire 5.4")
def test_a_download_of_2021(tmp_path: Path, athlete: User) -> None:
    files = of_2021()
    report = load(tmp_path, athlete, files)
    (loaded,) = report.records
    assert (loaded.record, loaded.new, report.unknown, report.notes) == (221732, True, [], [])
    record = Record.objects.get()
    assert (record.pk, record.user, record.status) == (221732, athlete, "complete")
    assert (record.start, record.end, record.data_status) == (START, START + TICKS, {})
    assert record.algo == {
        "id": 14, "created": "2021-03-01T10:00:00",
        "algorithms": {"ecg": "1.2.3", "respiration": "2.0"},
    }  # fmt: skip
    assert stored(221732, 4113)[1] == samples(files["ECG_I.wav"], "<i2")
    assert stored(221732, 4129)[1] == samples(files["respiration_thoracic.wav"], "<u2")
    assert stored(221732, 4145)[1] == samples(files["acceleration_X.wav"], "<i2")
    assert stored(221732, 38)[1] == samples(files["minute_ventilation_adjusted.wav"], "<u2")
    assert stored(221732, 18) == ([85, 154, 999], [0, 69, 80])
    assert stored(221732, 270) == ([256, 5120], [1, 2])
    assert loaded.channels == {
        "ECG_I": TICKS, "respiration_thoracic": TICKS // 2, "acceleration_X": TICKS // 4,
        "heart_rate": 273, "minute_ventilation_adjusted": 273, "SDNN": 0, "RR_interval": 3,
        "step": 2, "QRS": 0, "sleep_position": 2,
    }  # fmt: skip


@pytest.mark.rule("wire 5.4")
def test_a_download_of_2017(tmp_path: Path, athlete: User) -> None:
    report = load(tmp_path, athlete, of_2017(), folder="record_37700/")
    assert report.unknown == ["record_37700/ppgDisc.wav"]
    record = Record.objects.get()
    assert (record.pk, record.start, record.end) == (37700, START, START + 130 * 256)
    assert stored(37700, 38)[1] == list(range(129))
    assert stored(37700, 39)[1] == list(range(128))
    assert stored(37700, 81)[1] == list(range(-64, 66))
    assert stored(37700, 64)[1] == list(range(8256))
    assert stored(37700, 4113)[1] == [count % 4096 for count in range(33_024)]
    assert stored(37700, 34) == ([384], [7])
    assert stored(37700, 18) == ([85, 154, 234], [256, 69, 80])


def test_again_is_nothing_new(tmp_path: Path, athlete: User) -> None:
    load(tmp_path, athlete, of_2021())
    before = Record.objects.get().last_modified
    versions = list(Channel.objects.order_by("datatype").values_list("version", flat=True))
    (loaded,) = load(tmp_path, athlete, of_2021()).records
    assert (loaded.record, loaded.new, loaded.changed) == (221732, False, [])
    assert Record.objects.get().last_modified == before
    assert list(Channel.objects.order_by("datatype").values_list("version", flat=True)) == versions


def test_what_differs_is_replaced_and_the_rest_stays(tmp_path: Path, athlete: User) -> None:
    load(tmp_path, athlete, of_2021())
    files = {"info.json": of_2021()["info.json"], "heart_rate.wav": riff([60, 61], 1)}
    place = saved(tmp_path, zipped(files, ""))
    (loaded,) = loading.load_place(place, athlete, replace=True).records
    assert (loaded.record, loaded.changed) == (221732, ["heart_rate"])
    assert stored(221732, 19)[1] == [60, 61]
    assert Channel.objects.filter(record=221732).count() == 10
    assert Record.objects.get().end == START + TICKS


def test_somebody_else_gets_a_record_of_his_own(tmp_path: Path, athlete: User, other: User) -> None:
    load(tmp_path, athlete, of_2021())
    (loaded,) = load(tmp_path, other, of_2021()).records
    assert loaded.new
    assert loaded.record > 221732, "ids follow those that were given"
    assert Record.objects.filter(user=other).count() == 1
    assert stored(loaded.record, 4113) == stored(221732, 4113)


@pytest.mark.parametrize("folder", ["", "record_12/", "range_61495-datatype_4113-18/record_12/"])
def test_where_the_files_may_lie(tmp_path: Path, athlete: User, folder: str) -> None:
    report = load(tmp_path, athlete, of_2021(), folder=folder)
    assert report.records[0].record == (12 if folder else 221732)


def test_a_folder_of_several_records(tmp_path: Path, athlete: User) -> None:
    with zipfile.ZipFile(saved(tmp_path, zipped(of_2021(), "record_1/"))) as archive:
        archive.extractall(tmp_path / "all" / "range_5-datatype_4113")
    with zipfile.ZipFile(saved(tmp_path, zipped(of_2021(START + 10**6), "record_2/"))) as archive:
        archive.extractall(tmp_path / "all" / "range_5-datatype_4113")
    (tmp_path / "all" / "notes.txt").write_text("mine")
    report = loading.load_place(tmp_path / "all", athlete)
    assert [(each.record, each.start) for each in report.records] == [
        (1, START), (2, START + 10**6),
    ]  # fmt: skip
    assert report.unknown == ["notes.txt"]


def test_files_beside_the_records_are_reported(tmp_path: Path, athlete: User) -> None:
    beside = {"range_5/RR_interval.csv": asynchronous("RR_interval", "s/256", 18, [(85, 1)])}
    files = {f"range_5/record_1/{name}": data for name, data in of_2021().items()}
    report = load(tmp_path, athlete, beside | files, folder="")
    assert len(report.records) == 1
    assert report.unknown == []
    (aside,) = report.aside
    assert aside.startswith("range_5/RR_interval.csv: is beside the folders of records; move")


def test_records_before_a_wrong_one_remain(tmp_path: Path, athlete: User) -> None:
    files = {f"record_1/{name}": data for name, data in of_2021().items()}
    wrong = of_2021(START + 10**6) | {"ECG_I.wav": riff([1], 250)}
    files |= {f"record_2/{name}": data for name, data in wrong.items()}
    with pytest.raises(ArchiveError, match=r"frame rate of 250.*\(loaded before it: record 1\)"):
        load(tmp_path, athlete, files, folder="")
    assert list(Record.objects.values_list("pk", flat=True)) == [1]


def test_what_is_unknown_is_reported(tmp_path: Path, athlete: User) -> None:
    extra = {
        "README": b"?", "coretemp.wav": riff([1], 64), "inner.zip": zipped(of_2021()),
        "mystery.csv": b"a,b\n1,2\n", "RR_interval.wav": riff([1], 1), "._ECG_I.wav": b"\0",
    }  # fmt: skip
    report = load(tmp_path, athlete, of_2021() | extra)
    assert report.unknown == [f"record_221732/{name}" for name in sorted(extra)]


def test_statistics_of_another_record_are_noted(tmp_path: Path, athlete: User) -> None:
    files = of_2021()
    files["statistics.csv"] = b"start,end\n%d,%d\n" % (START + 256, START + TICKS + 512)
    report = load(tmp_path, athlete, files)
    assert report.notes == [
        f"record_221732/statistics.csv: starts at {START + 256}, the record at {START}"
    ]
    assert Record.objects.get().end == START + TICKS + 512


def test_byte_order_marks(tmp_path: Path, athlete: User) -> None:
    mark, files = b"\xef\xbb\xbf", of_2021()
    files["info.json"] = mark + files["info.json"]
    files["statistics.csv"] = mark + b"start,end\r\n%d,%d\r\n" % (START, START + TICKS + 1)
    load(tmp_path, athlete, files)
    assert (Record.objects.get().start, Record.objects.get().end) == (START, START + TICKS + 1)


def test_quoted_statistics(tmp_path: Path, athlete: User) -> None:
    files = of_2021()
    files["statistics.csv"] = b'uri,"a, b",start,end\nx,"1,2",%d,%d\n' % (START, START + TICKS + 1)
    load(tmp_path, athlete, files)
    assert Record.objects.get().end == START + TICKS + 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("start_timestamp", START), ("timestamp", START / 256)],
)
def test_older_names_of_the_start(tmp_path: Path, athlete: User, name: str, value: float) -> None:
    files = {"info.json": json.dumps({name: value}).encode(), "heart_rate.wav": riff([60], 1)}
    assert load(tmp_path, athlete, files).records[0].start == START


def test_a_start_may_be_given(tmp_path: Path, athlete: User) -> None:
    place = saved(tmp_path, zipped({"heart_rate.wav": riff([60, 61], 1)}, ""))
    with pytest.raises(ArchiveError, match="the start of the record is unknown"):
        loading.load_place(place, athlete)
    (loaded,) = loading.load_place(place, athlete, START).records
    assert (loaded.start, loaded.end) == (START, START + 512)


def test_a_start_that_contradicts(tmp_path: Path, athlete: User) -> None:
    place = saved(tmp_path, zipped(of_2021()))
    with pytest.raises(ArchiveError, match=f"starts at {START}, not at {START + 1} as given"):
        loading.load_place(place, athlete, START + 1)


NN = b"time [s],NN_interval [s/256](/api/datatype/318/)\n"

REFUSALS: list[Refusal] = [
    ("info.json", b"[]", "is not a JSON object"),
    ("info.json", b"{", "is not valid JSON"),
    ("info.json", b"", r"info\.json: is empty \(0 bytes\)"),
    ("info.json", b"[" * 100_000, "is not valid JSON"),
    ("info.json", b'{"start": "now"}', "start is not a number"),
    ("info.json", b'{"start": true}', "start is not a number"),
    ("info.json", b'{"start": 1e300}', "is not a tick in the years 2009 to 2050"),
    ("info.json", b'{"start": 12}', "12 is not a tick in the years 2009 to 2050"),
    ("info.json", b'{"start": -' + b"9" * 5000 + b"}", "info.json"),
    ("info.json", b'{"timestamp": 1e308}', "not a tick"),
    ("info.json", b'{"start": 1600000000000000}', "not a tick"),
    ("info.json", b'{"start": 1600000000000}', "counts 1,000 ticks a second"),
    ("info.json", b"{}" + b" " * 2**20, "more than the limit of 1048576"),
    ("info.json", b"{}", "the start of the record is unknown"),
    ("statistics.csv", b"start,end\n1,x\n", "start: 1.0 is not a tick"),
    ("statistics.csv", b"start,end\n%d,%d\n" % (START, START - 256), "cannot be the end of a"),
    ("statistics.csv", b"start,end\n%d,soon\n" % START, "end is not a tick: 'soon'"),
    ("ECG_I.wav", b"no WAV", "is not a WAV file"),
    ("ECG_I.wav", b"RIFF\0\0\0\0WAVE", "has no samples"),
    ("ECG_I.wav", riff([1, 2], 256)[:-1], "cut off: 4 bytes announced, 3 are there"),
    ("ECG_I.wav", riff([1, 2], 256) + b"xy", "2 bytes too many at its end"),
    ("ECG_I.wav", riff([1, 2], 250), "a frame rate of 250 where ECG_I has 256"),
    ("ECG_I.wav", riff([1], 256, "<i1"), "not coding 1 of 8 bit"),
    ("ECG_I.wav", riff([70_000], 256, "<i4"), "position 0, column ECG_I: 70000 is no int16"),
    ("heart_rate.wav", riff([1, -1], 1, "<i4"), "position 1, column heart_rate: -1 is no uint16"),
    ("SDNN.wav", riff([1], 1), "a frame rate of 1 where SDNN has 300"),
    ("4113.wav", riff([1], 256), "ECG_I was already loaded from another file"),
    ("NN_interval.hxd", b"\0" * 24, "cut off: 24 bytes are not a whole number of pairs"),
    ("NN_interval.hxd", struct.pack("<4q", 5, 1, 4, 1), "position 1, column NN_interval: offset 4"),
    ("NN_interval.hxd", struct.pack("<2q", 2**62, 1), "lasts more than 366 days"),
    ("NN_interval.hxd", struct.pack("<2Q", 2**64 - 1, 1), "position 0, column NN_interval"),
    (
        "NN_interval.csv", asynchronous("NN_interval", "s/256", 318, [(2, 1), (1, 1)]),
        "row 3, column NN_interval: offset 1 overlaps",
    ),
    (
        "NN_interval.csv", NN + b"0.001,1\n",
        "row 2, column time: 0.001 is not a multiple",
    ),
    (
        "NN_interval.csv", NN + b"1.0,0.5\n",
        "row 2, column NN_interval: 0.5 is not a multiple of 1",
    ),
    (
        "NN_interval.csv", NN + b"1,1\n2,nan\n3,4\n",
        "row 3, column NN_interval: nan is not a value",
    ),
    (
        "NN_interval.csv", NN + b"1.0,%b\n" % (b"9" * 99),
        "row 2: a cell of more than 40 characters",
    ),
    (
        "NN_interval.csv", NN + b"1.0,1,1\n",
        "row 2: 3 cells where the first row has 2",
    ),
    (
        "NN_interval.csv", NN + b"1.0,x\n",
        "row 2, column NN_interval .*: 'x' is not a number",
    ),
    (
        "NN_interval.csv", NN + b"1.0,inf\n",
        "row 2, column NN_interval .*: 'inf' is not a number",
    ),
    ("NN_interval.csv", b"1" * (3 << 20), "a line is longer than 1048576 bytes"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "text"), REFUSALS, ids=range(len(REFUSALS)))
def test_what_is_wrong_with_a_file_is_said_and_nothing_is_loaded(
    tmp_path: Path, athlete: User, name: str, content: bytes, text: str
) -> None:
    with pytest.raises(ArchiveError, match=text):
        load(tmp_path, athlete, of_2021() | {name: content})
    assert not Record.objects.exists()
    assert not Channel.objects.exists()


def test_a_record_that_is_there_stays_as_it_was(tmp_path: Path, athlete: User) -> None:
    load(tmp_path, athlete, of_2021())
    before = list(Channel.objects.order_by("datatype").values_list("datatype", "version"))
    files = of_2021() | {"ECG_I.wav": riff([1], 256), "heart_rate.wav": riff([1], 2)}
    with pytest.raises(ArchiveError, match="frame rate of 2"):
        loading.load_place(saved(tmp_path, zipped(files)), athlete, replace=True)
    after = list(Channel.objects.order_by("datatype").values_list("datatype", "version"))
    assert after == before


def test_an_id_that_is_taken_or_absurd(
    tmp_path: Path, athlete: User, other: User, datatypes: dict[int, Datatype]
) -> None:
    Record.objects.create(pk=221732, user=other)
    (loaded,) = load(tmp_path, athlete, of_2021()).records
    assert loaded.record != 221732
    (loaded,) = load(tmp_path, athlete, of_2021(START + 10**6), folder=f"record_{10**15}/").records
    assert loaded.record < 10**12


def test_wav_with_other_chunks(tmp_path: Path, athlete: User) -> None:
    plain = riff([1, 2, 3], 256)
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    files = of_2021() | {"ECG_I.wav": plain[:36] + extra + plain[36:] + extra}
    load(tmp_path, athlete, files)
    assert stored(221732, 4113)[1] == [1, 2, 3]


def test_nothing_of_a_record(tmp_path: Path, athlete: User) -> None:
    with pytest.raises(ArchiveError, match="it contains no file of a record"):
        load(tmp_path, athlete, {"README": b"hello", "info.json": b'{"start": 0}'})


@pytest.mark.django_db(transaction=True)
def test_the_same_download_twice_at_once(tmp_path: Path, athlete: User) -> None:
    place = saved(tmp_path, zipped(of_2021()))

    def once(_: int) -> bool:
        (loaded,) = loading.load_place(place, athlete).records
        connection.close()
        return loaded.new

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(once, range(3))) == [False, False, True]
    assert Record.objects.count() == 1
