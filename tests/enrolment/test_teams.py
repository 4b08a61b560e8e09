"""`/api/studymember/` and `/api/studygroup/` (studies 3 and 8)."""

from __future__ import annotations

from apps.enrolment.models import StudyGroup, StudyMember
from apps.sandbox.models import Mail
from tests.enrolment.cast import StudyCast, saved_user
from tests.people import ANYBODY, Caller

PATTERN = "studymember/(user_id)/study/(study_id)"


def member(cast: StudyCast, caller: Caller) -> str:
    return f"/api/studymember/{caller.user.pk}/study/{cast.study.pk}/"


def sent(cast: StudyCast, user: object) -> dict[str, object]:
    return {"study": f"/api/study/{cast.study.pk}/", "user": user}


def test_the_index_names_both_keys_without_a_document(cast: StudyCast) -> None:
    for prefix in ("/api/", "/api/v1/"):
        for query in ("", "?fullschema=1"):
            index = ANYBODY.get(f"{prefix}{query}").json()
            for name in ("studymember", PATTERN):
                path = f"{prefix}{name}/"
                assert index[name] == {"list_endpoint": path, "schema": f"{path}schema/"}
    for name in ("studymember", PATTERN):
        assert cast.owner.get(f"/api/{name}/schema/").status_code == 404
        assert ANYBODY.get(f"/api/{name}/schema/").status_code in (401, 404)
    assert cast.owner.get(f"/api/{PATTERN}/").status_code == 404
    assert "studymember" not in ANYBODY.sending("X-HexoAPIVersion", "2.0.x").get("/api/").json()


def test_the_team_is_seen_by_itself(cast: StudyCast) -> None:
    for caller in (cast.owner, cast.admin, cast.staff):
        found = caller.get("/api/studymember/", {"study": cast.study.pk}).json()
        assert found["meta"]["total_count"] == 2
        assert [each["role"] for each in found["objects"]] == ["owner", "admin"]
        assert [each["user"]["id"] for each in found["objects"]] == [
            cast.owner.user.pk,
            cast.admin.user.pk,
        ]
        assert caller.get(member(cast, cast.admin)).json() == found["objects"][1]
    first = found["objects"][0]
    assert sorted(first) == ["role", "study", "user"]
    assert first["study"] == f"/api/study/{cast.study.pk}/"
    assert sorted(first["user"]) == [
        *("email", "first_name", "id", "last_name", "profile", "resource_uri", "username")
    ]
    for caller in (cast.subject, cast.outsider):
        assert caller.get("/api/studymember/").json()["objects"] == []
        assert caller.get(member(cast, cast.admin)).status_code == 404
    page = cast.owner.get("/api/studymember/", {"limit": 1, "offset": 1}).json()
    assert [each["role"] for each in page["objects"]] == ["admin"]


def test_the_owner_adds_people_by_any_name(cast: StudyCast) -> None:
    stranger = cast.outsider.user
    shouted, padded = stranger.email.upper(), f" {stranger.email.title()} "
    for name in (stranger.email, stranger.username, shouted, padded):
        answer = cast.owner.post("/api/studymember/", sent(cast, name))
        assert answer.status_code == 201, answer.content
        assert answer.json()["role"] == "admin"
        assert answer["Location"] == member(cast, cast.outsider)
        assert cast.outsider.get(answer["Location"]).status_code == 200
        assert cast.owner.delete(answer["Location"]).status_code == 204
        assert cast.outsider.get(answer["Location"]).status_code == 404
    assert [letter.to for letter in Mail.objects.order_by("pk")] == [stranger.email] * 4
    assert cast.owner.user.email in Mail.objects.earliest("pk").body
    seen = f"/api/user/{cast.subject.user.pk}/"
    for user in (seen, cast.other_subject.user.pk):
        assert cast.owner.post("/api/studymember/", sent(cast, user)).status_code == 201
    assert Mail.objects.count() == 4  # nobody can be told who has no address


def test_who_cannot_be_added(cast: StudyCast) -> None:
    closed = saved_user("closed", is_active=False)
    for user in (
        "nobody@example.com",
        "",
        cast.outsider.user.pk,  # strangers are not found by counting
        cast.admin.user.pk,
        cast.owner.user.pk,
        closed.email,
        True,
        None,
    ):
        answer = cast.owner.post("/api/studymember/", sent(cast, user))
        assert answer.status_code == 400, user
    assert cast.owner.post("/api/studymember/", {"user": 1}).status_code == 400
    assert StudyMember.objects.count() == 1


def test_only_the_owner_changes_the_team(cast: StudyCast) -> None:
    stranger = cast.outsider.user.email
    path = member(cast, cast.admin)
    for caller, made, gone in (
        (cast.admin, 403, 403),
        (cast.subject, 403, 404),
        (cast.outsider, 400, 404),
    ):
        assert caller.post("/api/studymember/", sent(cast, stranger)).status_code == made
        assert caller.delete(path).status_code == gone
    assert cast.owner.delete(member(cast, cast.owner)).status_code == 400
    assert cast.owner.delete(member(cast, cast.subject)).status_code == 404
    for wrong in ("x/study/1", "1/study/x", f"{10**30}/study/1"):
        assert cast.owner.get(f"/api/studymember/{wrong}/").status_code == 404
    assert cast.staff.delete(path).status_code == 204
    assert not Mail.objects.exists()


# Groups


def group_of(cast: StudyCast, name: str = "Control") -> dict[str, object]:
    return {"study": f"api/study/{cast.study.pk}/", "name": name}  # as a published example writes


def test_groups(cast: StudyCast) -> None:
    answer = cast.admin.post("/api/studygroup/", group_of(cast))
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert found == {
        "id": found["id"],
        "name": "Control",
        "resource_uri": answer["Location"],
        "study": f"/api/study/{cast.study.pk}/",
    }
    for wrong in ("Control", " ", ""):
        refused = cast.owner.post("/api/studygroup/", group_of(cast, wrong))
        assert list(refused.json()["studygroup"]) == ["name"]
    for caller, made, changed in (
        (cast.owner, 201, 202),
        (cast.subject, 403, 404),
        (cast.outsider, 400, 404),
        (cast.staff, 201, 202),
    ):
        name = f"of {caller.user.pk}"
        assert caller.post("/api/studygroup/", group_of(cast, name)).status_code == made
        assert caller.patch(found["resource_uri"], {"name": f"by {name}"}).status_code == changed


def test_a_subject_sees_their_own_group(cast: StudyCast) -> None:
    own, other = (StudyGroup.objects.create(study=cast.study, name=name) for name in "ab")
    cast.study.subjects.filter(user=cast.subject.user).update(study_group=own)
    (seen,) = cast.subject.get("/api/studygroup/").json()["objects"]
    assert seen["id"] == own.pk
    assert cast.subject.get(f"/api/studygroup/{other.pk}/").status_code == 404
    assert cast.subject.patch(seen["resource_uri"], {"name": "x"}).status_code == 403


def test_a_group_with_subjects_stays(cast: StudyCast) -> None:
    group = StudyGroup.objects.create(study=cast.study, name="a")
    path = f"/api/studygroup/{group.pk}/"
    subjects = cast.study.subjects.filter(user=cast.subject.user)
    subjects.update(study_group=group)
    assert cast.owner.delete(path).status_code == 400
    assert cast.owner.delete(f"/api/studysubject/{subjects.get().pk}/").status_code == 204
    assert cast.owner.delete(path).status_code == 204
    assert subjects.get().study_group is None
