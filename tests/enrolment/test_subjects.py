"""`/api/studysubject/`: joining, changing and leaving (studies 3, 8 and 10)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password

from apps.access.models import ShareType
from apps.accounts.models import User
from apps.bookkeeping.models import ActivityLog
from apps.enrolment.models import StudyGroup, StudyMember, StudySubject
from apps.fitness.models import AsyncValue, Kpi
from apps.records.models import Range
from apps.sandbox.models import Mail
from apps.studies.enrolling import enrolment
from tests.enrolment.cast import StudyCast, begin_study, saved_user
from tests.people import PASSWORD, Caller, grant, new_user
from tests.races import locked, meet, unsaved

LIST = "/api/studysubject/"
SECRET = "correct horse battery"


def sent(cast: StudyCast, **more: Any) -> dict[str, Any]:
    study = f"/api/study/{cast.study.pk}/"
    return {"study": study, "start_date": "2026-02-02", "status": "", "metrics": "{}", **more}


def detail(cast: StudyCast) -> str:
    """The path of the first subject."""
    return f"{LIST}{cast.study.subjects.get(user=cast.subject.user).pk}/"


def login(name: str, password: str) -> int:
    """What somebody gets who logs in."""
    user = User.objects.filter(username=name).first() or User(username=name)
    caller = Caller(User(pk=user.pk, username=name))
    header = caller._headers()["Authorization"] if password == PASSWORD else _basic(name, password)
    return Caller().sending("Authorization", header).get("/api/account/").status_code


def _basic(name: str, password: str) -> str:
    from base64 import b64encode

    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def test_a_new_subject_has_the_printed_form(cast: StudyCast) -> None:
    group = StudyGroup.objects.create(study=cast.study, name="Control")
    uri = f"/api/studygroup/{group.pk}/"
    profile = {"gender": "F", "date_of_birth": "1988-4-9"}
    profile |= {"fitness": {"weight": 61.5, "height": 1.68}}  # type: ignore[dict-item]
    user = {"username": "007", "password": SECRET, "email": "", "profile": profile}
    answer = cast.owner.post(LIST, sent(cast, study_group=uri, user=user))
    assert answer.status_code == 201, answer.content
    found = answer.json()
    key = User.objects.get(username="night7_007").pk
    made = StudySubject.objects.get(user=key)
    own = made.user.profile.pk
    assert found == {
        "id": made.pk,
        "metrics": "{}",
        "resource_uri": f"{LIST}{made.pk}/",
        "start_date": "2026-02-02",
        "status": "",
        "study": f"/api/study/{cast.study.pk}/",
        "study_group": uri,
        "study_group_name": "Control",
        "timezone": None,
        "user": {
            "email": "",
            "first_name": "",
            "id": key,
            "last_name": "",
            "profile": f"/api/profile/{own}/",
            "resource_uri": f"/api/user/{key}/",
            "username": "night7_007",
        },
    }
    assert cast.admin.get(answer["Location"]).json() == found
    assert login("night7_007", SECRET) == 200
    shown = cast.owner.get(f"/api/profile/{own}/").json()
    assert [shown[name] for name in ("gender", "date_of_birth", "weight", "height")] == [
        *("F", "1988-04-09", 61.5, 1.68)
    ]


def test_names_are_small_and_numbers_are_the_next_free(cast: StudyCast) -> None:
    def name_of(user: object) -> str:
        answer = cast.admin.post(LIST, sent(cast, user=user))
        assert answer.status_code == 201, answer.content
        found: str = answer.json()["user"]["username"]
        return found

    saved_user("x", username="night7_004", email="x@example.com")
    assert name_of({}) == "night7_003"
    assert name_of(None) == "night7_005"
    assert name_of({"username": "NIGHT7_AB-1"}) == "night7_ab-1"
    assert name_of({"username": "Q.2"}) == "night7_q.2"
    assert name_of({"username": 6}) == "night7_6"
    assert StudySubject.objects.get(user__username="night7_ab-1").subject_id == "ab-1"
    made = User.objects.get(username="night7_003")
    assert not made.has_usable_password()


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"user": {"username": "001"}}, "user"),
    ({"user": {"username": "night7_001"}}, "user"),
    ({"user": {"username": "a b"}}, "user"),
    ({"user": {"username": "1E+05"}}, "user"),
    ({"user": {"email": "no address"}}, "user"),
    ({"user": {"email": "OWNER-night7@example.com"}}, "user"),
    ({"user": {"password": "short"}}, "user"),
    ({"user": {"password": 12345678}}, "user"),
    ({"user": {"profile": {"gender": "X"}}}, "user"),
    ({"user": {"profile": {"fitness": {"height": 168}}}}, "user"),
    ({"timezone": "Mars/Base"}, "timezone"),
]
MALFORMED: list[dict[str, Any]] = [
    {"start_date": None},
    {"start_date": "2.2.2026"},
    {"start_date": "2026-2-2"},
    {"start_date": "2026-02-30"},
    {"start_date": 5},
    {"study": None},
    {"study": "/api/study/987654321/"},
    {"study_group": "/api/studygroup/987654321/"},
    {"user": "/api/user/987654321/"},
    {"user": True},
    {"user": {"username": True}},
    {"user": {"profile": 5}},
    {"metrics": "{"},
]


def test_what_is_wrong_is_named(cast: StudyCast) -> None:
    before = User.objects.count()
    for more, name in WRONG:
        answer = cast.owner.post(LIST, sent(cast, **more))
        assert answer.status_code == 400, more
        assert list(answer.json()["studysubject"]) == [name], (more, answer.content)
    for more in MALFORMED:
        answer = cast.owner.post(LIST, sent(cast, **more))
        assert (answer.status_code, list(answer.json())) == (400, ["error"]), more
    assert User.objects.count() == before


def test_names_of_two_studies_do_not_meet(cast: StudyCast) -> None:
    """Study a with subject b_1 has the user name of study a_b with subject 1."""
    first, second = begin_study("a"), begin_study("a_b")
    answer = first.owner.post(LIST, sent(first, user={"username": "b_1"}))
    assert answer.json()["user"]["username"] == "a_b_1"
    answer = second.owner.post(LIST, sent(second, user={"username": "1"}))
    text = "username: There is a user a_b_1 already."
    assert answer.json() == {"studysubject": {"user": [text]}}


def test_only_who_may_write_for_somebody_enrols_them(cast: StudyCast) -> None:
    person = cast.outsider.user
    uri = f"/api/user/{person.pk}/"
    assert cast.owner.post(LIST, sent(cast, user=uri)).status_code == 400
    grant(person, cast.owner.user, "read")
    answer = cast.owner.post(LIST, sent(cast, user=uri))
    assert list(answer.json()["studysubject"]) == ["user"]
    grant(person, cast.owner.user, "read", "write")
    for user in (uri, {"resource_uri": uri}, person.pk):
        answer = cast.owner.post(LIST, sent(cast, user=user))
        assert answer.status_code == 201, answer.content
        assert answer.json()["user"]["username"] == person.username
        path = answer["Location"]
        assert cast.owner.post(LIST, sent(cast, user=user)).status_code == 400
        refused = cast.admin.patch(path, {"user": {"password": SECRET}})
        assert list(refused.json()["studysubject"]) == ["user"]
        assert cast.admin.patch(path, {"user": {"email": "x@example.com"}}).status_code == 400
        assert cast.owner.delete(path).status_code == 204
        assert cast.outsider.get("/api/account/").status_code == 200
    # Their own id brings back nobody who has an account of their own.
    taken = cast.admin.post(LIST, sent(cast, user={"username": "003"}))
    assert list(taken.json()["studysubject"]) == ["user"]


def test_an_administrator_takes_nobody_along_into_another_study(cast: StudyCast) -> None:
    """Their team would see the subjects, also after the administrator was removed."""
    other, user = begin_study("other"), cast.subject.user
    StudyMember.objects.create(study=other.study, user=cast.owner.user)
    other.study.owner = cast.admin.user
    other.study.save()
    refused = cast.admin.post(LIST, sent(other, user=f"/api/user/{user.pk}/"))
    assert list(refused.json()["studysubject"]) == ["user"]
    assert other.outsider.get(f"/api/user/{user.pk}/").status_code == 404
    answer = cast.owner.post(LIST, sent(other, user=f"/api/user/{user.pk}/"))
    assert answer.status_code == 201, answer.content


# Bulk


def test_bulk_is_all_or_nothing_with_errors_by_position(cast: StudyCast) -> None:
    path, before = f"{LIST}?bulk=True", User.objects.count()
    good = sent(cast, user={"username": "a"})
    wrong = [
        good,
        sent(cast, start_date="x"),
        sent(cast, user={"username": "A"}),
        sent(cast, study="/api/study/987654321/", user={"password": "short"}),
        5,
        sent(cast, study_group="nonsense/"),
        {},
    ]
    answer = cast.owner.post(path, wrong)
    assert answer.status_code == 400
    errors = answer.json()["studysubject"]
    assert [list(each) for each in errors] == [
        ["user"],
        ["start_date"],
        ["user"],
        ["study", "user"],
        ["user"],
        ["study_group"],
        ["start_date", "study"],
    ]
    answer = cast.owner.post(path, [good, sent(cast, user={"username": "A"}), sent(cast)])
    assert [list(each) for each in answer.json()["studysubject"]] == [["user"], ["user"], []]
    assert User.objects.count() == before
    for word in ("True", "true", "1"):
        address = f"n{StudySubject.objects.count()}@example.com"
        people = [sent(cast), sent(cast, user={"email": address})]
        answer = cast.admin.post(f"{LIST}?bulk={word}", people)
        assert answer.status_code == 201, answer.content
        assert [each["user"]["email"] for each in answer.json()] == ["", address]
    assert cast.owner.post(path, []).json() == []


def test_bulk_has_limits_and_needs_its_word(cast: StudyCast) -> None:
    for path in (LIST, f"{LIST}?bulk=0"):
        answer = cast.owner.post(path, [sent(cast)])
        text = "studysubject takes an array only with ?bulk=True."
        assert (answer.status_code, answer.json()) == (400, {"error": text})
    assert cast.owner.post(f"{LIST}?bulk=1", sent(cast)).status_code == 400
    assert cast.owner.post(f"{LIST}?bulk=1", [sent(cast)] * 501).status_code == 400
    assert cast.subject.post(f"{LIST}?bulk=1", [sent(cast)]).status_code == 403


@pytest.mark.parametrize("name", ["study", "studygroup", "surveyanswers", "label"])
def test_resources_without_bulk_say_so(cast: StudyCast, name: str) -> None:
    answer = cast.owner.post(f"/api/{name}/?bulk=True", [{"name": "a"}])
    text = f"{name} takes no arrays. POST its objects one by one, without bulk."
    assert (answer.status_code, answer.json()) == (400, {"error": text})


def test_a_request_has_so_many_passwords(cast: StudyCast, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed: list[str | None] = []

    def hash_password(password: str | None) -> str:
        hashed.append(password)
        return make_password(None)

    monkeypatch.setattr(enrolment, "make_password", hash_password)
    secret, plain = sent(cast, user={"password": SECRET}), sent(cast)
    many = [secret] * 10 + [plain] + [secret] * 10
    answer = cast.owner.post(f"{LIST}?bulk=1", [*many, secret, secret])
    assert answer.status_code == 400
    expected: list[Any] = [{}] * 23
    expected[21] = {"user": [f"password: {enrolment.TOO_MANY_PASSWORDS}"]}
    assert answer.json() == {"studysubject": expected}
    assert hashed == []
    assert cast.owner.post(f"{LIST}?bulk=1", many).status_code == 201
    assert hashed.count(SECRET) == 20


def test_500_subjects_take_few_statements(
    cast: StudyCast, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(40 + 500):  # one line of the log for each
        answer = cast.owner.post(f"{LIST}?bulk=1", [sent(cast)] * 500)
    assert len(answer.json()) == 500
    assert answer.json()[-1]["user"]["username"] == "night7_502"
    (letter,) = Mail.objects.all()
    assert letter.body.count("night7_") == 500


# Changing


def test_the_team_changes_everything_but_the_study(cast: StudyCast) -> None:
    other, path = begin_study("other"), detail(cast)
    group = StudyGroup.objects.create(study=cast.study, name="A")
    foreign = StudyGroup.objects.create(study=other.study, name="B")
    for change in (
        {"start_date": "2026-03-01"},
        {"timezone": "Asia/Tokyo"},
        {"timezone": None},
        {"status": "ok"},
        {"metrics": '{"a": 1}'},
        {"study_group": f"/api/studygroup/{group.pk}/"},
        {"study_group": None},
    ):
        for caller in (cast.owner, cast.admin, cast.staff):
            answer = caller.patch(path, change)
            assert answer.status_code == 202, answer.content
            (name,) = change
            assert answer.json()[name] == change[name]
        assert cast.subject.patch(path, change).status_code == 403
        assert cast.other_subject.patch(path, change).status_code == 404
        assert cast.outsider.patch(path, change).status_code == 404
    whole = cast.owner.get(path).json()
    assert cast.owner.put(path, whole).json() == whole
    cast.owner.post("/api/studymember/", {"study": whole["study"], "user": other.owner.user.email})
    for wrong, name in (
        ({"study": f"/api/study/{other.study.pk}/"}, "study"),
        ({"study_group": f"/api/studygroup/{foreign.pk}/"}, "study_group"),
        ({"timezone": "X"}, "timezone"),
        ({"user": {"username": "other"}}, "user"),
    ):
        answer = other.owner.patch(path, wrong)
        assert list(answer.json()["studysubject"]) == [name], answer.content


def test_the_team_sets_passwords_and_addresses(cast: StudyCast) -> None:
    path, name = detail(cast), cast.subject.user.username
    token = cast.subject.user  # their access ends with the old password
    answer = cast.admin.patch(path, {"user": {"password": SECRET, "first_name": "Ann"}})
    assert answer.status_code == 202, answer.content
    assert answer.json()["user"]["first_name"] == "Ann"
    assert SECRET not in answer.content.decode()
    assert (login(name, PASSWORD), login(name, SECRET)) == (401, 200)
    assert cast.admin.patch(path, {"user": {"password": "x"}}).status_code == 400
    assert cast.admin.patch(path, {"user": {"email": "ann@example.com"}}).status_code == 202
    taken = {"user": {"email": cast.outsider.user.email.upper()}}
    assert cast.admin.patch(path, taken).status_code == 400
    profile = {"user": {"profile": {"gender": "M", "fitness": {"hr_max": 190}}}}
    assert cast.admin.patch(path, profile).status_code == 202
    token.profile.refresh_from_db()
    assert (token.profile.gender, token.profile.fitness) == ("M", {"hr_max": 190})
    assert cast.admin.patch(path, {"user": f"/api/user/{token.pk}/"}).status_code == 202


def test_a_subject_keeps_their_account(cast: StudyCast) -> None:
    path, user, other = detail(cast), cast.subject.user, cast.other_subject.user
    uri = f"/api/user/{user.pk}/"
    for named in (uri, f"https://host/api/v1/user/{user.pk}/", user.pk, user.username, None):
        assert cast.owner.patch(path, {"user": named}).status_code == 202, named
    own: dict[str, Any] = {"id": user.pk, "resource_uri": uri, "first_name": "Ann"}
    own["profile"] = f"/api/profile/{user.profile.pk}/"
    assert cast.owner.patch(path, {"user": own}).status_code == 202
    foreign = f"/api/user/{other.pk}/"
    wrong: list[Any] = [[1], [], True, 5.0, "", "x", 987654321, other.pk, other.username, foreign]
    wrong += [f"/api/profile/{user.pk}/", {"id": other.pk}, {"resource_uri": foreign}]
    wrong += [{"id": [1]}, {**own, "profile": f"/api/profile/{other.profile.pk}/"}]
    for sent in wrong:
        for send in (cast.owner.patch, cast.owner.put):
            whole = cast.owner.get(path).json()
            answer = send(path, {**whole, "user": sent})
            assert answer.status_code == 400, (sent, answer.content)
            assert list(answer.json()["studysubject"]) == ["user"], sent
            assert cast.owner.get(path).json() == whole


def test_a_changed_password_ends_access(cast: StudyCast, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[User] = []
    monkeypatch.setattr("apps.credentials.withdrawals.end_access", ended.append)
    cast.owner.patch(detail(cast), {"user": {"first_name": "Ann"}})
    assert ended == []
    cast.owner.patch(detail(cast), {"user": {"password": SECRET}})
    assert ended == [cast.subject.user]


# Leaving


@pytest.mark.rule("studies recipe 25", "studies recipe 26")
def test_who_leaves_can_come_back_to_the_same_account(cast: StudyCast) -> None:
    user, path = cast.subject.user, detail(cast)
    activity = Range.objects.create(user=user, start=1, end=2)
    for caller, status in ((cast.subject, 403), (cast.outsider, 404), (cast.admin, 204)):
        assert caller.delete(path).status_code == status
    assert cast.subject.get("/api/account/").status_code == 401
    assert cast.owner.get(path).status_code == 404
    assert cast.owner.get(f"/api/range/{activity.pk}/").status_code == 404
    assert [each["user"]["username"] for each in _listed(cast.owner)] == ["night7_002"]
    back = sent(cast, start_date="2026-05-01", user={"username": "001", "first_name": "Ann"})
    answer = cast.owner.post(LIST, back)
    assert answer.status_code == 201, answer.content
    assert answer.json()["user"]["id"] == user.pk
    assert (answer.json()["resource_uri"], answer.json()["start_date"]) == (path, "2026-05-01")
    assert cast.owner.get(f"/api/range/{activity.pk}/").status_code == 200
    assert cast.subject.get("/api/account/").status_code == 200
    cast.owner.delete(path)
    cast.owner.post(LIST, sent(cast, user={"username": "001", "password": SECRET}))
    assert (login(user.username, PASSWORD), login(user.username, SECRET)) == (401, 200)


def test_links_to_the_calendar_of_who_left_are_gone_for_good(cast: StudyCast) -> None:
    kind, _ = ShareType.objects.get_or_create(name="calendar")
    link = {"sharetype": kind.pk, "object_id": cast.study.subjects.get(subject_id="001").pk}
    path = cast.owner.post("/api/share/", link).json()["shared_uri"]
    assert Caller().get(path).status_code == 200
    assert cast.owner.delete(detail(cast)).status_code == 204
    back = sent(cast, user={"username": "001", "password": SECRET})
    assert cast.owner.post(LIST, back).status_code == 201
    assert Caller().get(path).status_code == 404


def test_an_owner_who_is_no_subject_any_more_can_log_in(cast: StudyCast) -> None:
    cast.study.owner = cast.subject.user
    cast.study.save()
    assert cast.subject.delete(detail(cast)).status_code == 204
    assert cast.subject.get(f"/api/study/{cast.study.pk}/").status_code == 200


def _listed(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    answer = caller.get(LIST, query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["objects"]
    return found


def test_a_login_stays_open_that_another_study_needs(cast: StudyCast) -> None:
    other, user = begin_study("other"), cast.subject.user
    grant(user, other.owner.user, "read", "write")
    second = other.owner.post(LIST, sent(other, user=f"/api/user/{user.pk}/"))
    assert second.status_code == 201, second.content
    assert cast.owner.delete(detail(cast)).status_code == 204
    assert cast.subject.get("/api/account/").status_code == 200
    assert other.owner.delete(second["Location"]).status_code == 204
    assert cast.subject.get("/api/account/").status_code == 401


# Reading


def test_expanded_profiles(cast: StudyCast) -> None:
    profile = cast.subject.user.profile
    profile.fitness = {"hr_max": 190, "hr_recov": 30, "weight": 70}
    profile.save()
    path, uri = detail(cast), f"/api/profile/{profile.pk}/"
    assert cast.owner.get(path).json()["user"]["profile"] == uri
    whole = cast.owner.get(f"{path}?expand_profile=1").json()["user"]["profile"]
    assert whole == cast.owner.get(uri).json()
    short = cast.owner.get(f"{path}?expand_profile=1&short_metrics=1").json()["user"]["profile"]
    assert short == {**whole, "fitness": {"hr_max": 190, "weight": 70}}
    listed = _listed(cast.owner, expand_profile="1", short_metrics="1")
    assert listed[0]["user"]["profile"] == short
    assert _listed(cast.owner)[0]["user"]["profile"] == uri


def test_who_sees_which_subjects(cast: StudyCast) -> None:
    for caller, count in ((cast.owner, 2), (cast.admin, 2), (cast.staff, 2), (cast.subject, 1)):
        assert len(_listed(caller)) == count
    assert _listed(cast.outsider) == []
    assert cast.subject.get(detail(cast)).status_code == 200
    assert cast.other_subject.get(detail(cast)).status_code == 404


def test_filters(cast: StudyCast) -> None:
    begin_study("other")
    group = StudyGroup.objects.create(study=cast.study, name="A")
    cast.study.subjects.filter(user=cast.subject.user).update(study_group=group, status="x")
    for query, count in (
        ({"study": cast.study.pk}, 2),
        ({"study": f"/api/study/{cast.study.pk}/"}, 2),
        ({"study_group": group.pk}, 1),
        ({"status": "x"}, 1),
        ({}, 4),
    ):
        assert len(_listed(cast.staff, **query)) == count, query


def test_subjects_by_when_their_indicators_changed(cast: StudyCast, kpi: Kpi) -> None:
    datatype = kpi.datatypes.get()
    for subject, moment in (
        (cast.subject, "2026-02-02T10:00:00Z"),
        (cast.subject, "2026-02-06T10:00:00Z"),
        (cast.other_subject, "2026-02-04T10:00:00Z"),
    ):
        AsyncValue.objects.create(
            user=subject.user, datatype=datatype, start=1, data=1, last_modified=moment
        )
    names = {"night7_001": "1", "night7_002": "2"}

    def found(**query: str) -> str:
        asked = {f"last_modified__{name}": text for name, text in query.items()}
        return "".join(names[each["user"]["username"]] for each in _listed(cast.owner, **asked))

    assert found(gte="2026-02-05") == "1"
    assert found(gte="2026-02-02T10:00:00") == found(lte="2026-02-04T10:00:00Z") == "12"
    assert found(gte="2026-02-03", lte="2026-02-05") == "2"
    assert found(gte="2026-02-06T11:00:00 01:00") == "1"
    assert found(gte="2026-02-06T10:30:00 00:00") == ""
    assert cast.owner.get(LIST, {"last_modified__gte": "x"}).status_code == 400


@pytest.fixture
def kpi(db: None) -> Kpi:
    from apps.catalog.models import Datatype, Unit

    unit = Unit.objects.create(si_short="kg")
    kpi = Kpi.objects.create(name="weight", title="Weight", unit=unit, least=1, most=700)
    kpi.datatypes.add(Datatype.objects.create(dataid=1, name="weight"))
    return kpi


# Mail and the log


def test_who_is_told(cast: StudyCast) -> None:
    cast.admin.post(LIST, sent(cast, user={"username": "9", "email": "nine@example.com"}))
    (letter,) = Mail.objects.all()
    assert letter.to == "nine@example.com"
    assert "night7_9" in letter.body
    token = letter.body.partition("Token: ")[2].split()[0]
    answer = Caller().put(f"/api/resetpassword/{token}/", {"password": SECRET})
    assert answer.status_code == 200, answer.content
    assert login("night7_9", SECRET) == 200
    cast.admin.post(LIST, sent(cast, user={"username": "10"}))
    letter = Mail.objects.latest("pk")
    assert letter.to == cast.owner.user.email
    assert "night7_10" in letter.body
    cast.admin.post(LIST, sent(cast, user={"username": "10"}))
    assert Mail.objects.count() == 2


def test_writes_are_logged(cast: StudyCast) -> None:
    path = detail(cast)
    cast.admin.patch(path, {"start_date": "2026-03-01", "timezone": "Asia/Tokyo"})
    cast.admin.post(f"{LIST}?bulk=1", [sent(cast), sent(cast)])
    cast.owner.post("/api/studygroup/", {"study": sent(cast)["study"], "name": "A"})
    cast.owner.delete(path)
    rows = ActivityLog.objects.order_by("pk").values_list("method", "resource_name", "object_id")
    first = int(path.split("/")[-2])
    made = list(StudySubject.objects.order_by("pk").values_list("pk", flat=True))[-2:]
    assert list(rows) == [
        ("PATCH", "studysubject", first),
        *(("POST", "studysubject", key) for key in made),
        ("POST", "studygroup", StudyGroup.objects.get().pk),
        ("DELETE", "studysubject", first),
    ]


# At the same time


@pytest.mark.django_db(transaction=True)
def test_20_at_once_get_20_numbers() -> None:
    cast = begin_study()
    sends = [partial(cast.owner.post, LIST, sent(cast)) for _ in range(20)]
    answers = meet(*sends, at=partial(locked, cast.study))
    assert [answer.status_code for answer in answers] == [201] * 20
    names = sorted(answer.json()["user"]["username"] for answer in answers)
    assert names == [f"night7_{number:03}" for number in range(3, 23)]


@pytest.mark.django_db(transaction=True)
def test_an_address_goes_to_one_of_two_at_once() -> None:
    cast = begin_study()
    third = new_user("third")
    third.email = "same@example.com"
    body = {"user": {"email": third.email}}
    paths = [f"{LIST}{each.pk}/" for each in cast.study.subjects.all()]
    sends = [partial(cast.owner.patch, path, body) for path in paths]
    answers = meet(*sends, at=partial(unsaved, third))
    assert sorted(answer.status_code for answer in answers) == [202, 400]
