"""The activity log, tokens of other services, stored reports, algorithms, and old names."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import Model
from django.db.models.expressions import RawSQL

from apps.accounts.models import User
from apps.api.versions import HEADER
from apps.bookkeeping.models import ActivityLog, Algo, ConnectToken, TemplateReport
from apps.records.models import Range, Record
from tests.contract.base import ResourceContract
from tests.contract.contract import Contract, empty, link
from tests.contract.test_catalog import new_metric, new_routine
from tests.contract.test_records import new_range, new_record
from tests.many import multiply
from tests.people import ANYBODY, Caller

HOUR = 3600 * 256


class TestActivityLog(ResourceContract):
    name = "activitylog"

    def make(self, owner: User, number: int = 1) -> ActivityLog:
        return ActivityLog.objects.create(
            method="PATCH",
            path=f"/api/v1/range/{number}/",
            resource_name="range",
            object_id=number,
            object_resource_uri=f"/api/v1/range/{number}/",
            content_type=ContentType.objects.get_for_model(Range),
            user=owner,
            user_agent="a phone",
        )

    def test_uris_echo_the_prefix(self, owner: Caller) -> None:
        """All but `path`, which is what was asked."""
        path = self.path(self.make(owner.user))
        short, long = owner.get(path), owner.get(path.replace("/api/", "/api/v1/"))
        echoed = short.content.replace(b'"/api/', b'"/api/v1/')
        assert echoed.replace(b"/v1/v1/", b"/v1/") == long.content


class TestConnectToken(ResourceContract):
    name = "connecttoken"
    seen_by = ("owner",)

    def make(self, owner: User, number: int = 1) -> ConnectToken:
        return ConnectToken.objects.create(user=owner, service="strava", token=f"secret {number}")


class TestTemplateReport(ResourceContract):
    name = "templatereport"

    def make(self, owner: User, number: int = 1) -> TemplateReport:
        routine = new_routine(owner, number)
        made = TemplateReport.objects.create(
            user=owner,
            activitytype=routine.activitytype,
            category=routine.activitytype,
            record=new_record(owner, number),
            range=new_range(owner, number + 100),
            trainingroutine=routine,
            start=number * HOUR,
            end=number * HOUR + HOUR,
        )
        made.include_metrics.add(new_metric(number))
        return made

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"user": link(owner, "user")}

    def changes(self, owner: User) -> dict[str, Any]:
        routine = new_routine(owner, 70)
        assert routine.activitytype
        return {
            "activitytype": link(routine.activitytype, "activitytype"),
            "category": link(routine.activitytype, "activitytype"),
            "end": 9 * HOUR,
            "include_metrics": [link(new_metric(71), "metric")],
            "range": link(new_range(owner, 70), "range"),
            "record": link(new_record(owner, 72), "record"),
            "start": 8 * HOUR,
            "trainingroutine": link(routine, "trainingroutine"),
        }


class TestAlgo(ResourceContract):
    name = "algo"

    def make(self, owner: User, number: int = 1) -> Algo:
        record = new_record(owner, number)
        record.algo = {
            "id": number,
            "created": "2017-04-05T06:07:08.123456",
            "algorithms": {"hrv": "2.1.0", "ecg": "2.0.0"},
        }
        record.save()
        return Algo.objects.get(record=record)

    def grow(self, row: Model, count: int) -> None:
        """The rows are those of a view of records, each with the number that it was given."""
        assert isinstance(row, Algo)
        multiply(row.record, count)
        numbered = RawSQL("jsonb_set(algo, '{id}', to_jsonb(records_record.id))", ())
        Record.objects.exclude(pk=row.record.pk).update(algo=numbered)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE records_record")


class OldNameContract(Contract):
    """A name that only the oldest version has: there it is an empty list, else nowhere."""

    def test_only_the_oldest_version_has_it(self, owner: Caller) -> None:
        for version, status in (("2.0.x", 200), ("3.3.x", 404), ("4.0.x", 404)):
            caller = owner.sending(HEADER, version)
            assert (self.name in caller.get("/api/").json()) == (status == 200)
            for path in (self.list_path, f"{self.list_path}schema/"):
                assert caller.get(path).status_code == status

    def test_the_list_is_empty(self, owner: Caller) -> None:
        Record.objects.create(user=owner.user)
        found = owner.sending(HEADER, "2.0.x").get(self.list_path, {"limit": 5}).json()
        meta = {"limit": 5, "next": None, "offset": 0, "previous": None, "total_count": 0}
        assert found == {"meta": meta, "objects": []}

    def test_strangers_are_refused(self, db: None) -> None:
        empty(ANYBODY.sending(HEADER, "2.0.x").get(self.list_path), 401)


class TestZone(OldNameContract):
    name = "zone"

    def test_there_is_no_object(self, owner: Caller) -> None:
        empty(owner.sending(HEADER, "2.0.x").get("/api/zone/1/"), 404)
