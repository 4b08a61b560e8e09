"""From nothing to a served store: lock, ports, database, tables, seed, certificates, servers."""

import gc
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
from django.conf import settings
from django.core.checks import run_checks
from django.db import OperationalError, connection, connections

from apps.control import opening
from apps.control.connection import close_control
from apps.control.journal.rows import keep_newest
from apps.control.worlds import NotPermitted
from apps.sandbox import store_worlds, tables
from apps.sandbox.models import Store
from apps.sandbox.observing import metrics_server, observe
from apps.sandbox.preparing import prepare_with_objects
from apps.sandbox.restarting import hand_over, may_restart
from apps.sandbox.serve_options import ServeError, ServeOptions, ServeRole
from apps.sandbox.sockets import Sockets, open_sockets
from apps.sandbox.working import job_worker
from hexostore import head_start, outages, tls, tracing
from hexostore import home as homes
from hexostore.database.pooler import PoolError, require_pool, require_session
from hexostore.database.using import use_database
from hexostore.direct import DIRECT_VARIABLE, direct_url, has_pool
from hexostore.loading import without_collection
from hexostore.locks import Lock
from hexostore.machines import Disagreement, Membership
from hexostore.postgres import Embedded
from hexostore.retired import Retired
from hexostore.server import Child, RunOutcome, Supervisor, WebGroup
from hexostore.succession import SIGNAL, Inherited, take_inherited
from hexostore.tls import Certificates, Renewal
from hexostore.web.board import Board
from hexostore.web.listening import Listener

OLDEST_POSTGRES, NEWEST_POSTGRES = 15, 18
_log = logging.getLogger("hexostore.server")
_GRACE = 5.0  # seconds that what is left of a killed serve may need to go


@dataclass(frozen=True)
class Served:
    """The addresses of a server for clients."""

    http: Listener
    https: Listener
    certificates: Certificates


@dataclass(frozen=True)
class Ready:
    """What a server offers: nothing to clients if it only does jobs. `is_again` says that it was
    restarted."""

    store: Store
    web: Served | None
    metrics: Listener | None = None
    is_again: bool = False


def serve(
    options: ServeOptions, say: Callable[[str], None], on_ready: Callable[[Ready], None]
) -> bool:
    """Serve until a signal comes. Return False if a server process died, else True.

    Raise ServeError, StoreError, ListenError, PostgresError, HomeError or CertificateError, with
    nothing left running.
    """
    home: Path = settings.HEXOSTORE_HOME
    inherited = take_inherited()
    signal.signal(SIGNAL, signal.SIG_IGN)  # until there is something to restart
    _require_sound(databases=None)
    if fault := tracing.find_fault():
        raise ServeError(f"The OTEL_* variables cannot be used for traces: {fault}")
    with (
        only_server(home, inherited) as lock,
        open_sockets(options, inherited) as sockets,
        _provide_database(home, say, inherited) as embedded,
        _join_machines(options, say) as membership,
    ):
        is_new = not tables.hold_store()
        begun = prepare_with_objects(options, say)
        _open_control(begun, say, options, is_new=is_new)
        renewal = Renewal(home, settings.HEXOSTORE_HOSTS)
        web = _describe_web(sockets, options, renewal, say)
        _require_sound(databases=["default"])
        _require_pool(options, say)
        _configure_workers(options, begun, web)
        shown = _describe_metrics(sockets, options)
        group, children = _children(web, shown, options)
        supervisor = Supervisor(
            children,
            group,
            tend=lambda: _tend_server(embedded, renewal if web else None, membership, say),
            release=lambda: _release_in_worker(lock, embedded),
            may_restart=lambda: may_restart(home),
            drain=options.drain,
            retired=_find_retired(inherited),
        )
        ready = Ready(begun, web, shown, is_again=inherited is not None)
        outcome = supervisor.run(lambda: on_ready(ready))
        if outcome is RunOutcome.RESTART:
            _release_others(membership)
            hand_over(supervisor, lock, sockets, embedded)
        return outcome is RunOutcome.STOPPED


def _describe_web(
    sockets: Sockets, options: ServeOptions, renewal: Renewal, say: Callable[[str], None]
) -> Served | None:
    """Return what clients connect to, with its certificates; None for a server of jobs only."""
    if sockets.http is None or sockets.https is None:
        return None
    files = renewal.renew()
    _name_unsigned(files, say)
    http, https = Listener(sockets.http, options.host), Listener(sockets.https, options.host, files)
    return Served(http, https, files)


def _describe_metrics(sockets: Sockets, options: ServeOptions) -> Listener | None:
    if sockets.metrics is None:
        return None
    return Listener(sockets.metrics, options.metrics_host)


def _find_retired(inherited: Inherited | None) -> Retired:
    """Return the processes of the program before."""
    return Retired() if inherited is None else Retired(inherited.web_servers, inherited.others)


def _children(
    web: Served | None, shown: Listener | None, options: ServeOptions
) -> tuple[WebGroup, list[Child]]:
    """Return the web servers of a server, and all of its processes. They count requests if somebody
    is to be shown them."""
    listeners = () if web is None else (web.http, web.https)
    count = options.workers if web else 0
    observation = None if shown is None else observe(settings.HEXOSTORE_HOME, shown)
    group = WebGroup(listeners, count, Board(count), options.drain, observation)
    children = group.children()
    if options.role is not ServeRole.WEB:
        children.append(job_worker(listeners if shown is None else [*listeners, shown]))
    if observation is not None:
        children.append(metrics_server(observation, listeners))
    return group, children


