"""Binary downloads: ZIP files of WAV, .hxd and CSV, read by decoders that are not ours."""

from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import warnings
import wave
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
import soundfile  # type: ignore[import-untyped]
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.io import wavfile

from apps.accounts.models import User
from apps.api.versions import HEADER
from apps.catalog.models import Datatype
from apps.records.models import Range, Record
from apps.sandbox import seeds
from apps.signals.formats.download import archive, contents, files
from apps.signals.models import Chunk
from apps.signals.storage import channel_growth, reader, store
from tests.signals.conftest import CATALOG, ECG, HR, RR, START, client_of, new_record
from tests.signals.decoding import Pairs, decode, unzip

Datatypes = dict[int, Datatype]
RESPIRATION, ACCELERATION, ANN, STEP, POSITION, ADJUSTED = 4129, 4145, 271, 52, 269, 38
MINUTES = 15
LENGTH = MINUTES * 60 * 256
SOON = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def ask(user: User, path: str = "data", /, **params: Any) -> Any:
    return client_of(user).get(f"/api/{path}/", {**params, "format": "zip"})


def zipped(user: User, path: str = "data", /, **params: Any) -> dict[str, bytes]:
    """The files of a download, whose length must be the one announced."""
    response = ask(user, path, **params)
    assert response.status_code == 200, response.content
    content = response.getvalue()
    if "Content-Length" in response:
        assert int(response["Content-Length"]) == len(content)
    return unzip(content)


@pytest.fixture
def whole(athlete: User, datatypes: Datatypes) -> Record:
    """A quarter of an hour of every kind of channel; breathing rate (33) is there but empty."""
    made, random = new_record(athlete, START, MINUTES * 60, id=40), np.random.default_rng(1)
    for dataid in (ECG, RESPIRATION, ACCELERATION, HR, 33, ADJUSTED, 49, ANN):
        datatype = datatypes[dataid]
        count = 0 if dataid == 33 else LENGTH // (datatype.hexo_freq or 1)
        low, high = (-32768, 32768) if datatype.signed else (0, 65536)
        store.write_channel(made, datatype, random.integers(low, high, count))
    for dataid in (RR, STEP, POSITION):
        offsets = np.sort(random.choice(LENGTH, 700, replace=False))
        store.write_events(made, datatypes[dataid], offsets, random.integers(0, 999, 700))
    store.write_events(made, datatypes[280], np.empty(0, np.int64), np.empty(0, np.int64))
    return made


def in_json(user: User, **params: Any) -> dict[str, dict[int, float]]:
    """What JSON says of the same query: values by tick, by the name of the channel."""
    response = client_of(user).get("/api/data/", params)
    names = dict(Datatype.objects.values_list("pk", "channel"))
    data = response.json()[0]["data"] if response.json() else {}
    return {names[int(key)]: dict(map(tuple, pairs)) for key, pairs in data.items()}


def scaled(stem: str, pairs: Pairs) -> dict[int, float]:
    """Decoded counts by tick, as JSON shows them."""
    datatype = Datatype.objects.get(channel=stem)
    if datatype.json != "physical":
        return {int(tick): value for tick, value in pairs}
    return {int(tick): value * datatype.gain + datatype.offset for tick, value in pairs}


def load_metrics() -> None:
    seeds.load(
        {**seeds.read_seed(CATALOG / "unit.json"), **seeds.read_seed(CATALOG / "metric.json")}
    )


