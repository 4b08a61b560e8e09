"""Sandboxes of a served store, over HTTP: how a request names one, and that nothing leaks."""

from __future__ import annotations

import json
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
import requests

from tests.console.browsing import CHROMIUM
from tests.live import Live

LOGIN = "athlete@example.com", "athlete"
CONTROL = {"X-HexoStore-Control": "1"}


def ask(served: Live, method: str, path: str, body: object = None, **more: Any) -> Any:
    """Send a request to the control plane and return its answer."""
    url = f"{served.base}/_sandbox/{path}"
    data = None if body is None else json.dumps(body)
    return requests.request(method, url, data=data, headers=CONTROL, timeout=60, **more)


def create(served: Live, **members: object) -> str:
    """Create a sandbox and return its name."""
    answer = ask(served, "POST", "sandboxes", members)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["name"])


def labels(base: str, login: tuple[str, str] | None = LOGIN, **more: Any) -> set[str]:
    """Return the names of the labels that somebody sees."""
    answer = requests.get(f"{base}/api/label/?limit=0", auth=login, timeout=60, **more)
    assert answer.status_code == 200, answer.text
    return {each["name"] for each in answer.json()["objects"]}


def add_label(base: str, name: str, **more: Any) -> None:
    """Add a label of the athlete."""
    user = requests.get(f"{base}/api/account/", auth=LOGIN, timeout=60, **more).json()
    body = {"name": name, "user": user["objects"][0]["resource_uri"]}
    answer = requests.post(f"{base}/api/label/", json=body, auth=LOGIN, timeout=60, **more)
    assert answer.status_code == 201, answer.text


@pytest.fixture
def sandbox(served: Live) -> str:
    """The name of a new sandbox."""
    return create(served)


def test_each_way_to_name_a_sandbox_leads_into_it(served: Live, sandbox: str) -> None:
    add_label(f"{served.base}/~{sandbox}", "here")
    assert "here" in labels(f"{served.base}/~{sandbox}")
    assert "here" in labels(served.base, headers={"X-HexoStore-Sandbox": sandbox})
    assert "here" in labels(served.base, headers={"Host": f"{sandbox}.localhost"})
    assert "here" in labels(served.base, (f"athlete+{sandbox}@example.com", "athlete"))
    assert "here" not in labels(served.base)
    assert "here" not in labels(f"{served.base}/~main")


def test_a_login_names_a_sandbox_in_a_browser_too(served: Live, sandbox: str) -> None:
    add_label(f"{served.base}/~{sandbox}", "there")
    login = f"athlete+{sandbox}@example.com", LOGIN[1]
    page = requests.get(f"{served.base}/api/label/", auth=login, headers=CHROMIUM, timeout=60)
    assert page.headers["Content-Type"].startswith("text/html")
    assert "&quot;there&quot;" in page.text


def test_the_path_counts_more_than_the_header_and_the_header_more_than_the_login(
    served: Live, sandbox: str
) -> None:
    other = create(served)
    add_label(f"{served.base}/~{sandbox}", "here")
    tagged = f"athlete+{other}@example.com", "athlete"
    assert "here" in labels(f"{served.base}/~{sandbox}", headers={"X-HexoStore-Sandbox": other})
    with_both = requests.get(
        f"{served.base}/api/label/",
        auth=tagged,
        headers={"X-HexoStore-Sandbox": sandbox},
        timeout=60,
    )
    assert with_both.status_code == 401  # the login is then taken as it is


@pytest.mark.parametrize("way", ["path", "header", "host"])
@pytest.mark.parametrize("path", ["/api/", "/_sandbox/sandboxes", "/_sandbox/clock"])
def test_an_unknown_sandbox_is_a_404_that_says_so(served: Live, way: str, path: str) -> None:
    base = f"{served.base}/~nowhere" if way == "path" else served.base
    headers = {
        "path": {},
        "header": {"X-HexoStore-Sandbox": "nowhere"},
        "host": {"Host": "nowhere.localhost"},
    }[way]
    answer = requests.get(base + path, headers=headers, timeout=60)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no sandbox 'nowhere'. Create it with")


@pytest.mark.parametrize("name", ["main/", "/~main/", "main x", "MAIN", ""])
def test_what_is_no_name_is_a_404_that_says_what_a_name_is(served: Live, name: str) -> None:
    headers = {"X-HexoStore-Sandbox": name}
    answer = requests.get(f"{served.base}/api/", headers=headers, timeout=60)
    assert answer.status_code == 404
    assert "A name has 1 to 40 small letters" in answer.json()["error"]


