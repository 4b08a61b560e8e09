"""Filtering: Tastypie section 5, and where the real API departs from it (Tastypie section 19)."""

from __future__ import annotations

import pytest

from apps.records.models import Range
from tests.api.asking import MISMATCH, ask, got, ids, refused
from tests.api.world import SERIALS
from tests.people import Caller

ALL = [101, 102, 103]
RECORD, RANGE = "/api/record/?order_by=id&", "/api/range/?order_by=id&"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(query, found, marks=pytest.mark.rule(*rules.split()), id=query)
        for rules, query, found in [
            ("T56", "start=256000", [101]),
            ("T56", "start__exact=256000", [101]),
            ("T56", "start=%20256000", [101]),
            ("T56", "start__gt=256000", [102, 103]),
            ("T56", "start__gte=256000&start__lt=1280000", [101, 102]),
            ("T56", "end__lte=512000", [101]),
            ("T57", "foo=1&foo__bar=1&pk=1&user_id=1&__id=1&ID=1&=1", ALL),
            ("T57", "startTimestamp__gte=347631277170", ALL),
            ("T61", "id=101&id=102", [102]),
            ("T61", "id=101&id__exact=103", [103]),
            ("T62", "id__in=101,103", [101, 103]),
            ("T62", "id__in=101&id__in=102,103", ALL),
            ("T62", "id__in=%20101%20,101", [101]),
            ("T63", "id__in=", []),
            ("T66", "start__range=256000,768000", [101, 102]),
            ("T66", "start__range=256000&start__range=768000", [101, 102]),
            ("T66", "start__range=768000,256000", []),
            ("T68", "id=true", []),
            ("T69", "end=none", [103]),
            ("T69", "end=None", [103]),
            ("T69", "end=nil", [103]),
            ("T69", "id=none", []),
            ("T76", "last_modified=2014-05-07T12:34:56.789012", [101]),
            ("T76", "last_modified=2014-05-07T12:34:56.789012Z", [101]),
            ("T76", "last_modified=2014-05-07T14:34:56.789012%2B02:00", [101]),
            ("T76", "last_modified__gte=2014-05-08", [102, 103]),
            ("T76", "last_modified__lt=2014-05-08%2012:34", [101]),
            ("T76", "last_modified__range=2014-05-07,2014-05-08", [101]),
            ("T76", "last_modified__in=2014-05-07T12:34:56.789012,2014-05-08", [101]),
            ("T76", "last_modified__gt=2014-05-08T11:34:56.789012%2B23:00", [102, 103]),
            ("T79", f"id={10**30}", []),
            ("T79", f"start__gt={10**30}", []),
            ("T79", f"start__lt={10**30}", ALL),
            ("T79", f"start__gt=-{10**30}", ALL),
            ("T79", f"id__in=101,{10**30}", [101]),
            ("T79", f"device={10**30}", []),
            ("T80", "device=11", [101]),
            ("T80", "device__in=11,12", [101, 102]),
            ("T80", "device__gt=11", [102]),
            ("T80", "device=9999", []),
            ("T80", "device=none", [103]),
        ]
    ],
)
def test_records(me: Caller, query: str, found: list[int]) -> None:
    assert ids(me, f"{RECORD}{query}") == found
    assert got(me, f"{RECORD}{query}&limit=1")["meta"]["total_count"] == len(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(query, found, marks=pytest.mark.rule(*rules.split()), id=query)
        for rules, query, found in [
            ("T83", "trainingroutine=401", [202]),
            ("T83", "trainingroutine__id=401", [202]),
            ("T83", "trainingroutine__id__in=401,402", [202]),
            ("T83", "trainingroutine__activitytype=501", [202]),
            ("T83", "trainingroutine__activitytype__id__gt=500", [202]),
            ("T71", "activitytype__isnull=true", [201, 203]),
            ("T71", "activitytype__isnull=False", [202]),
            ("T85", "labels=301", [201]),
            ("T85", "labels=302", [201, 202]),
            ("T85", "labels=none", [203]),
            ("T72", "activitytype__isnull=1", [201, 203]),
            ("T72", "activitytype__isnull=0", [202]),
            ("T61", "labels=301&labels__exact=302", [201, 202]),
        ]
    ],
)
def test_ranges(me: Caller, query: str, found: list[int]) -> None:
    assert ids(me, f"{RANGE}{query}") == found


@pytest.mark.rule("T85")
def test_a_row_comes_once_however_many_related_rows_match(me: Caller) -> None:
    found = got(me, f"{RANGE}labels__in=301,302,303")
    assert [row["id"] for row in found["objects"]] == [201, 202]
    assert found["meta"]["total_count"] == 2


