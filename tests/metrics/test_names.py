"""Metrics that another version of the API calls otherwise."""

from __future__ import annotations

import pytest

from apps.accounts.models import User
from tests.catalogue import load_catalogue
from tests.signals.conftest import client_of


@pytest.mark.rule("metrics 4")
@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("2.0.x", "energyecg_vo2_with_baseline_kcal"),
        ("3.3.x", "energyecg_vo2_kcal"),
        ("4.0.x", "energyecg_vo2_kcal"),
    ],
)
def test_a_metric_has_the_name_of_the_version(athlete: User, version: str, name: str) -> None:
    load_catalogue("unit", "metric")
    client = client_of(athlete)
    asked = {"X-HexoAPIVersion": version}
    assert client.get("/api/metric/139/", headers=asked).json()["name"] == name
    assert client.get("/api/metric/44/", headers=asked).json()["name"] == "heartrate_avg"
    found = client.get("/api/metric/", {"name": name}, headers=asked).json()["objects"]
    assert [row["id"] for row in found] == [139]
