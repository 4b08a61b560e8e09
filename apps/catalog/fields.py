"""Fields that only catalogue resources have."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Model

from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.fields import Field, Reader, require_fitting
from apps.api.relations import resolve_relation, sent_objects


class Steps(Field):
    """The steps of a training routine.

    They are objects whose `activitytype` is a URI on the wire and an id in the database (API
    reference, Training Routine).
    """

    type = "related"
    related = "to_many"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/activitytype/"

        def show(steps: list[dict[str, JSONValue]]) -> list[dict[str, object]]:
            return [_with_type(step, lambda key: f"{start}{key}/") for step in steps]

        return Reader((f"{prefix}{self.attribute}",), show)

    def accept(self, row: Model, value: JSONValue, context: Context) -> None:
        steps = sent_objects(self.name, value)
        require_fitting(self.name, value)
        target = registry.model_resource("activitytype")

        def key(sent: JSONValue) -> object:
            return resolve_relation(target, self.name, sent, context).pk

        setattr(row, str(self.attribute), [_with_type(step, key) for step in steps])


def _with_type(
    step: dict[str, JSONValue], change: Callable[[JSONValue], object]
) -> dict[str, object]:
    kind = step.get("activitytype")
    changed: dict[str, object] = (
        {**step, "activitytype": change(kind)} if kind is not None else {**step}
    )
    return dict(sorted(changed.items()))
