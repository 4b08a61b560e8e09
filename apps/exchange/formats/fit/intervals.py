"""RR intervals of FIT files (messages `hrv`)."""

from __future__ import annotations

import numpy as np

from apps.exchange.activity import Intervals

from .frames import FitPart
from .profile import HRV_TIME, TICKS, Message


def beat_intervals(part: FitPart, start: int) -> Intervals | None:
    """Return the RR intervals, None if there are none.

    They have no times of their own: the first one begins at the tick `start`, and each of the
    others where the one before has ended.
    """
    seconds, order = [np.zeros(0)], [np.zeros(0, dtype=np.int64)]
    for table in part.of(Message.HRV):
        values = table.floats(table.places.get(HRV_TIME.field))
        if values is not None:
            seconds.append(values.ravel() / HRV_TIME.scale)
            order.append(np.repeat(np.asarray(table.order, dtype=np.int64), values.shape[1]))
    sequence = np.argsort(np.concatenate(order), kind="stable")
    in_order = np.concatenate(seconds)[sequence]
    valid = in_order[in_order > 0]
    if not len(valid):
        return None
    ends = start + np.rint(np.cumsum(valid) * TICKS).astype(np.int64)
    return Intervals(ends, valid)
