"""Each server of a cluster is killed under load. `python -m tests.cluster` does it for longer."""

from __future__ import annotations

from tests.cluster.conftest import Served
from tests.cluster.run import Run


def test_nothing_acknowledged_is_lost_and_nothing_is_stale(served: Served) -> None:
    cluster, live = served
    report = Run(cluster, live, 20, lambda _: None).kill_in_turn(1)
    assert report.findings() == []
    assert len(report.killed) == 3
    assert report.seen.acknowledged > 100
    assert "Traceback" not in live.log()
    assert report.read_by_replicas > 100
