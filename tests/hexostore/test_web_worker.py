"""A worker process of the web server: what ends it."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import Any, Never

import pytest
import uvloop

from hexostore.web import worker
from hexostore.web.limits import WebLimits
from hexostore.web.listening import Listener, listen_on
from hexostore.web.server import WebServer
from hexostore.web.threads import Threads
from tests.hexostore.served_web import HOST, PATIENCE


def unused_application(_: dict[str, Any], __: Any) -> Never:
    raise AssertionError("nobody asks anything")


def run(listening: socket.socket) -> None:
    """Serve as a worker process does, on a socket that is open."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        work = worker._serve_listeners(
            unused_application, [Listener(listening, HOST)], Threads(1), WebLimits()
        )
        runner.run(asyncio.wait_for(work, PATIENCE))


def test_worker_ends_when_nobody_looks_after_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: WebServer) -> None:
        raise ArithmeticError("the timer has died")

    monkeypatch.setattr(worker, "_PAUSE", 0)
    monkeypatch.setattr(WebServer, "tick", fail)
    listening = listen_on(HOST, 0, "--port")
    with pytest.raises(ArithmeticError, match="the timer has died"):
        run(listening)


def test_worker_ends_at_sigterm_without_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_PAUSE", 0)
    monkeypatch.setattr(WebServer, "tick", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    listening = listen_on(HOST, 0, "--port")
    run(listening)
    assert listening.fileno() == -1
