"""The formats of files. Each has its reader beside its writer; both speak of `Activity`.

Their libraries take a quarter of a second to load, so each format is loaded when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from types import ModuleType
from typing import BinaryIO, cast

from apps.exchange.activity import Activity, Workout

Read = Callable[[BinaryIO], Activity]
Write = Callable[[Activity], Iterable[bytes]]
WritePlan = Callable[[Workout], bytes]


def reader_of(name: str) -> Read:
    """Return what reads files of a format, such as `fit`."""
    return cast("Read", _load(name, "reader").read)


def writer_of(name: str) -> Write:
    """Return what writes activities in a format."""
    return cast("Write", _load(name, "writer").write)


def workout_writer_of(name: str) -> WritePlan:
    """Return what writes workouts in a format; GPX has no plans."""
    return cast("WritePlan", _load(name, "workouts").write)


def _load(name: str, part: str) -> ModuleType:
    return import_module(f"{__name__}.{name}.{part}")
