"""JSON whose texts can be stored."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Pairs = list[tuple[str, Any]]


def read_json(text: str | bytes, read_object: Callable[[Pairs], object] | None = None) -> Any:
    """Return the content of JSON; `read_object` makes an object of its members.

    Raise ValueError if it is malformed, or if a text has half of a surrogate pair, which no
    database stores.
    """
    found = json.loads(text, object_pairs_hook=read_object)
    json.dumps(found, ensure_ascii=False).encode()
    return found
