"""Responses that are made while they are sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apps.api import pieces
from apps.api.pieces import send_texts


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", 4)


@pytest.mark.parametrize("texts", [[], ["é"], ["ab", "c"], ["a" * 9]])
def test_one_piece_is_sent_whole(texts: list[str]) -> None:
    answer = send_texts(texts, "text/plain")
    assert not answer.streaming
    assert answer.content == "".join(texts).encode()  # type: ignore[attr-defined]


def test_more_are_made_while_they_are_sent() -> None:
    made: list[str] = []

    def texts() -> Iterator[str]:
        for letter in "äbcdefghijklm":
            made.append(letter)
            yield letter

    answer = send_texts(texts(), "text/plain")
    assert answer.streaming
    assert len(made) == 8
    sent = iter(answer.streaming_content)  # type: ignore[attr-defined]
    assert [next(sent), next(sent)] == ["äbcd".encode(), b"efgh"]
    assert len(made) == 8
    assert [*sent] == [b"ijkl", b"m"]


def test_errors_of_the_first_piece_can_be_answered() -> None:
    def texts() -> Iterator[str]:
        yield "a"
        raise KeyError("x")

    with pytest.raises(KeyError):
        send_texts(texts(), "text/plain")