class TestFiles:
    def test_a_folder_with_a_file_per_channel(self, whole: Record, athlete: User) -> None:
        found = zipped(athlete, record=40, datatype__gte=0)
        assert list(found) == [
            f"record_40/{name}"
            for name in (
                "info.json", "statistics.csv", "RR_interval.csv", "heart_rate.wav",
                "breathing_rate.wav", "minute_ventilation_adjusted.wav", "activity.wav",
                "step.csv", "device_position.csv", "ANN.wav", "sleep_phase.csv", "ECG_I.wav",
                "respiration_thoracic.wav", "acceleration_X.wav",
            )
        ]  # fmt: skip
        assert len(found["record_40/ECG_I.wav"]) == 44 + 2 * LENGTH
        assert len(found["record_40/RR_interval.csv"].splitlines()) == 1 + 700

    def test_channels_without_data_have_empty_files(self, whole: Record, athlete: User) -> None:
        found = zipped(athlete, record=40, datatype="19,33,280")
        assert len(found["record_40/breathing_rate.wav"]) == 44
        title = b"time [s],sleep_phase [NA](/api/datatype/280/)\n"
        assert found["record_40/sleep_phase.csv"] == title
        found = zipped(athlete, record=40, datatype="19,280", async_format="hxd")
        assert found["record_40/sleep_phase.hxd"] == b""

    def test_unzip_finds_nothing_wrong(self, whole: Record, athlete: User, tmp_path: Path) -> None:
        file = tmp_path / "record_40.zip"
        file.write_bytes(ask(athlete, record=40).getvalue())
        unzip = shutil.which("unzip")
        if unzip is None:
            pytest.skip("has no unzip")
        done = subprocess.run([unzip, "-t", file], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
        assert "No errors detected" in done.stdout

    def test_it_is_the_same_every_time(self, whole: Record, athlete: User) -> None:
        assert len({ask(athlete, record=40).getvalue() for _ in range(2)}) == 1

    def test_dates_are_the_records(self, whole: Record, athlete: User) -> None:
        with zipfile.ZipFile(io.BytesIO(ask(athlete, record=40).getvalue())) as found:
            assert {info.date_time for info in found.infolist()} == {(2014, 7, 17, 19, 23, 20)}

    @pytest.mark.parametrize("start", [0, 2**50, -(2**50), 2**61])
    def test_records_of_odd_times(self, athlete: User, datatypes: Datatypes, start: int) -> None:
        made = new_record(athlete, start, 2, id=9)
        store.write_channel(made, datatypes[HR], np.array([60, 61]))
        found = zipped(athlete, record=9)
        assert json.loads(found["record_9/info.json"])["start"] == start
        assert struct.unpack("<HH", found["record_9/heart_rate.wav"][44:]) == (60, 61)

    def test_names_that_are_no_names(self, whole: Record, athlete: User) -> None:
        """Names of the catalogue must lead nowhere, and not two channels into one file."""
        Datatype.objects.filter(pk=HR).update(channel="../../x")
        Datatype.objects.filter(pk=ECG).update(channel="STEP")
        found = zipped(athlete, record=40, datatype="19,4113,52")
        assert list(found)[2:] == ["record_40/19.wav", "record_40/52.csv", "record_40/4113.wav"]


class TestWav:
    @pytest.mark.rule("wire F1", "wire F4", "wire row 24")
    @pytest.mark.parametrize(
        ("name", "rate"),
        [("ECG_I", 256), ("respiration_thoracic", 128), ("acceleration_X", 64), ("heart_rate", 1),
         ("ANN", 300)],
    )  # fmt: skip
    def test_headers(self, whole: Record, athlete: User, name: str, rate: int) -> None:
        content = zipped(athlete, record=40, datatype__gte=0)[f"record_40/{name}.wav"]
        assert content[:4] + content[8:20] == b"RIFFWAVEfmt \x10\0\0\0"
        fields = struct.unpack("<HHIIHH4sI", content[20:44])
        assert fields == (1, 1, rate, 2 * rate, 2, 16, b"data", len(content) - 44)

    def test_the_size_is_that_of_the_standard(self, whole: Record, athlete: User) -> None:
        """As in genuine files since 2021; older ones announced four bytes more."""
        found = zipped(athlete, record=40, datatype__gte=0)
        files = {name: content for name, content in found.items() if name.endswith(".wav")}
        assert len(files) == 8
        for name, content in files.items():
            assert int.from_bytes(content[4:8], "little") == len(content) - 8, name

    def test_other_readers(self, whole: Record, athlete: User) -> None:
        content = zipped(athlete, record=40)["record_40/ECG_I.wav"]
        expected = list(
            in_json(athlete, record=40, datatype=ECG, end=START + 60_000)["ECG_I"].values()
        )
        with wave.open(io.BytesIO(content)) as found:
            assert (found.getnchannels(), found.getsampwidth(), found.getframerate()) == (1, 2, 256)
            frames = np.frombuffer(found.readframes(60_000), "<i2")
        with warnings.catch_warnings(action="ignore"):
            rate, samples = wavfile.read(io.BytesIO(content))
        others, fourth = soundfile.read(io.BytesIO(content), dtype="int16")
        assert (rate, fourth, len(samples), len(others)) == (256, 256, LENGTH, LENGTH)
        for each in (frames, samples[:60_000], others[:60_000]):
            assert each.tolist() == expected

    def test_thirty_two_bits(self, record: Record, athlete: User, datatypes: Datatypes) -> None:
        Datatype.objects.filter(pk=HR).update(bits=32, signed=True)
        datatype = Datatype.objects.get(pk=HR)
        store.write_channel(record, datatype, np.array([-70_000, 2**31 - 1]))
        content = zipped(athlete, record=37, datatype=HR)["record_37/heart_rate.wav"]
        assert struct.unpack("<IIHH", content[24:36]) == (1, 4, 4, 32)
        assert struct.unpack("<ii", content[44:]) == (-70_000, 2**31 - 1)


class TestEvents:
    @pytest.mark.rule("behaviour 3.3", "wire F2")
    def test_pairs_as_the_documents_print_them(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        """API reference, Getting biometric data - Binary."""
        pairs = [(85, 256), (154, 69), (234, 80)]
        store.write_events(record, datatypes[RR], *map(np.array, zip(*pairs, strict=True)))
        content = zipped(athlete, record=37, datatype="4113,18", async_format="hxd")
        assert list(struct.iter_unpack("Qq", content["record_37/RR_interval.hxd"])) == pairs
        ecg = content["record_37/ECG_I.wav"][44:]
        assert [value for (value,) in struct.iter_unpack("h", ecg)] == list(range(2560))

    @pytest.mark.rule("behaviour 3.3", "wire 5.4", "wire F8")
    def test_csv_as_genuine_files_have_it(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        store.write_events(record, datatypes[RR], np.array([85, 154, 2304]), np.array([0, 69, -1]))
        store.write_events(record, datatypes[STEP], np.array([256]), np.array([1]))
        store.write_events(record, datatypes[POSITION], np.array([256, 300]), np.array([5, 2]))
        found = zipped(athlete, record=37)
        assert found["record_37/RR_interval.csv"].decode() == (
            "time [s],RR_interval [s/256](/api/datatype/18/)\n0.33203125,0\n0.6015625,69\n9.0,-1\n"
        )
        assert found["record_37/step.csv"].startswith(b"time [s],step [Step](/api/datatype/52/)\n")
        assert found["record_37/device_position.csv"].decode() == (
            "time [s],device_position [NA](/api/datatype/269/)\n"
            "0.0,nan\n1.0,5\n1.171875,2\n10.0,nan\n"
        )
        response = ask(athlete, record=37)
        assert int(response["Content-Length"]) == len(response.getvalue())
        assert response["Accept-Ranges"] == "bytes"

    def test_fractions_are_never_cut(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        store.write_events(record, datatypes[8192], np.array([256]), np.array([45.530881]))
        found = zipped(athlete, record=37, datatype=8192)
        assert found["record_37/GPS_latitude.csv"].splitlines()[1:] == [b"1.0,45.530881"]

    @pytest.mark.parametrize(
        ("version", "asked", "ending"),
        [("2.0.x", {}, "hxd"), ("3.3.x", {}, "csv"), ("4.0.x", {}, "csv"),
         ("2.0.x", {"async_format": "csv"}, "csv"), ("3.3.x", {"async_format": "hxd"}, "hxd"),
         ("4.0.x", {"async_format": "hxd"}, "hxd")],
    )  # fmt: skip
    def test_who_gets_which_form(
        self, record: Record, athlete: User, version: str, asked: dict[str, str], ending: str
    ) -> None:
        params: dict[str, Any] = {"record": 37, "datatype": RR, "format": "zip", **asked}
        response = client_of(athlete).get("/api/data/", params, headers={HEADER: version})
        assert f"record_37/RR_interval.{ending}" in unzip(response.getvalue())

    @pytest.mark.parametrize("form", ["", "HXD", "wav"])
    def test_a_form_that_is_none(self, record: Record, athlete: User, form: str) -> None:
        response = ask(athlete, record=37, async_format=form)
        assert response.status_code == 400
        assert response.json() == {"error": "async_format must be csv or hxd."}

    def test_a_window_of_positions(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        """Where the first chunk has nothing in it that the window wants."""
        store.write_events(record, datatypes[POSITION], np.array([256, 300]), np.array([5, 2]))
        found = zipped(athlete, record=37, datatype=POSITION, start=START + 301)
        assert len(found["record_37/device_position.csv"].splitlines()) == 1


USUAL = {
    "RR_interval.csv", "heart_rate.wav", "breathing_rate.wav", "inspiration.csv", "expiration.csv",
    "minute_ventilation.wav", "tidal_volume.wav", "minute_ventilation_adjusted.wav",
    "tidal_volume_adjusted.wav", "activity.wav", "step.csv", "cadence.wav", "device_position.csv",
    "sleep_position.csv", "NN_interval.csv", "heart_rate_quality.wav", "breathing_rate_quality.wav",
    "RR_interval_quality.csv", "ECG_I.wav", "ECG_II.wav", "ECG_III.wav",
    "respiration_thoracic.wav", "respiration_abdominal.wav", "acceleration_X.wav",
    "acceleration_Y.wav", "acceleration_Z.wav", "info.json", "statistics.csv",
}  # fmt: skip
"""The files of every genuine download of 2017 to 2023 that named no data type."""


class TestUsualSet:
    """A download that names no data type."""

    def names(self, user: User, path: str = "data", /, **asked: Any) -> set[str]:
        return {name.rpartition("/")[2] for name in zipped(user, path, **asked)}

    def test_it_is_that_of_genuine_downloads(self, record: Record, athlete: User) -> None:
        assert self.names(athlete, record=37) == USUAL
        assert self.names(athlete, "datafile", record=37) == USUAL

    def test_what_is_not_recorded_has_a_header_only(self, record: Record, athlete: User) -> None:
        found = zipped(athlete, record=37)
        assert len(found["record_37/ECG_II.wav"]) == 44
        title = b"time [s],sleep_position [NA](/api/datatype/270/)\n"
        assert found["record_37/sleep_position.csv"] == title
        assert decode(found, "record_37")["ECG_I"][-1] == (START + 2559, 2559)

    def test_a_head_sensor_adds_its_own(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        for dataid in (64, 66, 81, 98, 99, 338, 1002, 1003, 1005, 42):
            store.write_channel(record, datatypes[dataid], np.arange(9))
        store.write_events(record, datatypes[97], np.array([256]), np.array([60]))
        assert self.names(athlete, record=37) - USUAL == {
            "PPG.wav", "SPO2.wav", "temperature_celcius.wav", "systolic_pressure.wav",
            "systolic_pressure_adjusted.wav", "RESP_TMPR.wav", "SPO2_quality.wav",
            "temperature_quality.wav", "systolic_pressure_quality.wav",
            "energy_mifflin_keytel.wav", "PTT.csv",
        }  # fmt: skip

    @pytest.mark.parametrize("dataid", [54, 65, 271, 247, 1006, 1019])
    def test_the_rest_comes_on_request(
        self, record: Record, athlete: User, datatypes: Datatypes, dataid: int
    ) -> None:
        store.write_channel(record, datatypes[dataid], np.arange(9))
        name = f"{datatypes[dataid].channel}.wav"
        assert name not in self.names(athlete, record=37)
        assert self.names(athlete, record=37, datatype=dataid) == {
            "info.json", "statistics.csv", name,
        }  # fmt: skip
        assert name in self.names(athlete, record=37, datatype__gte=0)

    def test_a_record_of_other_channels_only(self, athlete: User, datatypes: Datatypes) -> None:
        made = new_record(athlete, START, 9, id=44)
        store.write_channel(made, datatypes[1019], np.arange(9))
        found = zipped(athlete, record=44)
        assert {name.rpartition("/")[2] for name in found} == USUAL
        assert sum(map(len, decode(found, "record_44").values())) == 0

    def test_a_channel_that_comes_meanwhile_breaks_the_download(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        pieces = iter(ask(athlete, record=37).streaming_content)
        next(pieces)
        store.write_channel(record, datatypes[33], np.arange(9))
        with pytest.raises(reader.Gone):
            list(pieces)


class TestInfo:
    @pytest.mark.rule("wire F1", "wire F4", "wire row 41")
    def test_members_and_lines(self, record: Record, athlete: User) -> None:
        algorithms = {"ecg": "1.0.0"}
        algo = {"id": 3, "record_id": 37, "created": "2026-01-01", "algorithms": algorithms}
        Record.objects.filter(pk=37).update(algo=algo)
        text = zipped(athlete, record=37)["record_37/info.json"].decode()
        assert json.loads(text) == {
            "timestamp": START / 256,
            "request": "/api/data/?record=37&format=zip",
            "start": START,
            "user": 1511,
            "decoder_version": "0.4.0",
            "start_date": "2014-07-17T19:23:20.000000",
            "algo": {**algo, "resource_uri": "/api/algo/3/"},
        }
        lines = text.splitlines()
        assert f'    "start": {START},' in lines
        assert '    "decoder_version": "0.4.0",' in lines


class TestStatistics:
    @pytest.mark.rule("wire F3", "wire F5", "wire 5.4", "wire row 44")
    def test_three_lines_with_the_documented_columns(self, whole: Record, athlete: User) -> None:
        load_metrics()
        text = zipped(athlete, record=40)["record_40/statistics.csv"].decode()
        titles, units, values = (line.split(",") for line in text.splitlines())
        assert titles[:5] == ["uri", "start_date", "start", "end", "Act Avg"]
        assert units[:5] == ["na", "na", "na", "na", "g"]
        assert values[:2] == ["/api/record/40/", "2014-07-17 19:23:20.000000"]
        assert values[2:4] == [str(START), str(START + LENGTH)]
        found = dict(zip(titles, values, strict=True))
        rates = list(in_json(athlete, record=40, datatype=HR)["heart_rate"].values())
        assert float(found["HR Avg"]) == pytest.approx(np.mean(rates), rel=1e-14)
        assert [float(found[name]) for name in ("HR Min", "HR Max")] == [min(rates), max(rates)]
        assert found["Steps"] == "700"
        empty = "BR Avg", "MV Adjusted Max", "Energy Total", "Heart Rate Recovery"
        assert {found[title] for title in empty} == {""}

    def test_they_are_of_the_window(self, record: Record, athlete: User) -> None:
        text = zipped(athlete, record=37, datatype=HR, start=START + 1024, end=START + 1537)
        values = text["record_37/statistics.csv"].decode().splitlines()[2].split(",")
        assert values[2:4] == [str(START + 768), str(START + 1537)]
        assert values[10:13] == ["74.0", "73", "75"]


class TestWindows:
    """What a decoder makes of the files of a window, against JSON of the same query."""

    def compare(self, user: User, **params: Any) -> dict[str, int]:
        """How many values of JSON each channel lacks, all before its first possible place.

        Those that are there stand at the same ticks with the same values.
        """
        expected = in_json(user, record=40, **params)
        found = zipped(user, record=40, **params)
        if not found:
            assert not expected
            return {}
        start = json.loads(found["record_40/info.json"])["start"]
        lacking = {}
        for name, pairs in decode(found, "record_40").items():
            of_json = expected.pop(name, {})
            first = start + STEPS.get(name, 0)
            late = {tick: value for tick, value in of_json.items() if tick >= first}
            assert scaled(name, pairs) == late
            lacking[name] = len(of_json) - len(late)
        assert not expected
        return lacking

    @pytest.mark.parametrize("seconds", [0, 1, 17, 300, 899])
    def test_from_a_whole_second_everything_is_right(
        self, whole: Record, athlete: User, seconds: int
    ) -> None:
        """All is there but the sample of 1 Hz that tells of the second before."""
        begin = START + 256 * seconds
        lacking = self.compare(athlete, start=begin, end=begin + 200 * 256, datatype=QUICK)
        assert all(lacking[name] <= (name in SECONDS and seconds > 0) for name in lacking)

    @SOON
    @given(start=st.integers(-500, LENGTH + 500), ticks=st.integers(0, 51_200))
    def test_any_window(self, whole: Record, athlete: User, start: int, ticks: int) -> None:
        begin = START + start
        lacking = self.compare(athlete, start=begin, end=begin + ticks, datatype=QUICK)
        assert all(lacking[name] <= 256 // max(1, STEPS.get(name, 1)) for name in lacking)

    @SOON
    @given(
        dataid=st.sampled_from([ECG, HR, ANN, RR]),
        start=st.integers(-500, LENGTH + 500),
        ticks=st.integers(0, 51_200),
    )
    def test_a_channel_alone_lacks_nothing(
        self, whole: Record, athlete: User, dataid: int, start: int, ticks: int
    ) -> None:
        begin = START + start
        lacking = self.compare(athlete, start=begin, end=begin + ticks, datatype=dataid)
        assert not any(lacking.values())

    def test_slow_channels_beside_others_are_right_to_the_step(
        self, whole: Record, athlete: User
    ) -> None:
        begin = START + 400 * 256
        found = zipped(athlete, record=40, start=begin, datatype=f"{HR},{ANN}")
        values = [value for _, value in decode(found, "record_40")["ANN"]]
        expected = in_json(athlete, record=40, start=begin, datatype=ANN)["ANN"]
        assert [value / 4096 for value in values] == list(expected.values())

    def test_nothing_outside_the_record(self, whole: Record, athlete: User) -> None:
        response = ask(athlete, record=40, start=START + LENGTH + 1000)
        assert (response.status_code, unzip(response.getvalue())) == (200, {})

    def test_flags_of_json_have_no_effect(self, whole: Record, athlete: User) -> None:
        """Data page: "The seconds, flat, and max_values flags have no effect"."""
        flagged = zipped(athlete, record=40, flat=1, seconds=1, max_values=3, no_timestamps=1)
        plain = zipped(athlete, record=40)
        flagged.pop("record_40/info.json")
        assert flagged == {path: plain[path] for path in flagged}


QUICK = ",".join(map(str, (ECG, RESPIRATION, ACCELERATION, HR, 49, ADJUSTED, RR, STEP, POSITION)))
SECONDS = {"heart_rate", "activity", "minute_ventilation_adjusted"}
STEPS = dict.fromkeys(SECONDS, 256) | {"ANN": 76_800}
"""Ticks from the start of the files to where readers put the first sample."""


class TestBeginning:
    """The moment at which the files of a record begin that starts at tick 1000."""

    @pytest.mark.parametrize(
        ("steps", "lower", "upper", "expected"),
        [
            ([1, 256], -5, 9999, 1000),
            ([1, 256], 1000, 9999, 1000),
            ([1, 256], 1001, 9999, 1256),
            ([1, 256, 76_800], 1257, 9999, 1512),
            ([1, 256], 1257, 1300, 1257),
            ([1, 2, 4], 1001, 9999, 1004),
            ([1], 1001, 9999, 1001),
            ([256], 1001, 9999, 1000),
            ([256, 76_800], 1257, 9999, 1256),
            ([76_800], 80_000, 99_999, 1000 + 76_800),
            ([], 1001, 9999, 1000),
        ],
    )
    def test_examples(self, steps: list[int], lower: int, upper: int, expected: int) -> None:
        assert contents.find_beginning(1000, steps, lower, upper) == expected


class TestSeveralRecords:
    @pytest.fixture
    def later(self, record: Record, athlete: User, datatypes: Datatypes) -> Record:
        made = new_record(athlete, START + 20 * 256, 4, id=38)
        store.write_channel(made, datatypes[HR], np.arange(90, 94))
        return made

    def test_the_newest_version_refuses_them(
        self, record: Record, later: Record, athlete: User
    ) -> None:
        response = ask(athlete, datatype=HR)
        assert response.status_code == 400
        assert response.json() == {
            "error": "The binary format can only contain one record per request, and this one "
            "matches 2: 37, 38. Choose one with record=, or use a range."
        }
        assert next(iter(zipped(athlete, datatype=HR, start=START + 5000)))[:9] == "record_38"

    @pytest.mark.parametrize("version", ["2.0.x", "3.3.x"])
    def test_older_versions_give_a_folder_each(
        self, record: Record, later: Record, athlete: User, version: str
    ) -> None:
        response = client_of(athlete).get(
            "/api/data/?datatype=19&format=zip", headers={HEADER: version}
        )
        assert response["Content-Disposition"] == 'attachment; filename="data.zip"'
        found = unzip(response.getvalue())
        rates = [
            pair[1] for key in (37, 38) for pair in decode(found, f"record_{key}")["heart_rate"]
        ]
        assert rates == [*range(70, 80), *range(90, 94)]

    @pytest.mark.rule("wire F7")
    def test_a_range_gives_its_part_of_each(
        self, record: Record, later: Record, athlete: User
    ) -> None:
        Range.objects.create(id=61, user=athlete, start=START + 2048, end=START + 23 * 256)
        response = ask(athlete, range=61, datatype="4113,19")
        assert response["Content-Disposition"] == 'attachment; filename="range_61.zip"'
        found = unzip(response.getvalue())
        root = "range_61-datatype_4113-19"
        assert {path.rpartition("/")[0] for path in found} == {
            root,
            f"{root}/record_37",
            f"{root}/record_38",
        }
        assert decode(found, f"{root}/record_37")["heart_rate"] == [
            (START + 9 * 256, 78), (START + 10 * 256, 79),
        ]  # fmt: skip
        assert decode(found, f"{root}/record_38")["heart_rate"][0] == (START + 21 * 256, 90)
        assert all(
            path.startswith(("range_61/record_", "range_61/info.json"))
            for path in zipped(athlete, range=61)
        )
        many = ",".join(map(str, range(4000, 4200)))
        assert all(
            path.startswith("range_61/") for path in zipped(athlete, range=61, datatype=many)
        )

    def test_the_top_of_a_range_tells_where_it_starts(
        self, record: Record, later: Record, athlete: User
    ) -> None:
        """The published converter opens this file first, and counts all times from its start."""
        for start, expected in ((START + 2049, START + 2049), (START - 999, START)):
            Range.objects.update_or_create(
                id=61, defaults={"user": athlete, "start": start, "end": START + 23 * 256}
            )
            found = zipped(athlete, range=61, datatype="19")
            text = found["range_61-datatype_19/info.json"].decode()
            assert f'    "start": {expected},' in text.splitlines()
            assert '    "decoder_version": "0.4.0",' in text.splitlines()
            assert {"range_61-datatype_19/record_37/info.json",
                    "range_61-datatype_19/record_38/info.json"} <= found.keys()  # fmt: skip

    def test_single_kinds(self, record: Record, athlete: User) -> None:
        assert "record_37/ECG_I.wav" in zipped(athlete, "ecg", record=37)
        assert len(zipped(athlete, "ecg", record=37)) == 3
        Range.objects.create(id=61, user=athlete, start=START, end=START + 2560)
        found = zipped(athlete, "heartrate", range=61)
        assert "range_61-datatype_19/record_37/heart_rate.wav" in found


class TestNothing:
    @pytest.mark.parametrize(
        "params", [{"record": 99}, {"user": 99}, {"record": 37, "datatype": 4242}, {"range": 5}]
    )
    def test_an_archive_without_files(
        self, record: Record, athlete: User, params: dict[str, Any]
    ) -> None:
        response = ask(athlete, **params)
        assert (response.status_code, response["Content-Length"]) == (200, "22")
        assert unzip(response.getvalue()) == {}
        assert "ETag" not in response

    def test_an_outsider_gets_nothing(self, record: Record, outsider: User) -> None:
        Range.objects.create(id=61, user=record.user, start=START, end=START + 2560)
        for params in ({}, {"record": 37}, {"user": 1511}, {"range": 61}):
            assert zipped(outsider, **params) == {}


def of_stream(content: bytes) -> dict[str, bytes]:
    """The files, read by headers alone as they come; each must have its size and CRC before it."""
    found = {}
    while content.startswith(b"PK\3\4"):
        flags, crc, size, name, extra = struct.unpack_from("<6xH6xL4xL2H", content)
        assert not flags & 8
        begin = 30 + name + extra
        data = content[begin : begin + size]
        assert zlib.crc32(data) == crc
        found[content[30 : 30 + name].decode()] = data
        content = content[begin + size :]
    return found


class TestStreams:
    """Readers that take a download as it comes know nothing of the directory at its end."""

    @pytest.mark.parametrize("form", ["csv", "hxd"])
    @pytest.mark.parametrize("window", [{}, {"start": START + 77_777, "end": START + 130_001}])
    def test_every_member_tells_size_and_crc(
        self, whole: Record, athlete: User, form: str, window: dict[str, int]
    ) -> None:
        asked = {"record": 40, "datatype__gte": 0, "async_format": form, **window}
        content = ask(athlete, **asked).getvalue()
        assert of_stream(content) == unzip(content)

    def test_chunks_of_older_stores_are_read_for_it(self, whole: Record, athlete: User) -> None:
        """What no chunk tells of itself is found out by a first pass."""
        before = ask(athlete, record=40, datatype__gte=0).getvalue()
        Chunk.objects.update(size=None, crc=None)
        response = ask(athlete, record=40, datatype__gte=0)
        assert int(response["Content-Length"]) == len(before)
        assert response.getvalue() == before

    def test_growing_records(self, record: Record, athlete: User, datatypes: Datatypes) -> None:
        Record.objects.filter(pk=37).update(status="realtime", end=None)
        response = ask(athlete, record=37, datatype=f"{HR},{RR}")
        pieces = iter(response.streaming_content)
        received = [next(pieces)]
        channel_growth.extend_channel(record, datatypes[HR], np.arange(80, 85))
        channel_growth.extend_events(record, datatypes[RR], np.array([2600]), np.array([200]))
        found = of_stream(b"".join([*received, *pieces]))
        assert len(found["record_37/heart_rate.wav"]) == 44 + 2 * 10
        assert len(found["record_37/RR_interval.csv"].splitlines()) == 1 + 13


class TestChanges:
    """Nobody gets a well-formed archive of a record that changed while it was read."""

    @pytest.mark.parametrize("count", [5, 10])
    def test_a_replaced_channel_breaks_the_download(
        self,
        record: Record,
        athlete: User,
        datatypes: Datatypes,
        count: int,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        pieces = iter(ask(athlete, record=37).streaming_content)
        received = [next(pieces)]
        store.write_channel(record, datatypes[HR], np.arange(count))
        with pytest.raises(reader.Gone):
            received += pieces
        assert b"PK\5\6" not in b"".join(received)
        (said,) = [entry for entry in caplog.records if entry.name == "hexostore.data"]
        assert "datatype 19 of record 37 changed" in said.getMessage()

    def test_a_deleted_record_too(self, record: Record, athlete: User) -> None:
        pieces = iter(ask(athlete, record=37).streaming_content)
        next(pieces)
        record.delete()
        with pytest.raises(reader.Gone):
            list(pieces)

    def test_what_changes_before_the_answer_begins_is_planned_anew(
        self, record: Record, athlete: User
    ) -> None:
        """The channels of statistics.csv are read before the headers, for the length."""
        read, calls = reader.read, list[int]()

        def seldom(*parts: Any, **options: Any) -> Iterator[reader.Piece]:
            calls.append(1)
            if len(calls) == 1:
                raise reader.Gone("for once")
            return read(*parts, **options)

        with patch.object(reader, "read", seldom):
            found = zipped(athlete, record=37)
        assert decode(found, "record_37")["heart_rate"][0] == (START + 256, 70)

    def test_a_growing_record_gives_what_it_was(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        Record.objects.filter(pk=37).update(status="realtime", end=None)
        response = ask(athlete, record=37, datatype=HR)
        assert "ETag" not in response
        pieces = iter(response.streaming_content)
        received = [next(pieces)]
        store.write_channel(record, datatypes[HR], np.arange(70, 85))
        found = decode(unzip(b"".join([*received, *pieces])), "record_37")
        assert [value for _, value in found["heart_rate"]] == list(range(70, 80))

    def test_the_etag_tells_of_everything_in_it(
        self, record: Record, athlete: User, datatypes: Datatypes
    ) -> None:
        def etag(**asked: Any) -> str:
            return str(ask(athlete, record=37, **asked)["ETag"])

        etags = {etag(), etag()}
        assert len(etags) == 1
        store.write_channel(record, datatypes[33], np.empty(0, np.int64))
        etags.add(etag())
        Record.objects.filter(pk=37).update(end=START + 2561)
        etags.add(etag())
        load_metrics()
        etags.add(etag())
        etags.add(etag(async_format="hxd"))
        assert len(etags) == 5


class TestCost:
    def test_statements(self, whole: Record, athlete: User) -> None:
        """Plan, records, datatypes, metrics, records and wearers for statistics, and the check at
        the end; then one per sixteen chunks, and one for the size of the positions.
        """
        with (
            CaptureQueriesContext(connection) as queries,
            patch.object(reader, "_fetch", wraps=reader._fetch) as fetch,
        ):
            ask(athlete, record=40, datatype__gte=0).getvalue()
        assert len(queries) == 7
        chunks = sum(len(call.args[1]) for call in fetch.call_args_list)
        assert chunks == 8 + 4 + 2 + 4 + 3 + 1
        assert len([call for call in fetch.call_args_list if call.args[1]]) <= 1 + chunks // 16 + 1

    def test_an_etag_spares_the_reading(self, whole: Record, athlete: User) -> None:
        etag = ask(athlete, record=40)["ETag"]
        with patch.object(reader, "_fetch", side_effect=AssertionError("read in vain")):
            again = client_of(athlete).get(
                "/api/data/?record=40&format=zip", headers={"If-None-Match": etag}
            )
        assert (again.status_code, again.content) == (304, b"")

    def test_nothing_is_read_ahead(self, whole: Record, athlete: User) -> None:
        """A client that goes away after the first piece costs no chunk of the large channels."""
        response = ask(athlete, record=40)
        with patch.object(reader, "_fetch", wraps=reader._fetch) as fetch:
            next(iter(response.streaming_content))
        assert not fetch.called

    @SOON
    @given(
        window=st.tuples(st.integers(-9, 40_000), st.integers(-9, 40_000)), size=st.integers(1, 30)
    )
    def test_events_are_counted_by_decoding_edges_only(
        self, record: Record, datatypes: Datatypes, window: tuple[int, int], size: int
    ) -> None:
        offsets = np.arange(0, 30_000, 100)
        with patch.object(store, "EVENTS", size):
            store.write_events(record, datatypes[RR], offsets, offsets)
        lower, upper = START + min(window), START + max(window)
        source = reader.StoredChannel(37, RR, START, 0, 300, "int64")
        taken = contents.Taken(datatypes[RR], source, range(0), lower, upper, b"", "csv")
        with patch.object(reader, "_fetch", wraps=reader._fetch) as fetch:
            found = files.find_events([taken])
        inside = (START + offsets >= lower) & (START + offsets < upper)
        assert found.counts[source] == inside.sum()
        assert sum(len(call.args[1]) for call in fetch.call_args_list) <= 2


def test_the_media_type(record: Record, athlete: User) -> None:
    response = client_of(athlete).get(
        "/api/data/?record=37", headers={"Accept": archive.MEDIA_TYPE}
    )
    assert response["Content-Type"] == archive.MEDIA_TYPE
    assert response["Content-Disposition"] == 'attachment; filename="record_37.zip"'
    assert unzip(response.getvalue())
