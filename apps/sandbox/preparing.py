"""Making or updating the store before it is served."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import connections

from apps.sandbox import object_storage, store, tables, upgrading
from apps.sandbox.models import Store
from apps.sandbox.serve_options import ServeError, ServeOptions
from hexostore.processes import in_child


def prepare_store(seed: str | None, conventions: str | None, say: Callable[[str], None]) -> Store:
    """Update the store or, at the first start, create and seed it. Return it."""
    with tables.locked_store():
        return _prepare_locked(seed, conventions, say)


def prepare_with_objects(options: ServeOptions, say: Callable[[str], None]) -> Store:
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
