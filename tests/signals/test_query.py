"""From the parameters of a request to what it asks."""

from __future__ import annotations

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from apps.api.errors import BadRequest
from apps.signals import query
from apps.signals.query import EVER, Choice, Query

MISMATCH = "Invalid resource lookup data provided (mismatched type)."


def parse(text: str) -> Query:
    return query.parse(QueryDict(text))


def refusal(text: str) -> str:
    with pytest.raises(BadRequest) as error:
        parse(text)
    assert isinstance(error.value.body, dict)
    return str(error.value.body["error"])


@pytest.mark.parametrize(
    ("text", "lookup", "keys"),
    [
        ("datatype=19", "in", [19]),
        ("datatype=19,33", "in", [19, 33]),
        ("datatype=19&datatype=33", "in", [19, 33]),
        ("datatype__exact=19", "in", [19]),
        ("datatype__in=19,33", "in", [19, 33]),
        ("datatype__in=19%2C33", "in", [19, 33]),
        ("datatype__in=19&datatype__in=33", "in", [19, 33]),
        ("datatype__in= 19, 33", "in", [19, 33]),
        ("datatype__in=", "in", []),
        ("datatype=/api/datatype/19/", "in", [19]),
        ("datatype=/api/v1/datatype/19", "in", [19]),
        ("datatype__in=https://api.hexoskin.com/api/datatype/19/,33", "in", [19, 33]),
        ("datatype__gt=19", "gt", [19]),
        ("datatype__lte=/api/datatype/33/", "lte", [33]),
        ("datatype__range=19,33", "range", [19, 33]),
        ("datatype__range=19&datatype__range=33", "range", [19, 33]),
    ],
)
def test_ids_and_uris(text: str, lookup: str, keys: list[int]) -> None:
    assert parse(text).datatypes == [Choice(lookup, keys)]
    other = text.replace("datatype", "record")
    assert parse(other).records == [Choice(lookup, keys)]
    assert parse(text.replace("datatype", "range")).ranges == [Choice(lookup, keys)]


def test_id_is_the_record() -> None:
    assert parse("id__in=1,2").records == [Choice("in", [1, 2])]


@pytest.mark.parametrize(
    ("text", "lower", "upper"),
    [
        ("", -EVER, EVER),
        ("start=5", 5, EVER),
        ("end=9", -EVER, 9),
        ("start=5&end=9", 5, 9),
        ("start=5.9&end=9.9", 5, 9),
        ("timestamp__gte=5&timestamp__lt=9", 5, 9),
        ("timestamp__gt=5&timestamp__lte=9", 6, 10),
        ("timestamp__range=5,9", 5, 10),
        ("timestamp__range=5&timestamp__range=9", 5, 10),
        ("timestamp__gt=5&timestamp__gt=7", 8, EVER),
        ("start=5&start=3&timestamp__gte=4", 5, EVER),
        ("start=1e3", 1000, EVER),
        ("start=1" + "0" * 30, EVER, EVER),
    ],
)
def test_times(text: str, lower: int, upper: int) -> None:
    """As Data page, Filtering Options, says: start is timestamp__gte, end timestamp__lt."""
    found = parse(text)
    assert (found.lower, found.upper) == (lower, upper)


@pytest.mark.rule("wire trap 9")
@pytest.mark.parametrize("name", ["flat", "no_timestamps", "seconds"])
@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("1", True),
        ("True", True),
        ("exact", True),
        ("yes", True),
        ("2", True),
        ("", False),
        ("0", False),
        ("false", False),
        ("False", False),
        ("no", False),
    ],
)
def test_options(name: str, text: str, on: bool) -> None:
    """Wire trap 9: flat=True, flat=False and no_timestamps=exact all occur."""
    assert getattr(parse(f"{name}={text}"), name) is on
    assert getattr(parse(f"{name}__exact={text}"), name) is on


@pytest.mark.rule("wire 8.7")
@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", 65_536),
        ("max_values=10", 10),
        ("max_values=65536", 65_536),
        ("max_values=65537", 65_536),
        ("max_values=3&max_values=5", 5),
    ],
)
def test_limits(text: str, limit: int) -> None:
    assert parse(text).limit == limit


@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.5"])
def test_a_limit_that_is_none_is_refused(value: str) -> None:
    assert refusal(f"max_values={value}")


@pytest.mark.parametrize(
    "text",
    [
        "datatype=heart_rate",
        "datatype=",
        "datatype=19,",
        "datatype=19.5",
        "datatype=/api/record/19/",
        "datatype__in=19,x",
        "datatype__range=19",
        "datatype__range=1,2,3",
        "datatype__gt=none",
        "record=x",
        "range=",
        "id=x",
        "user=",
        "user=%20",
        "start=",
        "start=tomorrow",
        "end=nan",
        "end=inf",
        "timestamp__range=1",
        "timestamp__range=1,2,3",
        "timestamp__gt=x",
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(text: str) -> None:
    """Tastypie rule T73."""
    assert refusal(text) == MISMATCH


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("start__gt=1", "'gt' is not an allowed filter on the 'start' field."),
        ("timestamp=1", "'exact' is not an allowed filter on the 'timestamp' field."),
        ("user__in=1", "'in' is not an allowed filter on the 'user' field."),
        ("datatype__isnull=1", "'isnull' is not an allowed filter on the 'datatype' field."),
        ("start__foo=1", "The 'start' field does not support relations."),
        ("id__foo=1", "The 'id' field does not support relations."),
        (
            "record__user=1",
            "Lookups are not allowed more than one level deep on the 'record' field.",
        ),
    ],
)
def test_an_unknown_lookup_is_refused(text: str, error: str) -> None:
    """Tastypie rules T59, T60, T82."""
    assert refusal(text) == error


@given(st.dictionaries(st.sampled_from(["format", "limit", "startTimestamp__gte", "x"]), st.text()))
def test_unknown_names_mean_nothing(params: dict[str, str]) -> None:
    """Tastypie rule T57."""
    asked = QueryDict(mutable=True)
    asked.update(params)
    assert query.parse(asked) == Query()


@given(st.text())
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        found = query.tick(text)
    except BadRequest:
        return
    assert -EVER <= found <= EVER
    assert abs(found - float(text)) <= max(1, abs(found) * 1e-15) or abs(found) == EVER
