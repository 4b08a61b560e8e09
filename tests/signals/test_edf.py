"""`Accept: application/x-edf` of `/api/data/` and the endpoints of single kinds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import edfio
import numpy as np
import pyedflib
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.formats.edf import annotation_lists, header, spread
from apps.signals.formats.edf import response as edf_response
from apps.signals.formats.edf import writer as edf_writer
from apps.signals.models import Chunk
from apps.signals.storage import reader, store
from apps.signals.storage.reader import Gone
from tests.signals.conftest import ECG, HR, RR, START, VOLUME, client_of, new_record

Datatypes = dict[int, Datatype]

ANN, THORACIC = 271, 4129
ALL = ",".join(map(str, (HR, VOLUME, THORACIC, ECG, RR)))


def answer(by: User, path: str = "/api/data/", /, **params: Any) -> Any:
    return client_of(by).get(path, params, headers={"Accept": edf_response.MEDIA_TYPE})


def ask(by: User, path: str = "/api/data/", /, **params: Any) -> bytes:
    response = answer(by, path, **params)
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == edf_response.MEDIA_TYPE
    body = b"".join(response)
    assert int(response["Content-Length"]) == len(body)
    return body


def read(body: bytes) -> Any:
    return edfio.read_edf(io.BytesIO(body))


@contextmanager
def opened(body: bytes, folder: Path) -> Iterator[Any]:
    """The file in pyedflib, which refuses what is not EDF+ to the letter."""
    path = folder / "data.edf"
    path.write_bytes(body)
    with pyedflib.EdfReader(str(path)) as reader:
        yield reader


def marks(body: bytes) -> list[tuple[float, str]]:
    """Onset and text of each annotation, as edfio gives them."""
    return [(mark.onset, mark.text) for mark in read(body).annotations]


def counts(found: Any, label: str) -> list[int]:
    """The counts of a signal without a sign, which are stored less 32,768."""
    return list(found.get_signal(label).digital.astype(int) + 32_768)


def fields(text: str, *widths: int) -> list[str]:
    """The texts of fields that follow each other, without the blanks that fill them up."""
    return [text[first:stop].rstrip() for first, stop in pairwise(np.cumsum([0, *widths]))]


def test_a_header_to_the_letter(record: Record, athlete: User) -> None:
    body = ask(athlete, record=37, datatype=f"{HR},{ECG},{RR}")
    text = body[:1024].decode()
    assert fields(text, 8, 80, 80, 8, 8, 8, 44, 8, 8, 4) == [
        "0", "X X 01-JAN-1900 X hexoskin_user_id=1511",
        "Startdate 17-JUL-2014 X X hexostore hexoskin_record_id=37", "17.07.14", "19.23.20",
        "1024", "EDF+C", "10", "1", "3",
    ]  # fmt: skip
    widths = [width for width in (16, 80, 8, 8, 8, 8, 8, 80, 8, 32) for _ in range(3)]
    assert fields(text[256:], *widths) == [
        "4113:ECG_I", "19:heart_rate", "EDF Annotations",
        "ECG_I", "heart_rate", "",
        "mV", "bpm", "",
        "-218.419", "0", "-1",
        "201.0048", "65535", "1",
        "-32768", "-32768", "-32768",
        "32767", "32767", "32767",
        "", "", "",
        "256", "1", "39",
        "", "", "",
    ]  # fmt: skip


def test_a_data_record_to_the_letter(record: Record, athlete: User) -> None:
    body = ask(athlete, record=37, datatype=f"{HR},{ECG},{RR}")
    size = 2 * (256 + 1 + 39)
    assert len(body) == 1024 + 10 * size
    second = body[1024 + size : 1024 + 2 * size]
    assert second[:512] == np.arange(256, 512, dtype="<i2").tobytes()
    assert second[512:514] == (71 - 32_768).to_bytes(2, "little", signed=True)
    assert second[514:] == b"+1\x14\x14\0+1.5625\x14RR_interval 0.78125 s\x14\0".ljust(78, b"\0")


def test_pyedflib_reads_the_stored_counts(record: Record, athlete: User, tmp_path: Path) -> None:
    with opened(ask(athlete, record=37, datatype=ALL), tmp_path) as reader:
        assert reader.getSignalLabels() == ["4113:ECG_I", "37:tidal_volume", "19:heart_rate"]
        assert list(reader.getSampleFrequencies()) == [256, 1, 1]
        assert [reader.getPhysicalDimension(signal) for signal in range(3)] == ["mV", "mL", "bpm"]
        assert list(reader.readSignal(0, digital=True)) == list(range(2560))
        assert list(reader.readSignal(1, digital=True) + 32768) == list(range(43, 53))
        assert list(reader.readSignal(2, digital=True) + 32768) == list(range(70, 80))
        assert reader.getEquipment() == "hexostore"


def test_edfio_reads_physical_values(record: Record, athlete: User) -> None:
    """Eight characters for the ends of the range leave less than a twentieth of a count."""
    found = read(ask(athlete, record=37))
    assert found.get_signal("19:heart_rate").data == pytest.approx(np.arange(70, 80))
    volumes = np.arange(43, 53) * 13.28
    assert found.get_signal("37:tidal_volume").data == pytest.approx(volumes)
    millivolts = np.arange(2560) * 0.0064 - 8.704
    assert found.get_signal("4113:ECG_I").data == pytest.approx(millivolts, abs=0.0064 / 20)


@pytest.mark.parametrize("ahead", [0, 1, 77, 128, 255])
def test_events_are_annotations_at_their_tick(
    athlete: User, datatypes: Datatypes, tmp_path: Path, ahead: int
) -> None:
    made = new_record(athlete, START + ahead, 4)
    offsets, values = np.array([3, 200, 641, 1023]), np.array([0, 197, 441, 382])
    store.write_events(made, datatypes[RR], offsets, values)
    store.write_events(made, datatypes[270], np.array([0, 512]), np.array([2, 3]))
    body = ask(athlete, record=made.pk, datatype=f"{RR},270")
    expected = [
        (3 / 256, "RR_interval 0.0 s"),
        (200 / 256, "RR_interval 0.76953125 s"),
        (641 / 256, "RR_interval 1.72265625 s"),
        (1023 / 256, "RR_interval 1.4921875 s"),
        (0.0, "sleep_position 2"),
        (2.0, "sleep_position 3"),
        (4.0, "Recording ends"),
    ]
    assert marks(body) == sorted(expected)
    assert read(body).starttime.microsecond == round(ahead / 256 * 1e6)
    with opened(body, tmp_path) as reader:
        onsets, _, texts = reader.readAnnotations()
    assert sorted(zip(onsets, texts, strict=True)) == [
        (pytest.approx(onset, abs=2e-7), text) for onset, text in sorted(expected)
    ]


def test_channels_slower_than_a_second_are_annotations(athlete: User, datatypes: Datatypes) -> None:
    made = new_record(athlete, START, 700)
    store.write_channel(made, datatypes[ANN], np.array([3000, 4097]))
    found = ask(athlete, "/api/ann/", record=made.pk)
    assert marks(found) == [(0.0, "ANN 0.732421875 s"), (300.0, "ANN 1.000244140625 s")]
    assert read(found).starttime.second == (20 + 300) % 60


def test_a_window_is_widened_to_whole_seconds(record: Record, athlete: User) -> None:
    """Samples of 1 Hz stand at the end of the second that they are filed under."""
    body = ask(athlete, record=37, datatype=ALL, start=START + 600, end=START + 1100)
    found = read(body)
    assert found.starttime.second == 22
    assert counts(found, "19:heart_rate") == [72, 73, 74]
    assert list(found.get_signal("4113:ECG_I").digital) == list(range(512, 5 * 256))
    told = [((tick - 512) / 256, "RR_interval 0.78125 s") for tick in (600, 800, 1000)]
    assert marks(body) == told
    only = read(ask(athlete, "/api/heartrate/", record=37, start=START + 512, end=START + 513))
    assert counts(only, "19:heart_rate") == [71]
    assert only.starttime.second == 21


def test_a_signal_that_ends_before_the_file_holds_its_last_value(
    athlete: User, datatypes: Datatypes
) -> None:
    made = Record.objects.create(user=athlete, start=START, end=START + 3 * 256 + 100)
    store.write_channel(made, datatypes[HR], np.array([70, 71]))
    store.write_channel(made, datatypes[ECG], np.arange(3 * 256 + 100))
    store.write_channel(made, datatypes[THORACIC], np.arange(434))
    body = ask(athlete, record=made.pk, datatype=ALL)
    found = read(body)
    assert counts(found, "19:heart_rate") == [70, 71, 71, 71]
    assert list(found.get_signal("4113:ECG_I").digital) == [*range(868), *[867] * 156]
    assert counts(found, "4129:resp_thorac") == [*range(434), *[433] * 78]
    assert marks(body) == [
        (2.0, "heart_rate ends"),
        (868 / 256, "ECG_I ends"),
        (868 / 256, "Recording ends"),
        (868 / 256, "respiration_thoracic ends"),
    ]


def test_the_end_is_told_where_it_was_asked_for(record: Record, athlete: User) -> None:
    assert marks(ask(athlete, record=37, datatype=HR)) == [(10.0, "Recording ends")]
    assert marks(ask(athlete, record=37, datatype=HR, end=START + 2560)) == []
    Record.objects.filter(pk=37).update(end=None, status="realtime")
    assert marks(ask(athlete, record=37, datatype=HR)) == []


def test_channels_across_chunks_and_blocks(athlete: User, datatypes: Datatypes) -> None:
    """1,100 s of ECG lie in nine chunks, and are written in two blocks."""
    made, random = new_record(athlete, START, 1100), np.random.default_rng(1)
    beats = np.cumsum(random.integers(20, 40, 9000))
    beats = beats[beats < 1100 * 256]
    store.write_events(made, datatypes[RR], beats, np.diff(beats, prepend=0))
    expected = {ECG: random.integers(-32768, 32768, 1100 * 256), HR: random.integers(0, 250, 1100)}
    for dataid, values in expected.items():
        store.write_channel(made, datatypes[dataid], values)
    body = ask(athlete, record=made.pk, datatype=ALL)
    assert list(read(body).get_signal("4113:ECG_I").digital) == list(expected[ECG])
    assert counts(read(body), "19:heart_rate") == list(expected[HR])
    texts = [
        (beat / 256, f"RR_interval {rr / 256} s")
        for beat, rr in zip(beats, np.diff(beats, prepend=0), strict=True)
    ]
    assert marks(body) == [*texts, (1100.0, "Recording ends")]


SAMPLES = {HR: 1, VOLUME: 1, THORACIC: 128, ECG: 256}


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.integers(0, 255),
    st.dictionaries(st.sampled_from(list(SAMPLES)), st.integers(1, 1500), min_size=1),
    st.lists(st.integers(0, 1500), max_size=20).map(sorted),
    st.integers(0, 1600),
    st.integers(1, 1600),
    st.integers(1, 4),
)
def test_any_window_holds_what_json_shows(
    athlete: User,
    datatypes: Datatypes,
    ahead: int,
    lengths: dict[int, int],
    beats: list[int],
    first: int,
    length: int,
    block: int,
) -> None:
    start = START + ahead
    made = new_record(athlete, start, 6)
    for dataid, ticks in lengths.items():
        count = -(-ticks * SAMPLES[dataid] // 256)
        store.write_channel(made, datatypes[dataid], np.arange(count) + dataid % 100)
    store.write_events(made, datatypes[RR], np.array(beats, np.int64), np.arange(len(beats)))
    span = {"start": start + first, "end": start + first + length}
    asked: dict[str, Any] = {"record": made.pk, "datatype": ALL, **span}
    shown = client_of(athlete).get("/api/data/", asked).json()
    if not shown:
        assert answer(athlete, **asked).status_code == 404
        return
    with (
        patch.object(edf_writer, "BLOCK", block),
        patch.multiple(spread, AHEAD=7, SPREAD=4, SPAN=1),
    ):
        found = read(ask(athlete, **asked))
    begin = first_tick(found)
    data = {int(key): pairs for key, pairs in shown[0]["data"].items()}
    told = [(mark.onset * 256 + begin, mark.text) for mark in found.annotations]
    assert [pair for pair in told if pair[1].startswith("RR")] == sorted(
        (tick, f"RR_interval {value} s") for tick, value in data.pop(RR, [])
    )
    assert len(found.signals) == len(data)
    for dataid, pairs in data.items():
        digital, rate = counts_of(found, dataid), SAMPLES[dataid]
        scale, late = 13.28 if dataid == VOLUME else 1, 256 if rate == 1 else 0
        filed = [digital[(tick - late - begin) * rate // 256] for tick, _ in pairs]
        assert filed == [round(value / scale) for _, value in pairs]


def first_tick(found: Any) -> int:
    """The tick at which the first data record begins."""
    moment = found.startdatetime.replace(microsecond=0, tzinfo=UTC).timestamp()
    ticks: int = round(moment * 256) + round(found.startdatetime.microsecond * 256 / 1e6)
    return ticks


def counts_of(found: Any, dataid: int) -> list[int]:
    """The counts of a datatype, found by its id."""
    (signal,) = [s for s in found.signals if s.label.startswith(f"{dataid}:")]
    return list(signal.digital.astype(int) + (0 if dataid == ECG else 32_768))


def test_one_record_to_a_file(record: Record, athlete: User, datatypes: Datatypes) -> None:
    store.write_channel(new_record(athlete, START, 2), datatypes[HR], np.array([1, 2]))
    for path in ("/api/data/", "/api/v1/data/", "/api/heartrate/"):
        refused = answer(athlete, path, user=1511)
        assert refused.status_code == 400
        assert refused.json() == {
            "error": "An EDF file can only contain one record; the request matches several."
        }


@pytest.mark.parametrize("params", [{"record": 99}, {"record": 37, "start": START + 9999}])
def test_nothing_is_no_file(record: Record, athlete: User, params: dict[str, int]) -> None:
    missing = answer(athlete, **params)
    assert missing.status_code == 404
    assert missing.json() == edf_response.NOTHING


@pytest.mark.parametrize("start", [0, 256 * 86_400 * 365 * 15, 256 * 86_400 * 365 * 116])
def test_years_that_edf_does_not_know(athlete: User, datatypes: Datatypes, start: int) -> None:
    made = new_record(athlete, start, 2)
    store.write_channel(made, datatypes[HR], np.array([1, 2]))
    assert answer(athlete, record=made.pk).json() == {
        "error": "An EDF file must begin in the years 1985 to 2084."
    }


def test_more_events_than_a_file_can_hold(record: Record, athlete: User) -> None:
    step = Datatype.objects.get(pk=52)
    store.write_events(record, step, np.full(8192, 700), np.arange(8192))
    assert len(marks(ask(athlete, record=37, datatype=f"{HR},52"))) == 8192 + 1
    window = {"start": START + 700, "end": START + 701}
    assert answer(athlete, record=37, datatype=52, **window).json() == {
        "error": "An EDF file cannot contain so many events in so short a time."
    }
    store.write_events(record, step, np.array([0, 256 * 86_400 * 400]), np.arange(2))
    assert answer(athlete, record=37).json() == {
        "error": "An EDF file cannot be longer than a year."
    }


def test_a_record_replaced_meanwhile_breaks_the_stream(record: Record, athlete: User) -> None:
    body = iter(answer(athlete, record=37))
    assert next(body)
    Chunk.objects.filter(record=37, datatype=ECG).delete()
    with pytest.raises(Gone):
        next(body)


@pytest.mark.parametrize("block", [1, 1024])
@pytest.mark.parametrize("tick", [1, 2559])
def test_events_replaced_meanwhile_break_the_stream(
    record: Record, athlete: User, datatypes: Datatypes, block: int, tick: int
) -> None:
    """As many as before, in the same chunk, but longer, and all at the start or the end."""
    body = iter(answer(athlete, record=37, datatype=f"{RR},{HR}"))
    assert next(body)
    offsets = np.array([0, *[tick] * 12])
    store.write_events(record, datatypes[RR], offsets, np.full(13, 2**40 + 1))
    with patch.object(edf_writer, "BLOCK", block), pytest.raises(Gone):
        list(body)


def test_head_and_parts(record: Record, athlete: User) -> None:
    whole = ask(athlete, record=37)
    client = client_of(athlete)
    head = client.head("/api/data/?record=37", headers={"Accept": edf_response.MEDIA_TYPE})
    assert int(head["Content-Length"]) == len(whole)
    assert head["Content-Disposition"] == 'attachment; filename="record_37.edf"'
    part = client.get(
        "/api/data/?record=37",
        headers={"Accept": edf_response.MEDIA_TYPE, "Range": "bytes=256-2000"},
    )
    assert part.status_code == 206
    assert b"".join(part) == whole[256:2001]


@given(st.floats(-1e6, 1e7))
def test_numbers_are_as_exact_as_their_characters_allow(value: float) -> None:
    text = header.fit_number(value)
    assert len(text) <= 8
    whole = len(f"{value:.0f}")
    assert float(text) == pytest.approx(value, abs=0.51 * 10.0 ** -max(0, 7 - whole))


@pytest.mark.parametrize("value", [1e8, -1e7, 123456789.5])
def test_numbers_too_long_for_their_field(value: float) -> None:
    with pytest.raises(ValueError, match="8 characters"):
        header.fit_number(value)


def test_annotations_that_outgrow_their_room() -> None:
    long = annotation_lists.annotate_texts([(5, "x" * 40)])
    with pytest.raises(Gone):
        annotation_lists.laid_out(range(2), 0, long, np.array([0]), 40)


def test_asked_again_nothing_is_read(record: Record, athlete: User) -> None:
    client, url = client_of(athlete), "/api/data/?record=37"
    etag = client.get(url, headers={"Accept": edf_response.MEDIA_TYPE})["ETag"]
    with patch.object(reader, "read", side_effect=AssertionError):
        same = client.get(url, headers={"Accept": edf_response.MEDIA_TYPE, "If-None-Match": etag})
    assert same.status_code == 304
