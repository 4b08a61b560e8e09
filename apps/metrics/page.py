"""The page that lists every metric as it is computed: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from apps.metrics.courses import LEAST_CLIMB, MOVING
from apps.metrics.definition import Definition
from apps.metrics.definitions import (
    ENERGIES,
    HISTOGRAMS,
    NIGHTS,
    SAMPLES,
    TESTS,
    TRACKS,
    VARIABILITY,
)

HEAD = """\
# Metrics

Every metric of the catalogue, as it is computed. `./bin/docs metrics` writes this page from the
declarations in `apps/metrics/definitions.py`; [the contract](contract/metrics.md) has what is known
of the real service.

Ask for metrics by id, in a record or range ([Processing](processing.md)) or over several of them
([Reports](reports.md)):

```sh
curl -s -u athlete@example.com:athlete \\
    'http://127.0.0.1:8000/api/record/37700/?include_metrics=1,44'
```

**Zero means no data.** In channels with one sample per second, samples of 0 are left out of every
mean, minimum, maximum, sum and histogram. If a channel has only zeros, the metric has no value:
null in JSON, an empty cell in `statistics.csv`. A sample or event belongs to a period if it is
after its start and not after its end.

Energy, volumes adjusted to weight, heart rate variability and sleep are null for several people
together.

Volumes and ventilation are in L and L/min here, but in mL and mL/min in `data`.

The column *zones* has the limits of the zones. Those of the mean heart rate (44) are an example:
the zones in the person's profile replace them, or else shares of the person's highest heart rate.

The column *from* names the public source of the definition: downloads of real records, responses of
the service in 2014, the support pages, PhysioNet's toolkit for heart rate variability, or the API
reference. *Ours* means that there is none.

The column *confidence* says how sure the definition is:

- **proven**: it gives, to 13 digits or more, values that the service published for recorded data
  which are public too.
- **high**: public sources say clearly what the metric is, but its values could not be checked in
  this way.
- **medium**: public sources leave a part open.
- **low**: the definition is mostly our choice.

The ids from 9001 on are ours, because these metrics are documented without ids. So is 304.

"""

_SAMPLES = """\
Means are taken over all samples of all records in the period. Time that two records of one person
share counts once.
"""
_HISTOGRAMS = """\
The value is a list of ten middles of bins and a list of ten counts.
"""
_ENERGY = """\
Each heart rate stands for a power: at rest by the formula of Mifflin, from 0.6 of the highest heart
rate on by that of Keytel, and on a straight line in between. Nothing is rounded. Sex, date of
birth, weight and height come from the profile; without them the value is null. Heart rate at rest,
highest heart rate and VO2max also come from there. If they are missing, they are 70, 220 less the
age, and 40.
"""
_VARIABILITY = """\
For ranges of the activity types 8, 12 and 106, and for records, once their status is `complete`;
otherwise null. A range needs at least 300 s and more than 128 valid beat intervals; with less, its
value is -1. A record with too few of them has null. RMSSD needs only two valid intervals. A window
of 300 s needs at least 128 valid intervals, and is left out if it has fewer.
"""
_SLEEP = """\
For ranges of the activity type 12 whose records are complete; otherwise null.
"""
_TRACKS = f"""\
For ranges and records in whose time there is a track; otherwise null. The tracks of the range
itself count; where it has none, those of its records; where they have none either, all tracks of
the user in that time. A range with a track has these metrics by default. Time that two tracks of
one person share counts once.

A leg goes from a point to the next. If only a part of its time lies in the period, this part
counts, so that laps and days add up. The speed of a leg is that of the point at its end, or else
its length by its time. From {MOVING} m/s on somebody moves. Changes of height count from
{LEAST_CLIMB:g} m on.
"""

SECTIONS: tuple[tuple[str, str, Sequence[Definition]], ...] = (
    ("Samples and events", _SAMPLES, SAMPLES),
    ("Histograms", _HISTOGRAMS, HISTOGRAMS),
    ("Energy", _ENERGY, ENERGIES),
    ("Heart rate variability", _VARIABILITY, VARIABILITY),
    ("Sleep", _SLEEP, NIGHTS),
    ("Fitness tests", "For ranges with the training routine of a test; otherwise null.\n", TESTS),
    ("Tracks", _TRACKS, TRACKS),
)


def page(metrics: Iterable[Mapping[str, Any]], units: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text, given the rows of the catalogue of metrics, and those of units by key."""
    rows = {row["id"]: row for row in metrics}
    sections = []
    for title, text, definitions in SECTIONS:
        lines = [_line(each, rows[each.id], units) for each in definitions]
        sections.append("\n".join([f"## {title}", "", text, *_TABLE, *lines, ""]))
    return HEAD + "\n".join(sections)


_TABLE = (
    "| id | name | definition | unit | zones | from | confidence |",
    "|---|---|---|---|---|---|---|",
)


def _line(
    definition: Definition, row: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]]
) -> str:
    zones = ", ".join(map(str, row["zones"]))
    cells = (
        definition.id,
        f"`{definition.name}`",
        definition.describe(),
        units[row["unit"]]["si_short"],
        zones,
        definition.source,
        definition.confidence.value,
    )
    return f"|{'|'.join(f' {cell} ' if cell else ' ' for cell in map(str, cells))}|"
