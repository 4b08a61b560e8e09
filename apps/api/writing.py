"""Creating, changing and deleting rows: Tastypie sections 7 to 13, all or nothing.

Every function runs inside the transaction of its request (apps/api/views.py opens it). A row is
locked before it is changed and stays locked until the end. So of two requests, the later one starts
from the result of the earlier one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from django.db import IntegrityError, models

from apps.api.bounds import MOST_OBJECTS
from apps.api.columns import ModifiedAt
from apps.api.derived import SavedAfterRow
from apps.api.errors import (
    BadRequest,
    CannedNotFound,
    Forbidden,
    InvalidFields,
    NotAllowedHere,
    NotFound,
    SeveralRows,
)
from apps.api.fields import Field, Text, column_of
from apps.api.relations import SENT_URI, ToOne
from apps.api.resources import DELETE, PUT

if TYPE_CHECKING:
    from apps.api.bodies import JSONValue
    from apps.api.context import Context
    from apps.api.resources import ModelResource

M = TypeVar("M", bound=models.Model)

Mode = Literal["post", "put", "patch"]
Purpose = Literal["change", "delete"]


class AlreadyThere(Exception):
    """A POST has been sent before, and `row` is what it made. A resource that can tell so raises
    this in `prepare`, after it has checked the rights."""

    def __init__(self, row: models.Model) -> None:
        super().__init__()
        self.row = row


class _Absent(Enum):
    """Stands for a field that was not sent."""

    ABSENT = "absent"


def find_row(
    resource: type[ModelResource[M]],
    context: Context,
    text: str,
    purpose: Purpose | None = None,
    *,
    words: bool = False,
) -> M:
    """Return the visible row under a key of the URL, locked if there is a purpose.

    Raise NotFound, CannedNotFound for a key of the wrong type (NotFound too if `words` is set,
    rules T152, T180), or SeveralRows (rule T195).
    """
    try:
        key = resource.parse_key(text)
    except ValueError:
        raise NotFound if words else CannedNotFound from None
    rows = resource.visible_rows(context).filter(**{resource.key: key})
    if purpose:
        rows = lock_rows(rows, purpose)
    return _single_row(list(rows[:2]))


def lock_rows(rows: models.QuerySet[M], purpose: Purpose) -> models.QuerySet[M]:
    """Return the same rows, locked by the statement. A row that is deleted meanwhile is left out.

    A change does not keep others from linking to the row. A deletion does, and takes the stronger
    lock at once, because strengthening a lock later can lead to deadlocks.
    """
    return rows.select_for_update(of=("self",), no_key=purpose == "change")


def _single_row(found: list[M]) -> M:
    if len(found) > 1:
        raise SeveralRows
    if not found:
        raise NotFound
    return found[0]


def create_row(resource: type[ModelResource[M]], context: Context, data: JSONValue) -> M:
    """Return a new row made from a sent object (rules T103 to T142)."""
    if resource.most_in_bulk:
        return resource.create_rows(context, [data], bulk=False)[0]
    members = members_of(resource, context, data)
    return _save_members(resource, context, resource.model(), members, "post")


def update_row(
    resource: type[ModelResource[M]], context: Context, row: M, data: JSONValue, mode: Mode
) -> M:
    """Change a locked row by PUT (T145 to T149) or PATCH (T158 to T163)."""
    check_change(resource, context, row)
    if mode == "patch" and not isinstance(data, dict):
        raise BadRequest("Invalid data sent.")
    return _save_members(resource, context, row, members_of(resource, context, data), mode)


def delete_row(resource: type[ModelResource[M]], context: Context, row: M) -> None:
    """Delete a locked row that the caller may change.

    Raise BadRequest if other people have rows that cannot exist without it.
    """
    check_change(resource, context, row)
    try:
        resource.remove(row, context)
    except models.ProtectedError:
        raise BadRequest(
            f"This {resource.name} cannot be deleted because other people use it."
        ) from None


def check_change(resource: type[ModelResource[M]], context: Context, row: M) -> None:
    """Raise Forbidden unless the caller may change the row in its present state."""
    if not resource.visible.may_change(context.caller, row):
        raise Forbidden(f"You are not allowed to change this {resource.name}.")


def members_of(
    resource: type[ModelResource[Any]], context: Context, data: JSONValue
) -> Mapping[str, JSONValue]:
    """Return the fields of a sent object. Lists, texts and empty values have none (rule T127).

    Raise BadRequest for everything else, with the text of the first required relation if stock
    Tastypie sends that.
    """
    if isinstance(data, dict):
        return data
    if isinstance(data, list | str) or not data:
        for field in resource.fields_in(context.version).values():
            if isinstance(field, ToOne) and not field.readonly and is_required(resource, field):
                raise absent_value(field)
    raise BadRequest("Invalid data sent.")


def _save_members(
    resource: type[ModelResource[M]],
    context: Context,
    row: M,
    members: Mapping[str, JSONValue],
    mode: Mode,
) -> M:
    before = _column_values(row)
    later: list[tuple[SavedAfterRow, JSONValue]] = []
    for field in resource.fields_in(context.version).values():
        if field.readonly:
            continue
        value = members.get(field.name, _Absent.ABSENT)
        if isinstance(field, SavedAfterRow):
            if value is not _Absent.ABSENT or (mode == "put" and field.emptied_by_put):
                later.append((field, None if value is _Absent.ABSENT else value))
        else:
            _accept_member(resource, context, row, field, value, mode)
    resource.prepare(row, members, context)
    errors = resource.validate(row)
    if errors:
        raise InvalidFields(resource.name, errors)
    check_change(resource, context, row)
    if mode == "post":
        _store_row(resource, row, force_insert=True)
    else:
        _store_row(resource, row, force_update=True, update_fields=_changed_fields(row, before))
    for attached, value in later:
        attached.attach(row, value, context)
    return row


def _accept_member(
    resource: type[ModelResource[M]],
    context: Context,
    row: M,
    field: Field,
    value: JSONValue | _Absent,
    mode: Mode,
) -> None:
    """Apply one field, which may be sent, null or absent, as the method demands."""
    if value is _Absent.ABSENT:
        if mode == "post" and is_required(resource, field):
            raise absent_value(field)
        if mode == "put" and field.null and field.blank and not field.kept_by_put:
            field.accept_null(row)
    elif value is None:
        if field.null:
            field.accept_null(row)
        elif mode == "post" and is_required(resource, field):
            raise absent_value(field)
    else:
        field.accept(row, value, context)


def is_required(resource: type[ModelResource[Any]], field: Field) -> bool:
    """Return whether a field has no default and may not be null. Texts default to "" (rule
    T108)."""
    if field.path() is None or field.prepared or isinstance(field, Text):
        return False
    found = column_of(resource.model, field)
    return (
        not (found.null and field.null)
        and not found.has_default()
        and not found.auto_created
        and (not isinstance(found, models.DateTimeField))
    )


def absent_value(field: Field) -> BadRequest:
    """Return the refusal of an object that lacks a required field."""
    return BadRequest(
        f"The '{field.name}' field has no data and doesn't allow a default or null value."
    )


def _column_values(row: models.Model) -> dict[str, Any]:
    """Return the values of the row's columns."""
    names = (each.attname for each in row._meta.concrete_fields)
    return {name: row.__dict__.get(name) for name in names}


