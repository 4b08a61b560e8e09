"""What a web server is told by its supervisor, and tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class WorkerTold:
    """Whether it shall say that it is not ready, what to call when it accepts connections, and the
    seconds in which what runs may end when it is stopped."""

    is_draining: Callable[[], bool] = lambda: False
    note_serving: Callable[[], None] = lambda: None
    stop_seconds: float = 0.0
