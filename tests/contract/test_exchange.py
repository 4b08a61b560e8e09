"""Files that are imported."""

from __future__ import annotations

from typing import Any

from apps.accounts.models import User
from apps.catalog.models import ImportFile
from tests.contract.base import ResourceContract
from tests.contract.contract import canned, needs, refused
from tests.contract.test_tracks import new_track
from tests.contract.writing import BROKEN, NOT_JSON
from tests.people import Caller, Cast


def new_import(owner: User, number: int = 1) -> ImportFile:
    """An import that has become a track."""
    return ImportFile.objects.create(
        user=owner,
        sha256=f"{number:064x}",
        progress=1,
        results=[["session 0 track", "track", new_track(owner, number).pk]],
    )


class TestImport(ResourceContract):
    name = "import"
    seen_by = ("owner", "staff")
    changed_by = ()
    is_for_caller = True
    most_rows = 100

    def make(self, owner: User, number: int = 1) -> ImportFile:
        return new_import(owner, number)

    def minimal(self, owner: User) -> dict[str, Any]:
        return {"source": "<gpx/>"}

    def changes(self, owner: User) -> dict[str, Any]:
        return {}

    def shows(self, found: dict[str, Any], sent: dict[str, Any]) -> bool:
        """The content of the file is not shown."""
        return super().shows(found, {n: value for n, value in sent.items() if n != "source"})

    def refuses_bodies(self, caller: Caller, method: str, path: str) -> None:
        """Under other labels, a body is a file."""
        for text in BROKEN[1:]:
            refused(caller.send(method, path, text), NOT_JSON)
        canned(caller.sending("Origin", "http://testserver").send(method, path, "{}", ""), 415)
        for body in (5, True, "text", [1], None):
            answer = caller.request(method, path, body)
            assert (answer.status_code, list(answer.json())) == (400, ["error"])

    @needs("post")
    def test_new_rows_for_the_owner(self, cast: Cast, person: str) -> None:
        """Everybody imports for themselves, whatever they send."""
        owner = cast.owner.user
        body = {**self.minimal(owner), "user": f"/api/user/{owner.pk}/"}
        answer = cast[person].post(self.list_path, body)
        assert answer.status_code == 201, answer.content
        assert answer.json()["user"] == f"/api/user/{cast[person].user.pk}/"
