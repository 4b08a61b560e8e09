"""The example programs of the official Python client, request by request.

Each generation logs in and writes in its own way (wire 1).
"""

from __future__ import annotations

import pytest

from tests.clients.session import TOKEN_MEMBERS, Session, ask_token, bearing, by_password, with_key
from tests.live import Live

SKIPPED = {"import", "studymember", "studymember/(user_id)/study/(study_id)"}
FAR = 1795167824700.714
"""A start as the example computes it for another host: 1,000 ticks a second, with a fraction."""


def pair_of(live: Live) -> tuple[str, str]:
    """The pair for OAuth 2 that `serve` prints."""
    return live.facts["oauth2"]["client_id"], live.facts["oauth2"]["secret"]


def boot(session: Session, root: str = "/api/") -> dict[str, dict[str, list[str]]]:
    """All schemas by resource, as the client reads them before anything else."""
    entries = session.read(root)
    return {name: session.read(entries[name]["schema"]) for name in entries if name not in SKIPPED}


def write_ranges(session: Session, user: str) -> None:
    """The example's writing: a range with a fraction is made, put back whole twice, and deleted."""
    sent = {"name": "Original_range", "start": FAR, "end": FAR + 5000, "user": user}
    made = session.send("POST", "/api/range/", sent)
    assert made.status_code == 201, made.text
    row = made.json()
    assert (row["name"], row["start"]) == ("Original_range", int(FAR))
    for name in ("Modified range name", "Remodified range name"):
        answer = session.send("PUT", row["resource_uri"], {**row, "name": name})
        assert answer.status_code == 200, answer.text
        row = answer.json()
        assert row["name"] == name
    gone = session.send("DELETE", row["resource_uri"])
    assert gone.status_code == 204
    assert not gone.headers["Content-Type"].startswith("application/json")


def walk(session: Session) -> None:
    """The example of 2022, from the login test to the numbers of all data types."""
    schemas = boot(session)
    assert "delete" not in schemas["datatype"]["allowed_detail_http_methods"]
    account = session.read("/api/account/")["objects"][0]
    assert account["email"] == "athlete@example.com"
    assert session.rows("/api/user/")
    first = session.read("/api/datatype/")
    second = session.read(first["meta"]["next"])
    assert len(first["objects"]) == len(second["objects"]) == 20
    assert len(session.read("/api/datatype/?limit=45")["objects"]) == 45
    write_ranges(session, account["resource_uri"])
    assert session.read("/api/activitytype/")["objects"]
    kinds = session.rows("/api/datatype/")
    assert len(kinds) == first["meta"]["total_count"]
    assert all(isinstance(kind["id"], int) for kind in kinds)


def test_the_example_of_2022_by_the_pair_that_serve_prints(live: Live) -> None:
    """Its first way in is a password grant without a scope; what it gets has to write."""
    answer = by_password(live, pair_of(live))
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() <= TOKEN_MEMBERS
    walk(bearing(live, answer.json()["access_token"]))


def test_the_example_of_2022_by_a_signed_key(live: Live) -> None:
    """Its second way in; it goes there only after a 400."""
    assert by_password(live, (live.facts["key"], live.facts["secret"])).status_code == 400
    walk(with_key(live))


def test_a_refreshed_token_writes_as_the_first_did(live: Live) -> None:
    first = by_password(live, pair_of(live)).json()
    grant = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = ask_token(live, pair_of(live), **grant).json()
    assert second.keys() <= TOKEN_MEMBERS
    assert second["scope"] == first["scope"] == "readwrite"
    write_ranges(bearing(live, second["access_token"]), "/api/user/1511/")


@pytest.mark.parametrize("version", ["", "2.0"])
@pytest.mark.parametrize("prefix", ["/api", "/api/v1"])
@pytest.mark.parametrize(("name", "status"), [("runner", 200), ("athlete", 403)])
def test_the_examples_of_2014_to_2018(
    live: Live, version: str, prefix: str, name: str, status: int
) -> None:
    """They hand their range to the first of the users: oneself, for who sees nobody before."""
    session = with_key(live, name, version)
    user = session.read(f"{prefix}/account/")["objects"][0]
    first = session.read(f"{prefix}/user/")["objects"][0]
    sent = {"name": "testnew_range", "start": 353163129199, "end": 353163139199}
    body = {**sent, "user": user["resource_uri"]}
    made = session.send("POST", f"{prefix}/range/", body).json()
    assert made["resource_uri"].startswith(f"{prefix}/range/")
    renamed = {**made, "name": "newtestyrangey", "user": user["resource_uri"]}
    assert session.send("PUT", made["resource_uri"], renamed).status_code == 200
    handed = {**renamed, "user": first["resource_uri"]}
    assert session.send("PUT", made["resource_uri"], handed).status_code == status
    assert session.send("DELETE", made["resource_uri"]).status_code == 204


def test_the_example_of_2013(live: Live) -> None:
    """It names version 1.0.0 and reads below /api/v1/."""
    session = with_key(live, version="1.0.0")
    schemas = boot(session, "/api/v1/")
    assert {"account", "range", "record"} <= schemas.keys()
    assert session.read("/api/v1/account/")["objects"][0]["resource_uri"] == "/api/v1/user/1511/"
