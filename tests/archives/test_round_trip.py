"""What goes out and is loaded again is the same, byte for byte."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.accounts.models import User
from apps.archives import loading
from apps.catalog.models import ON_REQUEST, Datatype
from apps.records.models import Range, Record
from apps.signals.formats.edf import response as edf_response
from apps.signals.models import Channel
from apps.signals.storage import record_state, store
from tests.archives.conftest import random, saved
from tests.signals.conftest import client_of

START = 359_840_226_870
SECONDS = 700
FAST = (4113, 4114, 4115, 4129, 4130, 4145, 4146, 4147, 64)
EACH_SECOND = (19, 33, 36, 37, 38, 39, 42, 49, 53, 54, 66, 80, 81, 98, 338, 1000, 1001, 1006, 247)
SLOW = (271, 272, 273, 274, 275, 276, 277, 278, 279)
EVENTS = (17, 18, 34, 35, 52, 97, 269, 270, 280, 318, 319, 1004)
ALWAYS = "info.json", "statistics.csv"


@pytest.fixture
def record(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """Every channel, with all counts that its type holds, and ends that differ."""
    end = START + 256 * SECONDS + 77
    made = Record.objects.create(id=37, user=athlete, start=START, end=end, status="complete")
    draw = random(37)
    for dataid in (*FAST, *EACH_SECOND, *SLOW):
        datatype = datatypes[dataid]
        lowest, highest = (-32_768, 32_768) if datatype.signed else (0, 65_536)
        count = SECONDS * 256 // (datatype.hexo_freq or 1)
        counts = draw.integers(lowest, highest, count - dataid % 3 * (dataid not in SLOW))
        counts[:2] = lowest, highest - 1
        store.write_channel(made, datatype, counts)
    for dataid in EVENTS:
        offsets = np.sort(draw.integers(1, 256 * SECONDS, 50 + dataid % 7))
        store.write_events(made, datatypes[dataid], offsets, draw.integers(0, 300, len(offsets)))
    places = np.array([256, 512, 700])
    store.write_events(made, datatypes[8192], places, np.array([45.0, 45.508839999999996, -7e-05]))
    store.write_events(made, datatypes[97], np.array([], int), np.array([], int))
    record_state.settle(made)
    return made


def download(user: User, record: int, accept: str, **asked: Any) -> bytes:
    response: Any = client_of(user).get(
        "/api/data/", {"record": record, **asked}, headers={"accept": accept}
    )
    body = b"".join(response) if response.streaming else response.content
    assert response.status_code == 200, body
    return bytes(body)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}


def versions(record: int, *, empty: bool = True) -> dict[int, Any]:
    rows = Channel.objects.filter(record=record, count__gte=0 if empty else 1)
    return {row.datatype_id: (row.count, row.dtype, bytes(row.version)) for row in rows}


@pytest.mark.parametrize("form", ["hxd", "csv"])
def test_zip(tmp_path: Path, record: Record, athlete: User, other: User, form: str) -> None:
    asked = {"datatype__gte": 0, "async_format": form}
    before = download(athlete, 37, "application/octet-stream", **asked)
    report = loading.load_place(saved(tmp_path, before), other)
    (loaded,) = report.records
    assert (report.unknown, report.notes) == ([], [])
    assert (loaded.start, loaded.end) == (record.start, record.end)
    assert versions(loaded.record) == versions(37)
    after = members(download(other, loaded.record, "application/octet-stream", **asked))
    same = members(before)
    assert list(after) == list(same)
    assert len(same) == len(FAST) + len(EACH_SECOND) + len(SLOW) + len(EVENTS) + 1 + 2
    for name in set(same) - set(ALWAYS):
        assert after[name] == same[name], name
    own = f"/api/record/{loaded.record}/".encode()
    assert after["statistics.csv"].replace(own, b"/api/record/37/") == same["statistics.csv"]


def test_zip_again_into_the_same_record(tmp_path: Path, record: Record, athlete: User) -> None:
    place = saved(tmp_path, download(athlete, 37, "application/octet-stream"))
    (loaded,) = loading.load_place(place, athlete).records
    assert (loaded.record, loaded.new, loaded.changed) == (37, False, [])
    assert Record.objects.count() == 1


@pytest.mark.parametrize("asked", [{"datatype__gt": 0}, {}], ids=["all", "usual"])
def test_edf(
    tmp_path: Path, record: Record, athlete: User, other: User, asked: dict[str, int]
) -> None:
    Record.objects.update(end=START + 256 * SECONDS)
    before = download(athlete, 37, "application/x-edf", **asked)
    report = loading.load_place(saved(tmp_path, before, "record_37.edf"), other)
    (loaded,) = report.records
    assert report.unknown == []
    assert (loaded.start, loaded.end) == (record.start, START + 256 * SECONDS)
    unasked = Datatype.objects.exclude(download=ON_REQUEST)
    usual = {*edf_response.PLACES, *unasked.values_list("pk", flat=True)}
    stored = versions(37, empty=False)
    kept = {key: row for key, row in stored.items() if asked or key in usual}
    assert versions(loaded.record) == kept
    assert len(kept) == (len(stored) if asked else 33)
    after = download(other, loaded.record, "application/x-edf", **asked)
    assert after[256:] == before[256:]


def test_csv(tmp_path: Path, record: Record, athlete: User, other: User) -> None:
    before = download(athlete, 37, "text/csv")
    report = loading.load_place(saved(tmp_path, before, "record_37.csv"), other)
    (loaded,) = report.records
    assert report.unknown == []
    assert (loaded.start, loaded.end) == (record.start, record.end)
    found = versions(loaded.record)
    assert set(found) == {*EACH_SECOND, 270}
    assert found == {dataid: versions(37)[dataid] for dataid in found}
    assert download(other, loaded.record, "text/csv") == before


def test_csv_of_events_and_fast_channels(
    tmp_path: Path, record: Record, athlete: User, other: User
) -> None:
    asked = "18,52,4145,271,8192"
    before = download(athlete, 37, "text/csv", datatype__in=asked)
    (loaded,) = loading.load_place(saved(tmp_path, before, "some.csv"), other).records
    found = versions(loaded.record)
    assert found == {dataid: versions(37)[dataid] for dataid in map(int, asked.split(","))}


@pytest.mark.parametrize(("accept", "name", "early"), [
    ("application/octet-stream", "part.zip", 0), ("application/x-edf", "part.edf", 256),
])  # fmt: skip
def test_a_window_becomes_a_record_of_its_own(
    tmp_path: Path, record: Record, athlete: User, accept: str, name: str, early: int
) -> None:
    start = START + 20 * 256
    content = download(
        athlete, 37, accept, start=start, end=start + 40 * 256, datatype__in="4113,19"
    )
    (loaded,) = loading.load_place(saved(tmp_path, content, name), athlete).records
    assert (loaded.start, loaded.new) == (start - early, True)
    part = Channel.objects.get(record=loaded.record, datatype=4113)
    assert (part.start, part.count) == (start - early, 40 * 256 + early)
    asked = {"start": start, "end": start + 40 * 256, "datatype": 4113}
    found = [
        download(athlete, key, "application/json", flat=1, **asked) for key in (37, loaded.record)
    ]
    assert found[0] == found[1]


def test_a_range_and_the_usual_set_come_back(
    tmp_path: Path, record: Record, athlete: User, other: User
) -> None:
    """The file at the top of a range is of no record, and files of nothing do no harm."""
    Range.objects.create(id=61, user=athlete, start=START, end=START + 256 * SECONDS + 78)
    content = client_of(athlete).get("/api/data/?range=61&format=zip").getvalue()
    report = loading.load_place(saved(tmp_path, content), other)
    (loaded,) = report.records
    assert (report.unknown, report.notes) == ([], [])
    before, after = versions(37, empty=False), versions(loaded.record, empty=False)
    assert len(after) > 25
    assert all(after[dataid] == before[dataid] for dataid in after)
