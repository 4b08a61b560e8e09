"""Labels and what they stand on: `/api/label/` and `/api/labelledobject/`."""

from __future__ import annotations

from collections.abc import Mapping

from apps.access.visibility import OwnedBy
from apps.api import registry
from apps.api.bodies import JSONValue
from apps.api.context import Context
from apps.api.derived import URI
from apps.api.fields import Id, Text
from apps.api.lookups import KEY
from apps.api.relations import ToOne
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, ModelResource
from apps.records.fields import LabelledThing
from apps.records.models import Label, LabelledObject


@registry.register_resource
class LabelResource(ModelResource[Label]):
    name = "label"
    summary = "A word that a user puts on ranges and other objects."
    model = Label
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "id": Id(readonly=True, unique=True),
        "name": Text(help="The word on the label."),
        "resource_uri": URI(),
        "user": ToOne("user", help="Whose label it is."),
    }
    filtering = {"id": KEY, "user": KEY}
    visible = OwnedBy("user")


@registry.register_resource
class LabelledObjectResource(ModelResource[LabelledObject]):
    name = "labelledobject"
    summary = "A label on an object of any resource."
    model = LabelledObject
    list_methods = (GET, POST, PATCH)
    detail_methods = (GET, PUT, PATCH, DELETE)
    fields = {
        "id": Id(readonly=True, unlisted=True),
        "label": ToOne("label", help="The label."),
        "object": LabelledThing(help="The object, of any resource."),
        "resource_uri": URI(),
        "user": ToOne("user", null=True, help="Whose label it is."),
    }
    filtering = {"id": KEY, "label": KEY, "user": KEY}
    visible = OwnedBy("user")

    @classmethod
    def prepare(cls, row: LabelledObject, data: Mapping[str, JSONValue], context: Context) -> None:
        if row.user_id is None:
            row.user_id = row.label.user_id

    @classmethod
    def validate(cls, row: LabelledObject) -> dict[str, list[str]]:
        return {} if row.object_type else {"object": ["This field is required."]}
