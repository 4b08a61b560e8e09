"""Fixtures for every test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from tests import begun_homes, databases
from tests.embedded import remove_home, throwaway_home
from tests.live import Live


def pytest_configure(config: pytest.Config) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.HEXOSTORE_HOSTS = ["testserver", "api.hexoskin.com"]  # in the public profile too
    text = "rule(*names): the rules of docs/contract that the test proves (tests/rules.py)"
    config.addinivalue_line("markers", text)
    text = "slow: the test simulates days; -m 'not slow' leaves it out"
    config.addinivalue_line("markers", text)
    text = "generated: the test makes pages or pictures of docs/, which ./bin/docs has it write"
    config.addinivalue_line("markers", text)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Have pytest-django copy the databases of a run from one, instead of migrating each."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.template()


@pytest.fixture
def home() -> Iterator[Path]:
    """A data home of the test's own."""
    folder = throwaway_home()
    yield folder
    remove_home(folder)


@pytest.fixture
def begun_home(home: Path) -> Path:
    """A data home of the test's own, with an empty store that was served before."""
    begun_homes.fill_home(home, "empty")
    return home


@pytest.fixture(scope="session")
def live() -> Iterator[Live]:
    """The demo world, really served; shared by the session, so leave it as it was."""
    with begun_homes.served_demo() as served:
        yield served
