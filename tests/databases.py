"""Databases beside the one of a test, on the same server."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection
from psycopg import sql

from hexostore.direct import direct_url
from hexostore.locks import Lock


@contextmanager
def database(name: str) -> Iterator[str]:
    """Make an empty database of about that name, give its URL, and drop it in the end."""
    own = f"{name}_{os.getpid()}"
    drop(own)
    administer("CREATE DATABASE {}", own)
    try:
        yield url_of(own)
    finally:
        drop(own)


def administer(statement: str, *names: str) -> None:
    """Run a statement on the server of the tests, with the names of databases in its braces."""
    with administrator() as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def administrator() -> psycopg.Connection[Any]:
    """Return a connection to the server of the tests, on which each statement is committed."""
    return psycopg.connect(direct_url(), autocommit=True)


def drop(name: str) -> None:
    """Drop a database, whoever uses it, where there is one of that name."""
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def url_of(name: str) -> str:
    """Return the URL of a database on the server of the tests."""
    url = urlsplit(direct_url())._replace(path=f"/{name}").geturl()
    return url.replace("postgresql:/", "postgresql:///", 1) if ":///" not in url else url


def name_of(url: str) -> str:
    """Return the name of the database in a URL."""
    return urlsplit(url).path.removeprefix("/")


def another_connection(*, autocommit: bool = False) -> psycopg.Connection[Any]:
    """Return a connection beside Django's own to the database of the test."""
    return psycopg.connect(url_of(connection.settings_dict["NAME"]), autocommit=autocommit)


@contextmanager
def connected(name: str) -> Iterator[None]:
    """Have Django use another database of the server meanwhile."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = usual


TEMPLATE = "test_hexostore_template"
"""The database with all tables that the databases of the tests are copies of."""


def template() -> str:
    """Return the name of the template; the worker of a run that asks first makes it."""
    made = made_template()
    lock = Lock(made.with_suffix(".lock"))
    lock.take(wait=True)
    try:
        if not made.exists():
            _make_template()
            made.touch()
    finally:
        lock.release()
    return TEMPLATE


def made_template() -> Path:
    """Return the file that is there once this run has made the template."""
    return Path(os.environ["HEXOSTORE_HOME"]) / "template.made"  # the home of all workers


def _make_template() -> None:
    from apps.sandbox import upgrading

    drop(TEMPLATE)
    administer("CREATE DATABASE {}", TEMPLATE)
    with connected(TEMPLATE):
        upgrading.migrate_tables(lambda _: None)
