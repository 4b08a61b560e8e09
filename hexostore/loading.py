"""Loading the program, which takes most of the time of a later start."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any


@contextmanager
def without_collection() -> Iterator[None]:
    """Load modules without garbage collection, since they produce hardly any garbage.

    This saves an eighth of the time. What was loaded is not examined again later.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class _PutOff(ModuleType):
    """A module that is not loaded yet."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


def put_off(*names: str) -> None:
    """Load modules when they are first used, not when they are imported.

    This is for modules that others import at their top and a server never uses. (LazyLoader of
    importlib fails on a second import: it loads then.)
    """
    for name in names:
        if name not in sys.modules and (spec := find_spec(name)):
            module = sys.modules[name] = _PutOff(name)
            module.__spec__ = spec
