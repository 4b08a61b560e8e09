"""Columns that hold moments as ticks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models

from hexostore import hexotime

EARLIEST, LATEST = -15_906_712_780_800, 64_870_989_004_799
"""The ticks of the years 1 to 9999, which date texts can express."""

MOST_MEASURED = 1_000_000
"""The greatest altitude in m, speed in m/s, course in degrees and accuracy in m of a point."""


class TickMoment(models.DateTimeField[Any, Any]):
    """A moment as ticks of 1/256 s since 1970, UTC; filters compare it with date texts."""

    def db_type(self, connection: object) -> str:
        return "bigint"

    def from_db_value(self, value: int | None, *_: object) -> datetime | None:
        return None if value is None else hexotime.to_datetime(value)

    def get_prep_value(self, value: datetime | int | str | None) -> int | None:
        moment = self.to_python(value) if isinstance(value, str) else value
        return hexotime.from_datetime(moment) if isinstance(moment, datetime) else moment

    def get_db_prep_value(
        self, value: datetime | int | None, connection: object, prepared: bool = False
    ) -> int | None:
        return self.get_prep_value(value)
