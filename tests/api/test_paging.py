"""Paging: Tastypie section 4."""

from __future__ import annotations

import pytest

from apps.api.bounds import shorten_value
from apps.records.models import Label
from tests.api.asking import ask, error, got, ids
from tests.people import Caller

LIMIT = "Invalid limit '{}' provided. Please provide a positive integer."
OFFSET = "Invalid offset '{}' provided. Please provide an integer."
NEGATIVE = "Invalid {} '-1' provided. Please provide a positive integer &gt;= 0."


def meta(who: Caller, query: str, path: str = "/api/record/") -> dict[str, object]:
    found = got(who, f"{path}?{query}")["meta"]
    assert isinstance(found, dict)
    return found


@pytest.mark.rule("T38")
def test_the_envelope(me: Caller) -> None:
    assert meta(me, "") == {
        "limit": 20,
        "next": None,
        "offset": 0,
        "previous": None,
        "total_count": 3,
    }


@pytest.mark.rule("T38")
def test_an_empty_result(me: Caller) -> None:
    found = got(me, "/api/record/?id=9999&limit=1")
    assert found["objects"] == []
    assert found["meta"]["total_count"] == 0
    assert (found["meta"]["next"], found["meta"]["previous"]) == (None, None)


@pytest.mark.rule("T39", "T40", "wire row 16")
@pytest.mark.parametrize(
    ("sent", "effective"),
    [("0", 1000), ("1000", 1000), ("1001", 1000), ("9" * 30, 1000), ("999", 999), ("1", 1)],
)
def test_the_limit_is_cut_to_the_ceiling(me: Caller, sent: str, effective: int) -> None:
    assert meta(me, f"limit={sent}")["limit"] == effective


@pytest.mark.rule("T40")
def test_never_more_than_a_thousand_rows(me: Caller) -> None:
    Label.objects.bulk_create(Label(name=str(n), user=me.user) for n in range(1000))
    found = got(me, "/api/label/?limit=0")
    assert len(found["objects"]) == 1000
    assert found["meta"]["total_count"] == 1002
    assert found["meta"]["next"] == "/api/label/?limit=1000&offset=1000"


@pytest.mark.rule("T41")
@pytest.mark.parametrize("query", ["", "limit=0", "limit=50"])
def test_a_resource_may_have_its_own_limits(me: Caller, query: str) -> None:
    assert meta(me, query, "/api/account/")["limit"] == 1


@pytest.mark.rule("T43")
@pytest.mark.parametrize("text", ["", "abc", "1.5", "10abc", "true", "%00", "1e3", "0x10"])
def test_a_limit_that_is_no_integer(me: Caller, text: str) -> None:
    answer = ask(me, "GET", f"/api/record/?limit={text}")
    assert error(answer) == LIMIT.format(text.replace("%00", "\0"))


@pytest.mark.rule("T200")
def test_a_bad_limit_is_echoed_escaped(me: Caller) -> None:
    answer = ask(me, "GET", "/api/record/?limit=<a%26'\">")
    assert error(answer) == LIMIT.format("&lt;a&amp;'\"&gt;")


@pytest.mark.rule("T44", "T46")
@pytest.mark.parametrize("name", ["limit", "offset"])
def test_a_negative_number(me: Caller, name: str) -> None:
    assert error(ask(me, "GET", f"/api/record/?{name}=-1")) == NEGATIVE.format(name)


@pytest.mark.rule("T45")
@pytest.mark.parametrize("text", ["", "abc", "1.5", "none"])
def test_an_offset_that_is_no_integer(me: Caller, text: str) -> None:
    assert error(ask(me, "GET", f"/api/record/?offset={text}")) == OFFSET.format(text)


@pytest.mark.rule("T47", "Tastypie 18")
def test_an_offset_beyond_64_bits(me: Caller) -> None:
    assert error(ask(me, "GET", f"/api/record/?offset={2**63}")) == OFFSET.format(2**63)
    for most in (2**63 - 1, 2**63 - 1001, 2**63 - 2):
        assert meta(me, f"offset={most}&limit=1000")["offset"] == most


