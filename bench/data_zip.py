"""ZIP of a 24 h record of every channel, against reading the same chunks without formatting.

Both run in this process, the archive through the WSGI handler with Basic login. What is printed
is CPU of this process, the size, the time until the first byte and how far the resident memory
grows while the archive is sent.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.data_edf import LOGIN, RECORD, chunks, settle, watched
from bench.day import day_record
from bench.harness import basic, cpu_in_turn, demo_store, get, pieces, show

PATH = f"/api/data/?record={RECORD}&format=zip&datatype__gte=0"
PART = f"/api/data/?record={RECORD}&format=zip&datatype=4113"


def main() -> None:
    """Prints how an archive streams, and CPU per archive with its ratio to reading."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        day_record(User.objects.get(username=LOGIN[0]), RECORD)
        app, login = WSGIHandler(), basic(*LOGIN)
        get(f"/api/data/?record={RECORD}&datatype=19&max_values=1", login, app)
        for path in (PATH, PATH, PATH, PART):
            settle()
            watched(lambda path=path: pieces(path, login, app))  # type: ignore[misc]
        works: dict[str, Callable[[], object]] = {
            "a ZIP archive": lambda: sum(map(len, pieces(PATH, login, app))),
            "its chunks, read only": lambda: sum(1 for _ in chunks()),
        }
        spent = cpu_in_turn(works, rounds=5, times=1)
        show("ZIP of 24 h of 53 channels", spent, "its chunks, read only")


if __name__ == "__main__":
    main()
