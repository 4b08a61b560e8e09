"""The checks of `hexostore doctor`."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection, connections

from apps.jobs import overview
from apps.sandbox import object_storage, serving, store, tables
from apps.sandbox.replica_states import examine_replicas
from apps.signals.storage.objects.moving import count_held
from hexostore import bundle, clock, outages, tls
from hexostore import home as homes
from hexostore.authority import signs_everything
from hexostore.database.replicas import NO_REPLICA
from hexostore.database.using import use_database
from hexostore.home import HomeError
from hexostore.locks import Lock
from hexostore.postgres import Embedded
from hexostore.postgres_place import PostgresError
from hexostore.tls import CertificateError
from hexostore.web.listening import ListenError, require_free

NATIVE = "httptools", "numpy", "orjson", "pcodec", "psycopg_binary", "cryptography", "uvloop"
_SOON = timedelta(days=90)  # in which somebody may get round to trusting a new authority
_PORTS = {8000: "--port", 8443: "--https-port"}


@dataclass(frozen=True)
class Finding:
    """The result of one check. The text of a problem says what to do."""

    check: str
    ok: bool
    text: str


class Problem(Exception):
    """A problem, and what to do about it."""


def examine_store() -> list[Finding]:
    """Return all checks, in an order in which each may depend on those before."""
    findings = [_run_check(name, check) for name, check in _CHECKS.items()]
    findings += _examine_replicas()
    connections.close_all()
    return findings


def _run_check(name: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(name, True, check())
    except Problem as problem:
        return Finding(name, False, str(problem))


def _check_python() -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 15):
        raise Problem(f"{platform.python_version()}; install Python 3.11 to 3.14.")
    return platform.python_version()


def _check_wheels() -> str:
    for name in NATIVE:
        try:
            import_module(name)
        except ImportError as error:
            raise Problem(f"{name} cannot be imported ({error}); {bundle.REPAIR}.") from error
    return ", ".join(NATIVE)


def _check_home() -> str:
    home: Path = settings.HEXOSTORE_HOME
    try:
        homes.make_home(home)
        with homes.explain_errors(home), tempfile.TemporaryFile(dir=home):
            return str(home)
    except HomeError as error:
        raise Problem(str(error)) from error


def _with_database(look: Callable[[], str], unmade: str) -> str:
    """Return the result of `look` in the database; `unmade` before the first start.

    An embedded database that does not run is started for the moment.
    """
    if os.environ.get("DATABASE_URL"):
        return look()
    try:
        if not Embedded(settings.HEXOSTORE_HOME).place.data.exists():
            return unmade
        with Embedded(settings.HEXOSTORE_HOME) as embedded:
            use_database(embedded.url)
            return look()
    except (PostgresError, HomeError, OSError) as error:
        raise Problem(str(error)) from error


def _check_postgres() -> str:
    """Return the version of the database and, if it is embedded, the state of its tables."""
    if os.environ.get("DATABASE_URL"):
        return f"{_postgres_version()}, by DATABASE_URL"
    return _with_database(
        lambda: f"{_postgres_version()}, embedded, {tables_state()}",
        "embedded, created at the first start",
    )


def _check_chunks() -> str:
    """Return where chunks are stored. Raise Problem if objects cannot be stored, read, listed and
    removed there, or belong to another store."""
    if not settings.HEXOSTORE_CHUNKS:
        return _with_database(_require_no_objects, "in the database")
    try:
        url = object_storage.require_reachable()
        return _with_database(_own_objects, url)
    except object_storage.ObjectsError as error:
        raise Problem(str(error)) from error


def _own_objects() -> str:
    try:
        return object_storage.require_own_objects()
    finally:
        connections.close_all()


def _require_no_objects() -> str:
    try:
        held = count_held()
    except DatabaseError:
        return "in the database"
    finally:
        connections.close_all()
    if held.in_objects:
        raise Problem(f"{held.in_objects} are in objects; set HEXOSTORE_CHUNKS.")
    return "in the database"


def _check_jobs() -> str:
    """Return the state of the queue of mail and other jobs."""
    return _with_database(_describe_queue, "none before the first start")


def _describe_queue() -> str:
    try:
        found = overview.count_jobs()
    except DatabaseError:
        return "cannot be counted until the tables are up to date"
    finally:
        connections.close_all()
    if found.late:
        raise Problem(f"{found}; check that `serve` or `work` is running, and check EMAIL_URL.")
    return str(found)


def _examine_replicas() -> list[Finding]:
    """Return a line for each replica. One that is the primary now is no problem."""
    try:
        return [
            Finding("replica", each.problem in {"", NO_REPLICA}, str(each))
            for each in examine_replicas()
        ]
    except DatabaseError as error:
        why = outages.first_line(error)
        return [Finding("replica", False, f"cannot be compared with the primary: {why}")]


def _postgres_version() -> str:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        why = outages.first_line(error)
        raise Problem(f"does not answer: {why}; check DATABASE_URL.") from error
    major = connection.pg_version // 10000  # type: ignore[attr-defined]
    if not serving.OLDEST_POSTGRES <= major <= serving.NEWEST_POSTGRES:
        wanted = f"{serving.OLDEST_POSTGRES} to {serving.NEWEST_POSTGRES}"
        raise Problem(f"PostgreSQL {major}; use {wanted}.")
    return f"PostgreSQL {major}"


def tables_state() -> str:
    """Return the state of tables and catalogue. Raise Problem if a newer version has used the
    store."""
    try:
        store.require_known()
        if behind := tables.missing_migrations():
            return f"{len(behind)} migrations to apply at the next start"
        begun = store.current()
    except store.StoreError as error:
        raise Problem(str(error)) from error
    finally:
        connections.close_all()
    if begun is None:
        return "tables up to date, no seed yet"
    current = store.is_current(begun)
    catalogue = "up to date" if current else "will be updated at the next start"
    return f"tables up to date, {begun}, catalogue {catalogue}"


def _check_ports() -> str:
    lock = Lock(settings.HEXOSTORE_HOME / "serve.lock")
    try:
        if not lock.take(shared=True):
            return f"served now, by {lock.holder()}"
    except OSError as error:
        raise Problem("cannot be checked until the home is writable.") from error
    lock.release()
    for port, option in _PORTS.items():
        try:
            require_free("127.0.0.1", port, option)
        except ListenError as error:
            raise Problem(str(error)) from error
    return "8000 and 8443 are free"


def _check_certificate() -> str:
    files, names = tls.certificate_paths(settings.HEXOSTORE_HOME), settings.HEXOSTORE_HOSTS
    try:
        if not files.ca.exists():
            return "created at the first start"
        ca = tls.load_authority(settings.HEXOSTORE_HOME)
        wrong = tls.find_problem(files, [*tls.NAMES, *names])
        unsigned = tls.unsigned_names(files, names)
    except (CertificateError, HomeError, OSError) as error:
        raise Problem(str(error)) from error
    if unsigned:
        raise Problem(f"not for {', '.join(unsigned)}; create a new authority: {tls.RENEW}")
    if wrong:
        return f"{wrong}; renewed at the next start"
    if ca.not_valid_after_utc - clock.now() < _SOON:
        end = f"{ca.not_valid_after_utc:%Y-%m-%d}"
        raise Problem(f"the authority expires on {end}; renew it with: {tls.RENEW}")
    limit = f"; it can sign any name. Create a limited one with: {tls.RENEW}"
    return f"trust {files.ca}{limit if signs_everything(ca) else ''}"


def _check_clock() -> str:
    """Compare the clock with the age of the program, because signatures are only valid for
    minutes."""
    built = datetime.fromtimestamp(Path(__file__).stat().st_mtime, tz=clock.now().tzinfo)
    if clock.now() < built:
        raise Problem(
            f"it is {clock.now():%Y-%m-%d %H:%M} UTC here, before this program was built."
        )
    return f"{clock.now():%Y-%m-%d %H:%M:%S} UTC"


_CHECKS: dict[str, Callable[[], str]] = {
    "python": _check_python,
    "wheels": _check_wheels,
    "home": _check_home,
    "postgres": _check_postgres,
    "chunks": _check_chunks,
    "jobs": _check_jobs,
    "ports": _check_ports,
    "certificate": _check_certificate,
    "clock": _check_clock,
}
