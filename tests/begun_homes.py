"""Homes in which a first start has been: made once in a run, and copied for each test.

For tests that need a served store and prove nothing of its beginning. A copy has the database of
the original and makes the rest itself: its secret key, its authority and its certificates. It
takes about half of the processor time of a first start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hexostore.locks import Lock
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

OPTIONS = {"demo": (), "empty": ("--empty",)}
"""What a first start of each kind is given."""

ITS_OWN = (
    "secret-key",
    "tls",
    "control",
    "serve.lock",
    "postgres.lock",
    "postgres/lock",
    "postgres/log",
)
"""What two homes must not share, and what tells of the start of the original."""


def fill_home(home: Path, kind: str) -> None:
    """Put into a new home what a first start leaves there, of the kind `demo` or `empty`.

    Where the database lies outside of the home, because its path is long or closed to the account
    that runs it, the home stays empty, and the store begins in it as usual.
    """
    begun = _begun_home(kind)
    if (begun / "postgres").is_symlink():
        return
    subprocess.run(["/bin/cp", "-a", "--reflink=auto", f"{begun}/.", str(home)], check=True)


@contextmanager
def served_demo(*options: str, environment: Mapping[str, str] | None = None) -> Iterator[Live]:
    """Serve a demo world that nobody has written to, in a home that is removed afterwards."""
    folder = throwaway_home()
    try:
        fill_home(folder, "demo")
        live = Live(folder, options, environment=dict(environment or {})).start()
        yield live
        live.stop()
    finally:
        remove_home(folder)


def _begun_home(kind: str) -> Path:
    """Return the home of that kind; the worker of a run that asks first makes it."""
    folder = Path(os.environ["HEXOSTORE_HOME"]) / f"begun-{kind}"  # in the home of all workers
    lock = Lock(folder.with_suffix(".lock"))
    lock.take(wait=True)
    try:
        if not folder.exists():
            _begin_home(folder, kind)
    finally:
        lock.release()
    return folder


def _begin_home(folder: Path, kind: str) -> None:
    """Make the home completely or not at all. It gets its name at the end."""
    draft = folder.with_suffix(".draft")
    remove_home(draft)  # of a worker that was killed
    draft.mkdir()
    draft.chmod(0o711)  # as root, another user runs the database in it
    served = Live(draft, OPTIONS[kind]).start()
    assert served.stop() == 0, served.log()
    for name in (*ITS_OWN, "stderr"):
        _remove(draft / name)
    draft.rename(folder)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
