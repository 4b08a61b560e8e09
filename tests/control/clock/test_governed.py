"""Everything that depends on the time, by real requests to a sandbox whose clock is moved."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

import requests
from requests_oauthlib import OAuth1

from tests.control.clock.clocked import LOGIN, NEW_YEAR, Clocked, moment_of, new_clocked
from tests.live import Live

KEY, SECRET = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
OAUTH1 = "0AuTh13X4mP1eK3y", "0AuTh13x4mPl3pR1v4tEK3y0AuTh13x4mP"
OAUTH2 = "0AuTh23X4mP1eK3y", "0AuTh23x4mPl3pR1v4tEK3y0AuTh23x4mP"
CALLBACK = "https://app.example.com/callback"
TOKEN = "/api/connect/oauth2/token/"
FRIEND = "friend@example.com", "friend"
HOUR = 3600


def reason(answer: requests.Response) -> str:
    return answer.headers.get("X-HexoStore-Reason", "")


def grant(clocked: Clocked, **form: str) -> requests.Response:
    return clocked.ask("POST", TOKEN, data=form, auth=OAUTH2)


def by_password(clocked: Clocked) -> dict[str, Any]:
    form = {"grant_type": "password", "username": LOGIN[0], "password": LOGIN[1]}
    answer = grant(clocked, **form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearing(clocked: Clocked, token: str) -> requests.Response:
    return clocked.ask("GET", "/api/account/", headers={"Authorization": f"Bearer {token}"})


def test_a_token_expires_is_refreshed_and_works_again(clocked: Clocked) -> None:
    clocked.freeze()
    tokens = by_password(clocked)
    clocked.advance(tokens["expires_in"] - 1)
    assert bearing(clocked, tokens["access_token"]).status_code == 200
    clocked.advance(1)
    expired = bearing(clocked, tokens["access_token"])
    assert (expired.status_code, reason(expired)) == (401, "expired_token")
    fresh = grant(clocked, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert bearing(clocked, fresh.json()["access_token"]).status_code == 200


def test_a_refresh_token_ends_too(clocked: Clocked) -> None:
    clocked.freeze()
    tokens = by_password(clocked)
    clocked.advance(400 * 24 * HOUR)
    answer = grant(clocked, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_what_the_library_notes_of_tokens_has_the_time_of_the_sandbox(clocked: Clocked) -> None:
    """The toolkit takes `created` and `revoked` from Django's clock."""
    clocked.freeze()
    token = by_password(clocked)["access_token"]
    path = "/api/connect/oauth2/introspect/"
    told = clocked.ask("POST", path, data={"token": token}, auth=OAUTH2).json()
    assert told["iat"] == int(NEW_YEAR.timestamp())
    assert told["exp"] == told["iat"] + 10 * HOUR


def signed_at(clocked: Clocked, moment: datetime) -> requests.Response:
    """Send a request that was signed with a key at a moment."""
    url, stamp = f"{clocked.served.base}/api/account/", str(int(moment.timestamp()))
    digest = hashlib.sha1(f"{SECRET}{stamp}{url}".encode(), usedforsecurity=False).hexdigest()
    headers = {
        "X-HexoStore-Sandbox": clocked.name,
        "X-HEXOTIMESTAMP": stamp,
        "X-HEXOAPIKEY": KEY,
        "X-HEXOAPISIGNATURE": digest,
    }
    return requests.get(url, headers=headers, timeout=60)


def test_the_window_of_signatures_is_around_the_clock_of_the_sandbox(clocked: Clocked) -> None:
    clocked.freeze()
    assert signed_at(clocked, NEW_YEAR).status_code == 200
    clocked.advance(HOUR)
    late = signed_at(clocked, NEW_YEAR)
    assert (late.status_code, reason(late)) == (401, "timestamp_outside_window")
    assert signed_at(clocked, NEW_YEAR + timedelta(hours=1)).status_code == 200


def test_a_client_can_sign_by_the_date_of_the_responses(clocked: Clocked) -> None:
    clocked.freeze()
    told = clocked.get("/api/").headers["Date"]
    moment = datetime.strptime(f"{told} +0000", "%a, %d %b %Y %H:%M:%S GMT %z")
    assert signed_at(clocked, moment).status_code == 200


def by_oauth1(clocked: Clocked, moment: datetime) -> requests.Response:
    stamp = str(int(moment.timestamp()))
    login = OAuth1(*OAUTH1, callback_uri=CALLBACK, timestamp=stamp)
    headers = {"X-HexoStore-Sandbox": clocked.name}
    url = f"{clocked.served.base}/oauth/request_token"
    return requests.post(url, auth=login, headers=headers, timeout=60)


def test_timestamps_of_oauth_1_are_near_the_clock_of_the_sandbox(clocked: Clocked) -> None:
    clocked.freeze()
    assert by_oauth1(clocked, NEW_YEAR).status_code == 200
    clocked.advance(HOUR)
    late = by_oauth1(clocked, NEW_YEAR)
    assert (late.status_code, reason(late)) == (401, "timestamp_outside_window")
    assert by_oauth1(clocked, NEW_YEAR + timedelta(hours=1)).status_code == 200


