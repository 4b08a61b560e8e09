"""What is done in the background: spare copies, and the end of sandboxes that nobody uses.

It runs in the process that does jobs. The work is lost with that process, and done by the next one.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from itertools import count
from threading import Event

from apps.control.abandoned import retire_abandoned, working_on_worlds
from apps.control.background import keep_working
from apps.control.connection import control
from apps.control.credential_owners import trim_credentials
from apps.control.machines import are_several
from apps.control.sandboxes import Sandboxes
from apps.control.templates import Templates
from apps.control.worlds import NotPermitted

CHANNEL = "hexostore_keeper"
"""The channel on which the keeper is told that a copy was taken or a world was left."""

_LISTENED = 0.5  # seconds after which it looks whether it should stop
_SWEPT_EVERY = 10  # times that it looked
_DROPPED_AT_ONCE = 2

_log = logging.getLogger("hexostore.control")


def keep_house(sandboxes: Sandboxes, templates: Templates, stop: Event) -> None:
    """Keep spares and drop what nobody needs, until `stop` is set. This survives restarts of the
    database."""

    def keep() -> None:
        control().execute(f"LISTEN {CHANNEL}")
        if are_several():  # and none of them could copy the store when it began
            _make_usual(templates)
        for turn in count():
            if stop.is_set():
                return
            if not _do_turn(sandboxes, templates, sweeps=turn % _SWEPT_EVERY == 0):
                _wait_for_call()

    keep_working(keep, "the keeper of sandboxes is waiting", stop)


def call_keeper() -> None:
    """Have the keeper look at once."""
    control().execute(f"NOTIFY {CHANNEL}")


def _make_usual(templates: Templates) -> None:
    with working_on_worlds(), suppress(NotPermitted):
        templates.usual()


def _do_turn(sandboxes: Sandboxes, templates: Templates, *, sweeps: bool) -> bool:
    """Make what resets wait for first, and drop a little. Return whether there may be more to
    do."""
    with working_on_worlds():
        makes = templates.keep_spares()
    drops = sandboxes.drop_retired(_DROPPED_AT_ONCE) > 0
    if sweeps:
        _retire_abandoned()
        with working_on_worlds():
            templates.drop_needless()
        trim_credentials()
        for name in sandboxes.sweep():
            _log.info("the sandbox %s was not used for its lifetime and is deleted", name)
    return makes or drops


def _retire_abandoned() -> None:
    count = retire_abandoned()
    if count:
        _log.info("worlds that a killed process has left are dropped: %s", count)


def _wait_for_call() -> None:
    for _ in control().notifies(timeout=_LISTENED, stop_after=1):
        pass