def _changed_fields(row: models.Model, before: Mapping[str, Any]) -> list[str]:
    """Return the fields that were set since, and those that note the time of each save (rule T166).

    Objects are compared by identity, because in Python {"on": 1} equals {"on": true}.
    """
    return [
        each.name
        for each in row._meta.concrete_fields
        if isinstance(each, ModifiedAt)
        or row.__dict__.get(each.attname) is not before[each.attname]
    ]


def differing_columns(row: M, before: M) -> set[str]:
    """Return the columns in which a row is another than it was before."""
    columns = (each.attname for each in row._meta.concrete_fields)
    return {name for name in columns if getattr(row, name) != getattr(before, name)}


def _store_row(resource: type[ModelResource[M]], row: M, **how: Any) -> None:
    """Save the row. A unique value that is already taken is the client's mistake (Tastypie section
    18).

    The error makes the transaction unusable, but the refusal ends it anyway.
    """
    try:
        row.save(**how)
    except IntegrityError:
        raise InvalidFields(
            resource.name, {"__all__": [f"A {resource.name} with these values already exists."]}
        ) from None


@dataclass(frozen=True)
class SentList:
    """The body of a PATCH of a list: rows to create or change, and URIs of rows to delete."""

    objects: list[JSONValue]
    deleted: list[JSONValue]


