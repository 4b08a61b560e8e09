"""Events as annotations of an EDF+ file: time-stamped texts in the data records.

A value reads `RR_interval 0.734375 s`: the name of its datatype, the physical value, and the
unit where there is one. Onsets are exact, for a tick has eight decimals of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals import encode
from apps.signals.encode import Texts
from apps.signals.reader import Gone
from apps.signals.scaling import Scale
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Ticks = NDArray[np.int64]

DECIMALS = 12
"""After which values are rounded; 1/4096 has as many."""

_END = b"\1"
"""Stands for the zero byte that ends an annotation, for zeros are what fills up a text."""

_CLOSED = b"\x14" + _END
_KEEPING = np.array([b"\x14" + _CLOSED])
_FRACTIONS = np.array([
    f"{tick / SECOND:.8f}"[1:].rstrip("0").rstrip(".").encode() for tick in range(SECOND)
])  # fmt: skip


@dataclass(frozen=True)
class Marks:
    """Annotations by rising `ticks`, each with what follows its onset."""

    ticks: Ticks
    texts: Texts

    def between(self, lower: int, upper: int) -> Marks:
        """Those at `lower` <= tick < `upper`."""
        first, stop = np.searchsorted(self.ticks, (lower, upper))
        return Marks(self.ticks[first:stop], self.texts[first:stop])


def events(datatype: Datatype, ticks: Ticks, values: NDArray[Any]) -> Marks:
    """The values of a datatype as annotations."""
    known, places = encode.distinct(values)
    return Marks(ticks, _texts(datatype, known)[places])


def notes(pairs: Iterable[tuple[int, str]]) -> Marks:
    """Single annotations, each a tick and a text."""
    ordered = sorted(pairs)
    texts = [b"\x14" + text.encode("ascii", "replace") + _CLOSED for _, text in ordered]
    return Marks(np.array([tick for tick, _ in ordered], np.int64), np.array(texts, np.bytes_))


def _texts(datatype: Datatype, values: NDArray[Any]) -> Texts:
    if (datatype.gain, datatype.offset) != (1, 0):
        values = np.round(Scale(datatype.gain, datatype.offset).apply(values), DECIMALS)
    unit = f" {datatype.unit}" if datatype.unit else ""
    before, after = f"\x14{datatype.name} ", unit
    return encode.texts(before.encode(), values, after.encode("ascii", "replace") + _CLOSED)


def sizes(marks: Marks) -> tuple[int, NDArray[np.int32]]:
    """The second of the first mark, and from there on the most bytes that each second takes."""
    first, last = int(marks.ticks[0]) // SECOND, int(marks.ticks[-1]) // SECOND
    widths = np.char.str_len(marks.texts) + onset_size(last)
    return first, np.bincount(marks.ticks // SECOND - first, widths).astype(np.int32)


def onset_size(last: int) -> int:
    """The most bytes of an onset in seconds up to the one after `last`."""
    return len(f"+{last + 1}") + _FRACTIONS.itemsize


def keeping_size(last: int) -> int:
    """The most bytes of the annotation that says when a data record begins."""
    return onset_size(last) + len(_KEEPING[0])


def laid_out(seconds: range, ahead: int, all_marks: Iterable[Marks], size: int) -> NDArray[Any]:
    """The bytes of the annotation signal in those data records, a row of `size` bytes each.

    Ticks count from the first data record of the file, which begins `ahead` ticks after the
    start that the header tells. Marks after the last second go into its row. Raises Gone where
    a row is too short, for the events are others than those that were counted.
    """
    begins = np.arange(seconds.start, seconds.stop) * SECOND
    marks = [Marks(begins, np.repeat(_KEEPING, len(begins))), *all_marks]
    ticks = np.concatenate([one.ticks for one in marks])
    order = np.argsort(ticks, kind="stable")
    ticks, texts = ticks[order], np.concatenate([one.texts for one in marks])[order]
    laid = np.frombuffer(encode.rows([*_onsets(ticks + ahead), texts]), np.uint8)
    ends = np.append(0, np.flatnonzero(laid == _END[0]) + 1)
    firsts = ends[np.searchsorted(ticks, begins)]
    lengths = np.diff(firsts, append=len(laid))
    if lengths.max() > size:
        raise Gone(f"a second of annotations, {lengths.max()} bytes instead of {size}")
    found = np.zeros((len(begins), size), np.uint8)
    shifts = np.repeat(np.arange(len(begins)) * size - firsts, lengths)
    found.ravel()[np.arange(len(laid)) + shifts] = laid * (laid != _END[0])
    return found


def _onsets(ticks: Ticks) -> list[Texts]:
    """Each time in seconds, as two columns: whole seconds, and the fraction."""
    whole = ticks // SECOND
    table = encode.texts(b"+", np.arange(whole[0], whole[-1] + 1), b"")
    return [table[whole - whole[0]], _FRACTIONS[ticks % SECOND]]
