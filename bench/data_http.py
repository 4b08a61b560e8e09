"""65,536 pairs of an integer channel as JSON over HTTP, and what an ETag and a window spare.

A real server (one process) answers on a socket; what is printed is its CPU per request.
The baseline is a view of the same server, behind the same login, that sends the same bytes
ready-made. Below it: the same question with If-None-Match, and ten seconds of ECG out of records
of ten minutes, 24 hours and 30 days.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from bench.harness import basic, cpu_in_turn, show

if TYPE_CHECKING:
    from bench.served import Served

LOGIN = "athlete@example.com", "athlete"
COUNT, RECORD, HEART_RATE, ECG = 65_536, 99_000_001, 19, 4113
QUESTION = f"/api/data/?record={RECORD}&datatype={HEART_RATE}"
LENGTHS = {"10 minutes": 600, "24 hours": 86_400, "30 days": 30 * 86_400}
START = 359_840_226_870
ROUNDS, TIMES = 4, 100


def fill() -> None:
    """One record of 65,536 heart rates, and a record of ECG for each length."""
    import numpy as np

    from apps.accounts.models import User
    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store
    from hexostore.hexotime import TICKS_PER_SECOND as SECOND

    user = User.objects.get(username=LOGIN[0])
    chance = np.random.default_rng(1)

    def record(number: int, seconds: int) -> Record:
        end = START + seconds * SECOND
        return Record.objects.create(id=RECORD + number, user=user, start=START, end=end)

    wander = chance.integers(-1, 2, COUNT).cumsum()
    store.write_channel(
        record(0, COUNT), Datatype.objects.get(pk=HEART_RATE), 60 + abs(wander) % 120
    )
    day = (1360 + chance.normal(0, 40, 86_400 * SECOND)).astype(np.int16)
    for number, seconds in enumerate(LENGTHS.values(), start=1):
        counts = np.resize(day, seconds * SECOND)
        store.write_channel(record(number, seconds), Datatype.objects.get(pk=ECG), counts)


def main() -> None:
    """Prints CPU per request of the server for each question."""
    from bench.served import served_demo

    with served_demo(fill) as (server, ready):
        ready.write_bytes(server.get(QUESTION, basic(*LOGIN)))
        compare(server)
        windows(server)


def compare(server: Served) -> None:
    """The answer, the same bytes ready-made, and the answer that the client has already."""
    login = basic(*LOGIN)
    known = login | {"If-None-Match": server.headers(QUESTION, login)["ETag"]}
    answer, ready, again = "Hexostore", "the same bytes, ready", "asked again with its ETag: 304"
    works: dict[str, Callable[[], object]] = {
        answer: lambda: server.get(QUESTION, login),
        ready: lambda: server.get("/ready/", login),
        again: lambda: server.get(QUESTION, known, 304),
    }
    spent = cpu_in_turn(works, ROUNDS, TIMES, server.cpu)
    show(f"{COUNT} pairs over HTTP", spent, ready)


def windows(server: Served) -> None:
    """Ten seconds from the middle of records of several lengths."""
    asked = {}
    for number, (name, seconds) in enumerate(LENGTHS.items(), start=1):
        middle = START + seconds * 128
        path = f"/api/data/?record={RECORD + number}&datatype={ECG}"
        window = f"{path}&start={middle}&end={middle + 2560}"
        asked[f"10 s of ECG out of {name}"] = partial(server.get, window, basic(*LOGIN))
    show("a window", cpu_in_turn(asked, ROUNDS, TIMES, server.cpu), next(iter(asked)))


if __name__ == "__main__":
    main()
