"""Starting `hexostore serve` in a process of its own, and hearing when it is ready."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def spawn_server(
    options: Sequence[str], log: Path, **process: Any
) -> tuple[subprocess.Popen[str], dict[str, Any] | None]:
    """Return a server with its facts, as `serve --json` prints them, once it is ready; None in
    place of them if it ends before.

    Its stderr goes to the file `log`. It is a session of its own, so neither Ctrl-C nor the end of
    this terminal is for it. `process` are further arguments of Popen.
    """
    with log.open("w") as said:
        started = subprocess.Popen(
            [sys.executable, "-m", "hexostore", "serve", *options, "--json"],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
            **process,
        )
    assert started.stdout is not None
    line = started.stdout.readline()
    return started, dict(json.loads(line)) if line else None
