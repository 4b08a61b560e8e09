"""A process that writes or moves chunks, and can be killed between an object and its row.

Its arguments are what it does, and the record. It says `stored` after each object, and waits for a
line before it goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from tests import databases

COUNTS = 5_000


@contextmanager
def another_process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Start it on the database of the test."""
    environment = os.environ | {
        "DATABASE_URL": databases.url_of(connection.settings_dict["NAME"]),
        "HEXOSTORE_CHUNKS": settings.HEXOSTORE_CHUNKS,
        "DJANGO_SETTINGS_MODULE": "hexostore.settings",
    }
    command = [sys.executable, "-m", "tests.signals.objects.writing", *arguments]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until_stored(process: subprocess.Popen[str], times: int = 1) -> None:
    """Wait until it has stored that many objects, and let it go on after each but the last."""
    assert process.stdout is not None
    assert process.stdin is not None
    for number in range(1, times + 1):
        assert process.stdout.readline() == "stored\n"
        if number < times:
            process.stdin.write("\n")
            process.stdin.flush()


def main(work: str, key: str) -> None:
    """Do it."""
    import django

    django.setup()
    import numpy as np

    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store
    from apps.signals.storage.objects import moving, transfer
    from apps.signals.storage.objects.bucket import Bucket

    usual = Bucket.put

    def put(self: Bucket, name: bytes, payload: bytes) -> None:
        usual(self, name, payload)
        sys.stdout.write("stored\n")
        sys.stdout.flush()
        sys.stdin.readline()

    def one_after_the_other(work: Any, items: Any) -> Any:
        return ((item, work(given)) for item, given in items)

    Bucket.put = put  # type: ignore[method-assign]
    transfer.in_turn = one_after_the_other
    if work == "write":
        record, datatype = Record.objects.get(pk=key), Datatype.objects.get(pk=19)
        store.write_channel(record, datatype, np.arange(COUNTS))
    else:
        for _ in moving.move("objects"):
            pass


if __name__ == "__main__":
    main(*sys.argv[1:])
