"""What really happened in a simulated record: beats, breaths and steps in a window, and all pauses
of breath and thresholds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

import numpy as np
import orjson
from django.db import connection

from apps.console.explore.windows import Drawn, SeenTime, draw_events
from apps.records.models import Record

PATHS = {
    "beats": "$.beats.ticks[*]",
    "inspirations": "$.breaths.inspirations[*]",
    "expirations": "$.breaths.expirations[*]",
    "steps": "$.steps[*]",
}
"""Where each kind of event is in the ground truth (apps/simulation/truth.py)."""

MARKS = {
    "ECG_": ("beats",),
    "respiration_": ("inspirations", "expirations"),
    "acceleration_": ("steps",),
}
"""On which channels each kind is marked, by how their names begin."""

_WITHIN = "jsonb_path_query_array(document, '{} ? (@ >= $from && @ < $to)', %s::jsonb)"


def draw_truths(
    record: int, names: Collection[str], window: SeenTime, start: int
) -> Iterator[tuple[str, Drawn]]:
    """Yield the true events of each name in a window, by one statement that reads no others.

    Nothing of a record that was not simulated or still grows.
    """
    asked = [name for name in PATHS if name in names]
    if not asked:
        return
    limits = orjson.dumps({"from": window.lower - start, "to": window.upper - start}).decode()
    columns = ", ".join(_WITHIN.format(PATHS[name]) for name in asked)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM simulation_truth "  # noqa: S608 - made of texts of ours
            "WHERE record_id = %s AND document IS NOT NULL",
            [*[limits] * len(asked), record],
        )
        row = cursor.fetchone()
    for name, found in zip(asked, row or (), strict=False):
        ticks = np.array(orjson.loads(found), np.int64)
        if len(ticks):
            yield name, draw_events(ticks, np.ones(len(ticks), np.int8), window)


def find_true_stretches(record: int) -> list[tuple[int, int, str]]:
    """Return begin, end and name of each pause of breath, and of the effort above each threshold.

    Times are ticks from the start of the record. Nothing of a record that still grows.
    """
    thresholds = {f"truth__document__exercise__{name}__tick": name for name in ("vt1", "vt2")}
    columns = "truth__document__apnoeas", *thresholds, "truth__document__exercise__peak__tick"
    row = Record.objects.filter(pk=record).values_list(*columns).first()
    pauses, *reached = row or (None,)
    found = [(each["start"], each["stop"], each["kind"]) for each in pauses or ()]
    for name, (begin, end) in zip(thresholds.values(), pairwise(reached), strict=False):
        if begin is not None:
            found.append((begin, begin if end is None else end, f"above {name.upper()}"))
    return found