@pytest.mark.rule("Tastypie 18")
def test_a_number_too_long_for_python(me: Caller) -> None:
    for name, text in (("limit", LIMIT), ("offset", OFFSET)):
        digits = "9" * 5000
        assert error(ask(me, "GET", f"/api/record/?{name}={digits}")) == text.format(
            shorten_value(digits)
        )


@pytest.mark.rule("T48")
@pytest.mark.parametrize("text", ["%202", "%2B2", "2%20", "0_2", "02"])
def test_numbers_are_what_int_reads(me: Caller, text: str) -> None:
    assert meta(me, f"limit={text}&offset=0")["limit"] == 2


@pytest.mark.rule("T49")
def test_the_last_of_several_counts(me: Caller) -> None:
    found = meta(me, "limit=x&limit=2&offset=y&offset=1")
    assert (found["limit"], found["offset"]) == (2, 1)


@pytest.mark.rule("T50")
def test_an_offset_past_the_end(me: Caller) -> None:
    found = got(me, "/api/record/?limit=2&offset=50")
    assert found["objects"] == []
    assert found["meta"]["total_count"] == 3
    assert found["meta"]["next"] is None
    assert found["meta"]["previous"] == "/api/record/?limit=2&offset=48"


@pytest.mark.rule("T51", "T52")
@pytest.mark.parametrize(
    ("limit", "offset", "after", "before"),
    [
        (2, 0, 2, None),
        (3, 0, None, None),
        (1, 1, 2, 0),
        (2, 1, None, None),
        (2, 2, None, 0),
        (1, 2, None, 1),
    ],
)
def test_links(me: Caller, limit: int, offset: int, after: int | None, before: int | None) -> None:
    found = meta(me, f"limit={limit}&offset={offset}")
    for name, place in (("next", after), ("previous", before)):
        link = None if place is None else f"/api/record/?limit={limit}&offset={place}"
        assert found[name] == link


@pytest.mark.rule("T53")
@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("zebra=1&limit=1&apple=a%20b&zebra=2&mango=", "zebra=1&zebra=2&apple=a+b&mango="),
        (
            "word=%C3%A9t%C3%A9&marks=a%2Cb%26c/e&bare",
            "word=%C3%A9t%C3%A9&marks=a%2Cb%26c%2Fe&bare=",
        ),
        ("order_by=-start&order_by=id", "order_by=-start&order_by=id"),
    ],
)
def test_links_keep_the_other_parameters(me: Caller, query: str, kept: str) -> None:
    assert meta(me, f"{query}&limit=1")["next"] == f"/api/record/?{kept}&limit=1&offset=1"


@pytest.mark.rule("T53")
def test_links_keep_the_prefix_and_the_cut_limit(me: Caller) -> None:
    Label.objects.bulk_create(Label(name=str(n), user=me.user) for n in range(1000))
    found = meta(me, "limit=5000", "/api/v1/label/")
    assert found["next"] == "/api/v1/label/?limit=1000&offset=1000"


@pytest.mark.rule("T53")
def test_following_the_links_gives_every_row_once(me: Caller) -> None:
    link, seen = "/api/record/?limit=1&order_by=-user", []
    while link:
        page = got(me, link)
        seen += [row["id"] for row in page["objects"]]
        link = page["meta"]["next"]
    assert sorted(seen) == [101, 102, 103]


@pytest.mark.rule("T54")
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("offset=x&limit=y", "Invalid limit"),
        ("offset=x&limit=y&order_by=nope", "No matching 'nope'"),
        ("offset=x&limit=y&order_by=nope&status=1", "The 'status' field does not allow filtering"),
    ],
)
def test_which_error_comes_first(me: Caller, query: str, first: str) -> None:
    assert error(ask(me, "GET", f"/api/record/?{query}")).startswith(first)


@pytest.mark.rule("T102")
def test_pages_do_not_overlap_where_the_order_is_not_total(me: Caller) -> None:
    pages = [ids(me, f"/api/record/?order_by=user&limit=1&offset={n}") for n in range(3)]
    assert sorted(pages) == [[101], [102], [103]]
