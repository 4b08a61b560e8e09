"""All channels of a simulation: lengths, agreement with each other, the same every time."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from apps.simulation import motion, profiles
from apps.simulation.profiles import SimulationProfile
from apps.simulation.simulator import EVENTS, Simulation
from apps.simulation.timeline import Timeline
from tests.simulation.conftest import MIDNIGHT, profile

CATALOGUE: dict[int, Any] = {
    row["dataid"]: row
    for row in json.loads(
        (profiles.profile_folder().parent / "catalog" / "datatype.json").read_text()
    )["datatype"].values()
}
NOON = MIDNIGHT + 12 * 3600 * 256
WALK = {"effort": 0.4, "speed": 1.5, "minutes": 5}
REST = {"effort": 0.0, "posture": "sitting", "minutes": 5}


def made(
    what: SimulationProfile, seconds: int = 660, seed: int = 1, start: int = NOON
) -> Simulation:
    return Simulation(what, seed, start, seconds)


@pytest.fixture(scope="module")
def day() -> Simulation:
    """Walks and rests by turns, for an hour."""
    return made(profile(WALK, REST, fit="repeat"), 3600)


def test_every_channel_has_the_samples_that_fit(each: SimulationProfile) -> None:
    """Synchronous: (end - start) * f / 256 rounded down; asynchronous: within the record."""
    simulation = made(each)
    for dataid in simulation.all_datatypes():
        row = CATALOGUE[dataid]
        if row["hexo_freq"]:
            counts = simulation.samples(dataid)
            assert len(counts) == 660 * 256 // row["hexo_freq"], dataid
            limits = np.iinfo("int16" if row["signed"] else "uint16")
            held = len(counts) == 0 or limits.min <= counts.min() <= counts.max() <= limits.max
            assert held, dataid
        else:
            offsets, values = simulation.events(dataid)
            assert len(offsets) == len(values), dataid
            assert np.all(np.diff(offsets) >= 0), dataid
            assert np.all((offsets >= 0) & (offsets < 660 * 256)), dataid


def computed(row: dict[str, Any]) -> bool:
    return "computed_by" in row.get("facts", {})


def test_kinds_of_channels_are_those_of_the_catalogue() -> None:
    everything = {*EVENTS, *(row["dataid"] for row in CATALOGUE.values() if computed(row))}
    asynchronous = {dataid for dataid in everything if CATALOGUE[dataid]["hexo_freq"] is None}
    assert set(EVENTS) == asynchronous


@pytest.mark.parametrize(
    ("device", "extra"),
    [
        ("hexoskin", set()),
        ("astroskin", {64, 65, 66, 80, 81, 97, 98, 99, 338, 1002, 1003, 1005, 4114, 4115}),
    ],
)
def test_what_each_device_has(device: str, extra: set[int]) -> None:
    simulation = made(profile(REST, device=device), 60)
    found = simulation.all_datatypes()
    assert len(found) == len(set(found))
    usual = {17, 18, 19, 33, 34, 35, 36, 37, 42, 49, 52, 53, 269, 271, 318, 1000, 1001, 1004, 1006}
    assert {*found} >= usual | {4113, 4129, 4130, 4145, 4146, 4147} | extra
    assert not {64, 65, 66, 81, 97, 98, 99, 1002, 4114} & {*found} - extra


def test_sleep_has_channels_in_nights_only() -> None:
    asleep = made(profile({"sleep": True, "posture": "supine"}))
    assert {270, 280} <= {*asleep.all_datatypes()}
    assert not {270, 280} & {*made(profile(REST)).all_datatypes()}
    assert set(asleep.events(280)[1].tolist()) <= {2, 5, 6}


def test_the_same_arguments_give_the_same_record() -> None:
    walk = profile(WALK, REST, device="astroskin", gps=True)
    one, same, other = made(walk), made(walk), made(walk, seed=2)
    for dataid in one.all_datatypes():
        if dataid in EVENTS:
            np.testing.assert_array_equal(one.events(dataid), same.events(dataid))
        else:
            np.testing.assert_array_equal(one.samples(dataid), same.samples(dataid))
    assert one.describe_truth() == same.describe_truth()
    assert one.describe_truth()["beats"] != other.describe_truth()["beats"]
    assert np.any(one.samples(4113) != other.samples(4113))


def test_channels_do_not_hang_on_what_was_asked_before() -> None:
    walk = profile(WALK, REST)
    forward, backward = made(walk), made(walk)
    ids = forward.all_datatypes()
    first = {d: forward.samples(d).copy() for d in ids if d not in EVENTS}
    for dataid in reversed(ids):
        if dataid not in EVENTS:
            np.testing.assert_array_equal(backward.samples(dataid), first[dataid])


def test_raw_signals_are_not_kept(day: Simulation) -> None:
    assert day.samples(4113) is not day.samples(4113)
    assert day.samples(4129) is not day.samples(4129)
    assert day.samples(19) is day.samples(19)
    assert day.samples(4145).base is day.samples(4146).base
    before = day.acceleration()
    day.samples(4130)
    assert day.acceleration() is not before


def test_the_heart_is_one(day: Simulation) -> None:
    """R waves stand where the beats are; RR and heart rate follow from them."""
    ticks, intervals = day.events(18)
    assert intervals[0] == 0
    np.testing.assert_array_equal(np.diff(ticks), intervals[1:])
    np.testing.assert_array_equal(day.events(17)[0], ticks)
    rate = day.samples(19).astype(float)
    for second in (600, 1200, 3000):
        last = intervals[1:][ticks[1:] <= second * 256][-16:]
        assert abs(rate[second - 1] - 60 * 256 / last.mean()) <= 1
    assert rate[day.timeline.effort > 0.35].mean() > rate[day.timeline.effort < 0.05].mean() + 20


def test_r_waves_stand_on_the_beats(day: Simulation) -> None:
    ecg, beats = day.samples(4113).astype(int), day.beats.ticks
    inside = beats[(beats > 100) & (beats < len(ecg) - 100)]
    clean = inside[~_touched(day.timeline, inside)]
    peaks = np.array([ecg[tick - 8 : tick + 9].argmax() - 8 for tick in clean])
    assert np.mean(np.abs(peaks) <= 1) > 0.98
    assert np.median(ecg[clean]) - np.median(ecg) > 100


def _touched(timeline: Timeline, ticks: np.ndarray[Any, Any]) -> Any:
    hit = np.zeros(len(ticks), bool)
    for artefact in timeline.artefacts:
        hit |= (ticks >= artefact.start) & (ticks < artefact.stop)
    return hit


def test_the_breath_is_one(day: Simulation) -> None:
    """Minute ventilation is rate times volume; bands fall while inhaling (datatype 4129)."""
    settled = slice(60, None)
    rate, volume, minute = (day.samples(d)[settled].astype(float) for d in (33, 37, 36))
    assert abs(minute.mean() / (rate * volume).mean() - 1) < 0.05
    began, turned = day.events(34)[0], day.events(35)[0]
    assert len(began) == len(turned)
    assert np.all(turned > began)
    assert abs(len(began) - rate.mean() * 60) < 60
    level = 0.75 * day.samples(4129) + 0.25 * day.samples(4130)
    assert np.median(level[turned // 2] - level[began // 2]) < -20
    weight = day.profile.person.weight
    adjusted = day.samples(39).astype(float)[settled]
    np.testing.assert_allclose(adjusted, volume * 13.28 * weight / 65, atol=0.5)


def test_steps_and_cadence_are_one(day: Simulation) -> None:
    ticks, count = day.events(52)
    np.testing.assert_array_equal(count, np.arange(1, len(ticks) + 1))
    cadence = day.samples(53).astype(float)
    assert abs(cadence.sum() / 60 - len(ticks)) < 0.02 * len(ticks)
    assert len(ticks) > 1000
    moving = cadence > 0
    assert day.samples(49)[moving].mean() > 5 * day.samples(49)[~moving].mean()


def test_quality_tells_what_is_wrong() -> None:
    rate = {"kind": "disconnected", "target": "ecg", "per_hour": 60, "seconds": 10}
    simulation = made(profile(REST, artefacts=[rate]))
    lost = [a for a in simulation.timeline.artefacts if a.kind == "disconnected"]
    assert lost
    for artefact in lost:
        beats = simulation.events(17)[0]
        assert not np.any((beats >= artefact.start) & (beats < artefact.stop))
        middle = (artefact.start + artefact.stop) // 2
        assert simulation.samples(1000)[middle // 256] & 2
        assert np.ptp(simulation.samples(4113)[middle - 64 : middle + 64].astype(int)) < 30
    true = simulation.describe_truth()
    assert len(true["beats"]["ticks"]) > len(simulation.events(17)[0])
    assert [each["start"] for each in true["artefacts"]] == [a.start for a in lost]


def test_the_truth_tells_everything(day: Simulation) -> None:
    true = day.describe_truth()
    assert true["profile"] == "test"
    assert (true["seed"], true["start"], true["seconds"]) == (1, NOON, 3600)
    assert true["beats"]["ticks"] == day.beats.ticks.tolist()
    assert len(true["beats"]["kinds"]) == len(day.beats.ticks)
    assert set(true["beats"]["kinds"]) <= {"N", "V"}
    breaths = true["breaths"]
    assert len(breaths["inspirations"]) == len(breaths["expirations"]) == len(breaths["volumes"])
    for what, told, missed, false in (
        (52, true["steps"], true["missed_steps"], true["false_steps"]),
        (34, breaths["inspirations"], breaths["missed"], breaths["false"]),
    ):
        assert set(missed) <= set(told)
        assert not set(false) & set(told)
        assert len(missed) < 0.1 * len(told)
        assert set(day.events(what)[0].tolist()) == {*told} - {*missed} | {*false}
    assert true["coughs"] == sorted(true["coughs"])
    assert true["apnoeas"] == []
    for name in ("postures", "stages"):
        spans = true[name]
        assert (spans[0]["start"], spans[-1]["stop"]) == (0, 3600 * 256)
        assert all(a["stop"] == b["start"] for a, b in pairwise(spans))
    assert {span["posture"] for span in true["postures"]} == {"upright", "sitting"}
    assert json.loads(json.dumps(true)) == true


def test_the_truth_of_a_part_is_that_part(day: Simulation) -> None:
    whole, part = day.describe_truth(), day.describe_truth(1000)
    stop = 1000 * 256
    assert part["seconds"] == 1000
    assert part["steps"] == [tick for tick in whole["steps"] if tick < stop]
    assert part["beats"]["ticks"] == [tick for tick in whole["beats"]["ticks"] if tick < stop]
    assert part["postures"][-1]["stop"] == stop
    assert all(each["stop"] <= stop for each in part["artefacts"])


def test_a_track_goes_as_far_as_the_speed_tells() -> None:
    walk = made(profile(WALK, gps=True))
    track = walk.describe_truth()["track"]
    assert {len(values) for values in track.values()} == {660}
    north, east = np.diff(track["latitude"]), np.diff(track["longitude"])
    metres = 111_195 * np.hypot(north, east * np.cos(np.radians(track["latitude"][0])))
    np.testing.assert_allclose(metres, track["speed"][1:], atol=0.03)
    assert sum(track["speed"]) == pytest.approx(float(walk.timeline.speed.sum()), rel=0.01)
    assert "track" not in made(profile(WALK)).describe_truth()


@pytest.mark.parametrize(("seed", "seconds"), [(-1, 60), (1, 0), (1, 9), (1, 10**9)])
def test_what_cannot_be_simulated(seed: int, seconds: int) -> None:
    with pytest.raises(ValueError, match=r"seed|seconds"):
        made(profile(REST), seconds, seed)


def test_channels_that_a_device_lacks() -> None:
    simulation = made(profile(REST), 60)
    with pytest.raises(KeyError):
        simulation.samples(99_999)
    with pytest.raises(KeyError):
        simulation.events(19)


def test_estimated_activity_is_near_the_real_one(each: SimulationProfile) -> None:
    simulation = made(each, 3600)
    real = simulation.samples(49).astype(float)
    estimated = motion.estimated_activity(simulation.timeline).astype(float)
    assert estimated.mean() == pytest.approx(real.mean(), rel=0.2)
    if real.std() > 5:
        assert np.corrcoef(real, estimated)[0, 1] > 0.93


def test_the_truth_has_the_pauses_of_breath() -> None:
    """Nobody begins to inhale in one of at least ten seconds; waking people have none."""
    truth = made(profile({"sleep": True}, apneas=60), 3600).describe_truth()
    starts = np.array(truth["breaths"]["inspirations"])
    assert len(truth["apnoeas"]) > 20
    for pause in truth["apnoeas"]:
        assert 10 * 256 <= pause["stop"] - pause["start"] <= 45 * 256
        assert not np.any((starts > pause["start"]) & (starts < pause["stop"]))
        assert np.any(abs(starts - pause["stop"]) <= 1)
    assert made(profile(WALK), 600).describe_truth()["apnoeas"] == []
