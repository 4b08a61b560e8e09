"""Sets of algorithms are those whose ids are whole numbers; others end neither an upgrade, nor a
list, nor a write."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.bookkeeping.models import Algo
from apps.records.models import Record
from tests.people import Caller

EARLIER = [("records", "0004_sorted_rows"), ("bookkeeping", "0002_spare_others")]
BETWEEN = [("records", "0006_counted"), ("bookkeeping", "0004_counted")]
NOW = [("records", "0007_usual_order"), ("bookkeeping", "0005_whole_ids")]

VIEW = """
CREATE OR REPLACE VIEW bookkeeping_algo AS
SELECT (algo ->> 'id')::bigint AS id, id AS record_id, user_id,
    algo ->> 'created' AS created, coalesce(algo -> 'algorithms', '{}') AS algorithms
FROM records_record WHERE jsonb_typeof(algo -> 'id') = 'number'
"""
INDEX = """
CREATE INDEX record_algo ON records_record (((algo ->> 'id')::bigint))
WHERE jsonb_typeof(algo -> 'id') = 'number'
"""
"""What stores between two versions have."""

WHOLE = [-3, 0, 7, 10**18 - 1]
ODD: list[Any] = [1.5, 1.0, 1e300, 10**19, -(10**30), "8", "eight", True, None, [9], {"id": 9}]


@pytest.fixture
def empty_schema(db: None) -> None:
    """A place without tables, gone with the transaction of the test."""
    execute("CREATE SCHEMA before")
    execute("SET LOCAL search_path TO before")


def execute(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text)


def migrate(targets: list[tuple[str, str]]) -> Any:
    """Bring the tables to a state; return its models."""
    MigrationExecutor(connection).migrate(targets)
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # or tables with pending checks cannot be altered
    return MigrationExecutor(connection).loader.project_state(targets).apps


def fill(models: Any, ids: list[Any]) -> None:
    user, _ = models.get_model("accounts", "User").objects.get_or_create(email="a@x.test")
    for key in ids:
        models.get_model("records", "Record").objects.create(user=user, algo={"id": key})


@pytest.mark.usefixtures("empty_schema")
def test_stores_of_an_earlier_version_are_upgraded() -> None:
    old = migrate(EARLIER)
    execute(VIEW)
    fill(old, [*WHOLE, *ODD])
    migrate(NOW)
    assert list(Algo.objects.values_list("pk", flat=True)) == WHOLE


@pytest.mark.usefixtures("empty_schema")
def test_stores_between_two_versions_are_upgraded() -> None:
    old = migrate(BETWEEN)
    execute(VIEW)
    execute(INDEX)
    fill(old, WHOLE)
    new = migrate(NOW)
    fill(new, ODD)
    assert list(Algo.objects.values_list("pk", flat=True)) == WHOLE


@pytest.mark.parametrize("key", ODD, ids=repr)
def test_a_set_without_a_whole_id_has_no_address(owner: Caller, key: Any) -> None:
    record = Record.objects.create(user=owner.user, algo={"id": key})
    assert owner.get("/api/algo/").json()["meta"]["total_count"] == 0
    assert owner.get(f"/api/record/{record.pk}/").json()["algo"]["resource_uri"] is None


@pytest.mark.parametrize("algo", [[], "text", 5])
def test_what_is_no_set_is_not_shown(owner: Caller, algo: Any) -> None:
    record = Record.objects.create(user=owner.user, algo=algo)
    assert owner.get(f"/api/record/{record.pk}/").json()["algo"] is None


@pytest.mark.parametrize("key", WHOLE)
def test_a_set_is_found_at_its_address(owner: Caller, key: int) -> None:
    record = Record.objects.create(user=owner.user, algo={"id": key})
    uri = owner.get(f"/api/record/{record.pk}/").json()["algo"]["resource_uri"]
    assert (uri, owner.get(uri).status_code) == (f"/api/algo/{key}/", 200)


@pytest.mark.django_db
def test_an_index_has_the_sets_by_their_ids() -> None:
    execute("SET LOCAL enable_seqscan = off")
    assert "record_algo" in Algo.objects.filter(pk=7).explain()


@pytest.mark.rule("T203")
def test_members_of_a_set_are_sorted_at_every_level(owner: Caller) -> None:
    algo = {"id": 4, "algorithms": {"ecg": "1.0.0", "acceleration": "1.0.0"}}
    record = Record.objects.create(user=owner.user, algo=algo)
    text = owner.get(f"/api/record/{record.pk}/").content.decode()
    assert text == json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False)
