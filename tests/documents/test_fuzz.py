"""A short run of the fuzzer; `bin/fuzz` is the long one."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests import begun_homes
from tests.documents import fuzz
from tests.live import Live

SEED = "3"
FEW = (
    *("--include-path-regex", "^/api/(annotation|range|team)/"),
    *("--phases", "examples,fuzzing,stateful"),
    *("--max-examples", "5"),
)
"""Some of the document, each operation a few times: as many requests on any machine."""


@pytest.fixture(scope="module")
def own() -> Iterator[Live]:
    """A demo world that may be written to and torn apart."""
    with begun_homes.served_demo(environment={"HEXOSTORE_LOG_LEVEL": "WARNING"}) as served:
        yield served


def run(document: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A run of the fuzzer to its end; what it keeps goes into the folder."""
    line = fuzz.command(document, "--seed", SEED, *options)
    return subprocess.run(
        line, cwd=folder, capture_output=True, text=True, check=False, timeout=300
    )


def test_no_answer_is_an_error_or_undocumented(own: Live, tmp_path: Path) -> None:
    report = "--report", "har", "--report-har-path", "report.har"
    done = run(f"{own.base}/api/openapi.json", tmp_path, *FEW, *report)
    assert done.returncode == 0, done.stdout[-20_000:]
    entries = json.loads((tmp_path / "report.har").read_text())["log"]["entries"]
    seen = Counter(entry["response"]["status"] for entry in entries)
    assert not [status for status in seen if status >= 500 and status != 501]
    assert min(seen[200], seen[400], seen[404]) > 10, seen


def test_it_finds_what_the_document_does_not_say(own: Live, tmp_path: Path) -> None:
    """A fuzzer that finds nothing must be one that can."""
    document = requests.get(f"{own.base}/api/openapi.json", timeout=60).json()
    lie = {"type": "object", "properties": {"meta": {"type": "string"}}}
    answer = document["paths"]["/api/unit/"]["get"]["responses"]["200"]
    answer["content"]["application/json"]["schema"] = lie
    del document["paths"]["/api/unit/"]["get"]["responses"]["400"]
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(document))
    only = "--include-path", "/api/unit/", "--phases", "coverage"
    done = run(str(file), tmp_path, "--url", own.base, *only)
    assert done.returncode == 1, done.stdout
    assert "Response violates schema" in done.stdout
    assert "Undocumented status code" in done.stdout
