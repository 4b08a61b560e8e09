"""A writer that loads records with their data by the command line, each whole or not at all."""

from __future__ import annotations

import subprocess
from pathlib import Path
from threading import Event, Thread
from time import sleep

from tests.chaos.model import Birth, Model
from tests.chaos.resources import LOADED_FROM, LOGIN
from tests.chaos.store import Store
from tests.chaos.traffic import Traffic

SAMPLES = 20_000
DAY = 86_400 * 256  # ticks
_TITLES = "time [s/256],heart_rate [bpm](/api/datatype/19/),"


class Loader(Thread):
    """Loads a table of heart rates every few seconds, each for another day."""

    def __init__(self, store: Store, folder: Path, model: Model, traffic: Traffic) -> None:
        super().__init__(name="loader", daemon=True)
        self.store, self.folder = store, folder
        self.model, self.traffic = model, traffic
        self.ended = Event()
        self._loads = 0

    def run(self) -> None:
        while not self.ended.is_set():
            with self.traffic.operation():
                self.load()
            sleep(3)

    def load(self) -> None:
        """Load one table and tell the model whether the command said that it did."""
        start = LOADED_FROM + self._loads * DAY
        self._loads += 1
        acknowledged = self._run(write_table(self.folder, start))
        members = {"start": start, "end": start + SAMPLES * 256, "samples": SAMPLES}
        self.model.expect(Birth("record", "start", members, acknowledged))

    def _run(self, table: Path) -> bool:
        try:
            return self.store.run("load", str(table), "--user", LOGIN[0]).returncode == 0
        except subprocess.TimeoutExpired:
            return False


def write_table(folder: Path, start: int) -> Path:
    """Write a table of one heart rate a second for a record that starts at a tick.

    Each sample stands at the end of its second, so the first comes a second after the start.
    """
    path = folder / "heart_rate.csv"
    rows = [f"{start + 256 * second},{60 + second % 60}," for second in range(1, SAMPLES + 1)]
    path.write_text("\n".join([_TITLES, *rows, ""]))
    return path
