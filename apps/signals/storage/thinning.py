"""Which samples an answer holds: windows of time and every n-th sample (Data page)."""

from __future__ import annotations

from collections.abc import Iterator

LIMIT = 65_536
"""The most values per datatype in a JSON answer (Data page, Filtering Options)."""


def stride(count: int, limit: int = LIMIT) -> int:
    """Every how many samples to keep one, so that `count` samples come down to `limit`.

    1 where they fit; otherwise the smallest n that leaves fewer than `limit` values
    (Data page, Filtering Options), but never fewer than one.
    """
    if count <= limit:
        return 1
    if limit <= 1:
        return count
    return -(-count // (limit - 1))


def window(start: int, step: int, count: int, lower: int, upper: int) -> range:
    """The numbers of those of `count` samples that stand at `lower` <= tick < `upper`.

    Sample i stands at `start` + i * `step` ticks.
    """
    first = max(0, -((start - lower) // step))
    stop = min(count, -((start - upper) // step))
    return range(first, max(first, stop))


def every(samples: range, step: int, phase: int) -> tuple[range, int]:
    """Every `step`-th of `samples`, the first `phase` left out; and the phase that follows.

    The phase carries the counting over to the samples that come next, so that thinning
    several pieces in a row keeps what thinning their whole would keep.
    """
    return range(samples.start + phase, samples.stop, step), (phase - len(samples)) % step


def by_chunk(samples: range, size: int) -> Iterator[tuple[int, slice]]:
    """The chunks of `size` samples that `samples` touches, each with what to take from it."""
    if not samples:
        return
    step = samples.step
    for number in range(samples[0] // size, samples[-1] // size + 1):
        base = number * size
        first = max(samples.start - base, (samples.start - base) % step)
        if first < min(size, samples.stop - base):
            yield number, slice(first, min(size, samples.stop - base), step)
