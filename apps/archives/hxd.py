"""Reading `.hxd` files: pairs of a tick and a value (seed 002, decoding of asynchronous data)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from apps.archives.members import Member
from apps.signals.hxd import PAIR

EVENTS = 20_000_000
"""Pairs of one file."""


def events(member: Member) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Offsets in ticks from the start of the record, and values.

    Raises ArchiveError for half a pair, which a file that was cut off ends with.
    """
    content = member.read(EVENTS * PAIR)
    if len(content) % PAIR:
        raise member.error(f"cut off: {len(content)} bytes are no whole number of pairs")
    pairs = np.frombuffer(content, "<i8").reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]
