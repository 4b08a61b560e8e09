"""A record with data keeps its start."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from apps.records.models import Record
from tests.signals.conftest import START, client_of, new_record


@pytest.mark.parametrize("start", [START + 1, None])
def test_another_start_is_refused(athlete: User, record: Record, start: int | None) -> None:
    answer = client_of(athlete).patch(f"/api/record/{record.pk}/", {"start": start}, format="json")
    assert answer.status_code == 400
    record.refresh_from_db()
    assert record.start == START


def test_the_same_start_may_be_sent_back(athlete: User, record: Record) -> None:
    client = client_of(athlete)
    shown = client.get(f"/api/record/{record.pk}/").json()
    answer = client.put(f"/api/record/{record.pk}/", shown, format="json")
    assert answer.status_code == 200


def test_a_record_without_data_may_begin_anew(athlete: User) -> None:
    record = new_record(athlete)
    path = f"/api/record/{record.pk}/"
    answer = client_of(athlete).patch(path, {"start": START - 256}, format="json")
    assert answer.status_code == 202
