"""docs/metrics.md is what the declarations make of it."""

from __future__ import annotations

import json

import pytest

from apps.documents import generated
from apps.metrics import page
from apps.metrics.definitions import DECLARED
from tests.docs.markdown import ROOT
from tests.signals.conftest import CATALOG


@pytest.mark.generated
def test_the_committed_page_is_that_of_the_declarations() -> None:
    metrics = json.loads((CATALOG / "metric.json").read_text())["metric"].values()
    units = json.loads((CATALOG / "unit.json").read_text())["unit"]
    generated.settle_pages({ROOT / "docs" / "metrics.md": page.page(metrics, units)})


def test_every_declaration_stands_on_it_once() -> None:
    listed = [definition for *_, definitions in page.SECTIONS for definition in definitions]
    assert sorted(listed, key=lambda each: each.id) == sorted(DECLARED, key=lambda each: each.id)
