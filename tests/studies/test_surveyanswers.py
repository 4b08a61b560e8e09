"""Requests for answers to surveys."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.enrolment.models import Study, StudyStatus, StudySubject
from apps.studies.models import Survey, SurveyAnswer, SurveyAnswers
from hexostore import clock
from tests.enrolment.cast import ROLES, StudyCast, begin_study
from tests.people import Caller
from tests.studies.surveys import EVERYTHING, Json, answer, question, questionnaire, response

PATH = "/api/surveyanswers/"


def yes(link_id: str = "1", value: bool = True) -> Json:
    """An answer to one question."""
    return answer(link_id, {"valueBoolean": value})


def body(cast: StudyCast, survey: Survey, *items: Json, **others: Any) -> Json:
    """A POST for the first subject of a study."""
    return {
        "study": f"/api/study/{cast.study.pk}/",
        "survey": f"/api/survey/{survey.pk}/",
        "subject": "001",
        "fhir_answer": response(*(items or (yes(),))),
        **others,
    }


def error_of(answer: Any) -> Any:
    """What a refusal says."""
    assert answer.status_code == 400, answer.content
    return answer.json()["surveyanswers"]


# POST


@pytest.mark.rule("studies 7", "studies 8")
def test_the_shape(cast: StudyCast, survey: Survey) -> None:
    answer = cast.owner.post(PATH, body(cast, survey))
    assert answer.status_code == 201, answer.content
    found = answer.json()
    key = SurveyAnswers.objects.get().pk
    assert found == {
        "fhir_answer": response(yes()),
        "id": key,
        "resource_uri": f"{PATH}{key}/",
        "study": f"/api/study/{cast.study.pk}/",
        "subject": "night7_001",
        "survey": f"/api/survey/{survey.pk}/",
    }
    assert cast.subject.get(answer["Location"]).json() == found


@pytest.mark.rule("studies 7")
@pytest.mark.parametrize("kind", ["Questionnaire", "QuestionnaireResponse"])
def test_the_published_body(cast: StudyCast, survey: Survey, kind: str) -> None:
    """The study without its first slash, and no subject: the caller."""
    sent = body(cast, survey, study=f"api/study/{cast.study.pk}/")
    del sent["subject"]
    sent["fhir_answer"]["resourceType"] = kind
    answer = cast.subject.post(PATH, sent)
    assert answer.status_code == 201, answer.content
    assert answer.json()["subject"] == "night7_001"
    assert answer.json()["fhir_answer"]["resourceType"] == kind


@pytest.mark.rule("studies 8")
def test_the_ways_to_name_a_subject(cast: StudyCast, survey: Survey) -> None:
    enrolled = StudySubject.objects.get(user=cast.other_subject.user)
    uri = f"/api/studysubject/{enrolled.pk}/"
    ways: list[Any] = ["002", "night7_002", "NIGHT7_002", uri, f"https://a.example{uri}"]
    ways += [{"resource_uri": uri}, f"/api/user/{enrolled.user_id}/"]
    for way in ways:
        answer = cast.admin.post(PATH, body(cast, survey, subject=way))
        assert answer.json()["subject"] == "night7_002", way
    assert SurveyAnswers.objects.count() == 1


@pytest.mark.rule("studies 8")
def test_an_own_id_comes_before_another_number(cast: StudyCast, survey: Survey) -> None:
    first, second = StudySubject.objects.order_by("pk")
    second.subject_id = str(first.pk)
    second.save()
    for way in (first.pk, str(first.pk)):
        answer = cast.owner.post(PATH, body(cast, survey, subject=way))
        assert answer.json()["subject"] == "night7_002"
    answer = cast.owner.post(PATH, body(cast, survey, subject=second.pk))
    assert answer.json()["subject"] == "night7_002"


@pytest.mark.parametrize(
    ("named", "text"),
    [
        ("day8_001", "The study has no such subject."),
        ("", "You are no subject of this study; name one."),
        (None, "You are no subject of this study; name one."),
        (True, "Expected a user name, the study's id of a subject, or a URI."),
        ("/api/user/1/profile/", "Expected the URI of a studysubject or a user."),
    ],
)
def test_whom_a_study_does_not_have(
    cast: StudyCast, survey: Survey, named: object, text: str
) -> None:
    begin_study("day8")
    sent = body(cast, survey, subject=named)
    assert error_of(cast.owner.post(PATH, sent)) == {"subject": [text]}


@pytest.mark.rule("studies recipe 25")
def test_who_left_gives_no_more_answers(cast: StudyCast, survey: Survey) -> None:
    first = cast.owner.post(PATH, body(cast, survey))
    StudySubject.objects.filter(subject_id="001").update(withdrawn=clock.now())
    sent = body(cast, survey, fhir_answer=response(yes(), authored="2020-07-15"))
    text = {"subject": ["This subject has left the study."]}
    assert error_of(cast.admin.post(PATH, sent)) == text
    assert cast.owner.get(first["Location"]).json() == first.json()
    assert cast.owner.get(PATH, {"subject": "001"}).json()["meta"]["total_count"] == 1
    assert cast.subject.post(PATH, sent).status_code == 400
    again = cast.owner.post(PATH, body(cast, survey))
    assert (again.status_code, again.json()) == (200, first.json())
    contrary = body(cast, survey, yes(value=False))
    assert list(error_of(cast.owner.post(PATH, contrary))) == ["fhir_answer"]


@pytest.mark.rule("studies 3")
def test_who_answers_for_whom(cast: StudyCast, survey: Survey) -> None:
    statuses = {role: cast[role].post(PATH, body(cast, survey)).status_code for role in ROLES}
    assert statuses == {
        "owner": 201,
        "admin": 200,
        "subject": 200,
        "other_subject": 403,
        "outsider": 400,  # there is no such study for them
        "staff": 200,
    }


@pytest.mark.rule("studies 8")
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (StudyStatus.DISABLED, 403),
        (StudyStatus.FROZEN, 403),
        (StudyStatus.EXTENDED, 201),
        (StudyStatus.DELETED, 400),
    ],
)
def test_studies_that_take_no_answers(
    cast: StudyCast, survey: Survey, status: int, expected: int
) -> None:
    Study.objects.update(status=status)
    for caller in (cast.owner, cast.subject):
        answer = caller.post(PATH, body(cast, survey))
        assert answer.status_code == expected, answer.content
        expected = 200 if expected == 201 else expected
    if status is StudyStatus.FROZEN:
        assert answer.json() == {"error": "The study is frozen."}


@pytest.mark.rule("studies 7")
def test_what_is_wrong_is_named(cast: StudyCast, survey: Survey) -> None:
    wrong = answer("2", {"valueString": "yes"})
    sent = body(cast, survey, yes(), wrong, yes("4"))
    assert error_of(cast.subject.post(PATH, sent)) == {
        "fhir_answer": [
            "item[1] (linkId 2): expected valueBoolean, got valueString.",
            'item[2]: the survey has no item "4" here.',
        ]
    }
    assert not SurveyAnswers.objects.exists()


@pytest.mark.rule("studies 7")
def test_without_a_time_it_is_now(
    cast: StudyCast, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 2, 3, 8, 30, tzinfo=UTC))
    sent = body(cast, survey)
    del sent["fhir_answer"]["authored"]
    found = cast.subject.post(PATH, sent).json()
    assert found["fhir_answer"]["authored"] == "2026-02-03T08:30:00+00:00"


@pytest.mark.rule("studies 7", "studies recipe 24")
def test_the_same_again_is_the_same_row(cast: StudyCast, survey: Survey) -> None:
    first = cast.subject.post(PATH, body(cast, survey, yes("1"), yes("2")))
    again = cast.subject.post(PATH, body(cast, survey, yes("1"), yes("2")))
    other_words = response(yes("2"), yes("1"), authored="2020-07-14T11:30:00+02:00", note="x")
    reworded = cast.owner.post(PATH, body(cast, survey, fhir_answer=other_words))
    assert [each.status_code for each in (first, again, reworded)] == [201, 200, 200]
    assert again.json() == reworded.json() == first.json()
    assert again["Location"] == first["Location"]
    contrary = cast.subject.post(PATH, body(cast, survey, yes("1", value=False)))
    text = "authored: this subject has other answers of that time."
    assert error_of(contrary) == {"fhir_answer": [text]}
    assert SurveyAnswers.objects.count() == 1


@pytest.mark.rule("studies 7", "studies recipe 24")
@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_make_one_row() -> None:
    cast = begin_study()
    survey = Survey.objects.create(fhir_questionnaire=questionnaire(question("1")))
    sent = body(cast, survey)

    def send(number: int) -> int:
        try:
            return (cast.subject, cast.owner)[number % 2].post(PATH, sent).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        statuses = sorted(pool.map(send, range(20)))
    assert statuses == [200] * 19 + [201]
    assert SurveyAnswers.objects.count() == SurveyAnswer.objects.count() == 1


@pytest.mark.rule("studies recipe 15")
def test_late_answers_are_kept(cast: StudyCast, survey: Survey) -> None:
    late = response(yes(), authored="2026-12-31T23:59:00Z")
    clock_after = datetime(2027, 3, 1, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(clock, "now", lambda: clock_after)
        assert cast.subject.post(PATH, body(cast, survey, fhir_answer=late)).status_code == 201


@pytest.mark.rule("studies recipe 23")
def test_abandoned_answers_may_lack_what_is_required(cast: StudyCast) -> None:
    survey = Survey.objects.create(fhir_questionnaire=EVERYTHING)
    stopped = response(status="stopped")
    assert cast.subject.post(PATH, body(cast, survey, fhir_answer=stopped)).status_code == 201
    completed = response(authored="2020-07-15")
    found = error_of(cast.subject.post(PATH, body(cast, survey, fhir_answer=completed)))
    assert found == {"fhir_answer": ["(linkId well): it needs an answer."]}


@pytest.mark.rule("studies recipe 18")
def test_equal_decimals_are_the_same_answer(cast: StudyCast) -> None:
    survey = Survey.objects.create(fhir_questionnaire=questionnaire(question("w", "decimal")))
    statuses = [
        cast.subject.post(PATH, body(cast, survey, answer("w", {"valueDecimal": value})))
        for value in (22, 22.0)
    ]
    assert [each.status_code for each in statuses] == [201, 200]


def test_answers_do_not_change(cast: StudyCast, survey: Survey) -> None:
    path = cast.subject.post(PATH, body(cast, survey))["Location"]
    for method in ("PUT", "PATCH", "DELETE", "POST"):
        assert cast.owner.request(method, path, {}).status_code == 405


def test_long_answers(cast: StudyCast) -> None:
    """They may be longer than other free JSON."""
    names = [f"q{number}" for number in range(200)]
    survey = Survey.objects.create(
        fhir_questionnaire=questionnaire(*(question(name, "text") for name in names))
    )
    items = [answer(name, {"valueString": "x" * 1000}) for name in names]
    assert cast.subject.post(PATH, body(cast, survey, *items)).status_code == 201
    assert SurveyAnswer.objects.count() == 200


# Lists


def saved(study: Study, survey: Survey, user: User, authored: str, **others: Any) -> SurveyAnswers:
    """Answers that are stored."""
    moment = datetime.fromisoformat(authored)
    return SurveyAnswers.objects.create(
        study=study,
        survey=survey,
        user=user,
        fhir_answer=response(yes(), authored=authored),
        status="completed",
        authored=authored,
        moment=int(moment.timestamp() * 256),
        **others,
    )


@pytest.fixture
def several(cast: StudyCast, survey: Survey) -> list[SurveyAnswers]:
    """Answers of two subjects of two studies to two surveys."""
    other_study, other_survey = begin_study("day8"), Survey.objects.create(fhir_questionnaire={})
    people = cast.subject.user, cast.other_subject.user
    found = [
        saved(cast.study, survey, user, f"2026-02-0{day}T08:00:00+00:00")
        for user in people
        for day in (2, 3)
    ]
    found.append(saved(cast.study, other_survey, people[0], "2026-02-04T08:00:00+00:00"))
    found.append(
        saved(other_study.study, survey, other_study.subject.user, "2026-02-05T08:00:00+00:00")
    )
    return found


def listed(caller: Caller, **params: Any) -> list[int]:
    """The places in `several` of what a list has."""
    answer = caller.get(PATH, params)
    assert answer.status_code == 200, answer.content
    first = SurveyAnswers.objects.order_by("pk").values_list("pk", flat=True)[0]
    return [each["id"] - first for each in answer.json()["objects"]]


@pytest.mark.rule("studies 3")
def test_who_sees_which_answers(cast: StudyCast, several: list[SurveyAnswers]) -> None:
    seen = {role: listed(cast[role]) for role in ROLES}
    assert seen == {
        "owner": [0, 1, 2, 3, 4],
        "admin": [0, 1, 2, 3, 4],
        "subject": [0, 1, 4],
        "other_subject": [2, 3],
        "outsider": [],
        "staff": [0, 1, 2, 3, 4, 5],
    }
    assert cast.other_subject.get(f"{PATH}{several[0].pk}/").status_code == 404
    assert cast.outsider.get(f"{PATH}{several[0].pk}/").status_code == 404
    Study.objects.update(status=StudyStatus.DELETED)
    assert [listed(cast[role]) for role in ROLES[:-1]] == [[]] * 5


def test_filters(cast: StudyCast, several: list[SurveyAnswers]) -> None:
    study, survey = several[0].study_id, several[0].survey_id
    enrolled = StudySubject.objects.get(user=several[2].user_id)
    cases: list[tuple[dict[str, Any], list[int]]] = [
        ({"study": study}, [0, 1, 2, 3, 4]),
        ({"study": f"/api/study/{study}/"}, [0, 1, 2, 3, 4]),
        ({"survey": survey, "study": study}, [0, 1, 2, 3]),
        ({"subject": "001"}, [0, 1, 4, 5]),
        ({"subject": "night7_001"}, [0, 1, 4]),
        ({"subject": "day8_001"}, [5]),
        ({"subject": f"/api/studysubject/{enrolled.pk}/"}, [2, 3]),
        ({"subject": enrolled.pk}, [2, 3]),
        ({"subject__in": "night7_001,day8_001"}, [0, 1, 4, 5]),
        ({"subject": "nobody"}, []),
        ({"user": enrolled.user_id}, [2, 3]),
        ({"user": "night7_002"}, [2, 3]),
        ({"authored": "2026-02-02"}, [0, 2]),
        ({"authored__gte": "2026-02-03T08:00:00+00:00"}, [1, 3, 4, 5]),
        ({"authored__gt": "2026-02-03"}, [4, 5]),
        ({"authored__lt": several[1].moment}, [0, 2]),
        ({"authored__lte": "2026-02-03"}, [0, 1, 2, 3]),
        ({"authored__range": "2026-02-03,2026-02-04"}, [1, 3, 4]),
        ({"order_by": "-authored", "study": study}, [4, 3, 1, 2, 0]),
    ]
    found = [(params, listed(cast.staff, **params)) for params, _ in cases]
    assert found == cases


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "1" * 80, "0001-01-01T00:00+23:00"])
def test_wrong_times_in_filters(cast: StudyCast, text: str) -> None:
    assert cast.owner.get(PATH, {"authored__gt": text}).status_code in (200, 400)


def test_a_list_costs_one_statement(
    cast: StudyCast,
    several: list[SurveyAnswers],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    listed(cast.owner)
    for params in ({}, {"subject": "001"}, {"authored__gt": "2026-02-02"}):
        listed(cast.owner, **params, limit=3)
        with django_assert_num_queries(2):  # with that of the login
            cast.owner.get(PATH, {**params, "limit": 2})


# Answers question by question


@pytest.mark.rule("studies 7")
def test_one_row_for_each_answered_question(cast: StudyCast) -> None:
    survey = Survey.objects.create(fhir_questionnaire=EVERYTHING)
    items = [
        answer("well", {"valueBoolean": False}),
        {"linkId": "body", "item": [answer("weight", {"valueDecimal": 61.5})]},
        answer("notes", {"valueString": "a"}, {"valueString": "b"}),
        answer("ill", {"valueBoolean": True, "item": [answer("fever", {"valueDecimal": 39})]}),
    ]
    posted = cast.subject.post(PATH, body(cast, survey, *items))
    assert posted.status_code == 201, posted.content
    found = cast.owner.get("/api/surveyanswer/").json()["objects"]
    assert [(each["linkId"], each["value"]) for each in found] == [
        ("well", False),
        ("weight", 61.5),
        ("notes", ["a", "b"]),
        ("ill", True),
        ("fever", 39),
    ]
    first = found[0]
    link = cast.owner.get(first["question"]).json()
    assert (link["linkId"], link["survey"]) == ("well", first["survey"])
    assert first == {
        "authored": "2020-07-14T09:30:00Z",
        "id": first["id"],
        "linkId": "well",
        "question": link["resource_uri"],
        "resource_uri": f"/api/surveyanswer/{first['id']}/",
        "study": f"/api/study/{cast.study.pk}/",
        "subject": "night7_001",
        "survey": f"/api/survey/{survey.pk}/",
        "surveyanswers": posted["Location"],
        "value": False,
    }
    for caller, number in ((cast.subject, 5), (cast.other_subject, 0), (cast.outsider, 0)):
        total = caller.get("/api/surveyanswer/").json()["meta"]["total_count"]
        assert total == number
    by_question = cast.owner.get("/api/surveyanswer/", {"question": link["id"]})
    assert by_question.json()["meta"]["total_count"] == 1


# Anything


@pytest.fixture(scope="module")
def anything() -> st.SearchStrategy[Any]:
    """JSON that is nearly an answer."""
    leaves = st.none() | st.booleans() | st.integers() | st.floats(width=32) | st.text(max_size=8)
    keys = st.sampled_from(["linkId", "answer", "item", "valueBoolean", "valueString", "x"])
    inner = st.recursive(
        leaves, lambda more: st.lists(more, max_size=3) | st.dictionaries(keys, more, max_size=3)
    )
    members = {
        "resourceType": st.sampled_from(["Questionnaire", "QuestionnaireResponse"]) | inner,
        "status": st.sampled_from(["completed", "stopped"]) | inner,
        "authored": st.sampled_from(["2020-07-14", "2020-07-14T09:00:00Z", "9999-12-31"]) | inner,
        "item": st.lists(st.sampled_from([yes("1"), yes("2")]), max_size=2) | inner,
    }
    return st.fixed_dictionaries({}, optional=members) | inner


@pytest.mark.rule("studies recipe 23")
@pytest.mark.django_db
def test_no_answer_is_an_error_of_the_server(
    cast: StudyCast, survey: Survey, anything: st.SearchStrategy[Any]
) -> None:
    @settings(
        max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(anything)
    def check(sent: Any) -> None:
        answer = cast.subject.post(PATH, body(cast, survey, fhir_answer=sent))
        assert answer.status_code in (200, 201, 400), answer.content

    check()
