"""The checks of samples before they are stored, and the texts of their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import Datatype


class IngestionError(ValueError):
    """Samples that cannot be stored. The text names row or position, column and reason."""


@dataclass(frozen=True, slots=True)
class IncomingColumn:
    """Numbers on their way into a channel: its name and, if they come from a table, the `rows` of
    that table, counted from 1.

    `first` is the position of the first number in the channel, if these are only a piece.
    """

    name: str
    rows: NDArray[np.int64] | None = None
    first: int = 0

    def error(self, at: int, problem: str) -> IngestionError:
        """Return an error about the number at that position, counted from 0."""
        place = f"position {self.first + at}" if self.rows is None else f"row {self.rows[at]}"
        return IngestionError(f"{place}, column {self.name}: {problem}")


def sample_type(datatype: Datatype) -> str:
    """Return the numpy type of a synchronous channel's counts."""
    return f"{'int' if datatype.signed else 'uint'}{datatype.bits}"


def fit(column: IncomingColumn, numbers: NDArray[Any], dtype: str) -> NDArray[Any]:
    """Return the numbers as that integer type.

    Raise IngestionError for the first number that does not fit, and for numbers that are not
    integers.
    """
    if numbers.dtype.kind not in "iu" and len(numbers):
        raise IngestionError(f"column {column.name}: expected integers, not {numbers.dtype}")
    limits = np.iinfo(dtype)
    safe = not len(numbers) or np.can_cast(numbers.dtype, dtype)
    if not safe and (numbers.min() < limits.min or numbers.max() > limits.max):
        at = int(np.argmax((numbers < limits.min) | (numbers > limits.max)))
        raise column.error(at, f"{numbers[at]} is no {dtype}")
    return np.ascontiguousarray(numbers, dtype)


def require_grid(
    column: IncomingColumn, datatype: Datatype, start: int, ticks: NDArray[np.int64]
) -> None:
    """Check that `ticks` are the times of samples in a record that begins at `start`, from sample
    number `column.first` on.

    The samples follow each other every `datatype.hexo_freq` ticks from `datatype.first_sample` on.
    Raise IngestionError for the first tick that is not on that grid, for a repeated or late sample,
    and for missing ones.
    """
    step = datatype.hexo_freq
    if not step:
        raise IngestionError(f"column {column.name}: {datatype} is asynchronous")
    offsets = ticks - (start + datatype.first_sample)
    on_grid = step * (column.first + np.arange(len(ticks)))
    wrong = np.flatnonzero(offsets != on_grid)
    if len(wrong):
        at = int(wrong[0])
        number = column.first + at
        raise column.error(at, _misplaced(int(ticks[at]), int(offsets[at]), number, step))


def _misplaced(tick: int, offset: int, at: int, step: int) -> str:
    number, beside = divmod(offset, step)
    if beside:
        return f"tick {tick} is off the grid of a sample every {step} ticks"
    if number < 0:
        return f"tick {tick} is before the first sample"
    if number < at:
        return f"tick {tick} overlaps what came before"
    return f"a gap of {number - at} samples before tick {tick}"


def require_order(column: IncomingColumn, offsets: NDArray[np.int64], after: int = 0) -> None:
    """Check that events follow each other. Raise IngestionError for the first one that does not."""
    before = np.concatenate([np.array([after], np.int64), offsets[:-1]])
    wrong = np.flatnonzero(offsets < before)
    if len(wrong):
        at = int(wrong[0])
        raise column.error(
            at, f"offset {offsets[at]} overlaps what came before, not in rising order"
        )
