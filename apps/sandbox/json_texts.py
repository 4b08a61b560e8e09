"""JSON whose texts can be stored, of requests and of files."""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

Pairs = list[tuple[str, Any]]


class JSONFileError(Exception):
    """A file that is not the JSON that is expected. The message begins with its name."""


def read_json(text: str | bytes, read_object: Callable[[Pairs], object] | None = None) -> Any:
    """Return the content of JSON; `read_object` makes an object of its members.

    Raise ValueError if it is malformed, or if a text has half of a surrogate pair, which no
    database stores.
    """
    found = json.loads(text, object_pairs_hook=read_object)
    json.dumps(found, ensure_ascii=False).encode()
    return found


def read_json_file(file: Path, longest: int, what: str) -> Any:
    """Return the content of a file in UTF-8, which may begin with a BOM, of at most so many
    characters; `what` it is, such as "a seed".

    Raise JSONFileError, also if a name is used twice in one object.
    """
    try:
        return read_json(_read_text(file, longest, what), _without_twins)
    except OSError as error:
        raise JSONFileError(f"{file}: {error.strerror}") from error
    except RecursionError as error:
        raise JSONFileError(f"{file}: is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise JSONFileError(f"{file}: is not valid JSON: {error}") from error
    except UnicodeDecodeError as error:
        raise JSONFileError(f"{file}: is not UTF-8 text") from error
    except ValueError as error:
        raise JSONFileError(f"{file}: {error}") from error


def _read_text(file: Path, longest: int, what: str) -> str:
    """Return the text of a file. Nothing but a file is opened, because a FIFO would block."""
    mode = file.stat().st_mode
    if stat.S_ISDIR(mode):
        raise JSONFileError(f"{file}: is not a regular file, but a folder")
    if not stat.S_ISREG(mode):
        raise JSONFileError(f"{file}: is not a regular file")
    with file.open(encoding="utf-8-sig") as stream:
        text = stream.read(longest + 1)
    if len(text) > longest:
        raise JSONFileError(f"{file}: is longer than the limit of {longest} characters for {what}")
    return text


def _without_twins(pairs: Pairs) -> dict[str, Any]:
    twins = [key for key, count in Counter(key for key, _ in pairs).items() if count > 1]
    if twins:
        raise ValueError(f"the name {twins[0]!r} is used twice in one object")
    return dict(pairs)
