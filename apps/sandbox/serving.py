"""From nothing to a served store: lock, ports, database, tables, seed, certificates, servers."""

import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from socket import socket
from time import monotonic, sleep
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.db import OperationalError, connection, connections

from apps.control import opening
from apps.control.connection import close_control
from apps.control.journal.rows import keep_newest
from apps.control.worlds import NotPermitted
from apps.sandbox import object_storage, store, store_worlds, tables, upgrading
from apps.sandbox.models import Store
from apps.sandbox.observing import metrics_server, observe
from apps.sandbox.working import job_worker
from hexostore import head_start, tls
from hexostore import home as homes
from hexostore.loading import without_collection
from hexostore.locks import Lock
from hexostore.postgres import Embedded
from hexostore.processes import in_child
from hexostore.server import Child, Supervisor, web_workers
from hexostore.settings import use_database
from hexostore.tls import Certificates, Renewal
from hexostore.web.listening import Listener, listen_on

OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
_log = logging.getLogger("hexostore.server")
_GRACE = 5.0  # seconds that what is left of a killed serve may need to go


class ServeError(Exception):
    """The store cannot be served. The text says why and what to do."""


@dataclass(frozen=True)
class ServeOptions:
    """The options of the command line; None if the store decides."""

    host: str
    port: int
    https_port: int
    workers: int
    redirect_http: bool
    seed: str | None
    conventions: str | None
    journal_limit: int
    metrics_host: str = "127.0.0.1"
    metrics_port: int | None = None


@dataclass(frozen=True)
class Ready:
    """What a served store offers."""

    http: Listener
    https: Listener
    certificates: Certificates
    store: Store
    metrics: Listener | None = None


def serve(
    options: ServeOptions, say: Callable[[str], None], on_ready: Callable[[Ready], None]
) -> bool:
    """Serve until a signal comes. Return False if a server process died, else True.

    Raise ServeError, StoreError, ListenError, PostgresError, HomeError or CertificateError, with
    nothing left running.
    """
    home: Path = settings.HEXOSTORE_HOME
    _require_sound(databases=None)
    with (
        only_server(home) as lock,
        _open_sockets(options) as (plain, secure, metrics),
        _provide_database(home, say) as embedded,
    ):
        is_new = not tables.hold_store()
        begun = _prepare_with_objects(options, say)
        _open_control(begun, say, options.journal_limit, is_new=is_new)
        renewal = Renewal(home, settings.HEXOSTORE_HOSTS)
        files = renewal.renew()
        _name_unsigned(files, say)
        http, https = Listener(plain, options.host), Listener(secure, options.host, files)
        _require_sound(databases=["default"])
        _configure_workers(options, begun, (http.port, https.port))
        listeners = [http, https]
        shown = Listener(metrics, options.metrics_host) if metrics is not None else None
        supervisor = Supervisor(
            _children(listeners, shown, options.workers),
            listeners,
            tend=lambda: _tend_server(embedded, renewal, say),
            release=lambda: _release_in_worker(lock, embedded),
        )
        return supervisor.run(lambda: on_ready(Ready(http, https, files, begun, shown)))


def _children(listeners: list[Listener], shown: Listener | None, workers: int) -> list[Child]:
    """Return the processes of a server. They count requests if somebody is to be shown them."""
    if shown is None:
        return [*web_workers(listeners, workers), job_worker(listeners)]
    observation = observe(settings.HEXOSTORE_HOME, shown)
    return [
        *web_workers(listeners, workers, observation),
        job_worker([*listeners, shown]),
        metrics_server(observation, listeners),
    ]


@contextmanager
def _open_sockets(options: ServeOptions) -> Iterator[tuple[socket, socket, socket | None]]:
    """Open the sockets for http, https and perhaps metrics, which belong to this store from now on.

    Connections wait until the workers are there.
    """
    with (
        listen_on(options.host, options.port, "--port") as plain,
        listen_on(options.host, options.https_port, "--https-port") as secure,
        _open_metrics(options) as metrics,
    ):
        yield plain, secure, metrics


def _open_metrics(options: ServeOptions) -> AbstractContextManager[socket | None]:
    if options.metrics_port is None:
        return nullcontext()
    names = "--metrics-port", "--metrics-host"
    return listen_on(options.metrics_host, options.metrics_port, *names)


@contextmanager
def only_server(home: Path) -> Iterator[Lock]:
    """Hold the lock of the only server of a home. Raise ServeError if somebody else has it."""
    homes.make_home(home)
    lock = Lock(home / "serve.lock")
    with homes.explain_errors(home):
        _take_lock(lock)
    try:
        yield lock
    finally:
        lock.release()


def _take_lock(lock: Lock) -> None:
    deadline = monotonic() + _GRACE
    while not lock.take():
        if _holder_lives(lock) or monotonic() > deadline:
            raise ServeError(f"{lock.file.parent} is already served, by {lock.holder()}.")
        sleep(0.05)


def _holder_lives(lock: Lock) -> bool:
    """Return whether the holder itself lives, and not only what it left behind."""
    pid = lock.holder_pid()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _provide_database(home: Path, say: Callable[[str], None]) -> Iterator[Embedded | None]:
    """Provide the database that DATABASE_URL names, or the embedded one while it is served."""
    if os.environ.get("DATABASE_URL"):
        _require_usable_server()
        yield None
        return
    embedded = head_start.start_embedded(home)
    with homes.explain_errors(home):
        new = not embedded.place.data.exists()
    if new:
        say("Creating the database ...")
    url = embedded.start(alone=True, meanwhile=partial(_load_application, begins=new))
    use_database(url)
    try:
        yield embedded
    finally:
        embedded.stop(wait_for_others=False)


