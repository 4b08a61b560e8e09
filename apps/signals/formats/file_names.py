"""What files and folders of downloads are called."""

from __future__ import annotations

from apps.signals.formats.text_forms import TextForm

RECORD = TextForm("record_{record}", {"record": r"\d+"})
"""A folder of one record, and a file that holds one."""

RANGE = "range_"
"""What the name of a folder of a range begins with."""

INFO, STATISTICS = "info.json", "statistics.csv"

WAV, HXD, EDF, CSV = ".wav", ".hxd", ".edf", ".csv"


def record_name(record: int) -> str:
    """Return what a folder or file of that record is called, without an ending."""
    return RECORD.write(record=record)


def named_record(name: str) -> str | None:
    """Return the digits of the record that such a name tells."""
    found = RECORD.read(name)
    return found["record"] if found else None
