"""One run: writers write, faults strike in an order drawn from the seed, the store is judged."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep

from tests.chaos.faults import Fault
from tests.chaos.loads import Loader
from tests.chaos.model import Model, Violation
from tests.chaos.processes import Process, processes_of_home
from tests.chaos.report import Report, say
from tests.chaos.resources import Unreadable, observe
from tests.chaos.store import PATIENCE, StartFailed, Store
from tests.chaos.tokens import Program, Tokens, TokenWriter
from tests.chaos.traffic import Traffic
from tests.chaos.writers import Writer
from tests.live import free_port

WRITERS = 3
CALM = 1.0  # seconds of writing before and after each fault
SETTLING = 1.0  # seconds for what a dead server had begun in PostgreSQL
ATTEMPTS = 3  # starts before a run is given up
MEMORY_LIMIT = 600 << 20  # bytes of one process of ours, beside what it shares
DESCRIPTOR_LIMIT = 400


@dataclass
class Run:
    """A store, those who write to it, and what was seen."""

    store: Store
    folder: Path
    seed: int
    report: Report
    model: Model = field(default_factory=Model)
    traffic: Traffic = field(default_factory=Traffic)
    tokens: Tokens = field(default_factory=Tokens)
    writers: list[Writer | TokenWriter | Loader] = field(default_factory=list)
    ended: list[Process] = field(default_factory=list)

    def begin(self) -> None:
        """Start the store, take its rows as the truth and let the writers begin."""
        self.store.start()
        base = self.store.base
        self.model.adopt(observe(base))
        self.writers += [
            Writer(number, self.seed, base, self.model, self.traffic) for number in range(WRITERS)
        ]
        oauth2 = self.store.facts["oauth2"]
        program = Program(base, oauth2["client_id"], oauth2["secret"])
        self.writers.append(TokenWriter(program, self.tokens, self.traffic))
        self.writers.append(Loader(self.store, self.folder, self.model, self.traffic))
        for writer in self.writers:
            writer.start()

    def strike(self, fault: Fault, random: Random) -> None:
        """Let a fault strike amid the writing, and judge the store when it answers again."""
        self.report.faults[fault.name] += 1
        self.report.kills += fault.kills
        before = self.store.tree()
        sleep(CALM)
        try:
            self.report.add(fault.strike(self.store, random))
        except StartFailed as failure:
            self._start_again(failure)
        sleep(CALM)
        self._recover()
        now = {process.pid for process in self.store.tree()}
        self.ended += [process for process in before if process.pid not in now]
        self.look()

    def _recover(self) -> None:
        if self.store.wait_until_it_answers():
            return
        state = "does not answer any more" if self.store.runs() else "ended by itself"
        self.report.add([Violation("down", f"serve {state}")])
        self.store.kill_all()
        try:
            self.store.start()
        except StartFailed as failure:
            self._start_again(failure)

    def _start_again(self, failure: StartFailed) -> None:
        """Start a store that did not start; raise StartFailed after some attempts."""
        for attempt in range(ATTEMPTS):
            self.report.add([Violation("start", str(failure))])
            try:
                self.store.start()
            except StartFailed as again:
                failure = again
            else:
                say(f"  started at attempt {attempt + 2}")
                return
        raise failure

    def look(self) -> None:
        """Hold the writers, compare the store with the model, and let them go on."""
        self.traffic.close()
        sleep(SETTLING)
        try:
            self.report.add(self.model.judge(observe(self.store.base)))
            self.report.add(self.tokens.judge(self.store.base))
        except Unreadable as failure:
            self.report.add([Violation("unreadable", str(failure))])
        self._look_at_log()
        self._look_at_writers()
        self._measure()
        self.traffic.open()

    def _look_at_log(self) -> None:
        last_lines = Counter(self.store.new_tracebacks())
        self.report.add(
            [Violation("traceback", f"{number} x {line}") for line, number in last_lines.items()]
        )
        unexpected, self.traffic.unexpected = self.traffic.unexpected, []
        self.report.add([Violation("refused", text) for text in unexpected])

    def _look_at_writers(self) -> None:
        """Tell of a writer that is gone: without it the run would hold by doing nothing."""
        ended = [each for each in self.writers if not each.is_alive() and not each.ended.is_set()]
        self.report.add([Violation("writer", f"{each.name} is gone") for each in ended])

    def _measure(self) -> None:
        for process in self.store.tree():
            if not process.is_postgres:
                self.report.memory = max(self.report.memory, process.memory())
                self.report.descriptors = max(self.report.descriptors, process.descriptors())

    def end(self) -> None:
        """End the writers, look for a last time, stop the store and see what is left of it."""
        for writer in self.writers:
            writer.ended.set()
        for writer in self.writers:
            writer.join(PATIENCE)
        self.look()
        if status := self.store.stop():
            self.report.add([Violation("stop", f"exit status {status} when asked to stop")])
        self.report.add(self._leftovers())
        self.report.add(self._excesses())

    def _leftovers(self) -> list[Violation]:
        left = {process.pid: process for process in processes_of_home(self.store.home)}
        left |= {process.pid: process for process in self.ended if process.runs()}
        return [Violation("left over", f"{p.pid} {p.command[:80]}") for p in left.values()]

    def _excesses(self) -> list[Violation]:
        failures = {
            status: number
            for status, number in self.traffic.statuses.items()
            if status >= 500 and status != 503
        }
        found = [Violation("5xx", f"{number} x {status}") for status, number in failures.items()]
        if self.report.memory > MEMORY_LIMIT:
            found.append(Violation("memory", f"{self.report.memory >> 20} MB in one process"))
        if self.report.descriptors > DESCRIPTOR_LIMIT:
            found.append(Violation("descriptors", f"{self.report.descriptors} in one process"))
        return found

    def summary(self) -> str:
        """Return what the run has seen."""
        counts = self.model.counts
        return self.report.summary(
            counts["acknowledged"], counts["in doubt"], self.traffic.statuses, self.store.restarts
        )


def plan_faults(faults: Sequence[Fault], random: Random) -> Iterator[Fault]:
    """Give faults without end: all of them in a random order, then again in another."""
    while True:
        yield from random.sample(faults, len(faults))


def run_faults(run: Run, faults: Sequence[Fault], seconds: float) -> None:
    """Begin, strike until the time is over, and end; the store is gone afterwards."""
    random = Random(run.seed)  # noqa: S311 - a plan, no secret
    try:
        run.begin()
        begun = monotonic()
        for fault in plan_faults(faults, random):
            if monotonic() - begun > seconds:
                break
            if why := fault.reason_to_skip(run.store):
                say(f"{monotonic() - begun:6.1f} s  skipped: {fault.name}: {why}")
                continue
            say(f"{monotonic() - begun:6.1f} s  {fault.name}")
            run.strike(fault, random)
        run.end()
    except StartFailed as failure:
        run.report.add([Violation("start", f"given up: {failure}")])
    finally:
        if run.store.process is not None and run.store.runs():
            run.store.kill_all()


@contextmanager
def prepared_run(home: Path, seed: int, environment: dict[str, str] | None = None) -> Iterator[Run]:
    """Give a run on a home, not begun, with a folder of its own for its log and its files."""
    with tempfile.TemporaryDirectory(prefix="hexostore-chaos-") as name:
        folder = Path(name)
        log = folder / "log"
        log.touch()
        store = Store(home, log, free_port(), free_port(), environment or {})
        yield Run(store, folder, seed, Report(seed))
