"""Two web servers and one of jobs on one database."""

from collections.abc import Iterator

import pytest

from hexostore.direct import direct_url
from tests.machines.several import Machines, machines
from tests.pooler import pooler


@pytest.fixture(scope="session", params=["direct", "pooled"])
def served_machines(request: pytest.FixtureRequest) -> Iterator[Machines]:
    """The demo world, served by several, also through PgBouncer; shared by the session, so leave
    `main` as it was."""
    if request.param == "direct":
        with machines() as found:
            yield found
        return
    with (
        pooler(direct_url()) as pool,
        machines(environment={"DATABASE_URL": pool.url("{database}")}) as found,
    ):
        yield found
