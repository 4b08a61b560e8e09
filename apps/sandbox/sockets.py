"""The listening sockets of a server: opened at its start, or inherited at a restart."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from apps.sandbox.serve_options import ServeOptions, ServeRole
from hexostore.succession import Inherited
from hexostore.web.listening import listen_on


@dataclass(frozen=True)
class Sockets:
    """Those for http, https and metrics; None for what is not served."""

    http: socket.socket | None
    https: socket.socket | None
    metrics: socket.socket | None

    def numbers(self) -> dict[str, int]:
        """Return the numbers of their open files by name."""
        return {name: each.fileno() for name, each in vars(self).items() if each is not None}


@contextmanager
def open_sockets(options: ServeOptions, inherited: Inherited | None) -> Iterator[Sockets]:
    """Open the sockets, which belong to this store from now on.

    Connections wait until the workers are there. Raise ListenError.
    """
    with ExitStack() as opened:
        found = _inherited(inherited) if inherited is not None else _new(options, opened)
        for each in vars(found).values():
            if each is not None:
                opened.enter_context(each)
        yield found


def _inherited(inherited: Inherited) -> Sockets:
    numbers = inherited.sockets
    names = ("http", "https", "metrics")
    return Sockets(
        *(socket.socket(fileno=numbers[name]) if name in numbers else None for name in names)
    )


def _new(options: ServeOptions, opened: ExitStack) -> Sockets:
    http = https = metrics = None
    if options.role is not ServeRole.JOBS:
        http = opened.enter_context(listen_on(options.host, options.port, "--port"))
        https = opened.enter_context(listen_on(options.host, options.https_port, "--https-port"))
    if options.metrics_port is not None:
        names = "--metrics-port", "--metrics-host"
        metrics = opened.enter_context(
            listen_on(options.metrics_host, options.metrics_port, *names)
        )
    return Sockets(http, https, metrics)