DEEP = "Lookups are not allowed more than one level deep on the '{}' field."
NO_FILTER = "The '{}' field does not allow filtering."
NO_RELATION = "The '{}' field does not support relations."
NOT_ALLOWED = "'{}' is not an allowed filter on the '{}' field."
NO_FIELD = "The '{}' field is not a valid field name"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param(query, text, marks=pytest.mark.rule(*rules.split()), id=query)
        for rules, query, text in [
            ("T58", "status=complete", NO_FILTER.format("status")),
            ("T58", "status__in=a", NO_FILTER.format("status")),
            ("T58", "dev_id__contains=a", NO_FILTER.format("dev_id")),
            ("T59", "end__isnull=true", NOT_ALLOWED.format("isnull", "end")),
            ("T59", "end__in=1", NOT_ALLOWED.format("in", "end")),
            ("T59", "start__contains=1", NOT_ALLOWED.format("contains", "start")),
            ("T59", "device__isnull=true", NOT_ALLOWED.format("isnull", "device")),
            ("T60", "start__foo=1", NO_RELATION.format("start")),
            ("T60", "start__GT=1", NO_RELATION.format("start")),
            ("T60", "start__=1", NO_RELATION.format("start")),
            ("T60", "start__gt__lt=1", NO_RELATION.format("start")),
            ("T64", "id__in=1,,2", MISMATCH),
            ("T64", "id__in=1,", MISMATCH),
            ("T64", "id__in=1,abc", MISMATCH),
            ("T64", "id__in=1,none", MISMATCH),
            ("T65", "id__in=true", MISMATCH),
            ("T65", "id__in=none", MISMATCH),
            ("T65", "start__range=none", MISMATCH),
            ("T67", "start__range=1", MISMATCH),
            ("T67", "start__range=1,2,3", MISMATCH),
            ("T67", "start__range=", MISMATCH),
            ("T69", "end=null", MISMATCH),
            ("T69", "end=NONE", MISMATCH),
            ("T70", "end__gt=none", MISMATCH),
            ("T73", "start=abc", MISMATCH),
            ("T73", "start=1.5", MISMATCH),
            ("T73", "start=", MISMATCH),
            ("T73", "id=1e3", MISMATCH),
            ("T73", "start=%00", MISMATCH),
            ("T82", "user__id=1", DEEP.format("user")),
            ("T82", "user__username=a", DEEP.format("user")),
            ("T82", "user__id__in=1", DEEP.format("user")),
            ("T82", "user__nothing=1", DEEP.format("user")),
            ("T86", "start_date=2014-01-01", NO_FIELD.format("start_date")),
            ("T86", "resource_uri=/api/record/101/", NO_FIELD.format("resource_uri")),
            ("T86", "metrics__in=1", NO_FIELD.format("metrics")),
            ("T89", "dev_id__regex=[", NO_FILTER.format("dev_id")),
        ]
    ],
)
def test_refused_filters_of_records(me: Caller, query: str, text: str) -> None:
    assert refused(me, f"/api/record/?{query}") == text


@pytest.mark.parametrize(
    ("query", "text"),
    [
        pytest.param(query, text, marks=pytest.mark.rule(*rules.split()), id=query)
        for rules, query, text in [
            ("T72", "activitytype__isnull=maybe", MISMATCH),
            ("T72", "activitytype__isnull=", MISMATCH),
            ("T72", "activitytype__isnull=none", MISMATCH),
            ("T82", "labels__name=red", DEEP.format("labels")),
            ("T84", "trainingroutine__name__startswith=J", NO_FILTER.format("name")),
            ("T84", "trainingroutine__name=Jog", NO_FILTER.format("name")),
            ("T84", "trainingroutine__nothing=1", NO_FILTER.format("nothing")),
            ("T83", "trainingroutine__user__id=1", DEEP.format("user")),
        ]
    ],
)
def test_refused_filters_of_ranges(me: Caller, query: str, text: str) -> None:
    assert refused(me, f"/api/range/?{query}") == text


@pytest.mark.rule("T77")
@pytest.mark.parametrize(
    "text", ["yesterday", "", "2014-13-01", "12:00", "null", "2014-05-07T12:00:00+02:00", "true"]
)
def test_a_bad_moment_in_a_filter(me: Caller, text: str) -> None:
    shown = {"true": "True"}.get(text, text.replace("+", " "))
    found = refused(me, f"/api/record/?last_modified={text}")
    assert found.startswith(f"['“{shown}” value has ")
    assert found.endswith("']")


@pytest.mark.rule("Tastypie 18")
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00%2B23:00", "9999-12-31T23:59:59-23:00"])
def test_a_moment_outside_of_the_calendar(me: Caller, text: str) -> None:
    assert refused(me, f"/api/record/?last_modified__lt={text}") == MISMATCH
    assert refused(me, f"/api/record/?last_modified__in={text}") == MISMATCH


@pytest.mark.rule("T77")
def test_the_full_text_of_a_bad_moment(me: Caller) -> None:
    assert refused(me, "/api/record/?last_modified__gt=yesterday") == (
        "['“yesterday” value has an invalid format. It must be in "
        "YYYY-MM-DD HH:MM[:ss[.uuuuuu]][TZ] format.']"
    )


