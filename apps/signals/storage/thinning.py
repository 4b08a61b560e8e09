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
    # 70,000 samples under a limit of 65,536 are thinned to every second one, 35,000.
    if count <= limit:
        return 1
    if limit <= 1:
        return count
    return -(-count // (limit - 1))


def window(start: int, step: int, count: int, lower: int, upper: int) -> range:
    """Return the numbers of those of `count` samples that are at `lower` <= tick < `upper`.

    Sample i is at `start` + i * `step` ticks.
    """
    # Of five samples at 100, 110, 120, 130 and 140, those from 115 up to 140 are number 2 and 3.
    at_lower = -((start - lower) // step)  # rounded up: the first number that is not before it
    at_upper = -((start - upper) // step)
    first = max(0, at_lower)
    stop = min(count, at_upper)
    return range(first, max(first, stop))


def every(samples: range, step: int, phase: int) -> tuple[range, int]:
    """Return every `step`-th of `samples` after the first `phase`, and the phase that follows.

    The phase continues the counting in the next samples. So thinning several pieces in a row keeps
    the same samples as thinning them as one.
    """
    # Every 4th of ten samples are 0, 4 and 8. The next one is 12, the third of the next ten.
    kept = range(samples.start + phase, samples.stop, step)
    return kept, (phase - len(samples)) % step


def by_chunk(samples: range, size: int) -> Iterator[tuple[int, slice]]:
    """Yield the chunks of `size` samples that `samples` touches, each with what to take from it."""
    if not samples:
        return
    # Of chunks of 8, range(6, 20, 4) takes sample 6 of chunk 0, the samples 2 and 6 of chunk 1,
    # and sample 2 of chunk 2.
    step = samples.step
    for number in range(samples[0] // size, samples[-1] // size + 1):
        before = samples.start - number * size
        first = max(before, before % step)
        stop = min(size, samples.stop - number * size)
        if first < stop:
            yield number, slice(first, stop, step)
