"""Scores as a picture: where events were missed, how far off the others were, how rates agree.

It is drawn by matplotlib, which is an extra, because only people who look at pictures need it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from apps.simulation.scoring.figures import ConfusionTable, agreement_of
from apps.simulation.scoring.scores import PairedRates, PairScore, ScoringRules, pool_scores
from apps.simulation.scoring.subjects import EVENTS, LABELS

INSTALL = "install hexostore[plots] (in a checkout: bin/setup --dev)"

TRUE, FOUND, EXTRA = "#1f5fa8", "#c2571a", "#3a7d44"
"""Colours that differ in lightness as well."""

MINUTE = 60


class PlotsMissing(Exception):
    """What draws is not installed; the text says how to install it."""


def draw_scores(scores: Sequence[PairScore], rules: ScoringRules, file: Path) -> None:
    """Write a PNG of the scores. Raise PlotsMissing without the extra, OSError if it cannot be
    written."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotsMissing(f"Pictures can be drawn once you {INSTALL}.") from error
    figure = Figure(figsize=(10, 6.5), dpi=110, layout="constrained")
    figure.suptitle(_title(scores, rules), fontsize=11)
    whole = pool_scores(scores)
    if rules.subject.shape == LABELS:
        _draw_labels(figure, scores, whole, rules)
    else:
        _draw_found(figure, scores, whole, rules)
    figure.savefig(file, format="png")


def _title(scores: Sequence[PairScore], rules: ScoringRules) -> str:
    names = ", ".join(Path(each.annotations).name for each in scores[:3])
    more = f" and {len(scores) - 3} more" if len(scores) > 3 else ""
    return f"{rules.subject.name}: {names}{more}"


def _draw_found(
    figure: Any, scores: Sequence[PairScore], whole: PairScore, rules: ScoringRules
) -> None:
    """Draw errors of time and of rates above what was found in the course of a record, or in which
    of several."""
    above, below = figure.subfigures(2, 1, height_ratios=(3, 2))
    left, right = above.subplots(1, 2)
    _draw_errors(left, whole, rules)
    if rules.subject.shape == EVENTS or len(scores) > 1:
        _draw_agreement(right, whole.rates, rules.subject.rate)
    else:
        _draw_counts(right, whole)
    axis = below.subplots()
    if len(scores) > 1:
        _draw_records(axis, scores)
    elif rules.subject.shape == EVENTS:
        _draw_singles(axis, scores[0], rules)
    else:
        _draw_stretches(axis, scores[0])


def _draw_errors(axis: Any, whole: PairScore, rules: ScoringRules) -> None:
    events = rules.subject.shape == EVENTS
    scale = 1000 if events else 1
    shown = {name: scale * each for name, each in whole.errors.items() if name != "duration"}
    reach = 10 if events else 1  # at least, so that small errors look small
    every = np.concatenate([*shown.values(), (-reach, reach)])
    around = float(every.min()), float(every.max())
    for (name, errors), colour in zip(shown.items(), (TRUE, FOUND), strict=False):
        axis.hist(errors, bins=61, range=around, color=colour, alpha=0.7, label=name)
        if len(errors):
            axis.axvline(float(np.mean(errors)), color=colour, linewidth=1, linestyle="--")
    if len(shown) > 1:
        axis.legend(frameon=False)
    axis.axvline(0, color="black", linewidth=0.8, zorder=0)
    axis.set(xlabel=f"found - true ({'ms' if events else 's'})", ylabel="hits", xlim=around)
    axis.set_title("errors of time; dashed: mean", fontsize=10)


def _draw_agreement(axis: Any, rates: PairedRates | None, unit: str) -> None:
    """Draw differences over means, with bias and limits of agreement (Bland and Altman 1986)."""
    assert rates is not None
    axis.plot((rates.true + rates.found) / 2, rates.found - rates.true, ".", color=TRUE, alpha=0.5)
    agreed = agreement_of(rates.true, rates.found)
    if agreed is not None:
        for value, style in ((agreed.bias, "-"), (agreed.lower, "--"), (agreed.upper, "--")):
            if value is not None:
                axis.axhline(value, color=FOUND, linewidth=1, linestyle=style)
    low, high = axis.get_ylim()
    axis.set_ylim(min(low, -1), max(high, 1))
    axis.set(xlabel=f"mean of true and found, {unit}", ylabel="found - true")
    axis.set_title("Bland-Altman; bias and limits of agreement", fontsize=10)
    axis.grid(alpha=0.3)


def _draw_counts(axis: Any, whole: PairScore) -> None:
    counts = whole.detection
    assert counts is not None
    sums = {"hits": counts.hits, "missed": counts.missed, "extra": counts.extra}
    axis.bar_label(axis.bar(list(sums), list(sums.values()), color=(TRUE, FOUND, EXTRA)))
    axis.set_title("events", fontsize=10)


