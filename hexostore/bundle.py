"""Where `apps`, `docs` and `fixtures` lie: beside this package, or inside of it where installed.

The wheel of Hexostore has one package, so that it shares no name with other programs:

    checkout    …/apps    …/docs    …/fixtures    …/hexostore
    installed   …/hexostore/_bundle/apps    …/_bundle/docs    …/_bundle/fixtures
"""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_BUNDLED = _PACKAGE / "_bundle"

IS_INSTALLED = _BUNDLED.is_dir()
FOLDER = _BUNDLED if IS_INSTALLED else _PACKAGE.parent
REPAIR = "install hexostore again with pip" if IS_INSTALLED else "remove .venv, run bin/setup"
"""How to restore missing or broken packages."""


def put_first_on_path() -> None:
    """Make sure that `import apps` finds ours, whatever PYTHONPATH and the current folder contain.

    Processes that Python starts for this program (multiprocessing) inherit its path.
    """
    folder = str(FOLDER)
    if sys.path[:1] != [folder]:
        sys.path.insert(0, folder)
