"""Which samples a response contains: windows of time and every n-th sample (Data page)."""

from __future__ import annotations

from collections.abc import Iterator

LIMIT = 65_536
"""The most values per datatype in a JSON response (Data page, Filtering Options)."""


def stride(count: int, limit: int = LIMIT) -> int:
    """Return n, so that every n-th of `count` samples gives at most `limit` values.

    It is 1 if they fit. Otherwise it is the smallest n that leaves fewer than `limit` values (Data
    page, Filtering Options), but at least one.
    """
    if count <= limit:
        return 1
    if limit <= 1:
        return count
    return -(-count // (limit - 1))


def window(start: int, step: int, count: int, lower: int, upper: int) -> range:
    """Return the numbers of those of `count` samples that are at `lower` <= tick < `upper`.

    Sample i is at `start` + i * `step` ticks.
    """
    first = max(0, -((start - lower) // step))
    stop = min(count, -((start - upper) // step))
    return range(first, max(first, stop))


def every(samples: range, step: int, phase: int) -> tuple[range, int]:
    """Return every `step`-th of `samples` after the first `phase`, and the phase that follows.

    The phase continues the counting in the next samples. So thinning several pieces in a row keeps
    the same samples as thinning them as one.
    """
    return range(samples.start + phase, samples.stop, step), (phase - len(samples)) % step


def by_chunk(samples: range, size: int) -> Iterator[tuple[int, slice]]:
    """Yield the chunks of `size` samples that `samples` touches, each with what to take from it."""
    if not samples:
        return
    step = samples.step
    for number in range(samples[0] // size, samples[-1] // size + 1):
        base = number * size
        first = max(samples.start - base, (samples.start - base) % step)
        if first < min(size, samples.stop - base):
            yield number, slice(first, min(size, samples.stop - base), step)
