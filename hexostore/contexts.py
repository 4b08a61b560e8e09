"""Values that belong to the context of a request or a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def set_during(variable: ContextVar[T], value: T) -> Iterator[None]:
    """Give a variable of this context another value for a block."""
    before = variable.get()
    variable.set(value)
    try:
        yield
    finally:
        variable.set(before)
