"""Members that only catalogue resources have."""

from __future__ import annotations

from typing import Any

from apps.api import registry
from apps.api.context import Context
from apps.api.errors import BadRequest
from apps.api.fields import Field, Reader, require_fitting
from apps.api.relations import require_short, resolve


class Steps(Field):
    """The steps of a training routine: objects whose `activitytype` is a URI on the wire and
    an id in the store (API reference, Training Routine)."""

    type = "related"
    related = "to_many"

    def reader(self, context: Context, prefix: str = "") -> Reader:
        start = f"{context.prefix}/activitytype/"

        def show(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
            return [_with_type(step, lambda key: f"{start}{key}/") for step in steps]

        return Reader((f"{prefix}{self.attribute}",), show)

    def accept(self, row: Any, value: Any, context: Context) -> None:
        if not isinstance(value, list) or not all(isinstance(step, dict) for step in value):
            raise BadRequest(
                f"The '{self.name}' field was given data that is not a list of objects."
            )
        require_short(self.name, value)
        require_fitting(self.name, value)
        target = registry.resource("activitytype")

        def key(sent: Any) -> Any:
            return resolve(target, self.name, sent, context).pk

        setattr(row, str(self.attribute), [_with_type(step, key) for step in value])


def _with_type(step: dict[str, Any], change: Any) -> dict[str, Any]:
    kind = step.get("activitytype")
    changed = {**step, "activitytype": change(kind)} if kind is not None else step
    return dict(sorted(changed.items()))
