"""Parts of faults without a server: what rules cost, and that no JSON confuses their reader."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from apps.control.faults import actions, matching
from apps.control.faults.callers import is_sent_by
from apps.control.faults.members import FaultError
from apps.control.faults.rules import FaultRule, read_rule
from apps.control.globs import Glob
from apps.control.injecting import inject_faults
from hexostore.testing.sandbox import HexostoreServer, Sandbox
from tests.control.faults.conftest import FaultySandbox
from tests.people import Caller

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

CountQueries = Callable[[int], "AbstractContextManager[Any]"]

NAMES = st.sampled_from([
    *("name", "match", "action", "after", "times", "probability", "seed"),
    *actions._MEMBERS,
    *matching._MEMBERS,
    *("median", "sigma", "begin", "end", "datatype", "anything"),
])  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "GET", "*", "record", "request", "bad_login", "é\0", "\ud800"])
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_json_is_a_rule_or_says_why_not(sent: dict[str, Any]) -> None:
    with suppress(FaultError):
        rule = read_rule(sent)
        assert isinstance(rule, FaultRule)
        assert rule.match.matches(RequestFactory().get("/api/record/")) in {True, False}


@given(st.dictionaries(NAMES, VALUES, max_size=3), st.binary(max_size=40))
def test_no_body_confuses_a_match(wanted: dict[str, Any], body: bytes) -> None:
    try:
        rule = read_rule({"action": {"status": 500}, "match": {"json": wanted}})
    except FaultError:
        return
    sent = RequestFactory().post("/api/label/", body, content_type="application/json")
    assert not rule.match.matches(sent) or json.loads(body) is not None


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_glob_is_what_it_is_elsewhere(glob: str, text: str) -> None:
    assert Glob.read(glob).matches(text) == fnmatchcase(text, glob)


def test_without_a_control_plane_a_request_costs_nothing(
    django_assert_num_queries: CountQueries, owner: Caller
) -> None:
    with django_assert_num_queries(0):
        answer = inject_faults(lambda _: HttpResponse("as ever"))(RequestFactory().get("/api/"))
    assert answer.headers == {"Content-Type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("asked", [1, 5])
def test_a_caller_is_looked_up_once(
    django_assert_num_queries: CountQueries, owner: Caller, asked: int
) -> None:
    login = b64encode(f"{owner.user.username}:any password".encode()).decode()
    request = RequestFactory().get("/api/", headers={"Authorization": f"Basic {login}"})
    with django_assert_num_queries(1):
        assert all(is_sent_by(request, str(owner.user.pk), "") for _ in range(asked))
    assert not is_sent_by(request, "somebody", "")
    assert not is_sent_by(request, "", "a key")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic =",
        "Basic AAAA",
        "Bearer",
        "Bearer a b",
        "OAuth",
        "Nonsense x",
        "Basic Og==",
    ],
)
def test_malformed_credentials_are_of_nobody(owner: Caller, header: str) -> None:
    request = RequestFactory().get("/api/", headers={"Authorization": header})
    assert not is_sent_by(request, owner.user.username, "")


def test_the_plugin_has_methods_for_faults(faulty: FaultySandbox) -> None:
    sandbox = Sandbox(HexostoreServer(faulty.served.facts), faulty.name)
    number = sandbox.fault({"status": 503}, match={"resource": "record"}, times=1)
    assert [faulty.get().status_code for _ in range(2)] == [503, 200]
    (rule,) = sandbox.faults()
    assert (rule["id"], rule["matched"], rule["applied"]) == (number, 2, 1)
    sandbox.remove_fault(number)
    sandbox.remove_fault()
    assert sandbox.faults() == []
    assert isinstance(sandbox.tokens(), list)