def test_limits_count_in_the_time_of_the_sandbox(strict: Live) -> None:
    with new_clocked(strict) as clocked:
        clocked.freeze()
        found = [clocked.get("/api/account/") for _ in range(6)]
        assert [each.status_code for each in found] == [200] * 5 + [429]
        assert found[-1].headers["Retry-After"] == "10"
        clocked.advance(9)
        assert clocked.get("/api/account/").headers["Retry-After"] == "1"
        clocked.advance(1)
        assert clocked.get("/api/account/").status_code == 200


def test_what_is_changed_has_the_time_of_the_sandbox(clocked: Clocked) -> None:
    clocked.freeze()
    record = clocked.get("/api/record/?limit=1").json()["objects"][0]
    clocked.advance(60)
    body = {"note": "moved"}
    answer = clocked.ask("PATCH", record["resource_uri"], json=body, auth=LOGIN)
    assert answer.status_code < 300, answer.text
    changed = clocked.get(record["resource_uri"]).json()["last_modified"]
    assert moment_of(changed).replace(tzinfo=NEW_YEAR.tzinfo) == NEW_YEAR + timedelta(minutes=1)


def test_records_are_processed_by_the_clock_of_the_sandbox(clocked: Clocked) -> None:
    """A range of rest has its record processed again, at once, though the clock stands still."""
    clocked.freeze()
    user = clocked.get("/api/account/").json()["objects"][0]["resource_uri"]
    record = clocked.get("/api/record/37700/").json()
    body = {
        "name": "still",
        "user": user,
        "start": record["start"] + 256,
        "end": record["start"] + 256 * 301,
        "context": {"activitytype": "/api/activitytype/8/", "trainingroutine": None},
    }
    made = clocked.ask("POST", "/api/range/", json=body, auth=LOGIN)
    assert made.status_code == 201, made.text
    clocked.advance(0)
    done = clocked.get("/api/record/37700/").json()
    assert done["status"] == "complete"
    assert moment_of(done["last_modified"]).replace(tzinfo=NEW_YEAR.tzinfo) == NEW_YEAR


def test_mailed_tokens_expire(clocked: Clocked) -> None:
    clocked.freeze()
    asked = {"email": "ben@example.com"}
    user = {"email": asked["email"], "first_name": "Ben", "last_name": "Roy"}
    made = clocked.ask("POST", "/api/createuserrequest/", json=user)
    assert made.status_code == 202, made.text
    mail = clocked.get("/_sandbox/outbox").json()[0]
    assert moment_of(mail["created"]) == NEW_YEAR
    link = re.sub(r"^https?://[^/]+(/~[^/]+)?", "", mail["links"][0])
    assert clocked.ask("GET", link).status_code == 200
    clocked.advance(365 * 24 * HOUR)
    assert clocked.ask("GET", link).status_code == 404


def test_a_login_at_the_pages_lasts_eight_hours(clocked: Clocked) -> None:
    clocked.freeze()
    browser = requests.Session()
    asked = {"client_id": OAUTH2[0], "response_type": "code", "redirect_uri": CALLBACK}
    url = f"{clocked.base}/api/connect/oauth2/auth/"

    def page() -> str:
        return browser.get(url, params=asked, timeout=60).text

    form = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page())
    assert form
    sent = {"csrfmiddlewaretoken": form[1], "action": "login", "email": FRIEND[0]}
    sent["password"] = FRIEND[1]
    browser.post(url, params=asked, data=sent, timeout=60)
    assert "Log in" not in page()
    clocked.advance(8 * HOUR - 1)
    assert "Log in" not in page()
    clocked.advance(1)
    assert "Log in" in page()


def test_a_calendar_is_made_at_the_time_of_the_sandbox(clocked: Clocked) -> None:
    clocked.freeze()
    login = "test_sub001", "sub001"
    feed = clocked.get("/api/calendar/?format=ics&end=2020-07-15", auth=login)
    assert feed.status_code == 200, feed.text
    assert set(re.findall(r"DTSTAMP:(\w+)", feed.text)) == {"20310101T000000Z"}


def test_a_birthday_may_be_any_that_has_been_in_the_sandbox(clocked: Clocked) -> None:
    """A date text takes the parts that it leaves out from today."""
    clocked.freeze()
    profile = clocked.get("/api/profile/?limit=1").json()["objects"][0]["resource_uri"]
    for day, status in (("2030-12-31", 202), ("2031-01-02", 400)):
        body = {"date_of_birth": day}
        answer = clocked.ask("PATCH", profile, json=body, auth=LOGIN)
        assert answer.status_code == status, answer.text
    clocked.advance(24 * HOUR)
    answer = clocked.ask("PATCH", profile, json={"date_of_birth": "2 January"}, auth=LOGIN)
    assert clocked.get(profile).json()["date_of_birth"] == "2031-01-02"


def test_requests_for_permissions_end(clocked: Clocked) -> None:
    """Their list depends on the time, so nothing of it is kept."""
    clocked.freeze()
    path = "/api/bundle_permission_request/"
    people = {"user_allowed": "/api/user/1511/", "user_target": "/api/user/36/"}
    body = {"bundle": "/api/bundle/1/", "ttl": HOUR, **people}
    asked = clocked.ask("POST", path, json=body, auth=LOGIN)
    assert asked.status_code == 201, asked.text
    asked_before = clocked.get(path).json()["meta"]["total_count"]
    assert clocked.get(path).json()["objects"][-1]["ttl"] == HOUR
    clocked.advance(HOUR)
    assert clocked.get(path).json()["meta"]["total_count"] == asked_before - 1
