"""The fields of info.json and the columns of statistics.csv that are written and read."""

from __future__ import annotations

START, TIMESTAMP, REQUEST, ALGO = "start", "timestamp", "request", "algo"
"""The start in ticks and in seconds, the requested path, and the versions of algorithms."""

OLD_START = "start_timestamp"
"""The start in ticks in older files."""

FIRST_TICK, LAST_TICK = "start", "end"
"""The columns with the start and the end of the record, in ticks."""

FIRST_COLUMNS = ("uri", "start_date", FIRST_TICK, LAST_TICK)
"""The columns that are not metrics."""

NO_UNIT = "na"
"""The unit of these columns. Some files write it in place of a missing value."""
