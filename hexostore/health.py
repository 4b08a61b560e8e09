"""Probes for whoever watches the server."""

from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def live(_request: HttpRequest) -> JsonResponse:
    """GET /livez: 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def ready(_request: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 when requests can be served, else 503 and the first check that failed."""
    failed = failing_check()
    if failed is None:
        return JsonResponse({"status": "ok"})
    return JsonResponse({"status": "unavailable", "failed": failed}, status=503)


def failing_check() -> str | None:
    """The first of `database`, `migrations`, `seed` that is not in order, or None."""
    from apps.sandbox import store

    try:
        connection.ensure_connection()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "migrations"
        return None if store.seeded() else "seed"
    except Error:
        return "database"
