"""Memory and descriptors over many requests of many kinds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.chaos.store import Store
from tests.pressure.outcome import Outcome, scaled
from tests.pressure.target import Caller, Request

FULL = 10_000
THREADS = 4
GROWTH = 64 << 20  # bytes that a process may gain after it is warm
DESCRIPTORS = 24  # that it may gain
KINDS = (
    Request("GET", "/api/account/"),
    Request("GET", "/api/record/?limit=20"),
    Request("GET", "/api/range/?limit=20&order_by=-start"),
    Request("GET", "/api/range/?limit=1", {"X-HexoAPIVersion": "3.3.x"}),
    Request("GET", "/api/data/?record=37700&datatype=19"),
    Request("GET", "/api/data/?record=37700&datatype=19&format=csv"),
    Request("GET", "/api/data/?record=37700&datatype=18,19&format=zip"),
    Request("GET", "/api/datatype/?limit=100"),
    Request("GET", "/docs/api/"),
    Request("GET", "/api/label/0/"),
    Request("PATCH", "/api/label/0/", body={"name": "x"}),
    Request("POST", "/api/range/", body={"start": "x"}),
)


@dataclass(frozen=True)
class Size:
    """What one process holds: bytes that it does not share, and descriptors."""

    memory: int
    descriptors: int


def attack_endurance(store: Store, scale: float) -> Outcome:
    """Send many requests; growth after the first fifth, and a server error, are findings."""
    outcome, number = Outcome(), scaled(FULL, scale)
    _send_many(store, number // 5, outcome)
    before = measure_processes(store)
    _send_many(store, number - number // 5, outcome)
    for pid, size in measure_processes(store).items():
        if pid in before and (grown := describe_growth(before[pid], size)):
            outcome.find(f"process {pid}: {grown}")
    return outcome


def _send_many(store: Store, number: int, outcome: Outcome) -> None:
    def send_share(thread: int) -> list[str]:
        caller = Caller(store, "athlete")
        wanted = [KINDS[turn % len(KINDS)] for turn in range(thread, number, THREADS)]
        return [f"{each}: {status}" for each in wanted if (status := _status(caller, each)) >= 500]

    with ThreadPoolExecutor(THREADS) as pool:
        for failures in pool.map(send_share, range(THREADS)):
            for failure in failures:
                outcome.find(failure)
    outcome.tried += number


def _status(caller: Caller, request: Request) -> int:
    return caller.send(request).status_code


def measure_processes(store: Store) -> dict[int, Size]:
    """Return what each of the store's own processes holds, by its number."""
    ours = [process for process in store.tree() if not process.is_postgres]
    return {each.pid: Size(each.memory(), each.descriptors()) for each in ours}


def describe_growth(before: Size, after: Size) -> str:
    """Return by how much a process grew, empty if that is within the limits."""
    memory = after.memory - before.memory
    descriptors = after.descriptors - before.descriptors
    if memory > GROWTH or descriptors > DESCRIPTORS:
        return f"grew by {memory >> 20} MB and {descriptors} descriptors"
    return ""
