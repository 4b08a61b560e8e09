"""`/api/csvstudysubjects/`: subjects as CSV, up and down (studies 8)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from apps.accounts.models import User
from apps.bookkeeping.models import ActivityLog
from apps.enrolment.models import StudyGroup, StudySubject
from apps.sandbox.models import Mail
from apps.studies.enrolling.enrolment import TOO_MANY_PASSWORDS
from tests.enrolment.cast import StudyCast, begin_study
from tests.people import Caller
from tests.races import meet, unsaved

FILE = "csvstudysubjects"
HEADER = "subject_id,group,start_date,timezone,email,first_name,last_name,password,gender"


def path(cast: StudyCast, more: str = "") -> str:
    return f"/api/{FILE}/?study={cast.study.pk}{more}"


def up(caller: Caller, path: str, text: str | bytes, label: str = "text/csv") -> Any:
    return caller.send("POST", path, text, label)


def test_subjects_come_from_a_file(cast: StudyCast) -> None:
    StudyGroup.objects.create(study=cast.study, name="Control")
    text = (
        f"{HEADER},date_of_birth,height,weight,status\n"
        "007,Control,2026-02-02,Asia/Tokyo,seven@example.com,Ann,Lee,correct horse,F,1988-4-9,"
        "1.68,61.5,ok\n"
        ",,2026-02-03,,,,,,,,,,\n"
    )
    answer = up(cast.admin, path(cast), text)
    assert answer.status_code == 201, answer.content
    made = list(StudySubject.objects.order_by("pk"))[-2:]
    names = ["night7_007", "night7_003"]
    assert answer.json() == {
        "meta": {"limit": 2, "next": None, "offset": 0, "previous": None, "total_count": 2},
        "objects": [
            {"id": each.pk, "resource_uri": f"/api/studysubject/{each.pk}/", "username": name}
            for each, name in zip(made, names, strict=True)
        ],
    }
    user = made[0].user
    assert (user.first_name, user.last_name, user.email) == ("Ann", "Lee", "seven@example.com")
    assert user.check_password("correct horse")
    assert user.profile.fitness == {"height": 1.68, "weight": 61.5}
    assert (made[0].timezone, made[0].status) == ("Asia/Tokyo", "ok")
    assert [letter.to for letter in Mail.objects.order_by("pk")] == [
        "seven@example.com",
        cast.owner.user.email,
    ]
    log = ActivityLog.objects.get()
    assert (log.resource_name, log.object_id) == ("study", cast.study.pk)


@pytest.mark.rule("studies recipe 16", "studies recipe 17", "studies recipe 19")
def test_every_bad_row_is_told_and_none_is_made(cast: StudyCast) -> None:
    before = User.objects.count()
    text = (
        f"{HEADER}\n"
        "a,,2026-02-02,,,,,,\n"
        "1E+05,,2026-02-02,,,,,,\n"
        "001,,2026-02-02,,,,,,\n"
        "b,None,2026-02-02,,,,,short,\n"
        f"c,,2.2.2026,,{cast.outsider.user.email},,,,\n"
        f"d,,2026-02-02,,{cast.outsider.user.email},,,,\n"
        "D,,2026-02-02,,,,,,\n"
    )
    answer = up(cast.owner, path(cast), text)
    assert (answer.status_code, list(answer.json())) == (400, [FILE])
    rows = answer.json()[FILE]["rows"]
    assert [(each["row"], each["column"], each["value"]) for each in rows] == [
        (3, "subject_id", "1E+05"),
        (4, "subject_id", "001"),
        (5, "group", "None"),
        (5, "password", None),
        (6, "start_date", "2.2.2026"),
        (7, "email", cast.outsider.user.email),
        (8, "subject_id", "D"),
    ]
    assert User.objects.count() == before
    assert up(cast.owner, path(cast), "start_date,horse\n").status_code == 400


def test_a_file_has_so_many_passwords(cast: StudyCast) -> None:
    row, plain = "2026-02-02,correct horse battery\n", "2026-02-02,\n"
    many = f"start_date,password\n{row * 19}{plain}{row}"
    answer = up(cast.owner, path(cast), many + row)
    assert answer.status_code == 400
    fault = {"row": 23, "column": "password", "value": None, "error": TOO_MANY_PASSWORDS}
    assert answer.json() == {FILE: {"rows": [fault]}}
    assert up(cast.owner, path(cast), many).status_code == 201


def test_groups_are_made_only_if_asked(cast: StudyCast) -> None:
    text = "start_date,group\n2026-02-02,A\n2026-02-02,B\n2026-02-02,A\n"
    assert up(cast.owner, path(cast), text).status_code == 400
    assert up(cast.owner, path(cast, "&create_groups=1"), text).status_code == 201
    assert sorted(StudyGroup.objects.values_list("name", flat=True)) == ["A", "B"]


def form_with(text: str, name: str = "file") -> tuple[bytes, str]:
    """A form with a file, and its label."""
    body = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="a.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{text}\r\n--x--\r\n"
    )
    return body.encode(), "multipart/form-data; boundary=x"


def test_bodies_that_are_taken(cast: StudyCast) -> None:
    text = '\ufeffstart_date;status\n2026-02-02;"a;b"\n'
    assert up(cast.owner, path(cast), text).status_code == 201
    form, label = form_with("start_date\n2026-02-02\n")
    assert up(cast.owner, path(cast), form, label).status_code == 201
    assert up(cast.owner, path(cast), form_with("", "other")[0], label).status_code == 400
    two = form.removesuffix(b"--x--\r\n") + form
    assert up(cast.owner, path(cast), two, label).status_code == 400
    assert up(cast.owner, path(cast), b"\xff", label).status_code == 400
    browser = cast.owner.sending("Sec-Fetch-Site", "same-origin")
    assert up(browser, path(cast), form, label).status_code == 415
    for other in ("application/json", "", "text/plain"):
        assert up(cast.owner, path(cast), "start_date\n2026-02-02\n", other).status_code == 415
    assert up(cast.owner, path(cast), b"\xff\xfe").status_code == 400
    assert StudySubject.objects.latest("pk").subject_id == "004"


def test_who_may_load_and_read(cast: StudyCast) -> None:
    text = "start_date\n2026-02-02\n"
    for caller, made, read in (
        (cast.owner, 201, 200),
        (cast.admin, 201, 200),
        (cast.staff, 201, 200),
        (cast.subject, 403, 403),
        (cast.outsider, 404, 404),
    ):
        assert up(caller, path(cast), text).status_code == made
        assert caller.get(path(cast)).status_code == read
    for query in ("", "?study=x", "?study="):
        assert cast.owner.get(f"/api/{FILE}/{query}").status_code == 400
    assert cast.owner.get(f"/api/{FILE}/?study=/api/study/{cast.study.pk}/").status_code == 200


def test_what_comes_down_goes_up_in_another_study(cast: StudyCast) -> None:
    text = "subject_id,start_date,status,gender,weight\n007,2026-02-02,=1+1,M,70\n"
    up(cast.owner, path(cast), text)
    answer = cast.owner.get(path(cast))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0] == (
        "subject_id,username,group,start_date,timezone,status,gender,date_of_birth,height,weight"
    )
    assert lines[3] == "007,night7_007,,2026-02-02,,'=1+1,M,,,70.0"
    other = begin_study("other")
    User.objects.filter(studies_joined__study=other.study).delete()
    assert up(other.owner, path(other), answer.content).status_code == 201
    again = other.owner.get(path(other)).content
    assert again == answer.content.replace(b"night7_", b"other_")


def test_who_left_comes_back_with_a_file(cast: StudyCast) -> None:
    subject = cast.study.subjects.get(user=cast.subject.user)
    cast.owner.delete(f"/api/studysubject/{subject.pk}/")
    text = "subject_id,start_date,gender\n001,2026-05-01,F\n"
    assert up(cast.owner, path(cast), text).json()["objects"][0]["id"] == subject.pk
    cast.subject.user.profile.refresh_from_db()
    assert cast.subject.user.profile.gender == "F"


@pytest.mark.django_db(transaction=True)
def test_files_that_make_the_same_group_at_once() -> None:
    cast = begin_study()
    text = "group,start_date\nNights,2026-02-02\n"
    group = StudyGroup(study=cast.study, name="Nights")
    sends = [partial(up, cast.owner, path(cast, "&create_groups=1"), text) for _ in range(3)]
    answers = meet(*sends, at=partial(unsaved, group))
    assert [answer.status_code for answer in answers] == [201] * 3
    made = StudyGroup.objects.get(study=cast.study)
    assert StudySubject.objects.filter(study_group=made).count() == 3
