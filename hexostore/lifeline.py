"""Child processes that end with their parent."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable
from functools import partial

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def dies_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return a function for the child to call first: `signum` then reaches it when its parent dies.

    Call this in the parent. The kernel watches the thread of the parent that started the child, so
    children must be started from a thread that lasts. Linux only. Elsewhere the function does
    nothing, and the next start stops what was left behind.
    """
    return partial(_bind_to_parent, os.getpid(), signum)


def _bind_to_parent(parent: int, signum: signal.Signals) -> None:
    if _libc is None:
        return
    _libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
    if os.getppid() != parent:  # it died before the kernel was asked
        os.kill(os.getpid(), signum)
