"""The names of files and folders in downloads."""

from __future__ import annotations

from apps.signals.formats.text_forms import TextForm

RECORD = TextForm("record_{record}", {"record": r"\d+"})
"""A folder or file of one record."""

RANGE = "range_"
"""The beginning of the name of a range's folder."""

INFO, STATISTICS = "info.json", "statistics.csv"

WAV, HXD, EDF, CSV = ".wav", ".hxd", ".edf", ".csv"


def record_name(record: int) -> str:
    """Return the name of a folder or file of that record, without a suffix."""
    return RECORD.write(record=record)


def named_record(name: str) -> str | None:
    """Return the digits of the record in such a name."""
    found = RECORD.read(name)
    return found["record"] if found else None
