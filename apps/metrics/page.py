"""The page that lists every metric as it is computed: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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

**Zero means no data.** A sample of 0 of a channel of one sample a second counts in no mean,
minimum, maximum, sum or histogram. A channel of zeros has no value: null in JSON, an empty cell in
`statistics.csv`. Samples and events belong to a time if they stand after its start and not after
its end.

How sure a definition is: **proven** means that it gives, to 13 digits or more, what the service
published for recorded data which are public too. Ids from 9000 on, and 304, are ours.

"""

_SAMPLES = """\
Averages are those of all samples of all records in the time; time that two records have counts
once.
"""
_HISTOGRAMS = """\
The value is a list of ten middles of bins and a list of ten counts.
"""
_ENERGY = """\
The power at a heart rate is Mifflin's at rest, Keytel's from 0.6 of the highest heart rate on, and
rises evenly in between, unrounded. Sex, date of birth, weight and height come from the profile;
without them the value is null. Heart rate at rest, highest heart rate and VO2max do too, else they
are 70, 220 less the age, and 40.
"""
_VARIABILITY = """\
For ranges of the activity types 8, 12 and 106, and for records, once their status is `complete`. A
range shorter than 300 s or with 128 valid beat intervals or fewer has -1, a record of that kind
null. Windows with fewer than 128 valid intervals are left out.
"""

SECTIONS: tuple[tuple[str, str, Sequence[Definition]], ...] = (
    ("Samples and events", _SAMPLES, SAMPLES),
    ("Histograms", _HISTOGRAMS, HISTOGRAMS),
    ("Energy", _ENERGY, ENERGIES),
    ("Heart rate variability", _VARIABILITY, VARIABILITY),
    ("Sleep", "For ranges of the activity type 12 on complete records; else null.\n", NIGHTS),
    ("Fitness tests", "For ranges with the training routine of a test; else null.\n", TESTS),
    ("Tracks", "These need GPS.\n", TRACKS),
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
