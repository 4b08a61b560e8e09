"""Work of this program in separate processes, one for each core."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from typing import Any, TypeVar, cast

from hexostore.lifeline import dies_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")


def shared_out(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
    """Yield what `work` makes of each item, in the order of the items.

    The work is done in forked processes, which must not use the database and end with this one. If
    there is only one core, or processes do not fork, it is done in this one. Raise EOFError if a
    process ended before its work; its error is on stderr.
    """
    count = min(len(os.sched_getaffinity(0)), len(items)) if sys.platform == "linux" else 1
    if count < 2:
        yield from map(work, items)
        return
    context = multiprocessing.get_context("fork")
    processes, ends = [], []
    try:
        for number in range(count):
            end, theirs = context.Pipe(duplex=False)
            bind = dies_with_parent(signal.SIGKILL)
            arguments = (bind, work, items[number::count], theirs)
            processes.append(context.Process(target=_work_in_child, args=arguments))
            processes[-1].start()
            theirs.close()
            ends.append(end)
        for number in range(len(items)):
            yield ends[number % count].recv()
    finally:
        for process in processes:
            process.kill()
            process.join()


def _work_in_child(
    bind: Callable[[], None],
    work: Callable[[Any], Any],
    items: Sequence[Any],
    results: "Connection[Any, Any]",
) -> None:
    bind()
    for signum in (signal.SIGINT, signal.SIGTERM):  # Ctrl-C is for the parent to handle
        signal.signal(signum, signal.SIG_DFL if signum == signal.SIGTERM else signal.SIG_IGN)
    for item in items:
        results.send(work(item))


def in_child(work: Callable[[], Result]) -> Result:
    """Return what `work` returns, which a forked process does, or raise what it raises.

    So nothing of what it loads or connects to stays in this process. This process must have no
    connection to the database. Raise EOFError if the other one is killed. If processes do not
    fork, the work is done in this one.
    """
    if sys.platform != "linux":
        return work()
    context = multiprocessing.get_context("fork")
    end, theirs = context.Pipe(duplex=False)
    bind = dies_with_parent(signal.SIGKILL)
    process = context.Process(target=_answer_in_child, args=(bind, work, theirs))
    process.start()
    theirs.close()
    try:
        result, error = end.recv()
    finally:
        process.join()
    if error is not None:
        raise error
    return cast("Result", result)


def _answer_in_child(
    bind: Callable[[], None], work: Callable[[], Any], answer: "Connection[Any, Any]"
) -> None:
    bind()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent to handle
    try:
        answer.send((work(), None))
    except Exception as error:  # noqa: BLE001 - it is raised in the parent
        answer.send((None, error))
