"""The name of this program in hints."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from hexostore import bundle


def program_name() -> str:
    """Return `hexostore` if the shell finds it, else a path that can be typed."""
    found, script = shutil.which("hexostore"), Path(sys.prefix, "bin", "hexostore")
    if found and Path(found).absolute() == script:
        return "hexostore"
    wrapper = bundle.FOLDER / "bin" / "hexostore"
    if bundle.IS_INSTALLED or not wrapper.exists():
        return "hexostore" if not script.exists() else str(script)
    return f"./{os.path.relpath(wrapper)}" if Path.cwd() == bundle.FOLDER else str(wrapper)