def read_list(data: JSONValue) -> SentList:
    """Return what was sent. Raise BadRequest for a body of another shape (rules T172, T173)."""
    if isinstance(data, list | str):
        data = {}
    if not isinstance(data, dict):
        raise BadRequest("Invalid data sent.")
    if "objects" not in data:
        raise BadRequest("Invalid data sent: missing 'objects'")
    deleted = data.get("deleted_objects") or []
    return SentList(_items_of(data["objects"]), _items_of(deleted))


def change_list(resource: type[ModelResource[M]], context: Context, sent: SentList) -> list[M]:
    """Apply a PATCH of a list and return the created and changed rows, in order (rules T168 to
    T178)."""
    if sent.objects and PUT not in resource.detail_methods:
        raise NotAllowedHere
    if sent.deleted and DELETE not in resource.detail_methods:
        raise NotAllowedHere
    if len(sent.objects) + len(sent.deleted) > MOST_OBJECTS:
        raise BadRequest(f"A PATCH of a list takes at most {MOST_OBJECTS} objects.")
    named = _Named(resource, context, sent)
    rows = [_change_one(resource, context, named, item) for item in sent.objects]
    deleted = [named.take(uri) for uri in sent.deleted]
    for row in deleted:
        delete_row(resource, context, row)
    resource.settle([*rows, *deleted])
    return rows


def _items_of(value: JSONValue) -> list[JSONValue]:
    """Return the items of a value that is sent as a list. Raise BadRequest if it has none.

    A text has its letters as items, and an object its names (rule T173).
    """
    if not isinstance(value, list | str | dict):
        raise BadRequest("Invalid data sent.")
    return list(value)


def _change_one(
    resource: type[ModelResource[M]], context: Context, named: _Named[M], item: JSONValue
) -> M:
    if not isinstance(item, dict | list | str):
        raise BadRequest("Invalid data sent.")
    if not isinstance(item, dict) or "resource_uri" not in item:
        return create_row(resource, context, item)
    try:
        row = named.find(item["resource_uri"])
    except NotFound:
        return create_row(resource, context, item)
    return update_row(resource, context, row, item, "patch")


class _Named(Generic[M]):
    """The visible rows that a PATCH of a list names by their URIs, all locked.

    They are locked in ascending order, whatever the order in the body. If all requests lock rows in
    the same order, they never wait for each other in a circle.
    """

    def __init__(self, resource: type[ModelResource[M]], context: Context, sent: SentList) -> None:
        self.resource = resource
        self.rows: dict[int | str, list[M]] = {}
        changed = [item.get("resource_uri") for item in sent.objects if isinstance(item, dict)]
        named = (self._key(uri) for uri in (*changed, *sent.deleted))
        keys = {key for key in named if key is not None}
        if not keys:
            return
        rows = resource.visible_rows(context).filter(**{f"{resource.key}__in": keys})
        locked = lock_rows(rows, "delete" if sent.deleted else "change")
        for row in locked.order_by("pk"):
            self.rows.setdefault(getattr(row, resource.key), []).append(row)

    def find(self, uri: JSONValue) -> M:
        """Return the row. Raise CannedNotFound for a malformed URI, and NotFound if there is no
        row."""
        key = self._key(uri)
        if key is None:
            raise CannedNotFound
        return _single_row(self.rows.get(key, []))

    def take(self, uri: JSONValue) -> M:
        """Return the row, which can be taken once. Raise CannedNotFound if there is none (rule
        T176)."""
        try:
            row = self.find(uri)
        except NotFound:
            raise CannedNotFound from None
        del self.rows[getattr(row, self.resource.key)]
        return row

    def _key(self, uri: JSONValue) -> int | str | None:
        """Return the key in a URI of the resource, or None for anything else."""
        parts = SENT_URI.fullmatch(uri) if isinstance(uri, str) else None
        if not parts or parts["name"] != self.resource.name:
            return None
        try:
            return self.resource.parse_key(parts["key"])
        except ValueError:
            return None
