"""The score of one file of annotations, and of several together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from apps.simulation.scoring import figures
from apps.simulation.scoring.figures import ConfusionTable, DetectionCounts
from apps.simulation.scoring.marks import EPOCH, MarkSeries, TruthFile
from apps.simulation.scoring.matching import Floats, Ints, Pairs, match_events, match_spans
from apps.simulation.scoring.subjects import EVENTS, PHASES, SPANS, SUBJECTS, ScoredSubject
from apps.simulation.scoring.times import ScoringError

MINUTE, HOUR = 60.0, 3600.0

AWAKE = "wake"


@dataclass(frozen=True)
class ScoringRules:
    """How it is scored: seconds to both sides of an event within which it is found (None for the
    usual ones of the subject), seconds at the start that do not count, and seconds of an epoch."""

    subject: ScoredSubject
    window: float | None = None
    skip: int = 0
    epoch: int = EPOCH

    @property
    def reach(self) -> float:
        """The window in seconds."""
        return self.subject.window if self.window is None else self.window


@dataclass(frozen=True)
class PairedRates:
    """Rates in the same stretches of time, and in how many more only the true one is known."""

    true: Floats
    found: Floats
    unknown: int = 0

    def __add__(self, other: PairedRates) -> PairedRates:
        return PairedRates(
            np.concatenate((self.true, other.true)),
            np.concatenate((self.found, other.found)),
            self.unknown + other.unknown,
        )


@dataclass(frozen=True)
class PairScore:
    """How annotations compare with the truth; what does not apply to the subject is None or empty.

    `seconds` were scored. `outside` counts annotations outside of them. `errors` are seconds of the
    found time less the true one, of hits. `kinds` are the same counts for one kind of event each.
    `course` is what happened over time: the seconds at which events were `missed` or `extra`, the
    numbers of the labels of epochs, `true` and `found`, or the ends of the stretches on both sides.
    """

    truth: str
    annotations: str
    unit: str
    guessed: bool
    seconds: float
    outside: int = 0
    detection: DetectionCounts | None = None
    errors: dict[str, Floats] = field(default_factory=dict)
    rates: PairedRates | None = None
    kinds: dict[str, DetectionCounts] = field(default_factory=dict)
    table: ConfusionTable | None = None
    course: dict[str, Floats] = field(default_factory=dict)


def score_pair(truth: TruthFile, found: MarkSeries, name: str, rules: ScoringRules) -> PairScore:
    """Return the score of the annotations in the file `name`.

    Raise ScoringError if the truth has nothing of the kind, or if nothing is left to score.
    """
    true = truth.marks(rules.subject)
    if rules.skip >= truth.place.seconds:
        raise ScoringError(
            f"{truth.name}: has {truth.place.seconds:g} s, and {rules.skip:g} s do not count"
        )
    blank = PairScore(
        truth=truth.name,
        annotations=name,
        unit=found.unit,
        guessed=found.guessed,
        seconds=truth.place.seconds - rules.skip,
    )
    if rules.subject.shape == EVENTS:
        return _score_events(blank, true, found, rules)
    if rules.subject.shape == SPANS:
        return _score_spans(blank, true, found, rules, truth)
    return _score_labels(blank, true, found, rules)


def _score_events(
    blank: PairScore, true: MarkSeries, found: MarkSeries, rules: ScoringRules
) -> PairScore:
    pairs = match_events(true.starts, found.starts, rules.reach)
    counted = _Counted.of(true, found, pairs, rules.skip, rules.skip + blank.seconds)
    window = rules.skip, rules.skip + blank.seconds
    rate = _steps_in if rules.subject.name == "steps" else _rates_in
    return replace(
        blank,
        outside=counted.outside,
        detection=counted.detection,
        errors={"time": counted.differences(true.starts, found.starts)},
        rates=_pair_rates(rate(true.starts, *window), rate(found.starts, *window)),
        kinds=counted.kinds(true, found, ("V",)),
        course=counted.singles(true.starts, found.starts),
    )


def _score_spans(
    blank: PairScore, true: MarkSeries, found: MarkSeries, rules: ScoringRules, truth: TruthFile
) -> PairScore:
    assert true.stops is not None
    assert found.stops is not None
    pairs = match_spans((true.starts, true.stops), (found.starts, found.stops))
    counted = _Counted.of(true, found, pairs, rules.skip, rules.skip + blank.seconds)
    hours = (_sleep_seconds(truth, rules.skip) or blank.seconds) / HOUR
    counts = counted.detection
    rates = PairedRates(np.array([counts.true / hours]), np.array([counts.found / hours]))
    known = sorted(set(true.labels or ()) | set(found.labels or ()))
    return replace(
        blank,
        outside=counted.outside,
        detection=counts,
        errors={
            "start": counted.differences(true.starts, found.starts),
            "stop": counted.differences(true.stops, found.stops),
            "duration": counted.differences(true.stops - true.starts, found.stops - found.starts),
        },
        rates=rates,
        kinds=counted.kinds(true, found, known),
        course={
            **counted.singles(true.starts, found.starts),
            "begin": true.starts,
            "end": true.stops,
            "found_begin": found.starts,
            "found_end": found.stops,
        },
    )


def _sleep_seconds(truth: TruthFile, skip: int) -> float:
    """Return how long the person slept in the scored time, 0 if the truth has no phases."""
    if not truth.document.get("stages"):
        return 0.0
    stages = truth.marks(SUBJECTS["phases"])
    assert stages.stops is not None
    lasting = (stages.stops - np.maximum(stages.starts, skip)).clip(0)
    asleep = [label != AWAKE for label in stages.labels or ()]
    return float(lasting[asleep].sum())


@dataclass(frozen=True)
class _Counted:
    """Which events count, and which of them are pairs.

    A pair counts if its true event is within the scored time, so that a match across the edge is
    no mistake; single events count by their own time.
    """

    true: Ints
    found: Ints
    pairs: Pairs
    outside: int

    @classmethod
    def of(
        cls, true: MarkSeries, found: MarkSeries, pairs: Pairs, start: float, stop: float
    ) -> _Counted:
        within = (true.starts >= start) & (true.starts < stop)
        counts = (found.starts >= start) & (found.starts < stop)
        ours, theirs = pairs
        counts[theirs] = within[ours]
        kept = within[ours]
        return cls(
            np.flatnonzero(within),
            np.flatnonzero(counts),
            (ours[kept], theirs[kept]),
            int(np.count_nonzero(~counts)),
        )

    @property
    def detection(self) -> DetectionCounts:
        return DetectionCounts(len(self.true), len(self.found), len(self.pairs[0]))

    def differences(self, true: Floats, found: Floats) -> Floats:
        ours, theirs = self.pairs
        return found[theirs] - true[ours]

    def singles(self, true: Floats, found: Floats) -> dict[str, Floats]:
        ours, theirs = self.pairs
        return {
            "missed": true[np.setdiff1d(self.true, ours)],
            "extra": found[np.setdiff1d(self.found, theirs)],
        }

    def kinds(
        self, true: MarkSeries, found: MarkSeries, kinds: Sequence[str]
    ) -> dict[str, DetectionCounts]:
        """Return counts of each kind, if both sides say kinds."""
        if true.labels is None or found.labels is None:
            return {}
        ours, theirs = np.array(true.labels), np.array(found.labels)
        counted = {}
        for kind in kinds:
            one, other = ours == kind, theirs == kind
            both = one[self.pairs[0]] & other[self.pairs[1]]
            sums = (np.count_nonzero(each) for each in (one[self.true], other[self.found], both))
            counted[kind] = DetectionCounts(*map(int, sums))
        return {kind: counts for kind, counts in counted.items() if counts.true or counts.found}


def _rates_in(times: Floats, start: float, stop: float) -> Floats:
    """Return events per minute in each whole minute, by the intervals that end in it; nan without
    one."""
    ends, lengths = times[1:], np.diff(times)
    seconds = _per_minute(ends, start, stop, lengths)
    number = _per_minute(ends, start, stop)
    rates: Floats = MINUTE * np.divide(
        number, seconds, out=np.full(len(number), np.nan), where=seconds > 0
    )
    return rates


def _steps_in(times: Floats, start: float, stop: float) -> Floats:
    """Return how many events each whole minute has."""
    return _per_minute(times, start, stop)


def _per_minute(times: Floats, start: float, stop: float, weights: Floats | None = None) -> Floats:
    """Return the number of events, or the sum of their weights, in each whole minute."""
    minutes = int((stop - start) // MINUTE)
    at = np.floor((times - start) / MINUTE)
    inside = (at >= 0) & (at < minutes)
    sums: Floats = np.bincount(
        at[inside].astype(np.int64),
        weights=None if weights is None else weights[inside],
        minlength=minutes,
    ).astype(np.float64)
    return sums


def _pair_rates(true: Floats, found: Floats) -> PairedRates:
    known, both = ~np.isnan(true), ~np.isnan(true) & ~np.isnan(found)
    return PairedRates(true[both], found[both], int(known.sum() - both.sum()))


SLEEP_OR_WAKE = ("wake", "sleep")


def _score_labels(
    blank: PairScore, true: MarkSeries, found: MarkSeries, rules: ScoringRules
) -> PairScore:
    """Compare epochs. Annotations that only know sleep are compared with sleep and waking."""
    labels = SLEEP_OR_WAKE if "sleep" in (found.labels or ()) else PHASES
    stop = rules.skip + blank.seconds
    ours = _epochs(true, labels, rules, stop)
    theirs = _epochs(found, labels, rules, stop)
    both = (ours >= 0) & (theirs >= 0)
    table = figures.confuse(labels, ours[both], theirs[both])
    return replace(
        blank,
        outside=int(np.count_nonzero(~both)),
        table=table,
        course={"true": ours.astype(np.float64), "found": theirs.astype(np.float64)},
    )


def _epochs(marks: MarkSeries, labels: tuple[str, ...], rules: ScoringRules, stop: float) -> Ints:
    """Return the number of the label that fills most of each whole epoch, or -1 if nothing does.

    Times are rounded to seconds. Of later stretches over the same seconds the last one counts.
    """
    seconds = np.full(max(0, int(stop)), -1, np.int64)
    assert marks.stops is not None
    spans = zip(marks.starts, marks.stops, marks.labels or (), strict=True)
    for begin, end, label in spans:
        number = labels.index(label if label in labels else "sleep")
        seconds[max(0, round(begin)) : max(0, round(end))] = number
    first, count = rules.skip, int((stop - rules.skip) // rules.epoch)
    if not count:
        return np.empty(0, np.int64)
    table = seconds[first : first + count * rules.epoch].reshape(count, rules.epoch)
    votes = [np.count_nonzero(table == number, axis=1) for number in (-1, *range(len(labels)))]
    chosen: Ints = np.argmax(votes, axis=0) - 1
    return chosen


def pool_scores(scores: Sequence[PairScore]) -> PairScore:
    """Return the gross score: all events together, as if they were of one record (EC57).

    Raise ScoringError if phases cannot be put together.
    """
    whole = scores[0]
    for each in scores[1:]:
        whole = _add(whole, each)
    return replace(whole, truth="gross", annotations="", guessed=False, course={})


def _add(one: PairScore, other: PairScore) -> PairScore:
    assert one.errors.keys() == other.errors.keys()
    try:
        table = one.table + other.table if one.table and other.table else None
    except ValueError as error:
        text = f"{other.annotations}: has other phases than {one.annotations}: {error}"
        raise ScoringError(text) from error
    return replace(
        one,
        seconds=one.seconds + other.seconds,
        outside=one.outside + other.outside,
        detection=one.detection + other.detection if one.detection and other.detection else None,
        errors={
            name: np.concatenate((errors, other.errors[name]))
            for name, errors in one.errors.items()
        },
        rates=one.rates + other.rates if one.rates and other.rates else None,
        kinds={
            kind: one.kinds.get(kind, DetectionCounts()) + other.kinds.get(kind, DetectionCounts())
            for kind in sorted(one.kinds.keys() | other.kinds.keys())
        },
        table=table,
    )
