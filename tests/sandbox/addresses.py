"""Every address below `/_sandbox/`, with an example for each of its names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apps.sandbox import urls

_GROUP = re.compile(r"\(\?P<(\w+)>[^)]*\)")
_EXAMPLES = {"name": "main", "snapshot": "one", "number": "1", "key": "1", "record": "1"}


def every_address() -> Iterator[tuple[str, str]]:
    """Yield each method in capitals with each address that has it."""
    for pattern in urls.urlpatterns:
        regex = str(pattern.pattern).removeprefix("^").removesuffix("/?$")
        path = _GROUP.sub(lambda found: _EXAMPLES[found[1]], regex).replace("\\", "")
        assert pattern.resolve(path), path
        for method in getattr(pattern.callback, "methods", ("get",)):
            yield method.upper(), f"/_sandbox/{path}"


ADDRESSES = list(every_address())
PATHS = sorted({path for _, path in ADDRESSES})
CHANGES = [(method, path) for method, path in ADDRESSES if method != "GET"]
