"""`/_sandbox/sandboxes`: create, reset, copy and delete sandboxes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.api.own_writes import note_for_all
from apps.control.keeper import call_keeper
from apps.control.names import made_up_name
from apps.control.plane import KnownSandbox
from apps.control.sandboxes import Snapshot, find_sandbox
from apps.sandbox import seeded_sandboxes, seeds
from apps.sandbox.plane.replies import Members, PlaneError, json_reply, takes
from apps.sandbox.store_worlds import require_plane, store_sandboxes

SECONDS = 3600.0
"""How long a sandbox lives unused, if its creator does not say."""

LONGEST = 30 * 86_400.0


def sandbox_as_json(sandbox: KnownSandbox) -> dict[str, Any]:
    """Return a sandbox as JSON, with the beginning of its paths."""
    lifetime = sandbox.lifetime
    return {
        "name": sandbox.name,
        "path": "/" if sandbox.name == "main" else f"/~{sandbox.name}/",
        "created": sandbox.created.isoformat(),
        "ttl": None if lifetime is None else lifetime.total_seconds(),
    }


def list_sandboxes(_request: HttpRequest) -> object:
    """GET /_sandbox/sandboxes: all sandboxes, the oldest first."""
    return {"sandboxes": [*map(sandbox_as_json, require_plane().state().sandboxes.values())]}


@takes(name=str, ttl=float, seed=dict)
def create_sandbox(_request: HttpRequest, sent: Members) -> object:
    """POST /_sandbox/sandboxes: a new sandbox, with the rows of a seed if one is sent."""
    name = sent.get("name") or made_up_name()
    made = seeded_sandboxes.create_sandbox(name, _lifetime(sent), sent.get("seed"))
    call_keeper()
    return json_reply(sandbox_as_json(made), 201)


def show_sandbox(_request: HttpRequest, name: str) -> object:
    """GET /_sandbox/sandboxes/NAME: one sandbox."""
    return sandbox_as_json(find_sandbox(require_plane(), name))


def delete_sandbox(_request: HttpRequest, name: str) -> object:
    """DELETE /_sandbox/sandboxes/NAME: delete it with its snapshots."""
    store_sandboxes().delete(name)
    call_keeper()
    return HttpResponse(status=204)


@takes()
def reset_sandbox(_request: HttpRequest, _sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/reset: the rows that it began with."""
    found = store_sandboxes().reset(name)
    call_keeper()
    return sandbox_as_json(found)


@takes(name=str, ttl=float)
def fork_sandbox(_request: HttpRequest, sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/fork: a new sandbox with the rows that this one has now."""
    fork = sent.get("name") or made_up_name()
    made = store_sandboxes().fork(name, fork, _lifetime(sent))
    return json_reply(sandbox_as_json(made), 201)


@takes(seed=dict, replace=bool)
def load_seed(_request: HttpRequest, sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/load: add the rows of a seed; the number of rows by resource.

    Equal rows are left. Others of the same key are an error, or become the rows of the seed with
    `replace`.
    """
    if "seed" not in sent:
        raise PlaneError("seed is missing: an object of resource names.")
    known = require_plane()
    find_sandbox(known, name)
    with known.inside(name):
        loaded = seeds.load(sent["seed"], replace=sent.get("replace", False))
        note_for_all()
        return loaded.count_rows


def list_snapshots(_request: HttpRequest, name: str) -> object:
    """GET /_sandbox/sandboxes/NAME/snapshots: its snapshots, the oldest first."""
    return {"snapshots": [_snapshot_as_json(each) for each in store_sandboxes().snapshots(name)]}


@takes(name=str)
def take_snapshot(_request: HttpRequest, sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/snapshots: keep a copy of what it holds now."""
    snapshot = sent.get("name") or made_up_name()
    return json_reply(_snapshot_as_json(store_sandboxes().take_snapshot(name, snapshot)), 201)


def delete_snapshot(_request: HttpRequest, name: str, snapshot: str) -> object:
    """DELETE /_sandbox/sandboxes/NAME/snapshots/SNAPSHOT: delete a snapshot."""
    store_sandboxes().delete_snapshot(name, snapshot)
    return HttpResponse(status=204)


@takes(snapshot=str)
def restore_sandbox(_request: HttpRequest, sent: Members, name: str) -> object:
    """POST /_sandbox/sandboxes/NAME/restore: the rows that it had at a snapshot."""
    if "snapshot" not in sent:
        raise PlaneError("snapshot is missing: the name of one of its snapshots.")
    found = store_sandboxes().restore(name, sent["snapshot"])
    call_keeper()
    return sandbox_as_json(found)


def _snapshot_as_json(snapshot: Snapshot) -> dict[str, Any]:
    return {"name": snapshot.name, "created": snapshot.created.isoformat()}


def _lifetime(sent: dict[str, Any]) -> timedelta | None:
    """Return the lifetime that a body asks for; None for 0, which means no end."""
    seconds = sent.get("ttl", SECONDS)
    if not 0 <= seconds <= LONGEST:
        raise PlaneError(f"ttl must be 0 to {LONGEST:.0f} seconds; 0 means no end.")
    return timedelta(seconds=seconds) if seconds else None
