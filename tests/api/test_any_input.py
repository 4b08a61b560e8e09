"""Whatever a client sends, the server does not fail: no text and no JSON gives a 5xx."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import Profile
from apps.api import registry
from apps.api.lookups import KNOWN
from tests.api.asking import ask, login, undone
from tests.api.world import SERIALS
from tests.people import Caller

often = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

LISTS = ("record", "range", "user", "trainingroutine", "device", "annotation", "profile")
names = {name: tuple(registry.model_resource(name).fields) for name in LISTS}

words = st.sampled_from(
    [
        "true",
        "none",
        "",
        ",",
        "1,2",
        "101",
        "-1",
        "1e400",
        "nan",
        "inf",
        "9" * 30,
        str(2**63),
        str(-(2**63)),
        "2014-05-07",
        "0001-01-01T00:00:00+23:00",
        "9999-12-31T23:59:59-23:00",
        "/api/user/1/",
        f"/api/device/{SERIALS[0]}/",
        "\0",
        "%",
        "\\",
        "'",
    ]
)
texts = st.one_of(words, st.text(max_size=12), st.lists(words, max_size=3).map(",".join))
lookups = st.sampled_from([*sorted(KNOWN), "", "foo", "GT", "id", "pk", "user", "password"])


@st.composite
def queries(draw: st.DrawFn) -> tuple[str, str]:
    """A list and a query for it: fields with lookups, paging, ordering and stray names."""
    name = draw(st.sampled_from(LISTS))
    known = st.sampled_from(names[name])
    steps = st.lists(lookups, max_size=3)
    field = st.builds(lambda first, rest: "__".join([first, *rest]), known, steps)
    order = st.builds(lambda sign, first: f"{sign}{first}", st.sampled_from(["", "-"]), field)
    arguments = st.sampled_from(["limit", "offset", "format", "search", "using", "show_all"])
    pair = st.one_of(
        st.tuples(field, texts),
        st.tuples(arguments, texts),
        st.tuples(st.just("order_by"), st.one_of(order, texts)),
        st.tuples(st.text(max_size=8), texts),
    )
    pairs = draw(st.lists(pair, min_size=1, max_size=3))
    return name, urlencode(pairs, errors="surrogatepass")


def answered(who: Caller, method: str, path: str, body: bytes = b"") -> None:
    """Sends a request whose answer may be anything but a 5xx, and leaves no trace of it."""
    with undone():
        answer = Client(headers=login(who)).generic(method, path, body, "application/json")
    assert answer.status_code < 500, (method, path, body, answer.content)
    if answer.status_code == 400:
        assert answer["Content-Type"] == "application/json"
        assert len(answer.json()) == 1


@often
@given(query=queries())
def test_any_query_of_a_list(me: Caller, query: tuple[str, str]) -> None:
    answered(me, "GET", f"/api/{query[0]}/?{query[1]}")


@often
@given(text=texts, name=st.sampled_from(["limit", "offset", "order_by", "sort_by"]))
def test_any_limit_offset_or_order(me: Caller, name: str, text: str) -> None:
    query = urlencode({name: text}, errors="surrogatepass")
    for path in ("/api/record/", "/api/range/"):
        answered(me, "GET", f"{path}?{query}")


@often
@given(lookup=lookups, text=texts, data=st.data())
def test_every_field_with_every_lookup(
    me: Caller, lookup: str, text: str, data: st.DataObject
) -> None:
    for name in ("record", "range"):
        field = data.draw(st.sampled_from(names[name]))
        query = urlencode({f"{field}__{lookup}": text}, errors="surrogatepass")
        answered(me, "GET", f"/api/{name}/?{query}")


numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 2**31, 2**63 - 1, 2**63, -(2**63), 10**400, 10**4000]),
    st.floats(allow_nan=True, allow_infinity=True),
)
letters = st.one_of(
    texts,
    st.text(alphabet=st.characters(codec=None), max_size=6),
    st.sampled_from(["/api/label/301/", "/api/user/12/", "x" * 3000, "\ud800", "\0"]),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, letters),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.sampled_from(["id", "resource_uri", "objects", "pk"]), letters),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=6,
)
WRITTEN = {
    "range": "/api/range/201/",
    "record": "/api/record/101/",
    "label": "/api/label/301/",
    "trainingroutine": "/api/trainingroutine/402/",
    "profile": "/api/profile/{profile}/",
}


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """A resource and a JSON value for it, mostly objects of members that it has."""
    name = draw(st.sampled_from(sorted(WRITTEN)))
    members = st.sampled_from(tuple(registry.model_resource(name).fields))
    body = draw(st.one_of(st.dictionaries(members, values, max_size=4), values))
    return name, body


def encoded(body: Any) -> bytes:
    """JSON with escapes for what UTF-8 cannot spell, NaN and Infinity as bare words."""
    return json.dumps(body).encode()


@pytest.fixture
def paths(me: Caller) -> dict[str, str]:
    """The detail that is changed of each resource."""
    profile = Profile.objects.create(user=me.user)
    return {name: path.format(profile=profile.pk) for name, path in WRITTEN.items()}


@often
@given(body=bodies())
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_any_body_for_a_list(me: Caller, method: str, body: tuple[str, Any]) -> None:
    name, value = body
    owned = {"user": me.user.pk, "start": 1, **value} if isinstance(value, dict) else value
    sent = owned if method == "POST" else {"objects": [owned]}
    answered(me, method, f"/api/{name}/", encoded(sent))


@often
@given(body=values)
def test_any_list_of_changes(me: Caller, body: Any) -> None:
    for sent in (body, {"objects": body}, {"objects": [], "deleted_objects": [body]}):
        answered(me, "PATCH", "/api/label/", encoded(sent))


@often
@given(body=bodies())
@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_any_body_for_a_row(
    me: Caller, paths: dict[str, str], method: str, body: tuple[str, Any]
) -> None:
    name, value = body
    answered(me, method, paths[name], encoded(value))


@often
@given(raw=st.binary(max_size=60))
def test_any_bytes_as_a_body(me: Caller, raw: bytes) -> None:
    answered(me, "POST", "/api/label/", raw)


@often
@given(key=st.text(alphabet=st.characters(codec="utf-8", exclude_characters="?#"), max_size=10))
def test_any_key(me: Caller, key: str) -> None:
    for path in (f"/api/record/{key}/", f"/api/device/{key}/", f"/api/record/set/{key}/"):
        for method in ("GET", "DELETE"):
            assert ask(me, method, f"http://testserver{path}").status_code < 500


@often
@given(
    header=st.sampled_from(
        ["Accept", "X-HexoAPIVersion", "X-HTTP-Method-Override", "Authorization"]
    ),
    text=st.text(alphabet=st.characters(codec="latin-1"), max_size=20),
)
def test_any_header(me: Caller, header: str, text: str) -> None:
    with undone():
        answer = ask(me, "GET", "/api/label/301/", headers={header: text})
    assert answer.status_code < 500
