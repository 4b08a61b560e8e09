"""The text of the program itself, on which what was made and kept depends."""

from __future__ import annotations

from functools import cache
from hashlib import blake2b
from pathlib import Path


@cache
def digest_program(package: Path) -> str:
    """Return a digest of the modules in a folder: other programs may give other results."""
    digest = blake2b(digest_size=16)
    for source in sorted(package.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()
