"""`hexostore score`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from django.core.management.base import CommandError
from typer import Argument, Option

from apps.sandbox.management.base import Json, StoreCommand, printable
from apps.sandbox.management.options import finite, wrong
from apps.sandbox.simulations import seconds_of
from apps.simulation.scoring import marks, pictures, reports, scores, times
from apps.simulation.scoring.scores import PairScore, ScoringRules
from apps.simulation.scoring.subjects import SUBJECTS
from apps.simulation.scoring.times import ScoringError
from hexostore.cli import USAGE
from hexostore.suggestions import did_you_mean


class Command(StoreCommand):
    help = "Compare beats, breaths, steps, sleep or apnoeas that you found with the ground truth."
    requires_system_checks: list[str] = []

    def handle(
        self,
        files: Annotated[
            list[Path],
            Argument(
                metavar="TRUTH ANNOTATIONS ...",
                help="A ground truth, and what was found in that record; more pairs can follow.",
            ),
        ],
        of: Annotated[
            str, Option("--of", help=f"What is compared: {', '.join(SUBJECTS)}.")
        ] = "beats",
        unit: Annotated[
            str | None,
            Option(
                help=f"The unit of the times: {', '.join(times.UNITS)}, or a rate such as 500Hz "
                "for numbers of samples; otherwise it is guessed."
            ),
        ] = None,
        window: Annotated[
            float | None,
            Option(
                min=1,
                max=10_000,
                callback=finite,
                help="Milliseconds within which an event is found; 150 for beats.",
            ),
        ] = None,
        skip: Annotated[
            str | None,
            Option(help="What of the start is not scored, such as 5m, as EC57 has it for beats."),
        ] = None,
        epoch: Annotated[
            int, Option(min=1, max=3600, help="Seconds of an epoch of sleep.")
        ] = marks.EPOCH,
        png: Annotated[Path | None, Option(help="Draw the comparison to this file.")] = None,
        as_json: Json = False,
    ) -> None:
        rules = _make_rules(of, window, skip, epoch)
        _require_fitting(files, unit, png)
        try:
            found = [
                _score_files(truth, annotations, unit, rules)
                for truth, annotations in zip(files[::2], files[1::2], strict=True)
            ]
            told = (
                json.dumps(reports.scores_as_json(found, rules))
                if as_json
                else "\n".join(reports.scores_as_text(found, rules))
            )
            if png is not None:
                pictures.draw_scores(found, rules, png)
        except (ScoringError, pictures.PlotsMissing) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{png}: {error.strerror}") from error
        self.stdout.write(printable(told))


def _make_rules(of: str, window: float | None, skip: str | None, epoch: int) -> ScoringRules:
    subject = SUBJECTS.get(of)
    if subject is None:
        known = f"there is no {of!r}; choose from {', '.join(SUBJECTS)}."
        raise wrong("--of", known + did_you_mean(of, SUBJECTS))
    if window is not None and not subject.window:
        raise wrong("--window", f"{of} have none.")
    try:
        skipped = seconds_of(skip) if skip else 0
    except ValueError as error:
        raise wrong("--skip", str(error)) from error
    return ScoringRules(subject, None if window is None else window / 1000, skipped, epoch)


def _require_fitting(files: list[Path], unit: str | None, png: Path | None) -> None:
    """Refuse what cannot be read together, before any file is opened."""
    if len(files) % 2:
        text = "Give files in pairs: a ground truth, then what was found in that record."
        raise CommandError(text, returncode=USAGE)
    if unit is not None:
        try:
            times.explain_unit(unit)
        except ScoringError as error:
            raise wrong("--unit", f"{error}.") from error
    if png is not None and not png.parent.is_dir():
        raise wrong("--png", f"there is no folder {png.parent}")


def _score_files(
    truth: Path, annotations: Path, unit: str | None, rules: ScoringRules
) -> PairScore:
    known = marks.read_truth(truth)
    found = marks.read_marks(annotations, rules.subject, known.place, unit)
    return scores.score_pair(known, found, str(annotations), rules)
