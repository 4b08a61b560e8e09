"""Resets in a row at a small scale; `python -m tests.pressure.resets` does 1,000."""

from __future__ import annotations

import sys

import pytest

from tests.pressure.resets import resetting_store


@pytest.mark.skipif(sys.platform != "linux", reason="processes are read from /proc")
def test_a_store_does_not_grow_with_resets() -> None:
    with resetting_store() as store:
        store.reset(20)
        before = store.footprint()
        store.reset(20)
        after = store.footprint()
    assert after.databases == before.databases
    assert abs(after.connections - before.connections) <= 3  # of PostgreSQL itself, too
    assert after.files <= before.files + 5
    assert after.memory <= before.memory + 20
    assert after.disk <= before.disk + 300  # files of the log come and go; 20 worlds take 500
