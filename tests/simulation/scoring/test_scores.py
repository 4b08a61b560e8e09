"""Scores of annotations with known faults, of simulated people, and of several records together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.simulation import profiles
from apps.simulation.scoring.figures import DetectionCounts
from apps.simulation.scoring.marks import MarkSeries, TruthFile
from apps.simulation.scoring.reports import average_shares, scores_as_json, scores_as_text
from apps.simulation.scoring.scores import PairScore, ScoringRules, pool_scores, score_pair
from apps.simulation.scoring.subjects import SUBJECTS
from apps.simulation.scoring.times import RecordPlace, ScoringError
from apps.simulation.simulator import Simulation

START = 359_840_226_870

BEATS = ScoringRules(SUBJECTS["beats"])
PHASES = ScoringRules(SUBJECTS["phases"])
APNOEAS = ScoringRules(SUBJECTS["apnoeas"])

SECOND = 256


def truth_of(seconds: int, **members: Any) -> TruthFile:
    return TruthFile("truth.json", RecordPlace(START, float(seconds)), members)


def beating(*seconds: float, kinds: str | None = None, lasting: int = 60) -> TruthFile:
    ticks = [round(each * SECOND) for each in seconds]
    return truth_of(lasting, beats={"ticks": ticks, "kinds": kinds or "N" * len(ticks)})


def score(truth: TruthFile, found: MarkSeries, rules: ScoringRules = BEATS) -> PairScore:
    return score_pair(truth, found, "found.csv", rules)


def moments(*seconds: float, labels: str | None = None) -> MarkSeries:
    return MarkSeries(np.array(seconds), labels=tuple(labels) if labels else None)


def detected(of: PairScore) -> tuple[int, int, int]:
    assert of.detection is not None
    return of.detection.hits, of.detection.missed, of.detection.extra


def test_hits_misses_and_extra_ones() -> None:
    found = score(beating(1, 2, 3, 4), moments(1.125, 2.5, 3, 3.0625))
    assert detected(found) == (2, 2, 2)
    assert found.errors["time"].tolist() == [0.125, 0]
    assert found.course["missed"].tolist() == [2, 4]
    assert found.course["extra"].tolist() == [2.5, 3.0625]


def test_another_window() -> None:
    wide = ScoringRules(SUBJECTS["beats"], window=0.5)
    assert detected(score(beating(1, 2, 3, 4), moments(1.125, 2.5, 3, 4.4), wide)) == (4, 0, 0)


def test_what_is_outside_of_the_record_does_not_count() -> None:
    found = score(beating(1, 59.9375, lasting=60), moments(-5, 1, 60.0, 61))
    assert detected(found) == (2, 0, 0)
    assert found.outside == 2


def test_the_start_that_is_skipped() -> None:
    """A pair across its end counts by its true event."""
    later = ScoringRules(SUBJECTS["beats"], skip=10)
    found = score(beating(5, 9.9375, 10, 20), moments(5, 8, 9.875, 10.0625, 20), later)
    assert detected(found) == (2, 0, 0)
    assert (found.seconds, found.outside) == (50, 3)
    with pytest.raises(ScoringError, match=r"truth\.json: has 60 s, and 60 s do not count"):
        score(beating(5), moments(5), ScoringRules(SUBJECTS["beats"], skip=60))


def test_ventricular_beats() -> None:
    found = score(beating(1, 2, 3, 4, kinds="NVVN"), moments(1, 2, 4, 5, labels="VVNV"))
    assert found.kinds == {"V": DetectionCounts(true=2, found=3, hits=1)}
    assert score(beating(1, 2, kinds="NV"), moments(1, 2)).kinds == {}
    assert score(beating(1, 2), moments(1, 2, labels="NN")).kinds == {}


def test_rates_are_of_whole_minutes() -> None:
    """60 a minute, then 120, then none, then 30; somebody doubles the first and misses the last.

    The interval at the beginning of the second minute is still a second.
    """
    true = [*range(60), *np.arange(60, 120, 0.5), *range(180, 240, 2)]
    found = [*np.arange(0, 60, 0.5), *np.arange(60, 120, 0.5)]
    rates = score(beating(*true, lasting=250), moments(*found)).rates
    assert rates is not None
    assert rates.true.tolist() == pytest.approx([60, 60 * 120 / 60.5])
    assert rates.found.tolist() == pytest.approx([120, 120])
    assert rates.unknown == 1


def test_steps_are_counted_per_minute() -> None:
    truth = truth_of(130, steps=[0, 256, 61 * 256, 125 * 256])
    rates = score(truth, moments(0, 61, 62), ScoringRules(SUBJECTS["steps"])).rates
    assert rates is not None
    assert (rates.true.tolist(), rates.found.tolist()) == ([2, 1], [1, 2])


def pausing(*spans: tuple[float, float, str], stages: Any = ()) -> TruthFile:
    rows = [
        {"start": round(a * SECOND), "stop": round(b * SECOND), "kind": kind}
        for a, b, kind in spans
    ]
    return truth_of(3600, apnoeas=rows, stages=list(stages))


def stretches(*spans: tuple[float, float], labels: tuple[str, ...] | None = None) -> MarkSeries:
    table = np.array(spans, np.float64).reshape(-1, 2)
    return MarkSeries(table[:, 0], table[:, 1], labels)


def test_apnoeas() -> None:
    truth = pausing((100, 120, "central"), (200, 230, "obstructive"), (300, 310, "central"))
    labels = ("central", "central", "hypopnoea")
    found = score(truth, stretches((101, 118), (205, 235), (400, 410), labels=labels), APNOEAS)
    assert detected(found) == (2, 1, 1)
    assert found.errors["start"].tolist() == [1, 5]
    assert found.errors["stop"].tolist() == [-2, 5]
    assert found.errors["duration"].tolist() == [-3, 0]
    assert found.kinds == {
        "central": DetectionCounts(true=2, found=2, hits=1),
        "hypopnoea": DetectionCounts(true=0, found=1, hits=0),
        "obstructive": DetectionCounts(true=1, found=0, hits=0),
    }


def test_apnoeas_an_hour_of_sleep() -> None:
    """Half of the hour is sleep, and a quarter of it if the first 45 minutes do not count."""
    stages = [
        {"stage": 6, "start": 0, "stop": 1800 * SECOND},
        {"stage": 2, "start": 1800 * SECOND, "stop": 3600 * SECOND},
    ]
    truth = pausing((2000, 2020, "central"), (3000, 3020, "central"), stages=stages)
    rates = score(truth, stretches((3000, 3010)), APNOEAS).rates
    assert rates is not None
    assert (rates.true.tolist(), rates.found.tolist()) == ([4], [2])
    later = score(truth, stretches((3000, 3010)), ScoringRules(SUBJECTS["apnoeas"], skip=2700))
    assert later.rates is not None
    assert (later.rates.true.tolist(), later.rates.found.tolist()) == ([4], [4])


def sleeping(*stages: tuple[int, int]) -> TruthFile:
    """Sleep in epochs of 30 s: codes of datatype 280, each for so many epochs."""
    rows, at = [], 0
    for code, epochs in stages:
        stop = at + epochs * 30 * SECOND
        rows.append({"stage": code, "start": at, "stop": stop})
        at = stop
    return truth_of(at // SECOND, stages=rows)


def labelled(*words: tuple[str, float, float]) -> MarkSeries:
    starts, stops = (np.array([each[n] for each in words], np.float64) for n in (1, 2))
    return MarkSeries(starts, stops, tuple(word for word, _, _ in words))


def test_phases() -> None:
    truth = sleeping((6, 2), (2, 4), (5, 2))
    found = labelled(("wake", 0, 90), ("NREM", 90, 180), ("REM", 180, 240))
    table = score(truth, found, PHASES).table
    assert table is not None
    assert table.counts.tolist() == [[2, 0, 0], [1, 3, 0], [0, 0, 2]]
    assert table.accuracy == 7 / 8
    assert table.kappa == pytest.approx((7 / 8 - 22 / 64) / (1 - 22 / 64))


def test_sleep_and_waking_alone() -> None:
    truth = sleeping((6, 2), (2, 4), (5, 2))
    table = score(truth, labelled(("sleep", 0, 30), ("wake", 30, 90), ("sleep", 90, 240)), PHASES)
    assert table.table is not None
    assert table.table.labels == ("wake", "sleep")
    assert table.table.counts.tolist() == [[1, 1], [1, 5]]


def test_epochs_without_a_label_do_not_count() -> None:
    """What fills most of an epoch counts, and of overlapping ones the last."""
    truth = sleeping((2, 5))
    found = score(truth, labelled(("NREM", 40, 100), ("wake", 80, 100), ("REM", 126, 150)), PHASES)
    assert found.table is not None
    assert found.table.counts.tolist() == [[0, 0, 0], [0, 2, 1], [0, 0, 0]]
    assert found.course["found"].tolist() == [-1, 1, 1, -1, 2]
    assert found.outside == 2


def test_longer_epochs_and_a_start_without() -> None:
    truth = sleeping((6, 2), (2, 8))
    rules = ScoringRules(SUBJECTS["phases"], skip=60, epoch=60)
    table = score(truth, labelled(("NREM", 0, 300)), rules).table
    assert table is not None
    assert table.counts.tolist() == [[0, 0, 0], [0, 4, 0], [0, 0, 0]]


counts = st.lists(st.integers(1, 14_000), max_size=40, unique=True).map(sorted)


@given(counts, counts, st.integers(0, 50))
def test_the_counts_add_up(true: list[int], found: list[int], skip: int) -> None:
    """Every true event is found or missed, every found one is a hit, extra, or outside."""
    truth = beating(*(tick / SECOND for tick in true), lasting=60)
    rules = ScoringRules(SUBJECTS["beats"], skip=skip)
    scored = score(truth, moments(*(tick / SECOND for tick in found)), rules)
    hits, missed, extra = detected(scored)
    assert hits + missed == sum(tick >= skip * SECOND for tick in true)
    assert hits + extra + scored.outside == len(found)
    assert len(scored.errors["time"]) == hits
    assert len(scored.course["missed"]) == missed
    assert len(scored.course["extra"]) == extra
    assert not len(scored.errors["time"]) or np.abs(scored.errors["time"]).max() <= 0.1501


@given(counts, counts)
def test_sensitivity_is_predictivity_the_other_way_round(true: list[int], found: list[int]) -> None:
    ours, theirs = ([tick / SECOND for tick in ticks] for ticks in (true, found))
    one = score(beating(*ours, lasting=60), moments(*theirs)).detection
    other = score(beating(*theirs, lasting=60), moments(*ours)).detection
    assert one is not None
    assert other is not None
    assert (one.sensitivity, one.predictivity) == (other.predictivity, other.sensitivity)


def test_gross_and_average() -> None:
    """Gross counts all events alike, the average all records (EC57)."""
    both = [
        score(beating(1, 2, 3, 4), moments(1, 2, 3, 4)),
        score(beating(1, 2), moments(1, 30)),
    ]
    whole = pool_scores(both)
    assert whole.detection == DetectionCounts(true=6, found=6, hits=5)
    assert whole.seconds == 120
    assert average_shares(both)["sensitivity"] == 0.75
    third = score(beating(), moments())
    assert average_shares([*both, third])["sensitivity"] == 0.75


def test_gross_kinds_and_tables() -> None:
    kinds = [
        score(beating(1, 2, kinds="NV"), moments(1, 2, labels="NV")),
        score(beating(1, 2, kinds="NN"), moments(1, 2, labels="NN")),
        score(beating(1, kinds="V"), moments(1, labels="N")),
    ]
    assert pool_scores(kinds).kinds == {"V": DetectionCounts(true=2, found=1, hits=1)}
    truth = sleeping((6, 2), (2, 4))
    whole = pool_scores([score(truth, labelled(("NREM", 0, 180)), PHASES)] * 2).table
    assert whole is not None
    assert whole.counts.tolist() == [[0, 4, 0], [0, 8, 0], [0, 0, 0]]
    mixed = [score(truth, labelled((word, 0, 180)), PHASES) for word in ("sleep", "NREM")]
    with pytest.raises(ScoringError, match=r"other phases than found\.csv: wake, sleep and wake"):
        pool_scores(mixed)


@pytest.mark.parametrize("name", list(SUBJECTS))
def test_the_truth_scores_full_marks(name: str) -> None:
    """A simulated night against itself, and what is said of it."""
    simulation = Simulation(profiles.read_profile("sleep_apnea"), 1, START, 7200)
    document = simulation.describe_truth()
    truth = TruthFile("truth.json", RecordPlace(START, 7200.0), document)
    rules = ScoringRules(SUBJECTS[name])
    found = truth.marks(rules.subject)
    scored = score(truth, found, rules)
    if scored.table is not None:
        assert scored.table.accuracy == 1
        assert scored.table.total == 240
    else:
        hits, missed, extra = detected(scored)
        assert (missed, extra) == (0, 0)
        assert hits == len(found.starts) - scored.outside
        assert name in {"steps", "apnoeas"} or hits > 1000
    told = scores_as_json([scored], rules)
    assert told["of"] == name
    assert told["records"][0].items() >= told["gross"].items()
    assert scores_as_text([scored], rules)[0].startswith(name)
