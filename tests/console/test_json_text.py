"""JSON as people read it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.console.json_text import show_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=40,
)


def without_tags(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


@given(VALUES, st.booleans())
def test_it_is_the_same_json(value: object, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    shown = without_tags(show_json(text, ""))
    assert json.loads(shown, strict=False) == value
    assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


def test_it_is_indented_and_short_arrays_are_on_one_line() -> None:
    shown = without_tags(show_json('{"a":[[1,2.50],[3,null]],"b":{},"c":[],"d":{"e":"x"}}', ""))
    assert shown == (
        '{\n  "a": [\n    [1, 2.50],\n    [3, null]\n  ],\n  "b": {},\n  "c": [],\n'
        '  "d": {\n    "e": "x"\n  }\n}'
    )


def test_deep_nesting_does_no_harm() -> None:
    text = "[" * 5000 + "1" + "]" * 5000
    assert re.sub(r"\s", "", show_json(text, "")) == text


@pytest.mark.parametrize(
    ("value", "link"),
    [
        ("/api/record/1/", '<a href="/~t/api/record/1/">'),
        ("/api/label/?name=a&b=1", '<a href="/~t/api/label/?name=a&amp;b=1">'),
        ("https://x.test/a", '<a href="https://x.test/a" rel="noopener noreferrer">'),
    ],
)
def test_addresses_are_links(value: str, link: str) -> None:
    assert link in show_json(json.dumps(value), "/~t")


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "//x.test/api/",
        "see /api/record/1/",
        "/api/a b",
        "data:text/html,x",
        'https://x.test/" onclick="x',
        "/api/\ud800",
    ],
)
def test_other_texts_are_no_links(value: str) -> None:
    assert "<a" not in show_json(json.dumps(value), "")


def test_quotes_and_tags_are_escaped() -> None:
    shown = show_json(json.dumps({"<b>": "/api/x'><img src=x>"}), "")
    assert "<img" not in shown
    assert "<b>" not in shown
