"""What is said of scores, to people and to programs, and what is drawn."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apps.simulation.scoring import pictures
from apps.simulation.scoring.marks import MarkSeries
from apps.simulation.scoring.reports import scores_as_json, scores_as_text
from apps.simulation.scoring.scores import PairScore, ScoringRules
from apps.simulation.scoring.subjects import SUBJECTS
from tests.simulation.scoring.test_scores import (
    APNOEAS,
    BEATS,
    PHASES,
    beating,
    labelled,
    moments,
    pausing,
    score,
    sleeping,
    stretches,
)


def some_beats() -> list[PairScore]:
    true = np.arange(0, 180, 1.0).tolist()
    return [
        score(beating(*true, lasting=180), moments(*(each + 0.0625 for each in true[:-3]), 200)),
        score(beating(*true, kinds="V" * 180, lasting=180), moments(*true, labels="V" * 180)),
    ]


def some_apnoeas() -> list[PairScore]:
    truth = pausing((100, 120, "central"), (200, 230, "mixed"))
    return [score(truth, stretches((101, 118), (400, 410)), APNOEAS)]


def some_phases(word: str = "NREM") -> list[PairScore]:
    truth = sleeping((6, 20), (2, 60), (5, 20))
    return [score(truth, labelled(("wake", 0, 900), (word, 900, 2900)), PHASES)]


def test_text_of_beats() -> None:
    lines = scores_as_text(some_beats(), BEATS)
    assert lines[0] == "beats, within 150 ms"
    assert [line.split() for line in lines[1:6]] == [
        ["true", "found", "hits", "missed", "extra", "Se", "%", "+P", "%", "F1", "%"],
        ["found.csv", "180", "177", "177", "3", "0", "98.33", "100.00", "99.16"],
        ["found.csv", "180", "180", "180", "0", "0", "100.00", "100.00", "100.00"],
        ["V", "180", "180", "180", "0", "0", "100.00", "100.00", "100.00"],
        ["gross", "360", "357", "357", "3", "0", "99.17", "100.00", "99.58"],
    ]
    assert lines[7].split() == ["average", "99.17", "100.00", "99.58"]
    assert lines[8] == (
        "error of time in ms, found - true: mean 31.0, SD 31.3, median 0.0, half from 0.0 to 62.5, "
        "95 % from 0.0 to 62.5"
    )
    assert lines[9].startswith("beats a minute, found - true: bias 0.00, SD 0.00, limits of")
    assert lines[10] == "found.csv: 1 outside of the scored time do not count"
    assert len(lines) == 11


def test_text_of_one_record_has_no_sums() -> None:
    lines = scores_as_text(some_beats()[:1], BEATS)
    assert not [line for line in lines if line.startswith(("gross", "average"))]


def test_text_of_nothing() -> None:
    later = ScoringRules(SUBJECTS["beats"], skip=2)
    lines = scores_as_text([score(beating(1), moments(), later)], later)
    assert lines[0] == "beats, within 150 ms, without the first 2 s"
    assert lines[2].split() == ["found.csv", *"00000", "-", "-", "-"]
    assert lines[3:] == ["error of time: nothing to compare", "beats a minute: nothing to compare"]


def test_text_of_a_guess() -> None:
    found = MarkSeries(np.array([1.0]), unit="timestamps", guessed=True)
    lines = scores_as_text([score(beating(1), found)], BEATS)
    assert lines[-1] == (
        "found.csv: times were taken for HexoTimestamps; if they are not, give --unit"
    )


def test_text_of_apnoeas() -> None:
    lines = scores_as_text(some_apnoeas(), APNOEAS)
    assert lines[0] == "apnoeas, found where they overlap"
    assert lines[2].split() == ["found.csv", "2", "2", "1", "1", "1", "50.00", "50.00", "50.00"]
    assert [line.partition(":")[2] for line in lines[3:6]] == [
        f" mean {each}, median {each}, half from {each} to {each}, 95 % from {each} to {each}"
        for each in ("1.0", "-2.0", "-3.0")
    ]
    assert lines[6] == "apnoeas an hour of sleep, found - true: bias 0.00 (1 compared)"


def test_text_of_phases() -> None:
    lines = scores_as_text(some_phases(), PHASES)
    assert lines[0] == "phases, in epochs of 30 s"
    assert lines[2].split() == ["found.csv", "97", "72.16", "0.453"]
    assert [line.split() for line in lines[4:8]] == [
        ["true,", "found", "wake", "NREM", "REM", "Se", "%", "+P", "%"],
        ["wake", "20", "0", "0", "100.00", "66.67"],
        ["NREM", "10", "50", "0", "83.33", "74.63"],
        ["REM", "0", "17", "0", "0.00", "-"],
    ]
    assert lines[8] == "found.csv: 3 epochs without a label do not count"
    twice = scores_as_text(some_phases() * 2, PHASES)
    assert twice[4].split()[0] == "gross"
    assert twice[5].split() == ["average", "72.16", "0.453"]


def test_json_is_plain_and_complete() -> None:
    told = json.loads(json.dumps(scores_as_json(some_beats(), BEATS), allow_nan=False))
    assert told["window"] == 0.15
    assert told["average"] == {"sensitivity": 0.991667, "predictivity": 1, "f1": 0.995798}
    first, second = told["records"]
    assert first["at"] == {"missed": [177, 178, 179], "extra": []}
    assert first["errors"]["time"]["mean"] == 0.0625
    assert second["kinds"]["V"]["sensitivity"] == 1
    assert told["gross"]["rates"]["count"] == 6
    phases = scores_as_json(some_phases(), PHASES)
    assert phases["gross"]["confusion"]["counts"] == [[20, 0, 0], [10, 50, 0], [0, 17, 0]]
    assert phases["gross"]["confusion"]["labelled"]["REM"]["sensitivity"] == 0
    empty = scores_as_json([score(beating(), moments())], BEATS)
    assert empty["gross"]["errors"]["time"] is None
    assert empty["gross"]["rates"] is None


@pytest.mark.parametrize(
    ("scores", "rules"),
    [
        (some_beats(), BEATS),
        (some_beats()[:1], BEATS),
        ([score(beating(1), moments())], BEATS),
        (some_apnoeas(), APNOEAS),
        (some_apnoeas() * 2, APNOEAS),
        ([score(pausing(), stretches(), APNOEAS)], APNOEAS),
        (some_phases(), PHASES),
        (some_phases("sleep"), PHASES),
        (some_phases() * 5, PHASES),
    ],
)
def test_pictures(scores: list[PairScore], rules: ScoringRules, tmp_path: Path) -> None:
    """Something is drawn in each of the four quarters."""
    file = tmp_path / "score.png"
    pictures.draw_scores(scores, rules, file)
    with Image.open(file) as drawn:
        assert drawn.format == "PNG"
        ink = np.asarray(drawn.convert("L")) < 128
    high, wide = ink.shape[0] // 2, ink.shape[1] // 2
    for part in (ink[:high, :wide], ink[:high, wide:], ink[high:, :wide], ink[high:, wide:]):
        assert part.sum() > 300


def test_exact_hits_are_seen(tmp_path: Path) -> None:
    """Their bar is as wide as others, and the line at 0 does not hide it."""
    true = np.arange(0, 180, 1.0).tolist()
    exact = [score(beating(*true, lasting=180), moments(*true))]
    pictures.draw_scores(exact, BEATS, tmp_path / "score.png")
    with Image.open(tmp_path / "score.png") as drawn:
        pixels = np.asarray(drawn.convert("RGB")).astype(int)
    left = pixels[: pixels.shape[0] // 2, : pixels.shape[1] // 2]
    assert (left[..., 2] - left[..., 0] > 80).sum() > 1000


def test_pictures_need_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(pictures.PlotsMissing, match=r"install hexostore\[plots\]"):
        pictures.draw_scores(some_beats(), BEATS, tmp_path / "score.png")