def _draw_records(axis: Any, scores: Sequence[PairScore]) -> None:
    """Draw sensitivity and predictivity of each record."""
    counts = [each.detection for each in scores if each.detection is not None]
    shares = {
        "sensitivity": [each.sensitivity for each in counts],
        "predictivity": [each.predictivity for each in counts],
    }
    for (name, values), colour, mark in zip(shares.items(), (TRUE, FOUND), "o<", strict=True):
        percents = [np.nan if value is None else 100 * value for value in values]
        axis.plot(percents, range(len(scores)), mark, color=colour, label=name)
    low = axis.get_xlim()[0]
    axis.set(xlabel="%", xlim=(min(low, 98), 100.2), ylim=(len(scores) - 0.5, -0.5))
    axis.set_yticks(range(len(scores)), _names(scores), fontsize=8)
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, ncols=2, loc="lower left", bbox_to_anchor=(0, 1))


def _names(scores: Sequence[PairScore]) -> list[str]:
    return [Path(each.annotations).stem for each in scores]


def _draw_singles(axis: Any, score: PairScore, rules: ScoringRules) -> None:
    """Draw how many events each minute were missed (upward) and extra (downward)."""
    end = (rules.skip + score.seconds) / MINUTE
    edges = np.linspace(rules.skip / MINUTE, end, min(300, max(2, round(end))) + 1)
    for name, sign, colour in (("missed", 1, FOUND), ("extra", -1, EXTRA)):
        counts, _ = np.histogram(score.course[name] / MINUTE, edges)
        label = f"{name}: {counts.sum()}"
        axis.bar(edges[:-1], sign * counts, np.diff(edges), align="edge", color=colour, label=label)
    axis.axhline(0, color="black", linewidth=0.8)
    axis.set(xlabel="minutes from the start", ylabel="missed / extra", xlim=(edges[0], edges[-1]))
    low, high = axis.get_ylim()
    axis.set_ylim(min(low, -1), max(high, 1))
    axis.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))


def _draw_stretches(axis: Any, score: PairScore) -> None:
    """Draw the true stretches above those that were found, over the hours of the record."""
    rows = (("true", "begin", "end", TRUE), ("found", "found_begin", "found_end", FOUND))
    for place, (_, begin, end, colour) in enumerate(reversed(rows)):
        starts = score.course[begin] / 3600
        lengths = score.course[end] / 3600 - starts
        axis.broken_barh(list(zip(starts, lengths, strict=True)), (place - 0.4, 0.8), color=colour)
    axis.set_yticks((0, 1), ("found", "true"))
    axis.set_xlabel("hours from the start")


def _draw_labels(
    figure: Any, scores: Sequence[PairScore], whole: PairScore, rules: ScoringRules
) -> None:
    """Draw the confusion table above the course of the phases, or the kappas of several records."""
    above, below = figure.subfigures(2, 1, height_ratios=(3, 2))
    assert whole.table is not None
    _draw_table(above.subplots(), whole.table)
    axis = below.subplots()
    if len(scores) > 1:
        kappas = [(each.table and each.table.kappa) or 0.0 for each in scores]
        axis.barh(range(len(scores)), kappas, 0.6, color=TRUE)
        axis.set(xlabel="kappa", xlim=(min(0, *kappas), 1), ylim=(len(scores) - 0.5, -0.5))
        axis.set_yticks(range(len(scores)), _names(scores), fontsize=8)
        return
    course, hours = scores[0].course, rules.epoch / 3600
    for name, colour, width in (("true", TRUE, 2.5), ("found", FOUND, 1.0)):
        codes = np.where(course[name] < 0, np.nan, -course[name])
        moments = rules.skip / 3600 + np.arange(len(codes)) * hours
        axis.step(moments, codes, where="post", color=colour, linewidth=width, label=name)
    axis.set_yticks(-np.arange(len(whole.table.labels)), whole.table.labels)
    axis.set_xlabel("hours from the start")
    axis.legend(frameon=False, ncols=2, loc="lower right", bbox_to_anchor=(1, 1))


def _draw_table(axis: Any, table: ConfusionTable) -> None:
    rows = table.counts.sum(axis=1, keepdims=True)
    shares = np.divide(table.counts, rows, out=np.zeros(table.counts.shape), where=rows > 0)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), count in np.ndenumerate(table.counts):
        share = shares[row, column]
        colour = "white" if share > 0.55 else "black"
        text = f"{count}\n{100 * share:.0f} %"
        axis.text(column, row, text, ha="center", va="center", color=colour)
    places = range(len(table.labels))
    axis.set_xticks(places, table.labels)
    axis.set_yticks(places, table.labels)
    kappa = "-" if table.kappa is None else f"{table.kappa:.3f}"
    axis.set(xlabel="found", ylabel="true")
    axis.set_title(f"epochs; kappa {kappa}", fontsize=10)
