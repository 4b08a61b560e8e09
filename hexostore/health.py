"""Probes for monitoring."""

from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from hexostore.database import replicas


def answer_live(_request: HttpRequest) -> JsonResponse:
    """GET /livez: 200 as long as the process answers at all."""
    return JsonResponse({"status": "ok"})


def answer_ready(_request: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 if requests can be served, else 503 and the first check that failed.

    With replicas, it also says which of them this process leaves out.
    """
    failed = failing_check()
    if failed is None:
        return JsonResponse({"status": "ok", **_replica_states()})
    return JsonResponse({"status": "unavailable", "failed": failed}, status=503)


def _replica_states() -> dict[str, dict[str, str]]:
    if not replicas.are_configured():
        return {}
    known = replicas.known_replicas()
    return {"replicas": {each.name: "left out" if each.is_left_out else "ok" for each in known}}


def failing_check() -> str | None:
    """Return the first of `database`, `migrations`, `seed`, `catalogue` that fails, or None.

    Migrations and catalogue fail before an upgrade, and after one to a newer version.
    """
    from apps.sandbox import store, tables

    try:
        connection.ensure_connection()
        standing = tables.find_standing()
        if standing.behind or standing.ahead:
            return "migrations"
        begun = store.current()
        if begun is None:
            return "seed"
        return None if store.is_current(begun) else "catalogue"
    except Error:
        return "database"
