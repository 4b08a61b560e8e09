"""Which server each statement goes to, and what happens when a replica fails in the middle."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import psycopg
import pytest
from django import test
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from apps.api import kept_pages, reading
from apps.api.models import Edition
from hexostore.database import copies, raw, replicas
from hexostore.database.raw import raw_cursor
from tests.cluster import here
from tests.cluster.conftest import Served
from tests.cluster.nodes import DATABASE, Cluster, wait_until

LABELS = "/api/label/"
ARCHIVE = "/api/data/?record=37700&format=zip"
LOGIN = {"Authorization": "Basic YXRobGV0ZUBleGFtcGxlLmNvbTphdGhsZXRl"}  # of the demo world


@pytest.fixture
def cluster(served: Served, django_db_blocker: DjangoDbBlocker) -> Iterator[Cluster]:
    found, _ = served
    with django_db_blocker.unblock(), here.connected_to(found):
        here.present_position(found)
        yield found


def get(path: str) -> Any:
    answer = test.Client().get(path, headers=LOGIN)
    assert answer.status_code == 200
    return answer


def post(name: str) -> Any:
    body = {"name": name, "user": "/api/user/1511/"}
    answer = test.Client().post(LABELS, json.dumps(body), "application/json", headers=LOGIN)
    assert answer.status_code == 201
    return answer


def port() -> int:
    """The server that a statement goes to now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT inet_server_port()")
        return int(cursor.fetchone()[0])


def port_by_raw_cursor() -> int:
    with raw_cursor() as cursor:
        row = cursor.execute("SELECT inet_server_port()").fetchone()
    assert row is not None
    return int(row[0])


def kill_connections(cluster: Cluster, port: int) -> None:
    """End all connections to a server, as a crash does."""
    (node,) = [each for each in cluster.nodes if each.port == port]
    ended = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = "
    node.ask(f"{ended} '{DATABASE}'")


# What a request costs


