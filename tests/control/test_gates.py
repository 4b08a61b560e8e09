"""Gates: whoever closes a world waits for all inside, and nobody overtakes."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from apps.control.gates import Gates
from apps.control.shared_numbers import SharedNumbers
from tests.control.small import count_open_files

WORLD = "hexostore_0123456789"

HOLD = """
import sys, time
from pathlib import Path
from apps.control.gates import Gates
from apps.control.shared_numbers import SharedNumbers
folder = Path(sys.argv[1])
with Gates(folder / "gates", SharedNumbers(folder / "numbers")).closed(sys.argv[2]):
    print("closed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return make_gates(tmp_path)


def test_only_the_owner_looks_into_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "control"
    folder.mkdir(mode=0o755)  # as earlier versions left it
    make_gates(folder)
    assert {each.stat().st_mode & 0o777 for each in (folder, folder / "gates")} == {0o700}


def make_gates(folder: Path) -> Gates:
    """What another process sees of the same folder."""
    return Gates(folder / "gates", SharedNumbers(folder / "numbers"))


def test_many_are_inside_at_once(gates: Gates, tmp_path: Path) -> None:
    inside = [gates.enter(WORLD), make_gates(tmp_path).enter(WORLD)]
    assert not gates.is_left(WORLD)
    inside.pop().leave()
    assert not gates.is_left(WORLD)
    inside.pop().leave()
    assert gates.is_left(WORLD)


def test_worlds_are_closed_one_by_one(gates: Gates) -> None:
    with gates.closed(WORLD):
        gates.enter("hexostore_ffffffffff").leave()


def test_who_closes_waits_for_all_inside_and_nobody_overtakes(gates: Gates, tmp_path: Path) -> None:
    order: list[str] = []
    passage = gates.enter(WORLD)
    closing, entering = Event(), Event()

    def close() -> None:
        with make_gates(tmp_path).closed(WORLD):
            order.append("closed")

    def enter() -> None:
        entering.set()
        make_gates(tmp_path).enter(WORLD).leave()
        order.append("entered")

    closer = Thread(target=close)
    closer.start()
    while not closing.is_set():
        if turnstile_is_held(tmp_path):
            closing.set()
    late = Thread(target=enter)
    late.start()
    entering.wait()
    assert order == []
    passage.leave()
    closer.join()
    late.join()
    assert order == ["closed", "entered"]


def turnstile_is_held(folder: Path) -> bool:
    """Whether somebody who closes the world has come as far as the turnstile."""
    file = os.open(folder / "gates" / f"{WORLD}.turnstile", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def test_a_gate_opens_when_its_closer_is_killed(gates: Gates, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path), WORLD]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as closer:
        assert closer.stdout is not None
        assert closer.stdout.readline() == "closed\n"
        assert not gates.is_left(WORLD)
        closer.send_signal(signal.SIGKILL)
    gates.enter(WORLD).leave()
    assert make_gates(tmp_path)._numbers.are_closing()  # it could not say that it is over
    SharedNumbers(tmp_path / "numbers").forget_closing()
    assert not make_gates(tmp_path)._numbers.are_closing()


def test_locks_of_worlds_that_are_gone_are_closed(gates: Gates) -> None:
    before = count_open_files()
    for number in range(20):
        gates.enter(f"world{number}").leave()
    assert count_open_files() == before + 20
    gates.keep_only({"world3"})
    assert count_open_files() == before + 1


def test_numbers_are_shared_and_exact(tmp_path: Path) -> None:
    numbers = [SharedNumbers(tmp_path / "numbers") for _ in range(2)]
    for each in numbers * 3:
        each.grow_edition()
    assert [each.edition() for each in numbers] == [6, 6]
    numbers[0].begin_closing()
    assert numbers[1].are_closing()
    numbers[1].end_closing()
    assert not numbers[0].are_closing()