@contextmanager
def _join_machines(
    options: ServeOptions, say: Callable[[str], None]
) -> Iterator[Membership | None]:
    """Be one of several servers of a store, if the options say so. Raise ServeError if another one
    has other settings."""
    if not options.is_one_of_several:
        yield None
        return
    try:
        joined = Membership(direct_url(), store_worlds.made_for_version())
    except Disagreement as error:
        raise ServeError(str(error)) from error
    if joined.runs_with_other_version:
        say("Another server of this store runs another version. Restart it with this one.")
    try:
        yield joined
    finally:
        joined.leave()


def _release_others(membership: Membership | None) -> None:
    """Release what the next program takes by itself."""
    if membership is not None:
        membership.leave()
    opening.release_control()
    connections.close_all()


@contextmanager
def only_server(home: Path, inherited: Inherited | None = None) -> Iterator[Lock]:
    """Hold the lock of the only server of a home. Raise ServeError if somebody else has it."""
    homes.make_home(home)
    lock = Lock(home / "serve.lock")
    with homes.explain_errors(home):
        if inherited is None:
            _take_lock(lock)
        else:
            lock.adopt(inherited.locks["serve"])
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
def _provide_database(
    home: Path, say: Callable[[str], None], inherited: Inherited | None
) -> Iterator[Embedded | None]:
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
    if inherited is not None and inherited.postgres is not None:
        url = embedded.adopt(inherited.postgres, inherited.locks)
    else:
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
    variable = DIRECT_VARIABLE if has_pool() else "DATABASE_URL"
    try:
        require_session(direct_url(), variable)
        connection.ensure_connection()
    except PoolError as error:
        raise ServeError(str(error)) from error
    except (OperationalError, psycopg.OperationalError) as error:
        why = outages.first_line(error)
        raise ServeError(f"The server in {variable} is not reachable: {why}") from error
    major = connection.pg_version // 10000  # type: ignore[attr-defined]
    if major < OLDEST_POSTGRES:
        raise ServeError(
            f"{variable} is PostgreSQL {major}; version {OLDEST_POSTGRES} to 18 is required."
        )
    _require_primary(variable)


def _require_primary(variable: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        if cursor.fetchone() == (True,):
            raise ServeError(
                f"The server in {variable} is a replica, which takes no writes. Name the primary, "
                "or all servers with ?target_session_attrs=read-write; replicas belong in "
                "DATABASE_REPLICA_URLS."
            )


def _open_control(
    begun: Store, say: Callable[[str], None], options: ServeOptions, *, is_new: bool
) -> None:
    """Prepare the sandboxes of a store, unless it is public. A new one becomes their template, if
    nobody else may be connected to it."""
    if settings.HEXOSTORE_PROFILE == "public":
        return
    connections.close_all()
    several = options.is_one_of_several
    if opening.open_control(direct_url(), store_worlds.made_for(begun), say, shared=several):
        keep_newest(options.journal_limit)
        if is_new and not several:
            with suppress(NotPermitted):
                store_worlds.store_templates().adopt_main()
    elif several:
        raise ServeError(
            "A server that does everything has the sandboxes of this database. Stop it, and start "
            "it with --web-only or --jobs-only as well."
        )
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


def _require_pool(options: ServeOptions, say: Callable[[str], None]) -> None:
    """Raise ServeError if a pooler in front of the database does not suit the web servers."""
    if not has_pool() or options.role is ServeRole.JOBS:
        return
    database = str(settings.DATABASES["default"]["NAME"])
    limit = settings.HEXOSTORE_STATEMENT_TIMEOUT
    try:
        require_pool(os.environ["DATABASE_URL"], database, limit, say)
    except PoolError as error:
        raise ServeError(str(error)) from error


def _configure_workers(options: ServeOptions, begun: Store, web: Served | None) -> None:
    """Set for the workers what only this start knows, and load what they share."""
    known: dict[str, Any] = {
        "HEXOSTORE_CONVENTIONS": begun.conventions,
        "HEXOSTORE_REDIRECT_HTTP": options.redirect_http or settings.HEXOSTORE_REDIRECT_HTTP,
    }
    if web is not None:
        known["HEXOSTORE_HTTP_PORT"], known["HEXOSTORE_HTTPS_PORT"] = web.http.port, web.https.port
    for name, value in known.items():
        os.environ[name] = str(value)
        setattr(settings, name, value)
    import_module("hexostore.wsgi")
    _load_application()
    connections.close_all()
    gc.collect()
    gc.freeze()  # what is loaded now stays shared between the workers


def _tend_server(
    embedded: Embedded | None,
    renewal: Renewal | None,
    membership: Membership | None,
    say: Callable[[str], None],
) -> None:
    if membership is not None:
        membership.keep()
        opening.keep_control()
    if embedded is not None and embedded.died():
        say("The database stopped; starting it again.")
        embedded.restart()
    try:
        if renewal is not None and renewal.renew_when_due():
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
