"""Who gets what of a study, resource by resource and method by method, as docs/rights.md prints it
(studies 3)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.db import transaction

from apps.catalog.models import TrainingRoutine
from apps.documents import generated, rights_page
from apps.enrolment.models import StudyGroup, StudyMaterial
from apps.records.models import Range, Record
from tests.enrolment.cast import ROLES, StudyCast
from tests.people import ANYBODY, Caller

PAGE = Path(__file__).parents[2] / "docs" / "rights.md"
CALLERS = (*ROLES, "anonymous")
METHODS = ("GET list", "GET", "POST", "PATCH", "PUT", "DELETE")
NONE = "-"
OF_OWNER = ("study, its status", "study, its owner", "studymember")
"""What only the owner changes."""
OWNERS = ("trainingroutine that is planned",)
"""What is the owner's own, and only seen by others of the study."""


class Asked(NamedTuple):
    """Requests about one kind of object: the list, a detail, and bodies for new ones and changes;
    "" or None where there is no such method."""

    listed: str
    detail: str
    post: Any = None
    change: Any = None
    deletes: bool = False


@pytest.fixture
def asked(cast: StudyCast) -> dict[str, Asked]:
    """The requests by resource. Rows are those of the first subject."""
    study, user = cast.study, cast.subject.user
    uri = f"/api/study/{study.pk}/"
    own = StudyGroup.objects.create(study=study, name="own")
    row = study.subjects.get(user=user)
    row.study_group = own
    row.save()
    private = TrainingRoutine.objects.create(user=cast.owner.user, name="planned")
    StudyMaterial.objects.create(
        study=study, kind="trainingroutine", object_id=private.pk, planned=True
    )
    record = Record.objects.create(user=user)
    activity = Range.objects.create(user=user, start=1, end=2)
    admin = cast.admin.user.pk
    files = f"/api/csvstudysubjects/?study={study.pk}"
    joined = {"study": uri, "start_date": "2026-02-02"}
    new_range = {"user": f"/api/user/{user.pk}/", "start": 5, "end": 6}
    return {
        "study": Asked("/api/study/", uri, {"name": "x"}, {"name": "x"}, deletes=True),
        "study, its status": Asked("", uri, change={"status": 3}),
        "study, its owner": Asked("", uri, change={"owner_id": admin}),
        "study, its planning": Asked("", uri, change={"planning": []}),
        "studygroup": Asked(
            "/api/studygroup/",
            f"/api/studygroup/{own.pk}/",
            {"study": uri, "name": "new"},
            {"name": "renamed"},
        ),
        "studymember": Asked(
            f"/api/studymember/?study={study.pk}",
            f"/api/studymember/{admin}/study/{study.pk}/",
            {"study": uri, "user": cast.outsider.user.email},
            deletes=True,
        ),
        "studysubject": Asked(
            "/api/studysubject/",
            f"/api/studysubject/{row.pk}/",
            joined,
            {"status": "ok"},
            deletes=True,
        ),
        "studysubject, its password": Asked(
            "", f"/api/studysubject/{row.pk}/", change={"user": {"password": "correct horse"}}
        ),
        "csvstudysubjects": Asked(files, "", "start_date\n2026-02-02\n"),
        "user": Asked("/api/user/", f"/api/user/{user.pk}/", change={"first_name": "Ann"}),
        "profile": Asked(
            "/api/profile/", f"/api/profile/{user.profile.pk}/", change={"gender": "F"}
        ),
        "record": Asked("/api/record/", f"/api/record/{record.pk}/"),
        "range": Asked(
            "/api/range/", f"/api/range/{activity.pk}/", new_range, {"name": "x"}, deletes=True
        ),
        "trainingroutine that is planned": Asked(
            "/api/trainingroutine/", f"/api/trainingroutine/{private.pk}/", change={"name": "x"}
        ),
    }


def statuses(who: Caller, asked: Asked) -> Iterator[str]:
    """What each method gives, in the order of METHODS; the traces are wiped out."""
    yield _listed(who, asked)
    yield str(who.get(asked.detail).status_code) if asked.detail else NONE
    yield _tried(who, "POST", asked.listed, asked.post)
    yield _tried(who, "PATCH", asked.detail, asked.change)
    yield _put(who, asked)
    yield _tried(who, "DELETE", asked.detail, {} if asked.deletes else None)


def _listed(who: Caller, asked: Asked) -> str:
    """`yes` or `no`, whether a list holds the object, or the status."""
    if not asked.listed:
        return NONE
    answer = who.get(asked.listed)
    if answer.status_code != 200 or not asked.detail:
        return str(answer.status_code)
    found = [each.get("resource_uri") for each in answer.json()["objects"]]
    is_member = "studymember" in asked.listed
    return "yes" if asked.detail in found or (is_member and found) else "no"


def _put(who: Caller, asked: Asked) -> str:
    """PUT of the whole object with the change; who does not see it sends the change alone."""
    if asked.change is None:
        return NONE
    shown = who.get(asked.detail)
    whole = shown.json() if shown.status_code == 200 else {}
    return _tried(who, "PUT", asked.detail, {**whole, **asked.change})


def _tried(who: Caller, method: str, path: str, body: Any) -> str:
    if not path or body is None:
        return NONE
    with transaction.atomic():
        if isinstance(body, str):
            answer = who.send(method, path, body, "text/csv")
        else:
            answer = who.request(method, path, body)
        transaction.set_rollback(True)
    return str(answer.status_code)


def cells(cast: StudyCast, asked: Asked) -> list[str]:
    """A line of the table."""
    people = [ANYBODY if role == "anonymous" else cast[role] for role in CALLERS]
    return [" ".join(statuses(who, asked)) for who in people]


@pytest.mark.generated
@pytest.mark.rule("studies 3", "studies recipe 27")
def test_the_page_prints_who_gets_what_of_a_study(cast: StudyCast, asked: dict[str, Asked]) -> None:
    found = {name: cells(cast, each) for name, each in asked.items()}
    for name, line in found.items():
        check_line(name, dict(zip(CALLERS, (cell.split() for cell in line), strict=True)))
    table = rights_page.rights_table([role.replace("_", " ") for role in CALLERS], found)
    page = rights_page.replace_table(PAGE.read_text(), table, "study rights")
    generated.settle_pages({PAGE: page})


def check_line(name: str, by_role: dict[str, list[str]]) -> None:
    """Administrators do nothing that is the owner's, subjects change nothing of the study, and
    outsiders get nothing."""
    assert by_role["owner"] == by_role["staff"], name
    if name in OF_OWNER:
        assert set(by_role["admin"][2:]) <= {"403", NONE}, name
    elif name not in OWNERS:
        assert by_role["admin"][:5] == by_role["owner"][:5], name
    if name.startswith("study"):
        assert set(by_role["subject"][3:]) <= {"403", "404", NONE}, name
    _, detail, made, *changes = by_role["outsider"]
    assert detail in ("404", NONE), name
    assert made in ("400", "404", NONE) or name == "study", name
    assert set(changes) <= {"404", NONE}, name
    assert set(by_role["anonymous"]) <= {"401", NONE}, name
