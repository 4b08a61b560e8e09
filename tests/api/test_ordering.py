"""Ordering: Tastypie section 6, and comma-separated lists (Tastypie section 19)."""

from __future__ import annotations

import pytest

from apps.records.models import Device, Range, Record
from tests.api.asking import ask, got, ids, refused
from tests.people import Caller, Cast

NOT_A_FIELD = "No matching '{}' field for ordering on."


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(query, found, marks=pytest.mark.rule(rule), id=query)
        for rule, query, found in [
            ("T90", "order_by=start", [101, 102, 103]),
            ("T90", "order_by=-start", [103, 102, 101]),
            ("T91", "order_by=user&order_by=-id", [103, 102, 101]),
            ("T96", "order_by=device", [103, 101, 102]),
            ("T96", "order_by=-device", [102, 101, 103]),
            ("T96", "order_by=user__username&order_by=-start", [103, 102, 101]),
            ("T100", "sort_by=-id", [103, 102, 101]),
            ("T100", "sort_by=-id&order_by=id", [101, 102, 103]),
            ("T101", "order_by=end", [103, 101, 102]),
            ("T101", "order_by=-end", [102, 101, 103]),
            ("T92", "order_by=user,-id", [103, 102, 101]),
            ("Tastypie 19", "order_by=user,-start&order_by=id", [103, 102, 101]),
        ]
    ],
)
def test_orders_of_records(me: Caller, query: str, found: list[int]) -> None:
    assert ids(me, f"/api/record/?{query}") == found


@pytest.mark.rule("T93")
@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nope", "nope"),
        ("-nope", "nope"),
        ("", ""),
        ("-", ""),
        ("--start", "-start"),
        ("%2Bstart", "+start"),
        ("%20start", " start"),
        ("pk", "pk"),
        ("?", "?"),
        ("Start", "Start"),
        ("user_id", "user_id"),
        ("id&order_by=nope", "nope"),
        ("id,nope", "nope"),
        ("start,", ""),
        ("%00", "\0"),
        ("<", "&lt;"),
    ],
)
def test_what_is_no_field(me: Caller, text: str, named: str) -> None:
    assert refused(me, f"/api/record/?order_by={text}") == NOT_A_FIELD.format(named)


@pytest.mark.rule("T94")
@pytest.mark.parametrize(
    ("name", "field"), [("record", "status"), ("record", "-dev_id"), ("datatype", "name")]
)
def test_a_field_that_is_not_listed(me: Caller, name: str, field: str) -> None:
    text = f"The '{field.lstrip('-')}' field does not allow ordering."
    assert refused(me, f"/api/{name}/?order_by={field}") == text


@pytest.mark.rule("T98", "T99", "Tastypie 18")
@pytest.mark.parametrize(
    "text",
    [
        "user__password",
        "user__-username",
        "user__nope",
        "start__nope",
        "user__profile__nope",
        "id__",
    ],
)
def test_walks_see_only_what_the_other_resource_shows(me: Caller, text: str) -> None:
    assert refused(me, f"/api/record/?order_by={text}") == NOT_A_FIELD.format(text)


@pytest.mark.rule("T97")
def test_a_relation_orders_by_the_other_key(me: Caller) -> None:
    Device.objects.filter(pk=11).update(deviceid="Z")
    assert ids(me, "/api/record/?order_by=device&end__gt=0") == [101, 102]
    assert ids(me, "/api/range/?order_by=-trainingroutine")[0] == 202


@pytest.mark.rule("T102", "wire row 42")
def test_documents_show_the_newest_record_first(me: Caller) -> None:
    assert ids(me, "/api/record/") == [103, 102, 101]
    assert ids(me, "/api/range/") == [203, 202, 201]
    assert [row["dataid"] for row in got(me, "/api/datatype/")["objects"]] == [4096, 19]


@pytest.mark.rule("T102")
@pytest.mark.usefixtures("stock")
def test_stock_lists_are_in_the_order_of_their_keys(me: Caller) -> None:
    assert ids(me, "/api/record/") == [101, 102, 103]
    assert ids(me, "/api/range/") == [201, 202, 203]


@pytest.mark.rule("T95", "Tastypie 19")
def test_the_computed_duration_can_be_ordered_by(me: Caller) -> None:
    Range.objects.filter(pk=203).update(end=9004 * 256)
    assert ids(me, "/api/range/?order_by=duration") == [202, 203, 201]
    assert ids(me, "/api/range/?order_by=-duration") == [201, 203, 202]


@pytest.mark.rule("T8")
def test_ordering_means_nothing_to_a_detail(me: Caller) -> None:
    assert ask(me, "GET", "/api/record/101/?order_by=nope").status_code == 200


def test_last_used_is_the_callers_own(me: Caller, cast: Cast) -> None:
    Range.objects.create(user=cast.outsider.user, start=10**12, trainingroutine_id=402)
    assert ids(me, "/api/trainingroutine/?order_by=-last_used") == [401, 402]
    assert Record.objects.filter(user=me.user).count() == 3
