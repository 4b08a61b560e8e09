"""Events as annotations of an EDF+ file: time-stamped texts in the data records.

Onsets are exact, because a tick has eight decimals of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype
from apps.signals.formats.edf.annotation_texts import SEPARATOR, around_value
from apps.signals.storage.reader import Gone
from apps.signals.storage.scaling import Scale
from apps.signals.texts import encode
from apps.signals.texts.encode import Texts
from hexostore.hexotime import TICKS_PER_SECOND as SECOND

Ticks = NDArray[np.int64]

DECIMALS = 12
"""The decimals of rounded values; 1/4096 has as many."""

_END = b"\1"
"""Stands for the zero byte that ends an annotation, because zeros fill up texts."""

_CLOSED = SEPARATOR + _END
_KEEPING = SEPARATOR + _CLOSED
_FRACTIONS = np.array([
    f"{tick / SECOND:.8f}"[1:].rstrip("0").rstrip(".").encode() for tick in range(SECOND)
])  # fmt: skip
_FRACTION_SIZES = np.char.str_len(_FRACTIONS).astype(np.int64)
_POWERS = 10 ** np.arange(1, 10)
"""The smallest seconds with two digits, three digits, and so on."""


@dataclass(frozen=True)
class Annotations:
    """Annotations with ascending `ticks`, each with the text after its onset and the size of
    that."""

    ticks: Ticks
    texts: Texts
    sizes: Ticks

    def select_annotations(self, which: slice | Ticks) -> Annotations:
        """Return the annotations at these places."""
        return Annotations(self.ticks[which], self.texts[which], self.sizes[which])

    def sizes_at(self, begin: int) -> Ticks:
        """Return the bytes of each, if `ticks` count from that tick of the file's clock."""
        ticks = self.ticks + begin
        digits = 1 + np.searchsorted(_POWERS, ticks // SECOND, "right")
        return self.sizes + len("+") + digits + _FRACTION_SIZES[ticks % SECOND]


def join_annotations(every: Iterable[Annotations]) -> Annotations:
    """Return annotations one after the other."""
    columns = list(every)
    ticks = np.concatenate([one.ticks for one in columns])
    texts = np.concatenate([one.texts for one in columns])
    return Annotations(ticks, texts, np.concatenate([one.sizes for one in columns]))


def merge_by_time(every: Iterable[Annotations]) -> Annotations:
    """Return annotations of several kinds in the order of time."""
    found = join_annotations(every)
    return found.select_annotations(np.argsort(found.ticks, kind="stable"))


NONE = Annotations(np.zeros(0, np.int64), np.zeros(0, "S1"), np.zeros(0, np.int64))


def annotate_events(datatype: Datatype, ticks: Ticks, values: NDArray[Any]) -> Annotations:
    """Return the values of a datatype as annotations."""
    known, places = encode.distinct(values)
    texts = _value_texts(datatype, known)
    sizes = np.char.str_len(texts).astype(np.int64)
    return Annotations(ticks, texts[places], sizes[places])


def annotate_texts(pairs: Iterable[tuple[int, str]]) -> Annotations:
    """Return single annotations, each a tick and a text."""
    ordered = sorted(pairs)
    texts = [SEPARATOR + text.encode("ascii", "replace") + _CLOSED for _, text in ordered]
    sizes = np.array([len(text) for text in texts], np.int64)
    return Annotations(
        np.array([tick for tick, _ in ordered], np.int64), np.array(texts, "S"), sizes
    )


def _value_texts(datatype: Datatype, values: NDArray[Any]) -> Texts:
    if (datatype.gain, datatype.offset) != (1, 0):
        physical = Scale(datatype.gain, datatype.offset).apply(values)
        values = np.round(physical, DECIMALS)
    before, after = around_value(datatype.name, datatype.unit)
    before_value = SEPARATOR + before.encode()
    after_value = after.encode("ascii", "replace") + _CLOSED
    return encode.texts(before_value, values, after_value)


def keeping_size(records: int, ahead: int) -> int:
    """Return the most bytes of the annotation with the start of a data record.

    There are so many data records, and the first begins `ahead` ticks after the file's start.
    """
    return len(f"+{records - 1}") + len(_FRACTIONS[ahead]) + len(_KEEPING)


def laid_out(
    seconds: range, ahead: int, marks: Annotations, places: Ticks, size: int
) -> NDArray[Any]:
    """Return the annotation signal of those data records, with a row of `size` bytes for each.

    Seconds and ticks count from the first data record, which begins `ahead` ticks after the start
    in the header. `places` are the ascending numbers of the data records of the annotations. Raise
    Gone if a row is too short, because then these are not the events that were counted.
    """
    # Of the data records 0 and 1, the first has no annotation and the second has one at 1.5 s. With
    # `.` for a zero and `|` for a byte of 20, their rows are `+0||.........` and `+1||.+1.5|x|.`.
    begins = np.arange(seconds.start, seconds.stop)
    firsts = np.searchsorted(places, begins)
    ticks = np.insert(marks.ticks, firsts, begins * SECOND) + ahead
    texts = np.insert(_widen_texts(marks.texts), firsts, _KEEPING)
    laid = np.frombuffer(encode.rows([*_onset_texts(ticks), texts]), np.uint8)
    ends = np.append(0, np.flatnonzero(laid == _END[0]) + 1)
    starts = ends[firsts + np.arange(len(begins))]
    lengths = np.diff(starts, append=len(laid))
    if lengths.max() > size:
        raise Gone(f"a second of annotations, {lengths.max()} bytes instead of {size}")
    found = np.zeros((len(begins), size), np.uint8)
    shifts = np.repeat(np.arange(len(begins)) * size - starts, lengths)
    targets = np.arange(len(laid)) + shifts
    found.ravel()[targets] = laid * (laid != _END[0])
    return found


def _widen_texts(texts: Texts) -> Texts:
    """Return the texts in a type that also has room for the start of the data record."""
    return texts.astype(np.promote_types(texts.dtype, f"S{len(_KEEPING)}"), copy=False)


def _onset_texts(ticks: Ticks) -> list[Texts]:
    """Return each time in seconds, as two columns: whole seconds, and the fraction."""
    whole = ticks // SECOND
    least = int(whole.min())
    table = encode.texts(b"+", np.arange(least, whole.max() + 1), b"")
    return [table[whole - least], _FRACTIONS[ticks % SECOND]]
