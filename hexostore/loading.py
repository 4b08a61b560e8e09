"""Loading the program, which takes most of a later start."""

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
    """Load modules without looking for garbage, of which they make next to none.

    It saves an eighth of the time. What was loaded is not looked through again later.
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
    """Have modules loaded when something of them is used first, and not when they are imported.

    For what others import at their top, and what a server never uses. (LazyLoader of importlib
    does not bear a second import: it loads then.)
    """
    for name in names:
        if name not in sys.modules and (spec := find_spec(name)):
            module = sys.modules[name] = _PutOff(name)
            module.__spec__ = spec
