"""Columns that hold moments as ticks."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from hexostore import hexotime

LEAST, MOST = -(2**63), 2**63 - 1


class TickMoment(models.DateTimeField[Any, Any]):
    """A moment as ticks of 1/256 s since 1970, UTC; filters compare it with date texts."""

    def db_type(self, connection: Any) -> str:
        return "bigint"

    def to_python(self, value: Any) -> Any:
        """Return the datetime of a date text; ticks stay as they are."""
        return value if isinstance(value, int) else super().to_python(value)

    def get_prep_value(self, value: Any) -> int | None:
        return hexotime.from_datetime(value) if isinstance(value, datetime) else value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> int | None:
        return self.get_prep_value(value)


class TickNumber(TickMoment):
    """The same moment where filters compare it with a number of ticks."""

    def to_python(self, value: Any) -> int:
        """Return the ticks of a text; a fraction is cut, and what no column holds is brought to
        the nearest number that it does. Raise ValidationError for what is no number."""
        try:
            number = int(value) if str(value).lstrip("+-").isdecimal() else math.trunc(float(value))
        except (ValueError, OverflowError):
            raise ValidationError("A 'timestamp' is a number of ticks.") from None
        return max(LEAST, min(MOST, number))
