"""The indicators and distributions that come with the server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from apps.fitness import quintiles

CATALOG = Path(__file__).parents[2] / "fixtures" / "catalog"
KPIS: dict[str, dict[str, Any]] = json.loads((CATALOG / "kpi.json").read_text())["kpi"]
POPULATION: dict[str, dict[str, Any]] = json.loads((CATALOG / "population.json").read_text())[
    "population"
]
CUTS: dict[str, list[float]] = {
    handle: row.get("quintiles") or quintiles.of_normal(row["mean"], row["sd"])
    for handle, row in POPULATION.items()
}
