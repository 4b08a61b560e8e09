"""PgBouncer in transaction mode in front of the server of the tests, if this machine has it.

With HEXOSTORE_TEST_POOLER=1, the tests themselves reach their databases through it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from hexostore.postgres_place import PostgresPlace
from tests.embedded import remove_home, throwaway_home
from tests.live import free_port

PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
PATIENCE = 30.0
POOLED = "HEXOSTORE_TEST_POOLER"
REQUIRED = "HEXOSTORE_REQUIRE_PGBOUNCER"

_SETTINGS = """
[databases]
* = host={host} port={port} user={user}{password} connect_query='SET statement_timeout = ''30s'''

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
max_client_conn = 500
default_pool_size = 20
query_wait_timeout = 10
logfile = {folder}/log
"""


def need_pgbouncer() -> None:
    """Skip a test if there is no PgBouncer; with HEXOSTORE_REQUIRE_PGBOUNCER=1, fail."""
    if PROGRAM is None:
        if os.environ.get(REQUIRED) == "1":
            pytest.fail("PgBouncer is not installed: apt-get install pgbouncer")
        pytest.skip("PgBouncer is not installed: apt-get install pgbouncer")


class Pooler:
    """A PgBouncer with a folder of its own."""

    def __init__(self, folder: Path, server: str, mode: str = "transaction") -> None:
        """Start it in front of the server of that URL, and wait until it answers."""
        assert PROGRAM is not None
        self.port = free_port()
        self._file = folder / "pgbouncer.ini"
        where = conninfo_to_dict(server)
        password = f" password={where['password']}" if where.get("password") else ""
        text = _SETTINGS.format(
            host=where.get("host", "127.0.0.1"),
            port=where.get("port", 5432),
            user=where.get("user", "postgres"),
            password=password,
            listens=self.port,
            mode=mode,
            folder=folder,
        )
        folder.chmod(0o777)  # as root, another user runs it, as PostgreSQL
        self._file.write_text(text)
        self._database = where["dbname"]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = self._run()
        self._await()

    def _run(self) -> subprocess.Popen[bytes]:
        account = PostgresPlace(Path(os.environ["HEXOSTORE_HOME"])).account
        return subprocess.Popen(
            [str(PROGRAM), "-q", str(self._file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=None if account is None else account.pw_uid,
            group=None if account is None else account.pw_gid,
            extra_groups=None if account is None else [],
        )

    def url(self, database: object) -> str:
        """Return the URL of a database through it."""
        return f"postgresql://tests@127.0.0.1:{self.port}/{database}"

    def _await(self) -> None:
        deadline = monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url(self._database)).close()
            except psycopg.OperationalError:
                log = self._file.with_name("log")
                said = log.read_text() if log.exists() else ""
                assert self.process.poll() is None, said
                assert monotonic() < deadline, said
                sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it, and end all connections."""
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@contextmanager
def pooler(server: str, mode: str = "transaction") -> Iterator[Pooler]:
    """Run one in front of the server of a URL."""
    need_pgbouncer()
    folder = throwaway_home()
    found = None
    try:
        found = Pooler(folder, server, mode)
        yield found
    finally:
        if found is not None:
            found.stop()
        remove_home(folder)


def through_pooler(pool: Pooler) -> Iterator[None]:
    """Have Django's connection lead through a pooler, up to the second step."""
    from django.conf import settings
    from django.db import connection

    from hexostore.database.using import use_pool
    from hexostore.direct import DIRECT_VARIABLE

    connection.close()
    entry = connection.settings_dict
    name, before, url = entry["NAME"], dict(entry), os.environ["DATABASE_URL"]
    os.environ |= {DIRECT_VARIABLE: url, "DATABASE_URL": pool.url(name)}
    assert settings.DATABASES["default"] is entry
    use_pool()
    yield
    connection.close()
    entry.clear()
    entry.update(before)
    os.environ["DATABASE_URL"] = os.environ.pop(DIRECT_VARIABLE)
