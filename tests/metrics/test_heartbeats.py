"""Beats found in an ECG, whose beats are known exactly where it is simulated."""

from __future__ import annotations

import csv
import os
import sys
import wave
from pathlib import Path

import numpy as np
import pytest

from apps.accounts.models import User
from apps.catalog.models import Datatype
from apps.metrics import derived_channels, heartbeats
from apps.metrics.derived_channels import derive_beats, derive_channels, derive_variability
from apps.metrics.heartbeats import DetectorMissing
from apps.metrics.reading import read_series
from apps.records.models import Record
from apps.signals.storage import store
from apps.simulation import profiles
from apps.simulation.artefacts import Artefact, flag_seconds
from apps.simulation.simulator import Simulation
from bench.detectors import score
from tests.signals.conftest import START, new_record

ECG, QRS, RR, HR, NN, QUALITY = 4113, 17, 18, 19, 318, 1004
SECONDS = 660
Datatypes = dict[int, Datatype]
GENUINE = os.environ.get("HEXOSTORE_GENUINE")


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation(profiles.read_profile("rest_test"), 5, START, SECONDS)


@pytest.fixture
def raw(athlete: User, datatypes: Datatypes, simulation: Simulation) -> Record:
    """Eleven minutes of nothing but an ECG."""
    made = new_record(athlete, seconds=SECONDS)
    store.write_channel(made, datatypes[ECG], simulation.samples(ECG))
    return made


@pytest.fixture
def without_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("sleepecg", "sleepecg.heartbeats"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(
    ("profile", "least"), [("rest_test", 99.9), ("run", 99.8), ("atrial_fibrillation", 99)]
)
def test_beats_are_found(profile: str, least: float) -> None:
    made = Simulation(profiles.read_profile(profile), 5, START, SECONDS)
    found = heartbeats.find_beats(made.samples(ECG), 1)
    beats = np.array(made.describe_truth()["beats"]["ticks"])
    assert min(score(found, beats, 0.03)) > least


def test_nothing_is_found_in_nothing() -> None:
    assert not len(heartbeats.find_beats(np.empty(0, np.int64), 1))
    assert not len(heartbeats.find_beats(np.zeros(5000, np.int64), 1))


def test_without_the_extra_a_remark_says_what_to_install(without_detector: None) -> None:
    with pytest.raises(DetectorMissing, match=r"install hexostore\[signals\]"):
        heartbeats.find_beats(np.zeros(5000), 1)


def test_intervals_and_their_quality() -> None:
    beats = np.cumsum([100, *[250] * 8, 150, 250, 250 * 4, 250])
    assert heartbeats.beat_intervals(beats).tolist()[:2] == [0, 250]
    quality = heartbeats.interval_quality(beats)
    assert quality.tolist() == [128, *[0] * 8, 128, 0, 128, 0]
    assert not len(heartbeats.interval_quality(np.empty(0, np.int64)))


def test_the_rate_leaves_gaps_out() -> None:
    beats = np.cumsum([256, 256, 256, 256 * 5, 128])
    assert heartbeats.mean_rate(beats, 9).tolist() == [60] * 8 + [72]
    assert heartbeats.mean_rate(np.array([5]), 2).tolist() == [0, 0]


def test_an_ecg_alone_gives_what_a_device_sends(raw: Record, simulation: Simulation) -> None:
    assert derive_channels(raw) is None
    truth = simulation.describe_truth()
    beats = np.array(truth["beats"]["ticks"])
    found = read_series(raw, [QRS, RR, HR, NN, QUALITY, 272])
    ticks = found.series_of(QRS).ticks - START
    assert min(score(ticks, beats, 0.01)) > 99.9
    assert found.series_of(RR).values.tolist() == np.diff(ticks, prepend=ticks[:1]).tolist()
    assert found.series_of(RR).ticks.tolist() == found.series_of(QUALITY).ticks.tolist()
    rates, device = found.series_of(HR).values, simulation.samples(HR)[: len(ticks)]
    errors = truth["beats"]["missed"] + truth["beats"]["false"]
    wrong = flag_seconds((Artefact("", "", tick, tick + 20 * 256, 1) for tick in errors), 600)
    assert wrong[30:].sum() < 100
    assert np.abs(rates[30:600] - device[30:600].astype(int))[~wrong[30:]].max() <= 1
    assert found.series_of(272).values == pytest.approx(simulation.samples(272), rel=0.15)
    assert not derive_beats(raw)
    assert not derive_variability(raw)


def test_hours_are_read_one_by_one(
    raw: Record, simulation: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive_beats(raw)
    whole = read_series(raw, [QRS]).series_of(QRS).ticks
    monkeypatch.setattr(derived_channels, "_HOUR", 100 * 256)
    monkeypatch.setattr(derived_channels, "_BEATS", "beats 0")
    assert derive_beats(raw)
    assert read_series(raw, [QRS]).series_of(QRS).ticks.tolist() == whole.tolist()


def test_intervals_that_came_with_the_record_stay(raw: Record, datatypes: Datatypes) -> None:
    store.write_events(raw, datatypes[RR], np.array([256]), np.array([0]))
    assert not derive_beats(raw)
    assert not raw.channels.filter(datatype=QRS).exists()


def test_a_heart_rate_that_came_with_the_record_stays(raw: Record, datatypes: Datatypes) -> None:
    store.write_channel(raw, datatypes[HR], np.array([61, 62]))
    assert derive_beats(raw)
    assert read_series(raw, [HR]).series_of(HR).values.tolist() == [61, 62]


def test_without_the_extra_a_record_stays_as_it_is(raw: Record, without_detector: None) -> None:
    remark = derive_channels(raw)
    assert remark is not None
    assert "hexostore[signals]" in remark
    assert set(raw.channels.values_list("datatype", flat=True)) == {ECG}


def test_who_needs_no_beats_needs_no_extra(
    athlete: User, datatypes: Datatypes, without_detector: None
) -> None:
    record = new_record(athlete)
    assert derive_channels(record) is None
    store.write_channel(record, datatypes[HR], np.array([61, 62]))
    assert derive_channels(record) is None


@pytest.mark.skipif(not GENUINE, reason="HEXOSTORE_GENUINE names no folder of genuine records")
@pytest.mark.parametrize(("record", "beats"), [("221732", 301), ("122445", 142)])
def test_beats_of_genuine_records(record: str, beats: int) -> None:
    """The device stamps beats as the detector does; it is silent for the first seconds."""
    folder = Path(GENUINE or "") / record
    with wave.open(str(folder / "ECG_I.wav")) as file:
        ecg = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    with (folder / "RR_interval.csv").open() as rows:
        seconds = [float(row[0]) for row in list(csv.reader(rows))[1:]]
    device = np.rint(np.array(seconds) * 256).astype(np.int64)
    assert len(device) == beats
    found = heartbeats.find_beats(ecg, 1)
    settled = found[(found >= device[0] - 40) & (found <= device[-1] + 40)]
    sensitivity, predictivity = score(settled, device, 0.1)
    assert sensitivity > 99
    assert predictivity > 98