def test_an_address_with_a_tag_that_names_no_sandbox_is_an_address(served: Live) -> None:
    name = f"tagged+{secrets.token_hex(4)}@example.com"
    seed = {"user": {"tagged": {"username": name, "email": name, "password": "long-enough-1"}}}
    sandbox = create(served, seed=seed)
    assert labels(f"{served.base}/~{sandbox}", (name, "long-enough-1")) == set()


def test_answers_stay_relative_to_the_api(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    found = requests.get(f"{base}/api/record/?limit=1", auth=LOGIN, timeout=60).json()
    assert found["objects"][0]["resource_uri"].startswith("/api/record/")
    assert found["meta"]["next"].startswith("/api/record/?")
    uri = found["objects"][0]["resource_uri"]
    assert requests.get(f"{base}{uri}", auth=LOGIN, timeout=60).status_code == 200


def test_a_redirect_leads_back_into_the_sandbox(served: Live, sandbox: str) -> None:
    client = served.facts["oauth2"]["client_id"]
    query = f"response_type=code&client_id={client}&redirect_uri=http://localhost/cb&scope=readonly"
    url = f"{served.base}/~{sandbox}/api/connect/oauth2/auth/?{query}"
    answer = requests.get(url, timeout=60, allow_redirects=False)
    while answer.is_redirect:
        assert answer.headers["Location"].startswith(f"/~{sandbox}/")
        following = served.base + answer.headers["Location"]
        answer = requests.get(following, timeout=60, allow_redirects=False)


def test_a_stream_reads_its_sandbox_to_the_end_though_it_is_reset(
    served: Live, sandbox: str
) -> None:
    record = requests.get(
        f"{served.base}/~{sandbox}/api/record/?limit=1", auth=LOGIN, timeout=60
    ).json()["objects"][0]["id"]
    url = f"{served.base}/~{sandbox}/api/record/{record}/"
    headers = {"Accept": "application/octet-stream"}
    whole = requests.get(url, auth=LOGIN, headers=headers, timeout=60)
    assert whole.status_code == 200
    with requests.get(url, auth=LOGIN, headers=headers, timeout=60, stream=True) as answer:
        first = next(answer.iter_content(4096))
        assert ask(served, "POST", f"sandboxes/{sandbox}/reset").status_code == 200
        rest = b"".join(answer.iter_content(65536))
    assert len(first + rest) == len(whole.content)


def test_nothing_leaks_between_twenty_sandboxes_written_at_once(served: Live) -> None:
    names = [create(served) for _ in range(20)]

    def write(name: str) -> None:
        for number in range(3):
            add_label(f"{served.base}/~{name}", f"{name} {number}")

    usual = labels(served.base)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, names * 2))
    for name in names:
        wanted = {f"{name} {number}" for number in range(3)}
        assert labels(f"{served.base}/~{name}") == usual | wanted
        assert ask(served, "DELETE", f"sandboxes/{name}").status_code == 204
    assert labels(served.base) == usual


