"""What the C library of Linux does with freed memory. Elsewhere these functions do nothing."""

import ctypes
import sys

from hexostore.web.limits import MIB

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of mallopt(3)

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None
_is_glibc = hasattr(_libc, "mallopt") and hasattr(_libc, "malloc_trim")


def keep_freed_memory() -> None:
    """Have all threads reuse freed blocks.

    Otherwise a response of a megabyte costs the system some hundred new pages each time, a tenth of
    the whole work.
    """
    if _libc is not None and _is_glibc:
        _libc.mallopt(_ARENA_MAX, 1)
        _libc.mallopt(_MMAP_THRESHOLD, 32 * MIB)
        _libc.mallopt(_TRIM_THRESHOLD, 64 * MIB)


def return_freed_memory() -> None:
    """Return free memory to the system, so that a worker shrinks again after a crowd."""
    if _libc is not None and _is_glibc:
        _libc.malloc_trim(0)
