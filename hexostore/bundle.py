"""Where `apps` and `fixtures` lie: beside this package in a checkout, inside of it where installed.

The wheel of Hexostore has one package, so that it shares no name with other programs:

    checkout    …/apps    …/fixtures    …/hexostore
    installed   …/hexostore/_bundle/apps    …/hexostore/_bundle/fixtures
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundle"

IS_INSTALLED = _BUNDLED.is_dir()
FOLDER = _BUNDLED if IS_INSTALLED else _PACKAGE.parent
REPAIR = "install hexostore again with pip" if IS_INSTALLED else "remove .venv, run bin/setup"
"""What brings packages back that are missing or broken."""


def put_first_on_path() -> None:
    """Have `import apps` find ours, whatever else of that name PYTHONPATH and this folder hold.

    Processes that Python starts for this program (multiprocessing) take over its path.
    """
    folder = str(FOLDER)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
