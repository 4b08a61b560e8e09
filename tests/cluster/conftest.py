"""One cluster with a served store for all tests of this folder; each leaves all three at work."""

from collections.abc import Iterator

import pytest

from tests.cluster.nodes import Cluster
from tests.cluster.run import served_cluster
from tests.live import Live

Served = tuple[Cluster, Live]


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with served_cluster("--metrics-port", "0") as found:
        yield found
