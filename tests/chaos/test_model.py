"""The model tells what must never be seen from what may."""

from __future__ import annotations

import pytest

from tests.chaos.model import EXISTS, Birth, Change, Model, Observed

ROW, OTHER = "/api/label/1/", "/api/label/2/"


def model_of(**names: str) -> Model:
    """A model whose rows have the names given, by the last letter of the argument."""
    model = Model()
    model.adopt({f"/api/label/{key[1:]}/": {"name": name} for key, name in names.items()})
    return model


def kinds(model: Model, observed: Observed) -> list[str]:
    return sorted(violation.kind for violation in model.judge(observed))


def shown(**names: str) -> Observed:
    return {f"/api/label/{key[1:]}/": {"name": name} for key, name in names.items()}


def rename(model: Model, **names: str) -> Change:
    return model.change({(f"/api/label/{key[1:]}/", "name"): name for key, name in names.items()})


def test_what_is_acknowledged_and_shown_holds() -> None:
    model = model_of(_1="a")
    model.acknowledge(rename(model, _1="b"))
    assert kinds(model, shown(_1="b")) == []


@pytest.mark.parametrize("seen", [shown(_1="a"), shown(_1="c"), {}])
def test_an_acknowledged_change_that_is_not_shown_is_lost(seen: Observed) -> None:
    model = model_of(_1="a")
    model.acknowledge(rename(model, _1="b"))
    assert kinds(model, seen) == ["lost"]


def test_a_deleted_row_that_is_shown_has_returned() -> None:
    model = model_of(_1="a")
    model.acknowledge(model.change({(ROW, EXISTS): False}))
    assert kinds(model, shown(_1="a")) == ["returned"]


def test_a_row_that_nobody_asked_for() -> None:
    assert kinds(model_of(), shown(_1="a")) == ["unknown"]


@pytest.mark.parametrize("seen", [shown(_1="a", _2="a"), shown(_1="b", _2="b")])
def test_a_change_in_doubt_may_be_there_or_not(seen: Observed) -> None:
    model = model_of(_1="a", _2="a")
    model.doubt(rename(model, _1="b", _2="b"))
    assert kinds(model, seen) == []
    assert kinds(model, seen) == []  # and then is the truth


@pytest.mark.parametrize("seen", [shown(_1="b", _2="a"), shown(_1="a", _2="b")])
def test_a_change_in_doubt_that_is_half_there(seen: Observed) -> None:
    model = model_of(_1="a", _2="a")
    model.doubt(rename(model, _1="b", _2="b"))
    assert "half" in kinds(model, seen)


def test_a_member_that_a_change_leaves_as_it_is_tells_nothing_of_it() -> None:
    model = model_of(_1="a", _2="a")
    model.doubt(rename(model, _1="a", _2="b"))
    assert kinds(model, shown(_1="a", _2="a")) == []


def test_another_value_than_before_and_after_is_a_loss_and_no_half() -> None:
    model = model_of(_1="a", _2="b")
    model.doubt(rename(model, _1="c", _2="c"))
    assert kinds(model, shown(_1="a", _2="older")) == ["lost"]


def test_what_was_in_doubt_and_not_there_does_not_come_later() -> None:
    model = model_of(_1="a")
    model.doubt(rename(model, _1="b"))
    assert kinds(model, shown(_1="a")) == []
    assert kinds(model, shown(_1="b")) == ["lost"]


@pytest.mark.parametrize("seen", [shown(_1="a"), {}])
def test_a_deletion_in_doubt(seen: Observed) -> None:
    model = model_of(_1="a")
    model.doubt(model.change({(ROW, EXISTS): False}))
    assert kinds(model, seen) == []


def test_a_change_of_a_row_that_is_deleted_meanwhile() -> None:
    model = model_of(_1="a")
    model.doubt(rename(model, _1="b"))
    model.acknowledge(model.change({(ROW, EXISTS): False}))
    assert kinds(model, {}) == []


def test_a_row_is_in_doubt_until_the_store_was_looked_at() -> None:
    model = model_of(_1="a", _2="a")
    model.doubt(rename(model, _1="b"))
    assert (model.in_doubt(ROW), model.in_doubt(OTHER)) == (True, False)
    model.judge(shown(_1="a", _2="a"))
    assert not model.in_doubt(ROW)


NEW = {"name": "new", "user": "me"}


@pytest.mark.parametrize(
    ("seen", "acknowledged", "found"),
    [
        ({}, False, []),
        ({}, True, ["lost"]),
        ({ROW: NEW}, False, []),
        ({ROW: NEW}, True, []),
        ({ROW: {"name": "new", "user": None}}, False, ["half"]),
        ({ROW: NEW, OTHER: NEW}, True, ["twice"]),
    ],
)
def test_a_new_row_without_a_known_uri(
    seen: Observed, acknowledged: bool, found: list[str]
) -> None:
    model = Model()
    model.expect(Birth("label", "name", NEW, acknowledged))
    assert kinds(model, seen) == found


def test_rows_are_given_by_resource() -> None:
    model = model_of(_1="a", _2="b")
    model.acknowledge(model.change({(OTHER, EXISTS): False}))
    assert list(model.rows("label")) == [ROW]
    assert model.rows("range") == {}
