"""What people see of the writes of others while all replicas stand still."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from urllib.request import Request, urlopen

import psycopg

from tests.cluster.conftest import Served
from tests.cluster.load import Client, Seen
from tests.cluster.nodes import DATABASE, Cluster, wait_until
from tests.live import Live

ATHLETE, STRANGER = "/api/user/1511/", "/api/user/1622/"
LABELS = "/api/label/?limit=1000"
LABEL = {"name": "from others", "user": ATHLETE}


def person(live: Live, login: str) -> Client:
    return Client(live.base, login, Seen())


def ask(client: Client, method: str, path: str, wanted: int, body: object = None) -> Any:
    status, content = client.send(method, path, body)
    assert status == wanted, (method, path, status, content)
    return json.loads(content) if content.startswith(b"{") else {}


def names(client: Client) -> list[str]:
    return [each["name"] for each in ask(client, "GET", LABELS, 200)["objects"]]


def order(live: Live, path: str, body: object) -> None:
    """Send something to the control plane."""
    headers = {"Content-Type": "application/json", "X-HexoStore-Control": "1"}
    request = Request(f"{live.base}{path}", json.dumps(body).encode(), headers, method="POST")
    with urlopen(request, timeout=60) as answer:
        assert answer.status in {200, 201}


@contextmanager
def still(cluster: Cluster) -> Iterator[None]:
    """Have all replicas stand still in a block, after they have caught up."""
    for each in cluster.replicas:
        wait_until(lambda each=each: each.has_caught_up(cluster.primary), f"{each.name} lags")
    with ExitStack() as paused:
        for each in cluster.replicas:
            paused.enter_context(each.paused())
        yield


def age_horizon(cluster: Cluster, seconds: int) -> None:
    """Have the horizon be older than it is."""
    with psycopg.connect(cluster.primary.url) as asked:
        asked.execute("UPDATE api_horizon SET since = since - %s * interval '1 s'", [seconds])


def write_unnoted(cluster: Cluster, name: str) -> None:
    """Write a label as another program does, which tells nobody."""
    with psycopg.connect(cluster.primary.url) as asked:
        asked.execute("INSERT INTO records_label (name, user_id) VALUES (%s, 1511)", [name])


def remove_label(cluster: Cluster, name: str) -> None:
    with psycopg.connect(cluster.primary.url) as asked:
        asked.execute("DELETE FROM records_label WHERE name = %s", [name])


def test_a_right_that_is_withdrawn_holds_at_once(served: Served) -> None:
    cluster, live = served
    athlete, stranger = person(live, "athlete"), person(live, "stranger")
    bundles = ask(athlete, "GET", "/api/bundle/", 200)["objects"]
    grant = {
        "bundle": bundles[0]["resource_uri"],
        "user_allowed": "stranger@example.com",
        "user_target": "athlete@example.com",
    }
    ask(stranger, "GET", ATHLETE, 404)
    made = ask(athlete, "POST", "/api/bundle_permission/", 201, grant)
    ask(stranger, "GET", ATHLETE, 200)
    with still(cluster):
        ask(athlete, "DELETE", made["resource_uri"], 204)
        ask(stranger, "GET", ATHLETE, 404)


def test_what_others_wrote_may_be_read_later(served: Served) -> None:
    cluster, live = served
    athlete, staff = person(live, "athlete"), person(live, "staff")
    names(staff), names(athlete)
    with still(cluster):
        made = ask(athlete, "POST", "/api/label/", 201, LABEL)
        assert "from others" in names(athlete)
        assert "from others" not in names(staff)
    ask(athlete, "DELETE", made["resource_uri"], 204)


def test_orders_to_the_control_plane_are_seen_by_all(served: Served) -> None:
    cluster, live = served
    athlete = person(live, "athlete")
    names(athlete)
    with still(cluster):
        seed = {"label": {"ordered": {"name": "by order", "user": ATHLETE}}}
        order(live, "/_sandbox/sandboxes/main/load", {"seed": seed})
        assert "by order" in names(athlete)


def test_a_reset_is_seen_by_all(served: Served) -> None:
    cluster, live = served
    order(live, "/_sandbox/sandboxes", {"name": "lagging"})
    athlete = person(live, "athlete")
    inside = "/~lagging/api/label/"
    for _ in range(3):
        before = ask(athlete, "GET", inside, 200)["meta"]["total_count"]
    with still(cluster):
        ask(athlete, "POST", inside, 201, LABEL)
        assert ask(athlete, "GET", inside, 200)["meta"]["total_count"] == before + 1
        order(live, "/_sandbox/sandboxes/lagging/reset", {})
        assert ask(athlete, "GET", inside, 200)["meta"]["total_count"] == before


def test_nobody_reads_what_is_older_than_the_limit(served: Served) -> None:
    cluster, live = served
    staff = person(live, "staff")
    for _ in range(2):
        age_horizon(cluster, 60)
        names(staff)
    with still(cluster):
        write_unnoted(cluster, "an old one")
        assert "an old one" not in names(staff)
        age_horizon(cluster, 11)  # more than the limit: what was the present then is the least
        names(staff)
        age_horizon(cluster, 11)
        names(staff)
        assert "an old one" in names(staff)
    remove_label(cluster, "an old one")


def test_after_a_long_rest_nothing_old_is_read(served: Served) -> None:
    cluster, live = served
    staff = person(live, "staff")
    names(staff)
    with still(cluster):
        write_unnoted(cluster, "while all slept")
        age_horizon(cluster, 3600)
        assert "while all slept" in names(staff)
        assert "while all slept" in names(staff)
    remove_label(cluster, "while all slept")


def test_somebody_whose_notes_are_lost_reads_what_they_wrote(served: Served) -> None:
    cluster, live = served
    athlete = person(live, "athlete")
    names(athlete)
    with still(cluster):
        made = ask(athlete, "POST", "/api/label/", 201, {**LABEL, "name": "unlogged"})
        with psycopg.connect(cluster.primary.url) as crash:
            crash.execute("TRUNCATE api_written, api_horizon")
        assert "unlogged" in names(athlete)
        assert "unlogged" in names(athlete)
    ask(athlete, "DELETE", made["resource_uri"], 204)


def test_a_statement_of_a_caller_brings_their_place_along(served: Served) -> None:
    cluster, live = served
    ask(person(live, "runner"), "GET", LABELS, 200)
    noted = "SELECT count(*) FROM api_written WHERE user_id = 805"
    assert cluster.primary.ask(noted, DATABASE) == 1
