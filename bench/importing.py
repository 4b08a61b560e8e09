"""Importing 24 hours: from the stored body of a request to rows, against decoding it alone.

The baselines read the same file with fitdecode and with lxml, and do nothing with it. Times are
CPU of this process, and of the clock on the wall, since PostgreSQL works in processes of its own.
Memory is the peak of the process above that before.

Then lists are asked for while twenty files are imported by a worker, and without.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.harness import basic, demo_store
from bench.served import served

LOGIN = "athlete@example.com", "athlete"
DAY, HOUR = 86_400, 3600
BEGIN = 1_442_397_600 * 256
ROUNDS, FILES, ASKED = 3, 20, 40
MIB = 2**20


@dataclass(frozen=True)
class Spent:
    """Seconds of CPU and on the wall, and MiB above the memory before."""

    cpu: float
    wall: float
    peak: float


def main() -> None:
    """Prints seconds, ratios and memory for both formats, then the answers of a list."""
    with demo_store(), TemporaryDirectory(prefix="hexostore-bench-") as folder:
        from apps.accounts.models import User

        user = User.objects.get(username=LOGIN[0])
        for name, baseline in (("fit", decode_fit), ("tcx", iterate_xml)):
            file = Path(folder, f"day.{name}")
            file.write_bytes(b"".join(written(name, DAY)))
            print(f"24 hours of {name}, {file.stat().st_size / 1e6:.1f} MB")
            compare(file, user, baseline)
        answer_meanwhile()


def written(name: str, seconds: int, begin: int = BEGIN) -> Iterator[bytes]:
    """A file with all that a point can tell, each second."""
    from apps.exchange.activity import Activity
    from apps.exchange.formats.fit import writer as fit_writer
    from apps.exchange.formats.tcx import writer as tcx_writer

    writers = {"fit": fit_writer.write, "tcx": tcx_writer.write}
    return writers[name](Activity((ride(seconds, begin),)))


def ride(seconds: int, begin: int) -> Any:
    """A ride around a hill."""
    import numpy as np

    from apps.exchange.activity import Column, Lap, Points, Session

    at = np.arange(seconds)
    turn = at / 900
    columns = {
        Column.LATITUDE: 45.5 + np.sin(turn) / 100,
        Column.LONGITUDE: -73.5 + np.cos(turn) / 100,
        Column.ALTITUDE: np.round(50 + 10 * np.sin(turn / 3), 1),
        Column.DISTANCE: at * 2.5,
        Column.SPEED: np.full(seconds, 2.5),
        Column.HEART_RATE: np.round(120 + 20 * np.sin(turn)),
        Column.BREATHING_RATE: np.round(20 + 5 * np.cos(turn)),
        Column.TIDAL_VOLUME: np.round(1000 + 100 * np.sin(at)),
        Column.MINUTE_VENTILATION: np.round(20_000 + 1000 * np.sin(at)),
    }
    end = begin + seconds * 256
    laps = tuple(Lap(tick, min(end, tick + HOUR * 256)) for tick in range(begin, end, HOUR * 256))
    return Session(begin, end, 1, (Points(begin + at * 256, columns),), laps)


def decode_fit(file: Path) -> None:
    """Reads all messages of a FIT file."""
    import fitdecode

    with fitdecode.FitReader(str(file)) as reader:
        for _ in reader:
            pass


def iterate_xml(file: Path) -> None:
    """Reads all elements of an XML file."""
    from lxml import etree

    for _, element in etree.iterparse(str(file)):
        element.clear()
        while element.getprevious() is not None:
            del element.getparent()[0]


def compare(file: Path, user: Any, baseline: Callable[[Path], None]) -> None:
    """Prints what reading takes, and what importing does."""
    from apps.catalog.models import ImportFile
    from apps.exchange import contents, importing
    from apps.jobs import queue
    from apps.jobs.kinds import KINDS
    from apps.records.models import Range, Record

    def post() -> None:
        ImportFile.objects.all().delete()
        Record.objects.filter(importfile__isnull=False).delete()
        Record.objects.filter(soft_uid="IMPORT").delete()
        Range.objects.filter(user=user, start__gte=BEGIN, start__lt=BEGIN + DAY * 256).delete()
        row = ImportFile.objects.create(user=user, sha256="0" * 64)
        with file.open("rb") as content:
            contents.write_content(row, content)
        queue.add_job(importing.JOB, {"import": row.pk})

    def work() -> None:
        assert queue.do_next(KINDS[importing.JOB])

    reading = best(lambda: baseline(file))
    importing_it = best(work, post)
    results: Any = ImportFile.objects.get().results
    assert len(results) == 1 + 1 + 24 + 1, results
    for what, spent in (("reading alone", reading), ("importing", importing_it)):
        print(
            f"  {what:<16} {spent.cpu:6.2f} s CPU {spent.cpu / reading.cpu:5.2f} x   "
            f"{spent.wall:6.2f} s wall {spent.wall / reading.wall:5.2f} x   +{spent.peak:.0f} MiB"
        )


def best(work: Callable[[], None], before: Callable[[], None] = lambda: None) -> Spent:
    """The least of some rounds, and the highest memory of all after the first."""
    cpu, wall, peaks = [], [], []
    for _ in range(ROUNDS):
        before()
        held = reset_peak()
        began, spent = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - spent)
        peaks.append((memory("VmHWM") - held) / 1024)
    return Spent(min(cpu), min(wall), max(peaks[1:]))


def reset_peak() -> int:
    """Has the system forget the peak of this process; gives what it holds now, in KiB."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(name: str) -> int:
    """A number of this process, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def answer_meanwhile() -> None:
    """Prints how long a list of 20 records takes, alone and while files are imported."""
    from apps.sandbox.working import job_worker
    from hexostore.server import start_child

    headers = basic(*LOGIN)
    process = start_child(job_worker(), lambda: None)
    with served("hexostore.wsgi:application") as server:

        def ask() -> float:
            began = time.perf_counter()
            server.get("/api/record/?limit=20", headers)
            return (time.perf_counter() - began) * 1000

        ask()
        show("a list, alone", [ask() for _ in range(ASKED)])
        with imports(server, headers) as are_going_on:
            answers = []
            while are_going_on():
                answers.append(ask())
                time.sleep(0.02)
            show(f"a list, while {FILES} files of an hour are imported", answers)
    process.terminate()
    process.join()


@contextmanager
def imports(server: Any, headers: dict[str, str]) -> Iterator[Callable[[], bool]]:
    """Posts files; gives a function that says whether some are still to be imported."""
    from apps.catalog.models import ImportFile

    ImportFile.objects.all().delete()
    began = time.perf_counter()
    for number in range(FILES):
        body = b"".join(written("fit", HOUR, BEGIN + (number + 30) * DAY * 256))
        server.connection.request("POST", "/api/import/", body, headers)
        answer = server.connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
    yield lambda: ImportFile.objects.filter(progress__lt=1).exists()
    assert all(isinstance(each.results, list) for each in ImportFile.objects.all())
    print(f"  {FILES} files: {time.perf_counter() - began:.1f} s")


def show(what: str, answers: list[float]) -> None:
    """Prints the middle and the slowest of some answers, in milliseconds."""
    middle, slowest = statistics.median(answers), max(answers)
    print(f"  {what}: median {middle:.1f} ms, slowest {slowest:.1f} ms, {len(answers)} answers")


if __name__ == "__main__":
    main()
