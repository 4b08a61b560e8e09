"""The resources of studies, each in a module of its own; all of them are registered by importing
this package."""

from importlib import import_module
from pkgutil import iter_modules

for _found in iter_modules(__path__):
    import_module(f"{__name__}.{_found.name}")