def test_a_read_sends_the_login_to_the_primary_and_the_rest_to_a_replica(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        get(LABELS)
    with here.statements_sent(monkeypatch) as sent:
        get(LABELS)
    (login, found), (page, asked) = sent
    assert "accounts_user" in found
    assert "api_edition" in asked
    assert login == cluster.primary.port
    assert page in {each.port for each in cluster.replicas}


def test_a_write_costs_one_statement_more(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("before")
    with here.statements_sent(monkeypatch) as sent:
        post("counted")
    assert {port for port, _ in sent} == {cluster.primary.port}
    noting = [text for _, text in sent if "api_written" in text and "INSERT" in text]
    assert len(noting) == 1
    assert "INSERT INTO api_written" in sent[-1][1]


def test_without_replicas_nothing_is_asked_or_noted(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    with test.override_settings(HEXOSTORE_REPLICAS=[]):
        post("before")
        with here.statements_sent(monkeypatch) as sent:
            post("alone")
            get(LABELS)
    assert {port for port, _ in sent} == {cluster.primary.port}
    assert not [text for _, text in sent if "api_written" in text or "api_horizon" in text]


# Writes within a read


def test_a_transaction_within_a_read_runs_on_the_primary(cluster: Cluster) -> None:
    with here.reading(cluster) as found:
        before = port()
        with transaction.atomic():
            Edition.objects.create(table="within", backend=0, number=1)
            assert port() == cluster.primary.port
        assert port() == before != cluster.primary.port
    assert found.moves == 1
    assert Edition.objects.filter(table="within").delete()[0] == 1


def test_a_write_outside_of_a_transaction_goes_on_with_the_primary(cluster: Cluster) -> None:
    with here.reading(cluster):
        assert port() != cluster.primary.port
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO api_edition VALUES ('alone', 0, 1)")
        assert port() == cluster.primary.port
    assert Edition.objects.filter(table="alone").delete()[0] == 1


def test_hooks_of_a_commit_may_choose_their_place(cluster: Cluster) -> None:
    seen = []
    with here.reading(cluster), transaction.atomic():
        transaction.on_commit(lambda: seen.append(port()))
    assert seen != [cluster.primary.port]


# Replicas that fail


@pytest.mark.parametrize("ask", [port, port_by_raw_cursor])
def test_a_statement_of_a_broken_replica_is_repeated_on_the_primary(
    cluster: Cluster, ask: Callable[[], int]
) -> None:
    with here.reading(cluster) as found:
        used = ask()
        assert used != cluster.primary.port
        kill_connections(cluster, used)
        assert ask() == cluster.primary.port
        assert found.moves == 1
        assert _left_out() >= {used}
    wait_until(lambda: used not in _left_out(), "the replica does not come back")


def test_rows_of_a_replica_that_breaks_off_come_from_the_primary_alone(cluster: Cluster) -> None:
    breaking = (
        "SELECT n, inet_server_port(), CASE WHEN n = 5000 AND pg_is_in_recovery() "
        "THEN pg_terminate_backend(pg_backend_pid()) END FROM generate_series(1, 10000) AS n"
    )
    primary = cluster.primary.port
    with here.reading(cluster), raw_cursor() as cursor:
        rows = [row[:2] for row in cursor.stream(breaking)]
    assert rows == [(number, primary) for number in range(1, 10001)]


@pytest.mark.parametrize(("most", "is_primary"), [(1000, False), (10, True)])
def test_a_stream_of_many_bytes_is_left_to_the_primary(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, most: int, is_primary: bool
) -> None:
    monkeypatch.setattr(raw, "MOST_SPOOLED", most)
    rows_of_bytes = "SELECT inet_server_port(), 'abcdefgh'::bytea FROM generate_series(1, 9)"
    with here.reading(cluster), raw_cursor() as cursor:
        ports = {port for port, _ in cursor.stream(rows_of_bytes, binary=True)}
        assert (ports == {cluster.primary.port}) is is_primary
        assert (port() == cluster.primary.port) is is_primary
    assert len(ports) == 1


def _left_out() -> set[int]:
    known = replicas.known_replicas()
    return {int(each.name.partition(":")[2]) for each in known if each.is_left_out}


def test_a_statement_in_the_way_of_replay_is_repeated_on_the_primary(cluster: Cluster) -> None:
    primary = cluster.primary
    primary.ask("CREATE TABLE IF NOT EXISTS in_the_way ()", DATABASE)
    with here.reading(cluster):
        (replica,) = [each for each in cluster.replicas if each.port == port()]
        replica.ask("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        replica.ask("SELECT pg_reload_conf()")
        other = Thread(target=_truncate_while_read, args=(cluster, replica))
        other.start()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT inet_server_port(), pg_sleep(CASE WHEN pg_is_in_recovery() THEN 30 END) "
                "FROM (SELECT count(*) FROM in_the_way) AS held"
            )
            assert cursor.fetchone()[0] == primary.port
        other.join()
    replica.ask("ALTER SYSTEM RESET max_standby_streaming_delay")
    replica.ask("SELECT pg_reload_conf()")
    assert replica.port not in _left_out()


def _truncate_while_read(cluster: Cluster, replica: Any) -> None:
    """Take a lock, which the replica replays, as soon as a statement there is in its way."""
    runs = "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%FROM in_the_way%'"
    own = " AND pid <> pg_backend_pid() AND state = 'active'"
    wait_until(lambda: replica.ask(runs + own) is True, "nothing reads")
    cluster.primary.ask("TRUNCATE in_the_way", DATABASE)


def test_a_slow_statement_is_not_repeated(cluster: Cluster) -> None:
    with here.reading(cluster):
        assert port() != cluster.primary.port
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 50")
            with pytest.raises(Exception, match="statement timeout"):
                cursor.execute("SELECT pg_sleep(30)")
        assert port() != cluster.primary.port
        connection.close()


def test_a_stream_goes_on_when_its_replica_dies(cluster: Cluster) -> None:
    whole = b"".join(get(ARCHIVE).streaming_content)
    here.present_position(cluster)
    answer = get(ARCHIVE)
    pieces = iter(answer.streaming_content)
    began = next(pieces)
    for each in cluster.replicas:
        kill_connections(cluster, each.port)
    assert began + b"".join(pieces) == whole
    assert _left_out() & {each.port for each in cluster.replicas}


def test_a_page_from_two_copies_is_not_kept(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change_copy(*arguments: Any) -> Any:
        found = copies.current_reading()
        assert found is not None
        found.go_to_primary()
        return read(*arguments)

    read = reading.read_objects
    kept_pages.forget_pages()
    with monkeypatch.context() as patched:
        patched.setattr(reading, "read_objects", change_copy)
        for _ in range(3):
            get(LABELS)
        assert not kept_pages._pages._values
    for _ in range(2):
        get(LABELS)
    assert kept_pages._pages._values


# Replicas that must not be used


def test_a_copy_of_another_lineage_is_not_used(cluster: Cluster) -> None:
    with copies.reading_block(copies.Reading(copies.LogPosition("another", 0), preferred=0)):
        assert port() == cluster.primary.port


def test_a_copy_that_lags_is_not_used(cluster: Cluster) -> None:
    present = here.present_position(cluster)
    ahead = copies.LogPosition(present.lineage, present.lsn + 2**40)
    with copies.reading_block(copies.Reading(ahead, preferred=0)):
        assert port() == cluster.primary.port
    with copies.reading_block(copies.Reading(present, preferred=0)):
        assert port() != cluster.primary.port


def test_the_primary_among_the_replicas_is_left_out(cluster: Cluster) -> None:
    for number in range(len(cluster.nodes)):
        needed = here.present_position(cluster)
        with copies.reading_block(copies.Reading(needed, preferred=number)):
            assert port() != cluster.primary.port
    assert cluster.primary.port in _left_out()


def test_a_lineage_begins_anew_where_nothing_is_noted(cluster: Cluster) -> None:
    get(LABELS)
    marks = "SELECT lineage::text FROM api_lineage"
    before = cluster.primary.ask(marks, DATABASE)
    with psycopg.connect(cluster.primary.url) as crash:
        crash.execute("TRUNCATE api_horizon, api_written")
    get(LABELS)
    assert cluster.primary.ask(marks, DATABASE) != before
    assert cluster.primary.ask("SELECT count(*) FROM api_horizon", DATABASE) == 1


def test_a_server_that_takes_no_writes_any_longer_is_left(cluster: Cluster) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    before = connection.connection
    get(LABELS)
    body = {"name": "refused", "user": "/api/user/1511/"}
    refused = test.Client().post(LABELS, json.dumps(body), "application/json", headers=LOGIN)
    assert refused.status_code == 503
    connection.close_if_unusable_or_obsolete()  # as the next request of a server begins
    post("on another connection")
    assert connection.connection is not before
