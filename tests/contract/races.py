"""Requests that come at the same time: nothing acknowledged is lost, and nothing comes back.

The tests commit, and the database is emptied after each of them; so there is one for each kind of
change, whatever the number of members.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from apps.api.derived import Attached
from tests.contract.contract import empty, needs
from tests.contract.writing import WriteContract
from tests.people import Caller
from tests.races import locked, meet

commits = pytest.mark.django_db(transaction=True)


class RaceContract(WriteContract):
    """What two requests at once do to the same rows."""

    def two_changes(self, owner: Caller) -> tuple[dict[str, Any], dict[str, Any]]:
        """Two bodies that share no member, with a column in each where there are two."""
        changes = self.changes(owner.user)
        fields = self.resource.fields
        names = sorted(changes, key=lambda name: (isinstance(fields[name], Attached), name))
        return {name: changes[name] for name in names[::2]}, {
            name: changes[name] for name in names[1::2]
        }

    @commits
    @needs("patch", on="detail")
    def test_changes_of_different_members_are_both_kept(self, owner: Caller) -> None:
        row = self.make(owner.user)
        path, (one, other) = self.path(row), self.two_changes(owner)
        if not other:
            return
        sends = [partial(owner.patch, path, body) for body in (one, other)]
        answers = meet(*sends, at=partial(locked, row))
        assert [answer.status_code for answer in answers] == [202, 202]
        assert self.shows(self.read(owner, path), {**one, **other})

    @commits
    @needs("patch", "delete", on="detail")
    def test_a_deleted_row_does_not_come_back(self, owner: Caller) -> None:
        row = self.make(owner.user)
        path, (changes, _) = self.path(row), self.two_changes(owner)
        delete, patch = partial(owner.delete, path), partial(owner.patch, path, changes)
        answers = meet(delete, patch, at=partial(locked, row))
        assert [answer.status_code for answer in answers] == [204, 404]
        empty(owner.get(path), 404)

    @commits
    @needs("delete", on="detail")
    def test_a_row_is_deleted_once(self, owner: Caller) -> None:
        row = self.make(owner.user)
        delete = partial(owner.delete, self.path(row))
        answers = meet(delete, delete, at=partial(locked, row))
        assert [answer.status_code for answer in answers] == [204, 404]

    @commits
    @needs("patch")
    def test_lists_in_opposite_orders(self, owner: Caller) -> None:
        """Without an order of locks the first has its first row and the second its own, and each
        wants the other's as soon as the row in the middle is free."""
        first, middle, last = rows = [self.make(owner.user), *self.more(owner.user, 2)]
        name, value = next(iter(self.changes(owner.user).items()))
        bodies = [
            {"objects": [{"resource_uri": self.path(row), name: value} for row in order]}
            for order in ((first, middle, last), (last, middle, first))
        ]
        sends = [partial(owner.patch, self.list_path, body) for body in bodies]
        answers = meet(*sends, at=partial(locked, middle))
        assert [answer.status_code for answer in answers] == [202, 202]
        for answer, order in zip(answers, (rows, rows[::-1]), strict=True):
            uris = [found["resource_uri"] for found in answer.json()["objects"]]
            assert uris == [self.path(row) for row in order]
