"""Facts about datatypes that no store changes: `facts` of `fixtures/catalog/datatype.json`.

They are read from the file once in a process and never stored: some are needed before there is a
database, as the names of endpoints, and none costs a statement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

FILE: Path = settings.BASE_DIR / "fixtures" / "catalog" / "datatype.json"


@dataclass(frozen=True, kw_only=True)
class DatatypeFacts:
    """What the file tells of one datatype besides the columns of its row."""

    endpoint: str = ""
    """The name of the endpoint of this kind of data, which others may share."""

    endpoint_since: str = ""
    """The version that first lists the endpoint, such as `4.0.x`; empty for the oldest."""

    comes_by_sync: bool = False
    """Whether every garment records it and only a sync brings it (behaviour 3.1: raw signals are
    not there in real time)."""

    computed_by: str = ""
    """Who makes it of raw signals: DEVICE, ASTROSKIN, SERVICE or none."""

    csv_place: int | None = None
    """Its place among the columns that a table begins with, from 0."""

    edf_place: int | None = None
    """Its place among the signals of an EDF file that was asked for without `datatype`, from 0."""

    is_framed: bool = False
    """Whether a CSV file of its events begins and ends with a line without a value (wire 5.4)."""

    old_file_name: str = ""
    """What its file is called in downloads of 2014 and 2015, as the official decoder takes it."""

    demo: str = ""
    """Which records of the demo world have it: EVERY_RECORD, SHOWN_RECORDS or none."""


DEVICE, ASTROSKIN, SERVICE = "device", "astroskin", "service"
"""Of `computed_by`: any device while it records, only an Astroskin, the service after the sync."""

EVERY_RECORD, SHOWN_RECORDS = "every record", "shown records"
"""Of `demo`; the second: those that the documents print from, and the newest."""


@cache
def by_dataid() -> Mapping[int, DatatypeFacts]:
    """Return the facts of each datatype of the file, by its id, in the order of ids.

    Raise TypeError for a fact that is none of DatatypeFacts.
    """
    rows = json.loads(FILE.read_text())["datatype"].values()
    found = {row["dataid"]: DatatypeFacts(**row.get("facts", {})) for row in rows}
    return dict(sorted(found.items()))


def coming_by_sync() -> tuple[int, ...]:
    """Return the ids of what only a sync brings."""
    return tuple(dataid for dataid, facts in by_dataid().items() if facts.comes_by_sync)


def computed_by(whom: str) -> tuple[int, ...]:
    """Return the ids of what they make of raw signals."""
    return tuple(dataid for dataid, facts in by_dataid().items() if facts.computed_by == whom)


def framed() -> frozenset[int]:
    """Return the ids of what has a line without a value at both ends of a CSV file."""
    return frozenset(dataid for dataid, facts in by_dataid().items() if facts.is_framed)


def first_in_csv() -> tuple[int, ...]:
    """Return the ids of the columns that a table begins with, in their order."""
    return _in_order({dataid: facts.csv_place for dataid, facts in by_dataid().items()})


def first_in_edf() -> tuple[int, ...]:
    """Return the ids of the signals that have places in an EDF file, in their order."""
    return _in_order({dataid: facts.edf_place for dataid, facts in by_dataid().items()})


def _in_order(places: Mapping[int, int | None]) -> tuple[int, ...]:
    found = {place: dataid for dataid, place in places.items() if place is not None}
    return tuple(found[place] for place in sorted(found))


def old_file_names() -> dict[str, int]:
    """Return ids by the names that files of old downloads have."""
    found = by_dataid().items()
    return {facts.old_file_name: dataid for dataid, facts in found if facts.old_file_name}


def in_demo(which: str) -> tuple[int, ...]:
    """Return the ids of what those records of the demo world have."""
    return tuple(dataid for dataid, facts in by_dataid().items() if facts.demo == which)
