"""One process of the product's web server for any WSGI application, as `bench.served` starts it.

Its arguments are `module:name` of the application and a port. With a folder in BENCH_OBSERVED, it
counts requests.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

from hexostore.web.listening import Listener, listen_on
from hexostore.web.observer import Observer
from hexostore.web.threads import thread_count
from hexostore.web.worker import serve_requests


def main() -> None:
    """Serve until SIGTERM."""
    module, name = sys.argv[1].split(":")
    application = getattr(import_module(module), name)
    listener = Listener(
        listen_on("127.0.0.1", int(sys.argv[2]), "the second argument"), "127.0.0.1"
    )
    serve_requests(application, [listener], thread_count(1), _observer())


def _observer() -> Observer | None:
    """Return one that counts into the folder BENCH_OBSERVED, if there is one."""
    folder = os.environ.get("BENCH_OBSERVED")
    if folder is None:
        return None
    from apps.sandbox.observing import observed_names

    return Observer(Path(folder), f"web-{os.getpid()}", observed_names())


if __name__ == "__main__":
    main()
