"""Every place that could ask somebody else than hexostore/clock.py for the time, and why it may.

A new place fails here, until it asks the clock or is listed with its reason.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import ROOT

OURS = [*sorted((ROOT / "apps").rglob("*.py")), *sorted((ROOT / "hexostore").rglob("*.py"))]

WAITS = "how long something of this process takes or is kept, which no client is told"
STOPWATCHES = {
    "apps/console/readable.py": WAITS,
    "apps/control/access_log.py": WAITS,
    "apps/control/advancing.py": WAITS,
    "apps/control/entering.py": WAITS,
    "apps/control/journal/middleware.py": WAITS,
    "apps/credentials/basic/passwords.py": WAITS,
    "apps/sandbox/detached.py": WAITS,
    "apps/sandbox/restarting.py": WAITS,
    "apps/sandbox/serving.py": WAITS,
    "hexostore/database/following.py": WAITS,
    "hexostore/database/heard.py": WAITS,
    "hexostore/database/parked.py": WAITS,
    "hexostore/database/slow.py": WAITS,
    "hexostore/postgres.py": WAITS,
    "hexostore/postgres_ending.py": WAITS,
    "hexostore/postgres_leftovers.py": WAITS,
    "hexostore/retired.py": WAITS,
    "hexostore/server.py": WAITS,
    "hexostore/succession.py": WAITS,
    "hexostore/tls.py": WAITS,
    "hexostore/web/exchange.py": WAITS,
    "hexostore/web/listening.py": WAITS,
}
"""Modules that use time.monotonic or time.perf_counter."""

OUTSIDE = "what is outside of all sandboxes has the time of the system"
OF_THE_SYSTEM = {
    "apps/control/advancing.py": OUTSIDE,
    "apps/control/clock_columns.py": OUTSIDE,
    "apps/control/clocks.py": OUTSIDE,
    "apps/control/journal/middleware.py": OUTSIDE,
}
"""Modules that ask for the time of the system by name."""

OF_SERVERS = "how old something of the database servers is, which no client is told"
IN_THE_DATABASE = {
    "apps/api/own_writes.py": OF_SERVERS,
    "apps/control/sandboxes.py": OUTSIDE,
    "apps/control/entering.py": OUTSIDE,
    "apps/control/tables.py": OUTSIDE,
    "apps/control/templates.py": OUTSIDE,
    "apps/sandbox/replica_states.py": OF_SERVERS,
    "apps/signals/storage/objects/loose.py": OF_SERVERS,
}
"""Modules with statements in which PostgreSQL tells the time."""

_SQL_TIME = re.compile(
    r"\bnow\(\)|\b(clock|statement|transaction)_timestamp\b|\bcurrent_(timestamp|date|time)\b"
    r"|\blocaltimestamp\b|'now'",
    re.IGNORECASE,
)

LIBRARIES = (
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.core.signing",
    "django.http",
    "oauth2_provider",
    "oauthlib",
    "requests_oauthlib",
    "rest_framework",
)

OF_LIBRARIES = {
    "django.contrib.auth.tokens": "mailed tokens are our own",
    "django.contrib.sessions.middleware": "the cookie ends with the browser: no expiry is computed",
    "django.core.signing": "nothing here is signed with a time",
    "django.http.response": "no cookie of ours has an expiry",
    "oauth2_provider.models": "device codes and keys of OpenID Connect are not used",
    "oauth2_provider.oauth2_validators": "introspection at another server is not used",
    "oauthlib.common": "signatures of clients, and JWT, which are not used",
    "oauthlib.oauth1.rfc5849.endpoints.base": "our own check of timestamps is used",
    "oauthlib.oauth2.rfc6749.clients.base": "for clients",
    "oauthlib.oauth2.rfc6749.clients.service_application": "for clients",
    "oauthlib.oauth2.rfc6749.parameters": "for clients",
    "oauthlib.oauth2.rfc6749.utils": "for clients",
    "oauthlib.openid.connect.core.grant_types.base": "OpenID Connect is not used",
    "rest_framework.throttling": "only its base class is used",
}
"""Modules of libraries that ask the system and not Django, and why that does not matter."""

_SYSTEM = {"time.time", "datetime.now", "datetime.datetime.now", "datetime.utcnow", "time"}


def relative(file: Path) -> str:
    return str(file.relative_to(ROOT))


def calls(tree: ast.AST) -> Iterator[str]:
    """The dotted names of what is called or handed on."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            yield ast.unparse(node)


def modules_that(pattern: re.Pattern[str]) -> set[str]:
    return {relative(file) for file in OURS if pattern.search(_code_of(file))}


def _code_of(file: Path) -> str:
    """The text of a module without its docstrings."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            node.value.value = ""
    return ast.unparse(tree)


def test_one_module_asks_the_system() -> None:
    """The linter forbids the names as well; this also finds what is excused from it."""
    asking = re.compile(
        r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time(_ns)?\b|timezone\.now\b"
        r"|import time\b|from time import .*\b(time|time_ns|localtime|gmtime)\b|clock_gettime"
    )
    assert modules_that(asking) == {"hexostore/clock.py"}


def test_stopwatches_measure_only_what_no_client_is_told() -> None:
    assert modules_that(re.compile(r"\b(monotonic|perf_counter|process_time)\b")) == set(
        STOPWATCHES
    )


def test_only_the_control_plane_asks_for_the_time_of_the_system() -> None:
    found = modules_that(re.compile(r"\bsystem_now\b")) - {"hexostore/clock.py"}
    assert found == set(OF_THE_SYSTEM)


def test_postgresql_tells_the_time_of_what_no_client_sees_only() -> None:
    """Columns of stores take it from the clock, and triggers do not know it."""
    found = {
        relative(file)
        for file in OURS
        if any(_SQL_TIME.search(text) for text in _texts(ast.parse(file.read_text())))
    }
    assert found == set(IN_THE_DATABASE)
    schema = (ROOT / "fixtures" / "schema.sql").read_text()
    assert not _SQL_TIME.search(schema)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("package", LIBRARIES)
def test_libraries_ask_django_for_the_time(package: str) -> None:
    """And Django asks the clock (test_clock.py)."""
    found = {name for name, file in _modules_of(package) if _SYSTEM & set(_timely(file))}
    known = {name for name in OF_LIBRARIES if name == package or name.startswith(f"{package}.")}
    assert found == known


def _timely(file: Path) -> Iterator[str]:
    """What a module asks the system by: calls of these names, and functions that it keeps."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func)
        elif isinstance(node, ast.Assign):
            yield ast.unparse(node.value)


def _modules_of(package: str) -> Iterator[tuple[str, Path]]:
    root = importlib.import_module(package)
    assert root.__file__
    yield package, Path(root.__file__)
    for found in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        if ".migrations" in found.name or ".tests" in found.name:
            continue
        spec = found.module_finder.find_spec(found.name, None)
        assert spec is not None
        assert spec.origin
        yield found.name, Path(spec.origin)
