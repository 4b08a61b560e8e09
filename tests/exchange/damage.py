"""Damaged files: bytes of whole ones flipped, cut out, put in, repeated and overwritten.

The tests make a few hundred; HEXOSTORE_DAMAGED_FILES has them make as many as it says, which is how
`bin/fuzz --files N` makes thousands.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def damaged_examples(usual: int) -> settings:
    """Return settings for a test that reads damaged files."""
    return settings(
        max_examples=int(os.environ.get("HEXOSTORE_DAMAGED_FILES", usual)),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@st.composite
def damaged(draw: Any, whole: Sequence[bytes]) -> bytes:
    """Return one of the files with up to eight changes."""
    content = bytearray(draw(st.sampled_from(whole)))
    for _ in range(draw(st.integers(1, 8))):
        begin = draw(st.integers(0, len(content)))
        end = min(len(content), begin + draw(st.integers(0, 40)))
        kind = draw(st.sampled_from(["flip", "cut", "insert", "repeat", "overwrite", "end"]))
        if kind == "flip" and begin < len(content):
            content[begin] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del content[begin:end]
        elif kind == "insert":
            content[begin:begin] = draw(st.binary(max_size=20))
        elif kind == "repeat":
            content[begin:begin] = content[begin:end]
        elif kind == "overwrite":
            content[begin:end] = bytes([draw(st.sampled_from([0, 0x7F, 0xFF]))]) * (end - begin)
        elif draw(st.booleans()):
            del content[begin:]
    return bytes(content)
