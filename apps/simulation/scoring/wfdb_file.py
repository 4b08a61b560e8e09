"""Annotation files of WFDB in the MIT format: beats with their letters, such as `100.atr`.

The format is public (WFDB Applications Guide, annot(5)): 16-bit words, six bits of code and ten of
time since the one before, with some codes for what does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.simulation.scoring.times import ScoringError

_LETTERS = dict(enumerate("NLRaVFJASEj/Q", 1)) | {
    25: "B",
    30: "?",
    34: "e",
    35: "n",
    38: "f",
    41: "r",
}
"""The codes of beats. All others are of rhythm, noise, waves and remarks."""

_SKIP, _NUMBER, _SUBTYPE, _CHANNEL, _TEXT = 59, 60, 61, 62, 63
_REMARK = 22
"""The code of the remark at 0 in which the file says its rate."""

_RESOLUTION = re.compile(r"## time resolution: (\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class WfdbMarks:
    """Numbers of samples with the letters of beats, empty for other annotations, and samples per
    second, if they are known."""

    samples: list[int]
    letters: list[str]
    rate: float | None


def looks_like_wfdb(content: bytes) -> bool:
    """Return whether a file is binary, and so may be one."""
    return b"\0" in content[:4096]


def read_wfdb(content: bytes, path: Path) -> WfdbMarks:
    """Return the annotations in a file with that content. Raise ScoringError if it is none of that
    format."""
    words = np.frombuffer(content[: len(content) // 2 * 2], "<u2").tolist()
    if not words or words[-1] != 0 or len(content) % 2:
        raise ScoringError(f"{path}: is binary, but no annotation file of WFDB, which ends in 0")
    return _decode(words, path)


def _decode(words: list[int], path: Path) -> WfdbMarks:
    time, rate = 0, None
    marks: list[tuple[int, int]] = []
    try:
        for kind, value, rest in _entries(words):
            if kind == _TEXT:
                rate = rate or _resolution_in(rest, value)
            elif kind == _SKIP:
                time += _signed(*rest)
            elif kind not in {_NUMBER, _SUBTYPE, _CHANNEL}:
                time += value
                marks.append((time, kind))
    except (IndexError, TypeError) as error:
        raise ScoringError(f"{path}: ends within an annotation") from error
    # Code 0 only moves the time, and the remark at 0 is about the file.
    kept = [(at, kind) for at, kind in marks if kind and (at, kind) != (0, _REMARK)]
    letters = [_LETTERS.get(kind, "") for _, kind in kept]
    return WfdbMarks([at for at, _ in kept], letters, rate or _rate_of_header(path))


def _entries(words: list[int]) -> Iterator[tuple[int, int, list[int]]]:
    """Yield code and value of each word before the one that is 0, and what words belong to it."""
    at = 0
    while words[at]:
        kind, value = words[at] >> 10, words[at] & 1023
        more = {_SKIP: 2, _TEXT: (value + 1) // 2}.get(kind, 0)
        yield kind, value, words[at + 1 : at + 1 + more]
        at += 1 + more


def _resolution_in(words: list[int], length: int) -> float | None:
    """Return the samples per second in a remark, or None if it is about something else."""
    text = np.array(words, "<u2").tobytes()[:length].decode("latin-1")
    found = _RESOLUTION.search(text)
    return float(found[1]) if found else None


def _signed(high: int, low: int) -> int:
    """Return the 32-bit number in two words, of which the higher one comes first."""
    value = (high << 16) | low
    return value - (1 << 32) if high & 0x8000 else value


def _rate_of_header(path: Path) -> float | None:
    """Return the samples per second that the header file beside it names, if there is one."""
    header = path.with_suffix(".hea")
    if not header.is_file():
        return None
    try:
        lines = header.read_text("latin-1").splitlines()
    except OSError as error:
        raise ScoringError(f"{header}: {error.strerror}") from error
    first = next((line.split() for line in lines if line.strip() and line[0] != "#"), [])
    try:
        rate = float(first[2].partition("/")[0].partition("(")[0])
    except (IndexError, ValueError) as error:
        raise ScoringError(f"{header}: its first line has no sampling frequency") from error
    return rate if rate > 0 else None
