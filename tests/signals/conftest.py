"""A small world of records with known samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.api.access import Access, Scheme
from apps.catalog.models import Datatype
from apps.records.models import Record
from apps.signals.storage import store
from tests.catalogue import load_catalogue

CATALOG = Path(__file__).parents[2] / "fixtures" / "catalog"
START = 359_840_000_000
HR, BR, VOLUME, RR, ECG, STATUS = 19, 33, 37, 18, 4113, 1000

Get = Callable[..., Any]


@pytest.fixture
def datatypes(db: None) -> dict[int, Datatype]:
    load_catalogue("datatype")
    return Datatype.objects.in_bulk()


@pytest.fixture
def athlete(db: None) -> User:
    return User.objects.create(id=1511, username="athlete@example.com", email="athlete@example.com")


@pytest.fixture
def outsider(db: None) -> User:
    return User.objects.create(id=77, username="outsider@example.com", email="outsider@example.com")


@pytest.fixture
def staff(db: None) -> User:
    name = "staff@example.com"
    return User.objects.create(id=99, username=name, email=name, is_staff=True)


def new_record(user: User, start: int = START, seconds: int = 10, **fields: Any) -> Record:
    return Record.objects.create(user=user, start=start, end=start + 256 * seconds, **fields)


def _count_on_from(key: int) -> None:
    """Have no further record get the id of the one that every test has; ids are never given back,
    so that which test they would meet in depends on the tests before it."""
    sequence = "pg_get_serial_sequence('records_record', 'id')"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT setval({sequence}, greatest(nextval({sequence}), %s))", [key])


@pytest.fixture
def record(athlete: User, datatypes: dict[int, Datatype]) -> Record:
    """Ten seconds: heart rate 70 to 79, tidal volume, ECG 0 to 2559, beats every 200 ticks."""
    _count_on_from(1000)
    made = new_record(athlete, id=37)
    store.write_channel(made, datatypes[HR], np.arange(70, 80))
    store.write_channel(made, datatypes[VOLUME], np.arange(43, 53))
    store.write_channel(made, datatypes[ECG], np.arange(2560))
    beats = np.arange(0, 2560, 200)
    store.write_events(made, datatypes[RR], beats, np.diff(beats, prepend=0))
    return made


@pytest.fixture
def get(athlete: User) -> Get:
    """Asks for data as the athlete, or as somebody else; gives the answer's JSON."""

    def ask(path: str = "data", by: User = athlete, **params: Any) -> Any:
        response = client_of(by).get(f"/api/{path}/", params)
        assert response.status_code == 200, response.content
        assert response["Content-Type"] == "application/json"
        return response.json()

    return ask


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user, Access(Scheme.BASIC))  # type: ignore[arg-type]
    return client


def at(sample: int, step: int = 256, first: int = 256) -> int:
    """The tick of a sample of a record that begins at START."""
    return START + first + sample * step
