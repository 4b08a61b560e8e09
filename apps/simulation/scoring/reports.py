"""Scores as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from apps.simulation.scoring.figures import (
    ConfusionTable,
    DetectionCounts,
    Spread,
    agreement_of,
    spread_of,
)
from apps.simulation.scoring.scores import PairScore, ScoringRules, pool_scores
from apps.simulation.scoring.times import UNITS, explain_unit

_DIGITS = 6
"""Decimals of what is printed for programs."""


def scores_as_json(scores: Sequence[PairScore], rules: ScoringRules) -> dict[str, Any]:
    """Return all figures: shares from 0 to 1, times in seconds, rates in the unit of `rate`.

    `gross` and `average` are those of EC57: of all events together, and the means of the records.
    """
    subject = rules.subject
    return {
        "of": subject.name,
        "window": rules.reach or None,
        "skip": rules.skip,
        "epoch": rules.epoch if scores[0].table else None,
        "rate": subject.rate or None,
        "records": [_one_as_json(each) for each in scores],
        "gross": _figures_as_json(pool_scores(scores)),
        "average": average_shares(scores),
    }


def _one_as_json(score: PairScore) -> dict[str, Any]:
    named = {
        "truth": score.truth,
        "annotations": score.annotations,
        "unit": score.unit,
        "guessed": score.guessed,
    }
    places = {
        name: score.course[name].round(_DIGITS).tolist()
        for name in ("missed", "extra")
        if name in score.course
    }
    return named | _figures_as_json(score) | ({"at": places} if places else {})


def _figures_as_json(score: PairScore) -> dict[str, Any]:
    told: dict[str, Any] = {"seconds": score.seconds, "outside": score.outside}
    if score.detection is not None:
        told |= _counts_as_json(score.detection)
    if score.errors:
        told["errors"] = {name: _spread(spread_of(each)) for name, each in score.errors.items()}
    if score.rates is not None:
        agreed = agreement_of(score.rates.true, score.rates.found)
        told["rates"] = agreed and {
            "count": agreed.count,
            "unknown": score.rates.unknown,
            "bias": _rounded(agreed.bias),
            "sd": _rounded(agreed.sd),
            "lower": _rounded(agreed.lower),
            "upper": _rounded(agreed.upper),
        }
    if score.kinds:
        told["kinds"] = {kind: _counts_as_json(each) for kind, each in score.kinds.items()}
    if score.table is not None:
        told["confusion"] = _table_as_json(score.table)
    return told


def _counts_as_json(counts: DetectionCounts) -> dict[str, Any]:
    return {
        "true": counts.true,
        "found": counts.found,
        "hits": counts.hits,
        "missed": counts.missed,
        "extra": counts.extra,
        "sensitivity": _rounded(counts.sensitivity),
        "predictivity": _rounded(counts.predictivity),
        "f1": _rounded(counts.f1),
    }


def _spread(seen: Spread | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "count": seen.count,
        "mean": _rounded(seen.mean),
        "sd": _rounded(seen.sd),
        "percentiles": {f"{cut:g}": _rounded(value) for cut, value in seen.percentiles.items()},
    }


def _table_as_json(table: ConfusionTable) -> dict[str, Any]:
    return {
        "labels": list(table.labels),
        "counts": table.counts.tolist(),
        "accuracy": _rounded(table.accuracy),
        "kappa": _rounded(table.kappa),
        "labelled": {label: _counts_as_json(table.counts_of(label)) for label in table.labels},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


def average_shares(scores: Sequence[PairScore]) -> dict[str, float | None]:
    """Return the means of the records' shares. Records without a share do not count for it."""
    shares: dict[str, list[float | None]] = {}
    for each in scores:
        counts, table = each.detection, each.table
        if counts is not None:
            shares.setdefault("sensitivity", []).append(counts.sensitivity)
            shares.setdefault("predictivity", []).append(counts.predictivity)
            shares.setdefault("f1", []).append(counts.f1)
        if table is not None:
            shares.setdefault("accuracy", []).append(table.accuracy)
            shares.setdefault("kappa", []).append(table.kappa)
    known = {name: [each for each in found if each is not None] for name, found in shares.items()}
    return {name: _rounded(fmean(found)) if found else None for name, found in known.items()}


def scores_as_text(scores: Sequence[PairScore], rules: ScoringRules) -> list[str]:
    """Return the lines for people: a row for each record, and below them what is of all."""
    whole = pool_scores(scores)
    lines = [_heading(rules, whole), *_rows(scores, whole)]
    if whole.table is not None:
        lines += ["", *_table_lines(whole.table)]
    for name, errors in whole.errors.items():
        lines.append(_spread_line(name, spread_of(errors)))
    lines += _rate_lines(whole, rules)
    return lines + list(_remarks(scores))


