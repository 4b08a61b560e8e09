"""Every ordering up and down, and the refused ones (Tastypie rules T90 to T102)."""

from __future__ import annotations

from typing import Any

from apps.api.resources import Resource
from apps.api.versions import NEWEST
from tests.contract.contract import RowContract, case, real_fields, refused
from tests.people import Caller

NO_MATCH = "No matching '{}' field for ordering on."


@case("ordered")
def orderings(resource: type[Resource]) -> list[str]:
    """The names listed for ordering that are fields."""
    fields = real_fields(resource)
    return [name for name in resource.ordering_in(NEWEST) if name in fields]


@case("all_ordered")
def together(resource: type[Resource]) -> list[str]:
    """All names listed for ordering at once, where there are any."""
    names = orderings(resource)
    return [",".join(names)] if names else []


class OrderContract(RowContract):
    """order_by."""

    def expected(self, caller: Caller, name: str) -> list[str]:
        """The keys of the visible rows ordered by a field, nulls first, then by id."""
        resource, path = self.resource, str(self.resource.fields[name].path())
        found: list[Any] = list(self.visible(caller, name).values_list(path, "pk", resource.key))
        found.sort(key=lambda row: (row[0] is not None, row[0], row[1]))
        return [str(key) for _, _, key in found]

    def test_up_and_down(self, owner: Caller, ordered: str) -> None:
        self.make(owner.user)
        self.more(owner.user, 3)
        expected = self.expected(owner, ordered)
        assert self.keys(owner.get(self.list_path, {"order_by": ordered})) == expected
        down = self.keys(owner.get(self.list_path, {"order_by": f"-{ordered}"}))
        assert down == expected[::-1]

    def test_several_keys(self, owner: Caller, all_ordered: str) -> None:
        self.make(owner.user)
        self.more(owner.user, 3)
        last, *others = (f"-{name}" for name in all_ordered.split(","))
        names = [*others, last]
        listed = self.keys(owner.get(self.list_path, {"order_by": ",".join(names)}))
        assert listed == self.keys(owner.get(self.list_path, {"order_by": names}))
        assert listed == self.keys(owner.get(self.list_path, {"sort_by": names}))

    def test_fields_not_listed(self, owner: Caller) -> None:
        for name in set(real_fields(self.resource)) - set(self.resource.ordering_in(NEWEST)):
            text = f"The '{name}' field does not allow ordering."
            refused(owner.get(self.list_path, {"order_by": name}), text)
            refused(owner.get(self.list_path, {"order_by": f"-{name}"}), text)

    def test_names_that_are_no_fields(self, owner: Caller) -> None:
        listed = set(self.resource.ordering_in(NEWEST)) - set(self.resource.fields)
        for name in ("", "nonsense", "pk", "ID", *listed):
            refused(owner.get(self.list_path, {"order_by": name}), NO_MATCH.format(name))
            refused(owner.get(self.list_path, {"order_by": f"-{name}"}), NO_MATCH.format(name))
