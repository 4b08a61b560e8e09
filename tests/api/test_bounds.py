"""Texts that are too long to be looked at are refused at once, and not repeated."""

from __future__ import annotations

from typing import Any
from unittest.mock import Mock

import pytest
from dateutil import parser

from apps.api.bounds import QUOTED, shorten_value
from tests.api.asking import MISMATCH, ask, error, got, ids, refused
from tests.people import Caller

LONG = "1" * 1_000_000


def test_a_cut_text_says_so() -> None:
    assert shorten_value("a" * QUOTED) == "a" * QUOTED
    assert shorten_value("a" * QUOTED + "b") == "a" * (QUOTED - 1) + "…"
    assert shorten_value([1, 2]) == "[1, 2]"


@pytest.mark.parametrize("text", [LONG, "1." * 300_000, " " * 65, "2014-05-07" + " " * 55])
def test_no_parser_sees_a_long_date(me: Caller, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    seen = Mock(side_effect=AssertionError)
    monkeypatch.setattr(parser, "parse", seen)
    body = {"start": 1, "user": me.user.pk, "annotation": "", "datatype": 19, "last_modified": text}
    found = error(ask(me, "POST", "/api/annotation/", body))
    assert "doesn't appear to be a valid datetime string" in found
    assert len(found) < 300
    assert not seen.called


def test_the_longest_date_is_read(me: Caller) -> None:
    body: dict[str, Any] = {"start": 1, "user": me.user.pk, "annotation": "", "datatype": 19}
    moment = "2014-05-07T12:34:56.789012+02:00".ljust(64)
    answer = ask(me, "POST", "/api/annotation/", {**body, "last_modified": moment})
    assert answer.status_code == 201


def test_long_moments_in_filters(me: Caller) -> None:
    assert refused(me, f"/api/record/?last_modified__gt={'2' * 65}") == MISMATCH
    assert refused(me, f"/api/record/?last_modified__in=2014-05-07,{'2' * 65}") == MISMATCH


def test_words_and_letters_of_a_search(me: Caller) -> None:
    name = me.user.email[:2]
    assert ids(me, f"/api/user/?search={'+'.join([name] * 20)}") == [me.user.pk]
    assert "20 words" in refused(me, f"/api/user/?search={'+'.join([name] * 21)}")
    assert "400 characters" in refused(me, f"/api/user/?search={'a' * 401}")


def test_values_of_a_filter(me: Caller) -> None:
    most = ",".join(["101"] * 1000)
    assert ids(me, f"/api/record/?id__in={most}") == [101]
    text = "A filter takes at most 1000 values."
    assert refused(me, f"/api/record/?id__in={most},101") == text
    assert refused(me, f"/api/record/?user__in={most},101") == text
    assert refused(me, f"/api/record/?id__in={most}&id__in=101") == text
    assert refused(me, f"/api/record/?start__range={most},101") == text
    assert refused(me, f"/api/data/?record={most},101") == text
    assert refused(me, f"/api/data/?datatype__in={most},101") == text


def test_names_of_an_order_and_keys_of_a_set(me: Caller) -> None:
    assert ids(me, f"/api/record/?order_by={','.join(['id'] * 20)}") == [101, 102, 103]
    text = "A list can be ordered by at most 20 names."
    assert refused(me, f"/api/record/?order_by={','.join(['id'] * 21)}") == text
    assert len(got(me, f"/api/record/set/{';'.join(['101'] * 1000)}/")["objects"]) == 1000
    keys = ";".join(["101"] * 1001)
    assert refused(me, f"/api/record/set/{keys}/") == "A set can have at most 1000 keys."


@pytest.mark.parametrize("sent", [LONG, {"id": LONG}, f"/api/user/{LONG}/", [LONG], {LONG: LONG}])
@pytest.mark.parametrize("name", ["user", "start", "name", "labels", "parent", "end"])
def test_no_refusal_repeats_what_was_sent(me: Caller, name: str, sent: object) -> None:
    body = {"start": 1, "user": me.user.pk, name: sent}
    answer = ask(me, "POST", "/api/range/", body)
    assert answer.status_code in (400, 404)
    assert len(answer.content) < 1500


@pytest.mark.parametrize(
    "query",
    [
        *("limit={}", "offset={}", "id={}", "id__in={}", "labels={}", "user__gt={}", "start__{}=1"),
        *(
            "order_by={}",
            "order_by=user__{}",
            "user__{}__{}=1",
            "last_modified={}",
            "start__gt=-{}",
        ),
        *("rank__range={},1", "trainingroutine__{}=1", "duration={}"),
    ],
)
def test_digits_without_end_in_a_query(me: Caller, query: str) -> None:
    path = f"/api/range/?{query.replace('{}', '9' * 20_000)}"
    answer = ask(me, "GET", path)
    assert answer.status_code == 400
    assert len(answer.content) < 1500


@pytest.mark.parametrize("header", ["X-HexoAPIVersion", "Accept"])
def test_headers_without_end(me: Caller, header: str) -> None:
    answer = ask(me, "GET", "/api/range/", headers={header: "4." * 20_000})
    assert answer.status_code == 400
    assert len(answer.content) < 500