@pytest.mark.rule("T200")
def test_a_refused_name_is_echoed_escaped(me: Caller) -> None:
    found = refused(me, "/api/record/?trainingroutine__x=1&start__<b>&status")
    assert "<" not in found


@pytest.mark.rule("T68", "T56")
def test_texts_are_matched_with_case(me: Caller) -> None:
    name = me.user.username
    assert ids(me, f"/api/user/?username={name}") == [me.user.pk]
    assert ids(me, f"/api/user/?username={name.upper()}") == []
    assert ids(me, f"/api/user/?username__startswith={name[:3]}") == [me.user.pk]
    assert ids(me, f"/api/user/?username__in={name},nobody") == [me.user.pk]
    assert ids(me, "/api/user/?username=") == []
    assert ids(me, "/api/user/?username=none") == []
    assert ids(me, "/api/user/?username=true") == []


@pytest.mark.rule("T81", "Tastypie 19")
@pytest.mark.parametrize(
    "value",
    [SERIALS[0], f"/api/device/{SERIALS[0]}/", f"/api/v1/device/{SERIALS[0]}", "11"],
)
def test_devices_may_be_named_by_serial_or_uri(me: Caller, value: str) -> None:
    assert ids(me, f"{RECORD}device={value}") == [101]
    assert ids(me, f"{RECORD}device__exact={value}") == [101]
    assert ids(me, f"{RECORD}device__in={value},{SERIALS[1]}") == [101, 102]
    assert ids(me, f"{RECORD}device__in={SERIALS[1]}&device__in={value}") == [101, 102]


@pytest.mark.rule("T81", "Tastypie 19")
@pytest.mark.parametrize("form", ["{pk}", "/api/user/{pk}/", "/api/v1/user/{pk}", "{name}"])
def test_users_may_be_named_by_id_uri_or_email(me: Caller, form: str) -> None:
    value = form.format(pk=me.user.pk, name=me.user.email)
    assert ids(me, f"{RECORD}user={value}") == ALL
    assert ids(me, f"{RECORD}user__in={value},9999") == ALL
    assert ids(me, f"{RECORD}user=nobody@example.com") == []


@pytest.mark.rule("Tastypie 19")
@pytest.mark.parametrize(
    "value",
    ["/api/device/11/", "/api/device/a/b/", "//", "", "abc", "/", "1,2", "%00", "/api/user/x/"],
)
def test_a_relation_named_by_something_else(me: Caller, value: str) -> None:
    assert refused(me, f"/api/range/?labels={value}") == MISMATCH
    assert refused(me, f"/api/range/?trainingroutine={value}") == MISMATCH


@pytest.mark.rule("Tastypie 19")
def test_relations_have_ranges(me: Caller) -> None:
    assert ids(me, f"{RECORD}device__range=11,12") == [101, 102]
    assert ids(me, f"{RECORD}device__range=12,20") == [102]
    assert refused(me, f"{RECORD}device__range=12,{SERIALS[0]}") == MISMATCH


@pytest.mark.rule("Tastypie 19")
def test_the_computed_duration_can_be_filtered(me: Caller) -> None:
    assert ids(me, f"{RANGE}duration=6") == [201]
    assert ids(me, f"{RANGE}duration__lt=6") == [202]
    assert ids(me, f"{RANGE}duration=none") == [203]
    assert ids(me, f"{RANGE}duration__in=1,6") == [201, 202]


@pytest.mark.rule("Tastypie 19")
def test_autodetected_ranges_come_only_when_asked_for(me: Caller) -> None:
    Range.objects.filter(pk=203).update(autodetected=True)
    assert ids(me, RANGE) == [201, 202]
    assert ids(me, f"{RANGE}include_autodetected=false") == [201, 202]
    for asked in ("include_autodetected=true", "include_autodetected__true=1", "show_all=1"):
        assert ids(me, f"{RANGE}{asked}") == [201, 202, 203]
    assert got(me, "/api/range/203/")["id"] == 203


@pytest.mark.rule("Tastypie 19")
def test_arguments_that_are_no_fields(me: Caller) -> None:
    assert ids(me, "/api/user/?search=OWN") == [me.user.pk]
    assert ids(me, "/api/user/?search=nobody") == []
    assert ids(me, "/api/trainingroutine/?using=true") == [401]
    assert ids(me, "/api/trainingroutine/?using=false") == [402]
    assert ids(me, f"{RECORD}include_metrics=1,44&include_histograms=3") == ALL


def test_a_query_may_not_have_any_number_of_parameters(me: Caller) -> None:
    answer = ask(me, "GET", "/api/label/?" + "&".join(f"a{n}=1" for n in range(1001)))
    assert answer.status_code == 400
    assert answer.json() == {"error": "The query has too many parameters."}
