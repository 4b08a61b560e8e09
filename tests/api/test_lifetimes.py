"""A filter or an order is there in the versions that have its field; exceptions come later."""

from __future__ import annotations

from apps.api.fields import Integer
from apps.api.resources import Resource
from apps.api.versions import Version


class Horse(Resource):
    name = "horse"
    fields = {
        "age": Integer(),
        "height": Integer(since=Version.V4_0),
        "shoes": Integer(until=Version.V3_3),
    }
    filtering = {"height": ["exact"], "search": ["exact"], "shoes": ["exact"]}
    filtering_since = {Version.V4_0: {"age": ["exact"]}}
    ordering = ("height", "pedigree", "shoes")
    ordering_since = {Version.V4_0: ("age",)}


def test_filters_live_as_long_as_their_fields() -> None:
    assert Horse.filtering_in(Version.V3_3).keys() == {"search", "shoes"}
    assert Horse.filtering_in(Version.V4_0).keys() == {"age", "height", "search"}


def test_orders_live_as_long_as_their_fields() -> None:
    assert Horse.ordering_in(Version.V3_3) == ("pedigree", "shoes")
    assert Horse.ordering_in(Version.V4_0) == ("height", "pedigree", "age")
