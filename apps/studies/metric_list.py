"""The field of a report that names metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.api.errors import InvalidFields
from apps.api.fields import JSON, Column, Reader
from apps.api.relations import SENT_URI
from apps.catalog.models import Metric
from apps.metrics.shapes import HISTOGRAM

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context
    from apps.api.resources import Resource

MOST_METRICS = 50
_TARGET = "metric"
_LARGEST_KEY = 2**31 - 1


class MetricList(JSON):
    """Metrics by their URIs, or ids, in an order of their own. Each counts once."""

    def bind(self, resource: type[Resource], name: str) -> None:
        super().bind(resource, name)
        self.owner = resource.name

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/{_TARGET}/"
        return Reader(
            (f"{prefix}{self.attribute}",), lambda keys: [f"{start}{key}/" for key in keys]
        )

    def convert(self, value: JSONValue, column: Column) -> JSONValue:
        if not isinstance(value, list):
            raise self._refusal("Expected a list of metrics.")
        if len(value) > MOST_METRICS:
            raise self._refusal(f"Expected at most {MOST_METRICS} metrics.")
        keys = list(dict.fromkeys(map(self._key, value)))
        types = dict(Metric.objects.filter(pk__in=keys).values_list("pk", "type"))
        for key in keys:
            if key not in types:
                raise self._refusal(f"There is no metric {key}.")
            if types[key] == HISTOGRAM:
                raise self._refusal(f"Metric {key} is a histogram, which has no mean.")
        found: list[JSONValue] = [*keys]
        return found

    def _key(self, item: JSONValue) -> int:
        found = SENT_URI.fullmatch(item) if isinstance(item, str) else None
        if found and found["name"] == _TARGET:
            item = found["key"]
        if isinstance(item, str) and item.isascii() and item.isdecimal() and len(item) < 11:
            item = int(item)
        if isinstance(item, bool) or not isinstance(item, int) or not 0 < item <= _LARGEST_KEY:
            raise self._refusal("Expected the URIs or ids of metrics, such as /api/metric/44/.")
        return item

    def _refusal(self, text: str) -> InvalidFields:
        return InvalidFields(self.owner, {self.name: [text]})
