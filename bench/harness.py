"""What the benchmarks share: a demo store of their own and a way to measure requests."""

from __future__ import annotations

import base64
import io
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


@contextmanager
def demo_store(*, durable: bool = False) -> Iterator[None]:
    """A throw-away database with the demo world, and Django set up on it.

    With `durable`, its commits wait for the disk, as those of a real one.
    """
    from hexostore.postgres import Embedded

    with TemporaryDirectory(prefix="hexostore-bench-") as folder:
        home = Path(folder)
        home.chmod(0o711)
        os.environ.update(HEXOSTORE_HOME=folder, DJANGO_SETTINGS_MODULE="hexostore.settings")
        with Embedded(home, durable=durable) as embedded:
            os.environ["DATABASE_URL"] = embedded.url
            _fill()
            yield


def _fill() -> None:
    import logging

    import django
    from django.core.management import call_command

    django.setup()
    logging.disable(logging.INFO)
    call_command("migrate", verbosity=0)
    from apps.sandbox import store

    store.begin_store("demo", "hexoskin", lambda _: None)


def get(
    path: str,
    headers: dict[str, str],
    app: Any,
    received: dict[str, str] | None = None,
    status: str = "200",
) -> bytes:
    """The body of a GET through a WSGI handler; AssertionError for another status.

    The headers of the answer are put into `received`.
    """
    statuses: list[str] = []

    def start(line: str, sent: list[tuple[str, str]]) -> None:
        statuses.append(line)
        if received is not None:
            received.update(sent)

    body = b"".join(app(_environ(path, headers), start))
    assert statuses[0].startswith(status), f"{path}: {statuses[0]} {body[:200]!r}"
    return body


def pieces(path: str, headers: dict[str, str], app: Any) -> Iterator[bytes]:
    """The body of a GET as the WSGI handler gives it, piece by piece; AssertionError unless 200."""
    statuses: list[str] = []
    body = app(_environ(path, headers), lambda line, _: statuses.append(line))
    assert statuses[0].startswith("200"), f"{path}: {statuses[0]}"
    return iter(body)


def _environ(path: str, headers: dict[str, str]) -> dict[str, Any]:
    bare, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": bare,
        "QUERY_STRING": query,
        "RAW_URI": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


def basic(user: str, password: str) -> dict[str, str]:
    """The header of a Basic login."""
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def signed(key: str, secret: str, path: str) -> dict[str, str]:
    """The headers of a request signed now."""
    from apps.credentials.signed_keys.signatures import compute_signature
    from hexostore import clock

    stamp = str(int(clock.now().timestamp()))
    url = f"http://localhost{path}"
    return {
        "X-HEXOTIMESTAMP": stamp,
        "X-HEXOAPIKEY": key,
        "X-HEXOAPISIGNATURE": compute_signature(secret, stamp, url),
    }


def cpu_in_turn(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    times: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, float]:
    """Milliseconds of CPU per call of each work: the best of `rounds`, taken in turn.

    `clock` gives the seconds used so far, of this process unless it is another's.
    """
    best = dict.fromkeys(works, float("inf"))
    for work in works.values():
        work()
    for _ in range(rounds):
        for name, work in works.items():
            began = clock()
            for _ in range(times):
                work()
            best[name] = min(best[name], (clock() - began) / times * 1000)
    return best


def show(title: str, milliseconds: dict[str, float], against: str) -> None:
    """Prints a row per work with its ratio to the work named `against`."""
    print(title)
    for name, spent in milliseconds.items():
        print(f"  {name:<44} {spent:8.2f} ms CPU   {spent / milliseconds[against]:6.3f} x")
