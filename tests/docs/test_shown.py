"""The comparison itself: what it lets pass and what it does not."""

import pytest

from tests.docs.shown import require_json, require_text


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}'),
        ('{"a": "…"}', '{"a": null}'),
        ('[1, "…"]', "[1, 2, 3]"),
        ('[{"a": [1]}]', '[{"a": [1], "b": 2}]'),
    ],
)
def test_json_that_is_shown(shown: str, printed: str) -> None:
    require_json(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ('{"a": 1}', '{"b": 1}'),
        ('{"a": 1}', '{"a": 1.0}'),
        ('{"a": 1}', '{"a": true}'),
        ("[1]", "[1, 2]"),
        ('[1, 2, "…"]', "[1]"),
        ("[]", "{}"),
    ],
)
def test_json_that_is_not(shown: str, printed: str) -> None:
    with pytest.raises(AssertionError):
        require_json(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("key …", "key abc\n"), ("a\n…\nz", "a\nb\nc\nz\n"), ("a\n…\nz", "a\nz")],
)
def test_text_that_is_shown(shown: str, printed: str) -> None:
    require_text(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"), [("a", "b"), ("a", "a\nb"), ("a\n…\nz", "a\nb"), ("a.c", "abc")]
)
def test_text_that_is_not(shown: str, printed: str) -> None:
    with pytest.raises(AssertionError):
        require_text(shown, printed)