def _load_application(*, begins: bool = False) -> None:
    """Load what the web servers share, and what a store begins with. Both take long to load."""
    with without_collection():
        import_module(settings.ROOT_URLCONF)
        if begins:
            import_module("apps.sandbox.demo")


def _require_usable_server() -> None:
    try:
        connection.ensure_connection()
    except OperationalError as error:
        why = str(error).partition("\n")[0]
        raise ServeError(f"The server in DATABASE_URL is not reachable: {why}") from error
    major = connection.pg_version // 10000  # type: ignore[attr-defined]
    if major < OLDEST_POSTGRES:
        raise ServeError(
            f"DATABASE_URL is PostgreSQL {major}; version {OLDEST_POSTGRES} to 18 is required."
        )


def prepare_store(seed: str | None, conventions: str | None, say: Callable[[str], None]) -> Store:
    """Update the store or, at the first start, create and seed it. Return it."""
    with tables.locked_store():
        return _prepare_locked(seed, conventions, say)


def _prepare_with_objects(options: ServeOptions, say: Callable[[str], None]) -> Store:
    """Prepare the store, and check the object store if it has one.

    Its library must not be used in this process, which forks others. Raise ServeError.
    """
    if not settings.HEXOSTORE_CHUNKS:
        return prepare_store(options.seed, options.conventions, say)

    def prepare() -> Store:
        object_storage.require_reachable()
        begun = prepare_store(options.seed, options.conventions, say)
        object_storage.require_own_objects()
        return begun

    connections.close_all()
    try:
        return in_child(prepare)
    except object_storage.ObjectsError as error:
        raise ServeError(str(error)) from error


def _prepare_locked(seed: str | None, conventions: str | None, say: Callable[[str], None]) -> Store:
    upgrading.migrate_tables(say)
    begun = store.current()
    if begun is None:
        usual = "catalogue" if settings.HEXOSTORE_PROFILE == "public" else "demo"
        say(f"Seeding the store ({seed or usual}) ...")
        return store.begin_store(seed or usual, conventions, lambda _: None)
    store.require_options(begun, seed, conventions)
    upgrading.catch_up(begun, say)
    return begun


def _open_control(
    begun: Store, say: Callable[[str], None], journal_limit: int, *, is_new: bool
) -> None:
    """Prepare the sandboxes of a store, unless it is public. A new one becomes their template."""
    if settings.HEXOSTORE_PROFILE == "public":
        return
    connections.close_all()
    url = os.environ["DATABASE_URL"]
    if opening.open_control(url, store_worlds.made_for(begun), say):
        keep_newest(journal_limit)
        if is_new:
            with suppress(NotPermitted):
                store_worlds.store_templates().adopt_main()
    close_control()
    connections.close_all()


def _name_unsigned(files: Certificates, say: Callable[[str], None]) -> None:
    """Print the names that were added to HEXOSTORE_HOSTS after the authority was made."""
    if names := tls.unsigned_names(files, settings.HEXOSTORE_HOSTS):
        say(f"The certificate is not valid for {', '.join(names)}. Create one with: {tls.RENEW}")


def _require_sound(databases: list[str] | None) -> None:
    """Refuse to serve the public profile if a system check finds an error.

    The checks run without databases before anything is made, and then with them for the content of
    the store.
    """
    if settings.HEXOSTORE_PROFILE == "public":
        found = run_checks(include_deployment_checks=True, databases=databases)
        errors = [f"{each.id}: {each.msg} {each.hint or ''}" for each in found if each.is_serious()]
        if errors:
            raise ServeError("\n".join(sorted(errors)))


def _configure_workers(options: ServeOptions, begun: Store, ports: tuple[int, int]) -> None:
    """Set for the workers what only this start knows, and load what they share."""
    known: dict[str, Any] = {
        "HEXOSTORE_CONVENTIONS": begun.conventions,
        "HEXOSTORE_REDIRECT_HTTP": options.redirect_http or settings.HEXOSTORE_REDIRECT_HTTP,
        "HEXOSTORE_HTTP_PORT": ports[0],
        "HEXOSTORE_HTTPS_PORT": ports[1],
    }
    for name, value in known.items():
        os.environ[name] = str(value)
        setattr(settings, name, value)
    import_module("hexostore.wsgi")
    _load_application()
    connections.close_all()
    gc.collect()
    gc.freeze()  # what is loaded now stays shared between the workers


def _tend_server(embedded: Embedded | None, renewal: Renewal, say: Callable[[str], None]) -> None:
    if embedded is not None and embedded.died():
        say("The database stopped; starting it again.")
        embedded.restart()
    try:
        if renewal.renew_when_due():
            say("The certificate was renewed.")
    except (tls.CertificateError, homes.HomeError) as error:
        say(f"The certificate was not renewed: {error}")


def _release_in_worker(lock: Lock, embedded: Embedded | None) -> None:
    lock.release()
    if embedded is not None:
        embedded.disown()


def on_stderr(text: str) -> None:
    """Print progress to stderr, apart from the result of a command; as JSON if the log is that."""
    if settings.HEXOSTORE_LOG_FORMAT == "json":
        _log.info("%s", text)
        return
    print(text, file=sys.stderr, flush=True)  # noqa: T201
