"""Whether what an example printed is what its page shows.

Pages show less than is printed: a shown JSON object may lack members, and `…` stands for
anything: as a text of JSON for any value, as the last item of a list for any further ones, in a
line of plain text for the rest of a word or line, as a line of its own for any lines.
"""

import json
import re
from typing import Any

ANYTHING = "…"


def require_json(shown: str, printed: str) -> None:
    """Raises AssertionError with the path of the first difference."""
    _require(json.loads(shown), json.loads(printed), "$")


def _require(shown: Any, printed: Any, path: str) -> None:
    if shown == ANYTHING:
        return
    if isinstance(shown, dict) and isinstance(printed, dict):
        for name, value in shown.items():
            assert name in printed, f"{path}: {name} is not there"
            _require(value, printed[name], f"{path}.{name}")
    elif isinstance(shown, list) and isinstance(printed, list):
        _require_items(shown, printed, path)
    else:
        assert (type(shown), shown) == (type(printed), printed), path


def _require_items(shown: list[Any], printed: list[Any], path: str) -> None:
    if shown[-1:] == [ANYTHING]:
        shown = shown[:-1]
        printed = printed[: len(shown)]
    assert len(shown) == len(printed), f"{path}: {len(printed)} items"
    for index, (one, other) in enumerate(zip(shown, printed, strict=True)):
        _require(one, other, f"{path}[{index}]")


def require_text(shown: str, printed: str) -> None:
    """Raises AssertionError unless the texts match, blanks at their ends aside."""
    pattern = "".join(_pattern(line) for line in shown.strip().splitlines())
    assert re.fullmatch(pattern, printed.strip() + "\n"), f"shown:\n{shown}\nprinted:\n{printed}"


def _pattern(line: str) -> str:
    if line.strip() == ANYTHING:
        return r"(?:.*\n)*"
    return re.escape(line.rstrip()).replace(re.escape(ANYTHING), ".*") + r"[ ]*\n"
