"""What the metrics come to: published values, and rules that hold for any samples."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.metrics import channels
from apps.metrics.channels import MeasuredChannel
from apps.metrics.definition import Value
from apps.metrics.definitions import DECLARED, DEFINITIONS, HISTOGRAMS
from apps.metrics.evidence import Evidence
from apps.metrics.of_samples import HistogramOfSamples, OfAdjustedSamples, OfPower, OfSamples
from apps.metrics.stretches import Span
from apps.metrics.subject import Subject, SubjectKind
from apps.metrics.wearer import Wearer
from apps.signals.storage.counts import ValueCounts
from apps.signals.storage.gathering import Gathered, Stretch, TimeSeries
from tests.metrics.heartbeats import alternating, blocks, waves
from tests.signals.conftest import CATALOG, START

NOBODY = Wearer(1)
REST, SLEEP, RUN = 106, 12, 10


def one(kind: SubjectKind = SubjectKind.RECORD, seconds: int = 10, **more: Any) -> Subject:
    more = {"wearer": NOBODY, **more}
    return Subject(spans=(Span(START, START + 256 * seconds),), stretches=(), kind=kind, **more)


def a_range(activitytype: int | None, seconds: int = 300, **more: Any) -> Subject:
    return one(SubjectKind.RANGE, seconds, activitytypes=frozenset([activitytype]), **more)


def value(metric: int, subject: Subject, found: Gathered) -> Value:
    definition = DEFINITIONS[metric]
    return definition.value(Evidence(subject, [found])) if definition.applies_to(subject) else None


def of_counts(datatype: int, samples: Any) -> Gathered:
    return Gathered(counts={datatype: ValueCounts.of(np.array(samples))})


def of_beats(intervals: Any, quality: Any = None) -> Gathered:
    ends = START + np.cumsum(intervals)
    bits = np.zeros(len(ends), np.int64) if quality is None else np.array(quality)
    return Gathered(series={18: TimeSeries(ends, intervals), 1004: TimeSeries(ends, bits)})


# The catalogue


def rows(name: str) -> list[dict[str, Any]]:
    return list(json.loads((CATALOG / f"{name}.json").read_text())[name].values())


@pytest.mark.rule("metrics 4")
def test_each_metric_of_the_catalogue_has_one_declaration() -> None:
    assert max(Counter(each.id for each in DECLARED).values()) == 1
    assert {each.id: each.name for each in DECLARED} == {
        row["id"]: row["name"] for row in rows("metric")
    }
    histograms = {row["id"] for row in rows("metric") if row["type"] == "histogram"}
    assert {each.id for each in HISTOGRAMS} == histograms


def test_channels_are_scaled_as_in_json() -> None:
    known = {row["dataid"]: row for row in rows("datatype")}
    found = [each for each in vars(channels).values() if isinstance(each, MeasuredChannel)]
    assert len(found) > 10
    for channel in found:
        row = known[channel.datatype]
        assert (channel.gain, row["offset"]) == (row["gain"], 0.0), channel.name
        per = {"mL": 1000, "mL/min": 1000}.get(row["unit"], 1)
        assert channel.divisor == per, channel.name


@pytest.mark.parametrize("definition", DECLARED, ids=lambda each: each.name)
def test_a_definition_says_what_it_is(definition: Any) -> None:
    text = definition.describe()
    assert text[0].isupper()
    assert definition.source


@pytest.mark.rule("metrics 1.6")
@pytest.mark.parametrize("definition", DECLARED, ids=lambda each: each.name)
def test_no_data_is_no_value(definition: Any) -> None:
    for subject in (one(), a_range(REST), a_range(SLEEP), a_range(None)):
        found = value(definition.id, subject, Gathered())
        assert found is None or (found == -1 and subject.kind is SubjectKind.RANGE)


# Values that are published


@pytest.mark.rule("metrics 3.2")
def test_the_activity_of_the_reference() -> None:
    """83,967 / 256 g over 2,069 seconds, and 255 seconds without data."""
    samples = [40] * 2068 + [83_967 - 40 * 2068] + [0] * 255
    assert value(1, one(), of_counts(49, samples)) == pytest.approx(0.158528803165781, rel=1e-14)


@pytest.mark.rule("metrics 1.5", "metrics 10")
def test_the_heart_rate_of_the_reference() -> None:
    """Mean and histogram of one range, which the same samples give."""
    rates = {70: 137, 88: 865, 109: 61, 110: 846, 130: 378, 150: 34, 170: 1, 0: 2}
    found = of_counts(19, [rate for rate, often in rates.items() for _ in range(often)])
    assert value(44, one(), found) == pytest.approx(103.285529715762, rel=1e-14)
    middles = [30, 50, 70, 90, 110, 130, 150, 170, 190, 210]
    assert value(45, one(), found) == [middles, [0, 0, 137, 865, 907, 378, 34, 1, 0, 0]]


@pytest.mark.rule("metrics 1.7")
def test_extremes_of_the_heart_rate_are_whole() -> None:
    found = of_counts(19, [60, 0, 80])
    assert [repr(value(metric, one(), found)) for metric in (44, 46, 47)] == ["70.0", "80", "60"]
    assert repr(value(15, one(), of_counts(33, [3, 0]))) == "3.0"


def test_the_last_bin_has_its_upper_edge() -> None:
    counts = value(45, one(), of_counts(19, [19, 20, 39, 40, 219, 220, 221]))
    assert isinstance(counts, list)
    assert counts[1] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert value(45, one(), of_counts(19, [1, 250])) is None


def test_steps_are_none_only_where_nothing_was_recorded() -> None:
    assert value(71, one(), Gathered(numbers={52: 17})) == 17
    assert value(71, one(), Gathered(numbers={52: 0})) is None
    assert value(71, one(), of_counts(49, [0, 0])) == 0


# Energy


@pytest.mark.rule("metrics 3.3")
def test_power_at_rest_and_above() -> None:
    """The body that fits the download of 2017: its resting power, and its slope up to 116 bpm."""
    man = Wearer(1, "M", _born(26), 70, 1.79, vo2max=40.40209347601507)
    found = of_counts(19, [49, 70, 71, 92])
    rest, slope = 82.28058425, 8.629354055676854
    subject = one(wearer=man)
    assert value(9003, subject, found) == pytest.approx(rest, rel=1e-13)
    assert value(9004, subject, found) == pytest.approx(rest + 22 * slope, rel=1e-13)
    assert value(9005, subject, found) == pytest.approx(4 * rest + 23 * slope, rel=1e-13)
    assert value(9001, subject, found) == pytest.approx(rest + 23 * slope / 4, rel=1e-13)
    kcal = (4 * rest + 23 * slope) / 4184
    assert value(149, subject, found) == pytest.approx(kcal, rel=1e-13)
    assert value(139, subject, found) == pytest.approx(23 * slope / 4184, rel=1e-12)
    assert value(2003, subject, found) == value(139, subject, found)


@pytest.mark.rule("metrics 3.3")
@pytest.mark.parametrize(
    ("sex", "expected"),
    [
        ("M", (-95.7735 + 0.271 * 40 + 0.394 * 80 + 0.404 * 50 + 0.634 * 150) * 16.66),
        ("F", (-59.3954 + 0.274 * 40 + 0.103 * 80 + 0.380 * 50 + 0.450 * 150) * 16.66),
    ],
)
def test_exercise_is_as_keytel_has_it(sex: str, expected: float) -> None:
    person = Wearer(1, sex, _born(40), 80, 1.8, hr_max=180, vo2max=50)
    assert value(9001, one(wearer=person), of_counts(19, [150])) == pytest.approx(expected)


@pytest.mark.parametrize("lacking", ["sex", "born", "weight", "height"])
def test_without_a_body_there_is_no_energy(lacking: str) -> None:
    body: dict[str, Any] = {"sex": "M", "born": _born(30), "weight": 70.0, "height": 1.8}
    found = of_counts(19, [80])
    assert value(9001, one(wearer=Wearer(1, **body)), found) is not None
    body[lacking] = "" if lacking == "sex" else None
    assert value(9001, one(wearer=Wearer(1, **body)), found) is None


def _born(years: int) -> date:
    """The birthday of somebody of that age at START."""
    return date(2014 - years, 1, 2)


def test_adjusted_volumes_follow_the_weight() -> None:
    found = of_counts(37, [10, 252])
    heavy = one(wearer=Wearer(1, weight=130))
    assert value(9010, heavy, found) == pytest.approx(2 * 10 * 13.28 / 1000)
    assert value(9007, heavy, found) == 10 * 13.28 / 1000
    assert value(9010, one(), found) is None


# Any samples

SAMPLES = st.lists(st.integers(0, 300), max_size=40)
SUMMED = [
    each
    for each in DECLARED
    if isinstance(each, OfSamples | OfAdjustedSamples | HistogramOfSamples | OfPower)
]
BODY = Wearer(1, "F", _born(30), 60, 1.7)


@settings(deadline=None)
@given(st.lists(SAMPLES, min_size=1, max_size=5), st.randoms())
def test_pooling_is_computing_on_the_joined_samples(pieces: list[list[int]], random: Any) -> None:
    subject = a_range(REST, wearer=BODY)
    joined = [sample for piece in pieces for sample in piece]
    random.shuffle(pieces)
    for definition in SUMMED:
        (datatype,) = definition.need(subject).counts
        packed = b"".join(ValueCounts.of(np.array(piece, int)).pack() for piece in pieces)
        pooled = Gathered(counts={datatype: ValueCounts.unpack(packed)})
        whole = of_counts(datatype, np.array(joined, int))
        assert value(definition.id, subject, pooled) == value(definition.id, subject, whole)


@pytest.mark.rule("metrics 3.1")
@settings(deadline=None)
@given(SAMPLES)
def test_zeros_change_nothing(samples: list[int]) -> None:
    subject = one(wearer=BODY)
    for definition in SUMMED:
        (datatype,) = definition.need(subject).counts
        with_zeros = of_counts(datatype, np.array([0, *samples, 0], int))
        without = of_counts(datatype, np.array([each for each in samples if each], int))
        assert value(definition.id, subject, with_zeros) == value(definition.id, subject, without)


@given(SAMPLES)
def test_a_mean_is_that_of_the_samples(samples: list[int]) -> None:
    present = [each for each in samples if each]
    expected = pytest.approx(np.mean(present)) if present else None
    assert value(44, one(), of_counts(19, np.array(samples, int))) == expected


# Variability


@pytest.mark.rule("metrics 6", "metrics 10")
def test_the_series_of_known_power() -> None:
    found = of_beats(waves()[:300])
    subject = a_range(REST)
    assert value(182, subject, found) == pytest.approx(0.99880208, abs=1e-8)
    assert value(180, subject, found) == pytest.approx(0.03547905, abs=1e-8)
    assert value(9023, subject, found) == pytest.approx(34.700396, abs=1e-6)
    assert value(9024, subject, found) == pytest.approx(7.6923, abs=1e-4)
    assert value(9020, subject, found) == pytest.approx(801.4, abs=0.1)
    assert value(9021, subject, found) == pytest.approx(454.4, abs=0.1)
    assert value(173, subject, found) == value(50, subject, found) == pytest.approx(63.82, abs=0.01)
    assert value(170, subject, found) == pytest.approx(36.18, abs=0.01)


@pytest.mark.rule("metrics 6", "metrics 10")
def test_three_blocks() -> None:
    found = of_beats(blocks())
    subject = a_range(SLEEP, 900)
    expected = {182: 0.8924016261, 180: 0.0851151177, 181: 0.0996081397, 183: 0.0236957495}
    for metric, wanted in expected.items():
        assert value(metric, subject, found) == pytest.approx(wanted, abs=1e-10)
    assert value(9023, subject, found) == pytest.approx(51.605953, abs=1e-6)


@pytest.mark.rule("metrics 10")
def test_alternating_beats() -> None:
    intervals = alternating(300, 243, 13)
    subject = a_range(REST, 290)
    assert value(9023, subject, of_beats(intervals)) == 101.5625
    subject = a_range(REST)
    assert value(182, subject, of_beats(intervals)) == 0.94921875
    assert value(9024, subject, of_beats(intervals)) == 2


HRV = (180, 181, 182, 183, 50, 170, 173, 9018, 9019, 9020, 9021, 9022, 9023, 9024, 9027)


@pytest.mark.parametrize("metric", HRV)
def test_variability_is_of_ranges_of_rest_and_sleep_that_are_processed(metric: int) -> None:
    found = of_beats(waves())
    assert value(metric, a_range(REST, 300), found) != -1
    for other in (
        a_range(RUN),
        a_range(None),
        a_range(REST, complete=False),
        one(SubjectKind.RANGE, 300, activitytypes=frozenset([REST, RUN])),
    ):
        assert value(metric, other, found) is None


@pytest.mark.rule("metrics 1.6", "metrics 6")
@pytest.mark.parametrize("metric", sorted({*HRV} - {9023}))
@pytest.mark.parametrize(
    ("seconds", "intervals"), [(299, waves()), (300, waves()[:128])], ids=["short", "few"]
)
def test_too_little_for_variability_is_a_failure(metric: int, seconds: int, intervals: Any) -> None:
    assert value(metric, a_range(REST, seconds), of_beats(intervals)) == -1
    assert value(metric, one(seconds=seconds), of_beats(intervals)) is None


def test_two_beats_suffice_for_successive_differences() -> None:
    assert value(9023, one(), of_beats(np.array([200, 210]))) == 10_000 / 256
    assert value(9023, a_range(REST), of_beats(np.array([200]))) == -1
    assert value(9023, one(), of_beats(np.array([200]))) is None


def test_beats_of_other_qualities_do_not_count() -> None:
    intervals = np.array([200, 900, 210, 0, 220])
    found = of_beats(intervals, [0, 128, 0, 1, 0])
    assert value(9023, one(), found) == 10_000 / 256


def test_a_record_has_the_windows_of_its_channels() -> None:
    found = of_counts(273, [6984, 0, 5000])
    assert value(173, one(seconds=900), found) == (69.84 + 50) / 2
    assert value(9022, one(seconds=900), found) is None


# Sleep

PHASES = TimeSeries(START + 256 * np.array([0, 60, 160, 260, 300]), np.array([6, 2, 5, 6, 0]))
POSITIONS = TimeSeries(START + 256 * np.array([-50, 100, 150]), np.array([4, 2, 4]))


def night(subject: Subject) -> Gathered:
    stretch = Stretch(1, subject.start, subject.end)
    return Gathered(states={280: [(stretch, PHASES)], 270: [(stretch, POSITIONS)]})


@pytest.mark.rule("metrics 7")
def test_a_night() -> None:
    subject = a_range(SLEEP, 400)
    expected = {
        1032: 200, 9030: 100, 9031: 100, 9032: 100, 1039: 50.0, 9028: 100.0, 9029: 60,
        1033: 0, 1034: 50, 1035: 0, 1036: 350, 1037: 0, 1038: 2,
    }  # fmt: skip
    found = {metric: value(metric, subject, night(subject)) for metric in expected}
    assert found == expected
    assert isinstance(found[1032], int)
    for other in (a_range(REST, 400), one(seconds=400), a_range(SLEEP, 400, complete=False)):
        assert {value(metric, other, night(other)) for metric in expected} == {None}


def test_positions_that_are_not_a_number_say_nothing() -> None:
    subject = a_range(SLEEP, 100)
    states = TimeSeries(START + 256 * np.array([0, 10]), np.array([np.nan, 5.0]))
    found = Gathered(states={270: [(Stretch(1, subject.start, subject.end), states)]})
    assert value(1037, subject, found) == 90
