"""What a server tells its operators about replicas."""

from __future__ import annotations

import json
from urllib.request import urlopen

import pytest
from django.db import connection
from django.test import override_settings

from apps.sandbox.replica_states import OF_ANOTHER, examine_replicas
from hexostore.settings import replica_entries
from tests.cluster.conftest import Served
from tests.cluster.load import WRITERS, Client, Seen
from tests.cluster.nodes import wait_until
from tests.embedded import remove_home, throwaway_home
from tests.live import Live, free_port


def read(url: str) -> str:
    with urlopen(url, timeout=30) as answer:
        return str(answer.read().decode())


def name(port: int) -> str:
    return f"127.0.0.1:{port}"


def test_readyz_tells_which_are_left_out(served: Served) -> None:
    cluster, live = served

    def told() -> object:
        for login in WRITERS:  # who prefer one server each, so that all are tried
            Client(live.base, login, Seen()).send("GET", "/api/label/")
        return json.loads(read(f"{live.base}/readyz"))

    states = {name(each.port): "ok" for each in cluster.replicas}
    everything = {"status": "ok", "replicas": {name(cluster.primary.port): "left out", **states}}
    wait_until(lambda: told() == everything, "a replica is not used")


def test_metrics_tell_how_far_they_are(served: Served) -> None:
    cluster, live = served
    replica, primary = name(cluster.replicas[0].port), name(cluster.primary.port)
    text = read(live.facts["metrics"])
    assert f'hexostore_replica_up{{replica="{replica}"}} 1.0' in text
    assert f'hexostore_replica_up{{replica="{primary}"}} 0.0' in text
    assert f'hexostore_replica_lag_bytes{{replica="{replica}"}}' in text
    with cluster.replicas[0].paused():
        cluster.primary.ask("SELECT pg_logical_emit_message(false, 'test', repeat('x', 100000))")
        assert _lag(live, replica) >= 100_000
    wait_until(lambda: _lag(live, replica) < 100_000, "the lag does not shrink")


def _lag(live: Live, replica: str) -> float:
    lines = read(live.facts["metrics"]).splitlines()
    label = f'hexostore_replica_lag_bytes{{replica="{replica}"}} '
    (found,) = [line.removeprefix(label) for line in lines if line.startswith(label)]
    return float(found)


def test_doctor_has_a_line_for_each(served: Served) -> None:
    cluster, live = served
    found = live.run("doctor").stdout
    for each in cluster.replicas:
        assert f"{name(each.port)} lags by " in found
    assert f"{name(cluster.primary.port)} is left out: it is no replica" in found


def test_a_replica_that_is_away_is_a_problem_for_doctor(served: Served) -> None:
    _, live = served
    away = {**live.environment, "DATABASE_REPLICA_URLS": "postgresql://hexostore@127.0.0.1:1/any"}
    found = Live(live.home, environment=away).run("doctor")
    assert "127.0.0.1:1 is left out: connection failed" in found.stdout
    assert found.returncode == 1


@pytest.mark.django_db
def test_a_replica_of_another_server_is_a_problem(served: Served) -> None:
    cluster, _ = served
    replica, database = cluster.replicas[0], connection.settings_dict["NAME"]
    cluster.primary.ask(f'CREATE DATABASE "{database}"')
    try:
        wait_until(lambda: replica.has_caught_up(cluster.primary), "the replica lags")
        with override_settings(HEXOSTORE_REPLICAS=replica_entries(replica.url)):
            (found,) = examine_replicas()
    finally:
        cluster.primary.ask(f'DROP DATABASE "{database}"')
    assert found.problem == OF_ANOTHER


def test_a_store_is_not_served_from_a_replica(served: Served) -> None:
    replica = served[0].replicas[0]
    home = throwaway_home()
    try:
        started = Live(home, environment={"DATABASE_URL": replica.url})
        ports = ["--port", str(free_port()), "--https-port", str(free_port())]
        done = started.run("serve", "--web-only", *ports)
    finally:
        remove_home(home)
    assert done.returncode == 1
    assert done.stderr.startswith("error: The server in DATABASE_URL is a replica, "), done.stderr
    assert len(done.stderr.splitlines()) == 1
