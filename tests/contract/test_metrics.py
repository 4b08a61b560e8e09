"""Reports, which have lists that are no rows; tests/metrics has what they answer."""

from __future__ import annotations

import pytest

from apps.api.versions import HEADER
from tests.contract.contract import Contract, empty
from tests.contract.documents import DocumentContract
from tests.people import ANYBODY, Caller


class TestReport(DocumentContract):
    name = "report"


class TestDistribution(DocumentContract):
    name = "distribution"


class TestStatistics(Contract):
    """A report under the name that only documents of 2014 have."""

    name = "statistics"

    def test_only_the_oldest_version_has_it(self, owner: Caller) -> None:
        for version, status in (("2.0.x", 400), ("3.3.x", 404), ("4.0.x", 404)):
            caller = owner.sending(HEADER, version)
            assert (self.name in caller.get("/api/").json()) == (status == 400)
            assert caller.get(self.list_path).status_code == status

    def test_its_schema_is_that_of_a_report(self, owner: Caller) -> None:
        old = owner.sending(HEADER, "2.0.x")
        own, of_report = (old.get(f"/api/{name}/schema/").json() for name in (self.name, "report"))
        assert own == of_report

    @pytest.mark.parametrize("verb", ["post", "put", "patch", "delete"])
    def test_it_is_read_only(self, owner: Caller, verb: str) -> None:
        answer = owner.sending(HEADER, "2.0.x").request(verb.upper(), self.list_path, {})
        assert (answer.status_code, answer["Allow"]) == (405, "GET")

    def test_strangers_are_refused(self, db: None) -> None:
        empty(ANYBODY.sending(HEADER, "2.0.x").get(self.list_path), 401)
