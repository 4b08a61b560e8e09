"""The sandboxes of this store: what its templates are made from, and who may ask for them."""

from __future__ import annotations

import hashlib
from functools import cache, partial

from django.conf import settings
from django.db import connection

from apps.control.names import MAIN
from apps.control.plane import ControlPlane, plane
from apps.control.sandboxes import Sandboxes
from apps.control.templates import Templates
from apps.sandbox import store, tables, upgrading
from apps.sandbox.models import Store
from hexostore.database.chosen import ChosenDatabase, in_database, past_pooler


class NoSandboxes(Exception):
    """This process has no control plane: nobody serves the store, or it is public."""

    def __str__(self) -> str:
        return "There are no sandboxes here, because no server has opened the control plane."


def made_for(begun: Store) -> str:
    """Return what identifies the tables and rows with which a store of that kind begins."""
    migrations = sorted(map("/".join, tables.named_migrations()))
    parts = [begun.seed, begun.conventions, store.digest_fixtures(begun.seed), *migrations]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def made_for_version() -> str:
    """Return what identifies the tables and rows of this version, for stores of all kinds."""
    migrations = sorted(map("/".join, tables.named_migrations()))
    parts = [store.digest_fixtures(Store.Seed.DEMO), *migrations]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def store_templates() -> Templates:
    """Return the templates of the store that this process works on."""
    return _templates_of(_name_of_main())


@cache
def _templates_of(main: str) -> Templates:
    """Return the templates of a store. What it began with does not change while a process lives."""
    begun = _read_store()
    return Templates(main, made_for(begun), partial(_begin_world, begun))


def require_plane() -> ControlPlane:
    """Return the control plane of this process. Raise NoSandboxes."""
    known = plane()
    if known is None:
        raise NoSandboxes
    return known


def store_sandboxes() -> Sandboxes:
    """Return the operations on the sandboxes of this store. Raise NoSandboxes."""
    return Sandboxes(require_plane(), store_templates(), _name_of_main())


def _read_store() -> Store:
    """Return what the store says of itself. This waits while the sandbox main is exchanged."""
    known = plane()
    if known is None:
        with in_database(None):
            return store.require_begun()
    with known.inside(MAIN):
        return store.require_begun()


def _name_of_main() -> str:
    return str(settings.DATABASES["default"]["NAME"])


def _begin_world(begun: Store, world: str) -> None:
    """Fill an empty world like a store that begins."""
    with past_pooler(), in_database(ChosenDatabase(world, 0)):
        upgrading.migrate_tables(lambda _: None)
        store.begin_store(begun.seed, begun.conventions, lambda _: None)
        connection.close()
