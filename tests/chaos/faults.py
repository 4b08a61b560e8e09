"""Faults of processes: kills, stalls, restarts and rivals; each is over when `strike` returns.

A fault finds the processes it wants by what the system shows of them, not by how the store
starts them today.
"""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import sleep

from tests.chaos.model import Violation
from tests.chaos.processes import Process
from tests.chaos.store import TRACEBACK, Store
from tests.embedded import remove_home, throwaway_home

STALL = 2.0  # seconds
Choice = Callable[[Process, list[Process]], bool]


class Fault:
    """Something bad that happens to a store. `name` stands in the plan."""

    name: str
    kills = 0

    def reason_to_skip(self, store: Store) -> str:
        """Return why the fault is not possible here, empty when it is."""
        return ""

    def strike(self, store: Store, random: Random) -> list[Violation]:
        """Do it; return what the store did wrong at once, if anything."""
        raise NotImplementedError


@dataclass
class Kill(Fault):
    """kill -9 of one process that `serve` started."""

    name: str
    chosen: Choice
    kills: int = 1

    def strike(self, store: Store, random: Random) -> list[Violation]:
        victims = _choose(store, self.chosen)
        if victims:
            random.choice(victims).send(signal.SIGKILL)
        return []


@dataclass
class Stall(Fault):
    """One process stands still for a while."""

    name: str
    chosen: Choice

    def strike(self, store: Store, random: Random) -> list[Violation]:
        victims = _choose(store, self.chosen)
        if victims:
            victim = random.choice(victims)
            victim.send(signal.SIGSTOP)
            sleep(STALL)
            victim.send(signal.SIGCONT)
        return []


class KillSupervisor(Fault):
    """kill -9 of `serve` alone, and a start at once."""

    name = "kill serve"
    kills = 1

    def strike(self, store: Store, random: Random) -> list[Violation]:
        store.kill_supervisor()
        store.start()
        return []


class KillAll(Fault):
    """kill -9 of everything, and a start at once."""

    name = "kill everything"
    kills = 1

    def strike(self, store: Store, random: Random) -> list[Violation]:
        store.kill_all()
        store.start()
        return []


class Restart(Fault):
    """An ordinary stop amid requests, and a start."""

    name = "stop and start"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        status = store.stop()
        store.start()
        return (
            [] if status == 0 else [Violation("stop", f"exit status {status} when asked to stop")]
        )


class SecondOnHome(Fault):
    """Another `serve` on the same home, which has to be refused."""

    name = "second on the home"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        return _refusal(store, store.home, "0")


class SecondOnPort(Fault):
    """Another store on the same port, which has to be refused."""

    name = "second on the port"

    def strike(self, store: Store, random: Random) -> list[Violation]:
        home = throwaway_home()
        try:
            return _refusal(store, home, str(store.port))
        finally:
            remove_home(home)


def _refusal(store: Store, home: Path, port: str) -> list[Violation]:
    """Return what is wrong with how a second `serve` is refused: it ends, without a traceback."""
    ports = "--port", port, "--https-port", "0"
    try:
        done = store.run("serve", "--empty", *ports, home=home)
    except subprocess.TimeoutExpired:
        return [Violation("rival", "a second serve was not refused")]
    if done.returncode == 0 or TRACEBACK in done.stderr:
        return [Violation("rival", f"exit status {done.returncode}: {done.stderr[-200:]}")]
    return []


def _choose(store: Store, chosen: Choice) -> list[Process]:
    tree = store.tree()
    return [process for process in tree[1:] if chosen(process, tree)]


def is_leaf(process: Process, tree: list[Process]) -> bool:
    """Return whether a process of our own programs has no children."""
    return not process.is_postgres and all(other.parent != process.pid for other in tree)


def is_web_worker(process: Process, tree: list[Process]) -> bool:
    """Return whether it takes connections and has no children."""
    return is_leaf(process, tree) and process.listens()


def is_job_worker(process: Process, tree: list[Process]) -> bool:
    """Return whether it has no children and takes no connections."""
    return is_leaf(process, tree) and not process.listens()


def is_postmaster(process: Process, tree: list[Process]) -> bool:
    """Return whether it is the PostgreSQL that `serve` started."""
    return process.is_postgres and process.parent == tree[0].pid


def is_backend(process: Process, tree: list[Process]) -> bool:
    """Return whether it is PostgreSQL's end of a connection."""
    return process.is_backend


PROCESS_FAULTS: list[Fault] = [
    Kill("kill web worker", is_web_worker),
    Kill("kill job worker", is_job_worker),
    Kill("kill postmaster", is_postmaster),
    Kill("kill backend", is_backend),
    KillSupervisor(),
    KillAll(),
    Restart(),
    Stall("stall web worker", is_web_worker),
    Stall("stall postmaster", is_postmaster),
    Stall("stall backend", is_backend),
    SecondOnHome(),
    SecondOnPort(),
]
