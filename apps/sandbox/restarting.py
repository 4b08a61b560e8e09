"""A restart without a refused connection: its check, its end, and the command that asks for it."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, NoReturn

from apps.sandbox.served import server_pid
from hexostore import succession
from hexostore.succession import Inherited, begin_anew, find_fault

if TYPE_CHECKING:
    from apps.sandbox.sockets import Sockets
    from hexostore.locks import Lock
    from hexostore.postgres import Embedded
    from hexostore.server import Supervisor

PATIENCE = 120.0
"""Seconds that a restart may take."""

_FILE = "restarted"
_PAUSE = 0.05

_log = logging.getLogger("hexostore.server")


class RestartError(Exception):
    """The server was not restarted. The text says why."""


def may_restart(home: Path) -> bool:
    """Return whether the program on disk can take the place of this one, and say so if not."""
    fault = find_fault()
    if fault:
        _log.error("not restarted, because the program on disk does not run: %s", fault)
        note_restart(home, fault)
    return not fault


def note_restart(home: Path, fault: str = "") -> None:
    """Note in the home that a restart is done, or why there was none, for who asked for it."""
    found = _read_note(home)
    draft = home / f"{_FILE}.draft"
    draft.write_text(json.dumps({"number": found["number"] + 1, "fault": fault}))
    draft.replace(home / _FILE)


def hand_over(
    supervisor: Supervisor, lock: Lock, sockets: Sockets, embedded: Embedded | None
) -> NoReturn:
    """Begin the program anew, and leave to it what this one holds."""
    postgres, locks = (None, {}) if embedded is None else embedded.hand_over()
    web_servers, others = supervisor.processes()
    left = Inherited(
        sockets=sockets.numbers(),
        locks={"serve": lock.hand_over(), **locks},
        web_servers=tuple(web_servers),
        others=tuple(others),
        postgres=postgres,
    )
    begin_anew(left)


def restart_server(home: Path, patience: float = PATIENCE) -> int:
    """Restart the server of a home. Return its process, or 0 if there is none. Raise
    RestartError."""
    process = server_pid(home)
    if not process:
        return 0
    before = _read_note(home)
    try:
        os.kill(process, succession.SIGNAL)
    except ProcessLookupError:
        raise RestartError(f"process {process} ended") from None
    except PermissionError:
        raise RestartError(f"process {process} belongs to another user") from None
    return _await_restart(home, process, before, monotonic() + patience)


def _await_restart(home: Path, process: int, before: dict[str, Any], deadline: float) -> int:
    while (note := _read_note(home)) == before:
        if server_pid(home) != process:
            raise RestartError(f"process {process} ended; see its log")
        if monotonic() > deadline:
            raise RestartError(f"process {process} is not ready again; see its log")
        sleep(_PAUSE)
    if note["fault"]:
        raise RestartError(f"the program on disk does not run: {note['fault']}")
    return process


def _read_note(home: Path) -> dict[str, Any]:
    """Return what was noted last."""
    try:
        return dict(json.loads((home / _FILE).read_text()))
    except FileNotFoundError:
        return {"number": 0, "fault": ""}
