"""The column of metrics that came with a range, which are written by seeds and imports only."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models


def require_metrics(value: object) -> None:
    """Raise ValidationError for anything but a list of objects with `metric`, a number, `value`,
    and perhaps a list of `zones`."""
    if not isinstance(value, list) or not all(map(_is_metric, value)):
        raise ValidationError(
            'must be a list of objects such as {"metric": 44, "value": 71, "zones": []}.'
        )


def _is_metric(each: object) -> bool:
    if not isinstance(each, dict) or not each.keys() <= {"metric", "value", "zones"}:
        return False
    value, metric = each.get("value"), each.get("metric")
    is_value = value is None or (isinstance(value, Real) and not isinstance(value, bool))
    is_known = type(metric) is int and "value" in each
    return is_known and is_value and isinstance(each.get("zones", []), list)


class GivenMetrics(models.JSONField):
    """The column, which the database sees as any other JSON."""

    default_validators = [require_metrics]

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
