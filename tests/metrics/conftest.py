"""People and records with known samples, of which metrics are asked."""

from __future__ import annotations

from tests.signals.conftest import athlete, datatypes, outsider, record, staff

__all__ = ["athlete", "datatypes", "outsider", "record", "staff"]
