"""The demo world as `serve` makes it, once for all tests of a module."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from django.db import connections, transaction
from pytest_django import DjangoDbBlocker

from apps.sandbox import seeds, store


@pytest.fixture(scope="module")
def demo_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Generator[None]:
    """The rows of the demo world without its signals, taken away again at the end."""
    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        try:
            seeds.load(store.read_fixtures("demo"))
            yield
        finally:
            transaction.set_rollback(True)
            outer.__exit__(None, None, None)
            connections["default"].close()