def _heading(rules: ScoringRules, whole: PairScore) -> str:
    skipped = f", without the first {rules.skip} s" if rules.skip else ""
    if whole.table is not None:
        return f"{rules.subject.name}, in epochs of {rules.epoch} s{skipped}"
    if rules.reach:
        return f"{rules.subject.name}, within {1000 * rules.reach:g} ms{skipped}"
    return f"{rules.subject.name}, found where they overlap{skipped}"


def _rows(scores: Sequence[PairScore], whole: PairScore) -> list[str]:
    named = [(each.annotations, each) for each in scores]
    if len(scores) > 1:
        named.append(("gross", whole))
    kinds = [_name_of_kind(kind) for kind in whole.kinds]
    width = max(len(name) for name in ("average", *kinds, *(name for name, _ in named)))
    average = average_shares(scores)
    if whole.table is not None:
        rows = [f"{'':{width}}  epochs  agree %  kappa"]
        rows += [f"{name:{width}}  {_agreement(each.table)}" for name, each in named if each.table]
        means = f"{'':6}  {_percent(average['accuracy']):>7}  {_decimal(average['kappa'], 3):>5}"
    else:
        rows = [f"{'':{width}}    true   found    hits  missed   extra    Se %    +P %    F1 %"]
        for name, each in named:
            rows += _detection_rows(name, each, width)
        shares = (average[name] for name in ("sensitivity", "predictivity", "f1"))
        means = f"{'':38}" + "".join(f"  {_percent(each):>6}" for each in shares)
    return [*rows, *([f"{'average':{width}}  {means}"] if len(scores) > 1 else [])]


def _detection_rows(name: str, score: PairScore, width: int) -> Iterator[str]:
    assert score.detection is not None
    yield f"{name:{width}}  {_counts(score.detection)}"
    for kind, counts in score.kinds.items():
        yield f"{_name_of_kind(kind):{width}}  {_counts(counts)}"


def _name_of_kind(kind: str) -> str:
    return f"  {kind or 'of no kind'}"


def _counts(counts: DetectionCounts) -> str:
    sums = (counts.true, counts.found, counts.hits, counts.missed, counts.extra)
    shares = (counts.sensitivity, counts.predictivity, counts.f1)
    return "  ".join([*(f"{each:6}" for each in sums), *(f"{_percent(s):>6}" for s in shares)])


def _agreement(table: ConfusionTable) -> str:
    return f"{table.total:6}  {_percent(table.accuracy):>7}  {_decimal(table.kappa, 3):>5}"


def _table_lines(table: ConfusionTable) -> Iterator[str]:
    head = "".join(f"{label:>8}" for label in table.labels)
    yield f"{'true, found':12}{head}    Se %    +P %"
    for label, row in zip(table.labels, table.counts.tolist(), strict=True):
        counts = table.counts_of(label)
        shares = f"  {_percent(counts.sensitivity):>6}  {_percent(counts.predictivity):>6}"
        yield f"{label:12}" + "".join(f"{each:8}" for each in row) + shares


def _spread_line(name: str, seen: Spread | None) -> str:
    if seen is None:
        return f"error of {name}: nothing to compare"
    scale, unit = (1000, "ms") if name == "time" else (1, "s")
    low, lower, middle, upper, high = (
        _plain(scale * each, 1) for each in seen.percentiles.values()
    )
    sd = f", SD {_plain(scale * seen.sd, 1)}" if seen.sd is not None else ""
    return (
        f"error of {name} in {unit}, found - true: mean {_plain(scale * seen.mean, 1)}{sd}, "
        f"median {middle}, half from {lower} to {upper}, 95 % from {low} to {high}"
    )


def _rate_lines(whole: PairScore, rules: ScoringRules) -> Iterator[str]:
    if whole.rates is None:
        return
    agreed = agreement_of(whole.rates.true, whole.rates.found)
    if agreed is None:
        yield f"{rules.subject.rate}: nothing to compare"
        return
    text = f"{rules.subject.rate}, found - true: bias {_plain(agreed.bias, 2)}"
    if agreed.sd is not None and agreed.lower is not None and agreed.upper is not None:
        limits = f"{_plain(agreed.lower, 2)} to {_plain(agreed.upper, 2)}"
        text += f", SD {_plain(agreed.sd, 2)}, limits of agreement {limits}"
    unknown = f"; {whole.rates.unknown} without a found one" if whole.rates.unknown else ""
    yield f"{text} ({agreed.count} compared{unknown})"


def _remarks(scores: Sequence[PairScore]) -> Iterator[str]:
    """Yield what was assumed of each file, and what of it did not count."""
    for each in scores:
        if each.guessed:
            unit = explain_unit(each.unit) if each.unit in UNITS else each.unit
            yield f"{each.annotations}: times were taken for {unit}; if they are not, give --unit"
        if each.outside and each.table is not None:
            yield f"{each.annotations}: {each.outside} epochs without a label do not count"
        elif each.outside:
            yield f"{each.annotations}: {each.outside} outside of the scored time do not count"


def _plain(value: float, digits: int) -> str:
    """Return a number with so many decimals, zero without a sign."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.2f}"


def _decimal(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
