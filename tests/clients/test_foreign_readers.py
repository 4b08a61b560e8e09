"""Answers and documents in the hands of libraries that are not ours: JSON by pandas, CSV by the csv
module and pandas, OAuth by Authlib and requests-oauthlib, the OpenAPI document by a validator."""

from __future__ import annotations

import csv
from io import StringIO

import pandas as pd  # type: ignore[import-untyped]
import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session as AuthlibSession
from oauthlib.oauth2 import LegacyApplicationClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from requests_oauthlib import OAuth2Session

from tests.clients.session import TOKEN, Session, login_of
from tests.live import Live

HEART_RATE = "record=37700&datatype=19"
COLUMNS = [
    "time [s/256]",
    "breathing_rate [rpm](/api/datatype/33/)",
    "minute_ventilation [mL/min](/api/datatype/36/)",
    "sleep_position [NA](/api/datatype/270/)",
    "activity [g](/api/datatype/49/)",
    "heart_rate [bpm](/api/datatype/19/)",
    "cadence [spm](/api/datatype/53/)",
]
"""The titles by which readers in R and Python find their columns; one takes heart rate by place."""


@pytest.fixture
def athlete(live: Live) -> Session:
    return Session(live, login_of("athlete"), headers={})


def test_json_by_pandas(athlete: Session) -> None:
    text = athlete.send("GET", "/api/record/?limit=0").text
    records = pd.json_normalize(pd.read_json(StringIO(text), typ="series")["objects"])
    assert 37700 in set(records["id"])
    assert records["user.id"].isin([36, 805, 1511]).all()
    (found,) = athlete.read(f"/api/data/?{HEART_RATE}")
    rates = pd.DataFrame(found["data"]["19"], columns=["tick", "rate"])
    assert rates["tick"].diff().dropna().eq(256).all()
    assert (len(rates), rates["rate"].iloc[0]) == (2324, 70)


def test_csv_by_pandas_and_by_the_csv_module(athlete: Session) -> None:
    answer = athlete.send("GET", "/api/data/?record=37700&format=csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    table = pd.read_csv(StringIO(answer.text), usecols=COLUMNS)
    rates = table["heart_rate [bpm](/api/datatype/19/)"].dropna()
    assert (len(rates), rates.iloc[0]) == (2324, 70)
    first, *rows = csv.reader(StringIO(answer.text))
    assert first[: len(COLUMNS)] == COLUMNS
    assert {len(row) for row in rows} == {len(first)}
    assert [int(row[5]) for row in rows if row[5]] == rates.tolist()


def test_oauth_by_authlib(live: Live) -> None:
    pair = live.facts["oauth2"]
    client = AuthlibSession(pair["client_id"], pair["secret"])
    username, password = login_of("athlete")
    token = client.fetch_token(f"{live.base}{TOKEN}", username=username, password=password)
    assert token["scope"] == "readwrite"
    renewed = client.refresh_token(f"{live.base}{TOKEN}")
    assert renewed["access_token"] != token["access_token"]
    account = client.get(f"{live.base}/api/account/", timeout=60).json()["objects"][0]
    assert account["email"] == username


def test_oauth_by_requests_oauthlib(live: Live) -> None:
    pair = live.facts["oauth2"]
    client = OAuth2Session(client=LegacyApplicationClient(pair["client_id"]))
    username, password = login_of("athlete")
    token = client.fetch_token(
        f"{live.https}{TOKEN}",
        username=username,
        password=password,
        auth=(pair["client_id"], pair["secret"]),
        verify=str(live.ca),
    )
    assert token["token_type"] == "Bearer"
    made = client.post(
        f"{live.https}/api/range/",
        json={"name": "made", "start": 5, "end": 9, "user": 1511},
        verify=str(live.ca),
    )
    assert made.status_code == 201
    gone = client.delete(f"{live.https}{made.json()['resource_uri']}", verify=str(live.ca))
    assert gone.status_code == 204


def test_openapi_by_a_validator(live: Live) -> None:
    document = requests.get(f"{live.base}/api/openapi.json", timeout=60).json()
    assert not list(OpenAPIV31SpecValidator(document).iter_errors())
