"""The members of info.json, and the columns of statistics.csv, that are written and read."""

from __future__ import annotations

START, TIMESTAMP, REQUEST, ALGO = "start", "timestamp", "request", "algo"
"""The start in ticks and in seconds, the path that was asked for, and versions of algorithms."""

OLD_START = "start_timestamp"
"""What files of before call the start in ticks."""

FIRST_TICK, LAST_TICK = "start", "end"
"""The columns that tell when the record starts and ends, in ticks."""

FIRST_COLUMNS = ("uri", "start_date", FIRST_TICK, LAST_TICK)
"""The columns that are no metrics."""

NO_UNIT = "na"
"""The unit of these columns; some files have it for a value that is not there."""