def test_requests_wait_while_a_sandbox_is_copied_and_none_fails(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    usual = labels(base)

    def read(_: int) -> set[str]:
        return labels(base)

    def copy(number: int) -> int:
        return int(ask(served, "POST", f"sandboxes/{sandbox}/snapshots").status_code)

    with ThreadPoolExecutor(6) as pool:
        reading = pool.map(read, range(60))
        copying = pool.map(copy, range(3))
        assert set(copying) == {201}
        assert all(found == usual for found in reading)


def test_main_is_reset_while_it_is_read(served: Live) -> None:
    usual = labels(served.base)
    add_label(served.base, "to be lost")
    with ThreadPoolExecutor(4) as pool:
        reading = pool.map(lambda _: labels(served.base), range(40))
        assert ask(served, "POST", "sandboxes/main/reset").status_code == 200
        assert {frozenset(found) for found in reading} <= {
            frozenset(usual),
            frozenset(usual | {"to be lost"}),
        }
    assert labels(served.base) == usual


def test_others_are_worked_on_while_main_is_reset(served: Live, sandbox: str) -> None:
    """Their operations read in main what a store begins with."""

    def look_until(done: Event) -> set[int]:
        path = f"sandboxes/{sandbox}/snapshots"
        seen = set()
        while not done.is_set():
            seen.add(ask(served, "GET", path).status_code)
        return seen

    done = Event()
    with ThreadPoolExecutor(4) as pool:
        looking = [pool.submit(look_until, done) for _ in range(4)]
        try:
            statuses = [ask(served, "POST", "sandboxes/main/reset").status_code for _ in range(5)]
        finally:
            done.set()
    assert statuses == [200] * 5
    assert [each.result() for each in looking] == [{200}] * 4


def test_a_job_of_a_sandbox_is_done(served: Live, sandbox: str) -> None:
    base = f"{served.base}/~{sandbox}"
    gpx = (
        '<gpx version="1.1" creator="a" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
        '<trkpt lat="1" lon="1"><time>2024-01-01T00:00:00Z</time></trkpt>'
        '<trkpt lat="1.001" lon="1"><time>2024-01-01T00:01:00Z</time></trkpt>'
        "</trkseg></trk></gpx>"
    )
    sent = requests.post(
        f"{base}/api/import/",
        data=gpx,
        auth=LOGIN,
        headers={"Content-Type": "application/gpx+xml"},
        timeout=60,
    )
    assert sent.status_code in {201, 202}, sent.text
    uri = sent.headers.get("Location", "")
    uri = uri[uri.index("/api/") :] if "/api/" in uri else sent.json()["resource_uri"]
    for _ in range(600):
        found = requests.get(f"{base}{uri}", auth=LOGIN, timeout=60).json()
        if found["progress"] == 1:
            break
    assert found["progress"] == 1
    assert requests.get(f"{served.base}{uri}", auth=LOGIN, timeout=60).status_code == 404


def token(base: str, login: tuple[str, str], client: tuple[str, str], **more: str) -> Any:
    """Get a token with a login, or with `more`."""
    form = {"grant_type": "password", "username": login[0], "password": login[1], **more}
    url = f"{base}/api/connect/oauth2/token/"
    answer = requests.post(url, data=form, auth=client, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_token_leads_into_the_sandbox_that_issued_it(served: Live, sandbox: str) -> None:
    base, facts = f"{served.base}/~{sandbox}", served.facts["oauth2"]
    client = facts["client_id"], facts["secret"]
    add_label(base, "here")
    issued = token(base, LOGIN, client)
    bearer = {"Authorization": f"Bearer {issued['access_token']}"}
    assert "here" in labels(served.base, None, headers=bearer)
    renewed = token(
        served.base,
        LOGIN,
        client,
        grant_type="refresh_token",
        refresh_token=issued["refresh_token"],
    )
    bearer = {"Authorization": f"Bearer {renewed['access_token']}"}
    assert "here" in labels(served.base, None, headers=bearer)
    usual = token(served.base, LOGIN, client)
    bearer = {"Authorization": f"Bearer {usual['access_token']}"}
    assert "here" not in labels(served.base, None, headers=bearer)


def test_a_client_of_a_seed_leads_into_its_sandbox(served: Live) -> None:
    key = secrets.token_hex(8)
    client = {"client_id": key, "secret": "s" * 20, "user": "new", "status": "oauth2"}
    client |= {"grant_type": "password", "name": "of a test"}
    seed = {
        "user": {"new": {"username": "new@example.com", "password": "long-enough-1"}},
        "client": {"new_client": client},
    }
    sandbox = create(served, seed=seed)
    login = "new@example.com", "long-enough-1"
    issued = token(served.base, login, (key, "s" * 20), client_id=key)
    bearer = {"Authorization": f"Bearer {issued['access_token']}"}
    assert labels(served.base, None, headers=bearer) == set()
    assert labels(f"{served.base}/~{sandbox}", None, headers=bearer) == set()
    assert ask(served, "DELETE", f"sandboxes/{sandbox}").status_code == 204
    refused = requests.get(f"{served.base}/api/label/", headers=bearer, timeout=60)
    assert refused.status_code == 401


class TestControlPlane:
    """`/_sandbox/sandboxes` itself."""

    def test_life_of_a_sandbox(self, served: Live) -> None:
        name = f"t-{secrets.token_hex(3)}"
        made = ask(served, "POST", "sandboxes", {"name": name, "ttl": 60})
        assert made.status_code == 201
        assert made.json() | {"created": ""} == {
            "name": name,
            "path": f"/~{name}/",
            "ttl": 60,
            "created": "",
        }
        listed = ask(served, "GET", "sandboxes").json()["sandboxes"]
        assert listed[0]["name"] == "main"
        assert made.json() in listed
        assert ask(served, "GET", f"sandboxes/{name}").json() == made.json()
        kept = ask(served, "POST", f"sandboxes/{name}/snapshots", {"name": "kept"})
        assert kept.status_code == 201
        assert ask(served, "GET", f"sandboxes/{name}/snapshots").json() == {
            "snapshots": [kept.json()]
        }
        restored = ask(served, "POST", f"sandboxes/{name}/restore", {"snapshot": "kept"})
        assert restored.json()["name"] == name
        fork = ask(served, "POST", f"sandboxes/{name}/fork").json()["name"]
        assert ask(served, "DELETE", f"sandboxes/{fork}").status_code == 204
        assert ask(served, "DELETE", f"sandboxes/{name}/snapshots/kept").status_code == 204
        assert ask(served, "DELETE", f"sandboxes/{name}").status_code == 204
        assert ask(served, "GET", f"sandboxes/{name}").status_code == 404

    def test_a_seed_fills_it(self, served: Live) -> None:
        seed = {"user": {"new": {"username": "new@example.com", "password": "long-enough-1"}}}
        name = create(served, seed=seed)
        login = "new@example.com", "long-enough-1"
        assert labels(f"{served.base}/~{name}", login) == set()

    @pytest.mark.parametrize(
        ("body", "why"),
        [
            ("{", "not JSON"),
            ("[]", "must be a JSON object"),
            ('{"nam": "a"}', "Unknown member 'nam'"),
            ('{"name": 5}', "name must be a string"),
            ('{"name": "A"}', "small letters"),
            ('{"ttl": -1}', "ttl must be 0 to"),
            ('{"ttl": true}', "ttl must be a number"),
            ('{"ttl": NaN}', "ttl must be 0 to"),
            ('{"seed": []}', "seed must be an object"),
            ('{"seed": {"nothing": {}}}', "nothing"),
            ('{"seed": {"label": {"a": {"nme": "x"}}}}', "nme"),
        ],
    )
    def test_a_wrong_body_is_a_400_that_says_why(self, served: Live, body: str, why: str) -> None:
        before = ask(served, "GET", "sandboxes").json()
        url = f"{served.base}/_sandbox/sandboxes"
        answer = requests.post(url, data=body, headers=CONTROL, timeout=60)
        assert answer.status_code == 400, answer.text
        assert why in answer.json()["error"]
        assert ask(served, "GET", "sandboxes").json() == before

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [
            ("POST", "sandboxes/nowhere/reset", 404),
            ("POST", "sandboxes/nowhere/fork", 404),
            ("POST", "sandboxes/nowhere/snapshots", 404),
            ("GET", "sandboxes/nowhere/snapshots", 404),
            ("DELETE", "sandboxes/nowhere", 404),
            ("DELETE", "sandboxes/main", 400),
            ("DELETE", "sandboxes/main/snapshots/none", 404),
            ("POST", "sandboxes/main/restore", 400),
            ("PUT", "sandboxes", 405),
            ("GET", "sandboxes/main/reset", 405),
        ],
    )
    def test_errors(self, served: Live, method: str, path: str, status: int) -> None:
        assert ask(served, method, path).status_code == status

    def test_a_change_needs_a_header_that_no_page_can_send(self, served: Live) -> None:
        url = f"{served.base}/_sandbox/sandboxes"
        answer = requests.post(url, data="{}", timeout=60)
        assert answer.status_code == 403
        assert "X-HexoStore-Control" in answer.json()["error"]

    def test_a_hostile_page_gets_nothing(self, served: Live) -> None:
        url = f"{served.base}/_sandbox/sandboxes"
        foreign = {"Origin": "https://evil.example"}
        asked = {**foreign, "Access-Control-Request-Headers": "x-hexostore-control"}
        preflight = requests.options(
            url, headers={**asked, "Access-Control-Request-Method": "POST"}, timeout=60
        )
        read = requests.get(url, headers=foreign, timeout=60)
        for answer in (preflight, read):
            assert not [
                name for name in answer.headers if name.lower().startswith("access-control")
            ]
        sent = requests.post(url, data="{}", headers={**foreign, **CONTROL}, timeout=60)
        assert sent.status_code == 403
        rebound = requests.get(url, headers={"Host": "evil.example"}, timeout=60)
        assert rebound.status_code == 421


def test_a_prefix_in_odd_forms_is_no_way_around(served: Live) -> None:
    """As a raw socket sends them."""
    for target in ("/~", "/~/api/", "/~%6eowhere/api/", "/~~/api/", "//~nowhere//api/"):
        with socket.create_connection(("127.0.0.1", served.facts["port"]), timeout=60) as raw:
            raw.sendall(
                f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            answer = b"".join(iter(lambda: raw.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 404"), target
        assert b"There is no sandbox" in answer
