"""Kill each server in turn under load, and judge what clients saw."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import psycopg

from tests.cluster.load import Load, Seen
from tests.cluster.nodes import Cluster, Node, running_cluster, wait_until
from tests.embedded import remove_home, throwaway_home
from tests.live import Live

BEFORE = "before"

Say = Callable[[str], None]


@dataclass
class Report:
    """What was killed, and what came of it."""

    seen: Seen
    events: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    read_by_replicas: int = 0

    def findings(self) -> list[str]:
        """Return what must not have happened."""
        found = [f"lost: {each}" for each in self.lost]
        found += [f"stale: {each}" for each in self.seen.stale]
        found += self.seen.faults
        for phase in {phase for phase, _, _ in self.seen.answers}:
            for (kind, what), number in self.seen.refusals(phase).items():
                if not _is_allowed(phase, what):
                    found.append(f"{phase}: {number} times {what} for a {kind}")
        return found

    def lines(self) -> list[str]:
        """Return the table of what clients saw, and the sums."""
        phases = dict.fromkeys(phase for phase, _, _ in self.seen.answers)
        rows = [f"{'while':34} {'kind':6} {'served':>7}  not served"]
        for phase in phases:
            for kind in ("write", "read"):
                served = self.seen.answers[phase, kind, "served"]
                refused = [
                    f"{number} x {what}"
                    for (of, what), number in self.seen.refusals(phase).items()
                    if of == kind
                ]
                rows.append(f"{phase:34} {kind:6} {served:7}  {', '.join(refused) or '-'}")
        acknowledged, stale = self.seen.acknowledged, len(self.seen.stale)
        rows.append(
            f"killed {len(self.killed)}, acknowledged {acknowledged}, lost {len(self.lost)}, "
            f"stale own reads {stale}; replicas ran {self.read_by_replicas} transactions"
        )
        return rows


def _is_allowed(phase: str, what: str) -> bool:
    """Return whether a request may remain unserved: only without a primary, with a 503, or if its
    answer was being read from the primary that was killed."""
    return phase.startswith("the primary") and (what == "503" or what.startswith("broken"))


class Run:
    """One run: a cluster, a store on it, and its load."""

    def __init__(self, cluster: Cluster, live: Live, each: int, say: Say) -> None:
        self.cluster, self.live, self._each, self._say = cluster, live, each, say
        self.load = Load(live.base)
        self.report = Report(self.load.seen)
        self._began = monotonic()

    def kill_in_turn(self, rounds: int) -> Report:
        """Kill both replicas and the primary, so many times, and bring each back."""
        self._phase(BEFORE)
        self.load.start()
        try:
            self._work_on()
            for _ in range(rounds):
                for number in range(2):
                    self._lose_replica(self.cluster.replicas[number], remade=number == 1)
                self._lose_primary(self.cluster.primary)
        finally:
            self.load.stop()
        self.report.lost = self.load.seen.lost(self._stored())
        return self.report

    def _lose_replica(self, node: Node, *, remade: bool) -> None:
        self._phase(f"a replica is away ({node.name})")
        self.report.read_by_replicas += self.cluster.transactions_of_replicas()
        self._kill(node, "replica")
        self._work_on()
        if remade:
            node.copy(self.cluster.primary)
        node.start()
        self._tell(f"{node.name} is {'made anew' if remade else 'started again'}")
        self._come_back(node)

    def _lose_primary(self, node: Node) -> None:
        self._phase(f"the primary is away ({node.name})")
        self._kill(node, "primary")
        phase = self.load.seen.phase
        wait_until(lambda: self.load.seen.answers[phase, "write", "503"] > 0, "no write is refused")
        heir = max(self.cluster.replicas, key=Node.received)
        heir.promote()
        self._tell(f"{heir.name} is promoted")
        self._work_on()
        self._phase(f"{heir.name} is the primary")
        self._work_on()
        node.rewind(heir)
        node.start()
        self._tell(f"{node.name} is rewound, and a replica")
        self._come_back(node)

    def _come_back(self, node: Node) -> None:
        wait_until(lambda: node.has_caught_up(self.cluster.primary), f"{node.name} lags")
        self._phase("all are back")
        self._work_on()

    def _kill(self, node: Node, role: str) -> None:
        node.kill()
        self.report.killed.append(node.name)
        self._tell(f"{node.name}, the {role}, is killed with -9")

    def _work_on(self) -> None:
        """Wait until some more writes are acknowledged."""
        goal = self.load.seen.acknowledged + self._each
        wait_until(lambda: self.load.seen.acknowledged >= goal, "nothing is acknowledged")

    def _phase(self, name: str) -> None:
        self.load.seen.phase = name

    def _tell(self, text: str) -> None:
        line = f"{monotonic() - self._began:6.1f} s  {text}"
        self.report.events.append(line)
        self._say(f"{line} ({self.load.seen.acknowledged} writes acknowledged)")

    def _stored(self) -> dict[str, str]:
        with psycopg.connect(self.cluster.primary.url) as asked:
            rows = asked.execute("SELECT id, name FROM records_label").fetchall()
        return {f"/api/label/{key}/": name for key, name in rows}


@contextmanager
def served_cluster(*options: str) -> Iterator[tuple[Cluster, Live]]:
    """Serve a demo world from a primary and two replicas."""
    home = throwaway_home()
    try:
        with running_cluster() as cluster:
            urls = {"DATABASE_URL": cluster.url, "DATABASE_REPLICA_URLS": cluster.replica_urls}
            live = Live(home, options, environment=urls).start()
            try:
                yield cluster, live
            finally:
                live.stop()
    finally:
        remove_home(home)


def run(rounds: int, each: int, say: Say) -> Report:
    """Make a cluster, serve a store on it, and kill each server in turn."""
    with served_cluster() as (cluster, live):
        say("a primary and two replicas run, and the store is served")
        report = Run(cluster, live, each, say).kill_in_turn(rounds)
        if "Traceback" in live.log():
            report.seen.faults.append("there is a traceback in the log")
        if report.findings():
            say("\n".join(line for line in live.log().splitlines() if " INFO " not in line))
        return report
