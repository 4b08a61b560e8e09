"""The reasons themselves: codes that are stable, and words that fit into a challenge."""

from __future__ import annotations

import re

import pytest

from apps.api.reasons import BY_CODE, Reason

STATUSES = {400, 401, 403, 421, 429, 503}
QUOTABLE = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]+")  # RFC 6750, section 3


def test_there_are_many() -> None:
    assert len(Reason) >= 25
    assert list(BY_CODE.values()) == list(Reason)


@pytest.mark.parametrize("reason", Reason)
def test_each_has_a_code_and_words(reason: Reason) -> None:
    assert re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)*", reason)
    assert len(reason) <= 64
    assert reason.name == reason.upper()
    assert reason.status in STATUSES
    for words in (reason.sentence, reason.remedy):
        assert QUOTABLE.fullmatch(words)
        assert words[0].isupper()
        assert words[-1] == "."


def test_nobody_is_told_who_exists() -> None:
    hidden = {reason: reason.told for reason in Reason if reason.told is not reason}
    assert hidden == {
        Reason.UNKNOWN_USER: Reason.BAD_LOGIN,
        Reason.WRONG_PASSWORD: Reason.BAD_LOGIN,
    }
