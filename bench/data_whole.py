"""A record of 24 hours asked for as a whole, thinned to the cap, against decoding all of it.

First ECG alone, then every channel at once; each is asked again with its ETag. All runs in this
process through the WSGI handler; what is printed is CPU per request (PostgreSQL's own is not in
it).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.day import day_record
from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
RECORD, ECG = 99_000_001, 4113


def decoder(*datatypes: int) -> Callable[[], object]:
    """A function that reads all samples of those channels of the record, or of all channels."""
    from apps.signals.models import Channel
    from apps.signals.storage import reader
    from apps.signals.storage.reader import StoredChannel

    chosen = Channel.objects.filter(record=RECORD)
    rows = chosen.filter(datatype__in=datatypes) if datatypes else chosen
    sources = [
        StoredChannel(
            row.record_id, row.datatype_id, row.start, row.step or 0, row.count, row.dtype
        )
        for row in rows
    ]

    def decode() -> int:
        parts: list[Any] = [
            part
            for source in sources
            if source.step
            for part in reader.sample_parts(source, range(source.count))
        ]
        spans = [(each, each.start, each.start + 2**40) for each in sources if not each.step]
        return sum(len(piece.values) for piece in reader.read([*parts, *reader.event_parts(spans)]))

    return decode


def main() -> None:
    """Prints CPU per request of the answers and of the decoding."""
    with demo_store():
        from django.core.handlers.wsgi import WSGIHandler

        from apps.accounts.models import User

        day_record(User.objects.get(username=LOGIN[0]), RECORD)
        app, login = WSGIHandler(), basic(*LOGIN)
        every = f"/api/data/?record={RECORD}"
        for title, path, decode in (
            ("ECG of 24 hours", f"{every}&datatype={ECG}", decoder(ECG)),
            ("all channels of 24 hours", every, decoder()),
        ):
            measure(title, path, decode, app, login)


def measure(
    title: str, path: str, decode: Callable[[], object], app: Any, login: dict[str, str]
) -> None:
    """Prints an answer beside the decoding, and a 304 beside the answer."""
    headers: dict[str, str] = {}
    get(path, login, app, headers)
    known = login | {"If-None-Match": headers["ETag"]}
    whole, again, all_of_it = "thinned to the cap", "asked again: 304", "decoding all of it"
    spent = cpu_in_turn(
        {
            whole: lambda: get(path, login, app),
            again: lambda: get(path, known, app, status="304"),
            all_of_it: decode,
        },
        rounds=3,
        times=3,
    )
    show(title, spent, all_of_it)
    show(f"{title}: the answer", spent, whole)


if __name__ == "__main__":
    main()
