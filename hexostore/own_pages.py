"""The addresses of what people look into a sandbox with. No client of the API asks for them."""

from __future__ import annotations

CONTROL = "_sandbox"
CONSOLE = frozenset({"", "console", "explore", "requests", "outbox"})
"""The first parts of their paths. "" is that of the start page."""

_FOLDERS = CONSOLE | {CONTROL}
_FILES = "/docs/files/"


def is_own_page(path: str) -> bool:
    """Return whether a path, without the prefix of a sandbox, leads to the control plane or to a
    page of the console.

    They are left out of the journal, and no fault applies to them.
    """
    return path.strip("/").partition("/")[0] in _FOLDERS or path.startswith(_FILES)
