"""Creating, changing and deleting rows: Tastypie sections 7 to 13, all or nothing.

Every function runs inside the transaction of its request (apps/api/views.py opens it).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from django.db import IntegrityError, models, transaction

from apps.api.derived import Attached
from apps.api.errors import (
    BadRequest,
    CannedNotFound,
    Forbidden,
    InvalidFields,
    NotAllowedHere,
    NotFound,
    SeveralRows,
)
from apps.api.fields import Field, Text, column
from apps.api.relations import SENT_URI, ToOne
from apps.api.resources import DELETE, PUT

if TYPE_CHECKING:
    from apps.api.context import Context
    from apps.api.resources import ModelResource

Mode = Literal["post", "put", "patch"]


def find(resource: type[ModelResource], context: Context, text: str, *, words: bool = False) -> Any:
    """The visible row under a key of the URL.

    Raises NotFound, CannedNotFound for a key of the wrong type (NotFound too if `words` is set,
    rules T152, T180), or SeveralRows (rule T195).
    """
    try:
        key = resource.parse_key(text)
    except ValueError:
        raise NotFound if words else CannedNotFound from None
    found = list(resource.visible_rows(context).filter(**{resource.key: key})[:2])
    if len(found) > 1:
        raise SeveralRows
    if not found:
        raise NotFound
    return found[0]


def create(resource: type[ModelResource], context: Context, data: Any) -> Any:
    """A new row from a sent object (rules T103 to T142)."""
    members = members_of(resource, context, data)
    return _save(resource, context, resource.model(), members, "post")


def update(resource: type[ModelResource], context: Context, row: Any, data: Any, mode: Mode) -> Any:
    """Changes a row by PUT (T145 to T149) or PATCH (T158 to T163)."""
    check_change(resource, context, row)
    if mode == "patch" and not isinstance(data, dict):
        raise BadRequest("Invalid data sent.")
    return _save(resource, context, row, members_of(resource, context, data), mode)


def delete(resource: type[ModelResource], context: Context, row: Any) -> None:
    """Deletes a row the caller may change."""
    check_change(resource, context, row)
    row.delete()


def check_change(resource: type[ModelResource], context: Context, row: Any) -> None:
    """Raises Forbidden unless the caller may change the row as it stands."""
    if not resource.visible.may_change(context.caller, row):
        raise Forbidden(f"You are not allowed to change this {resource.name}.")


def members_of(resource: type[ModelResource], context: Context, data: Any) -> Mapping[str, Any]:
    """The members of a sent object; lists, texts and empty values have none (rule T127).

    Raises BadRequest for everything else, with the text of the first required relation where
    stock Tastypie gives that one.
    """
    if isinstance(data, dict):
        return data
    if isinstance(data, list | str) or not data:
        for field in resource.fields_in(context.version).values():
            if isinstance(field, ToOne) and not field.readonly and is_required(resource, field):
                raise _absent(field)
    raise BadRequest("Invalid data sent.")


def _save(
    resource: type[ModelResource],
    context: Context,
    row: Any,
    members: Mapping[str, Any],
    mode: Mode,
) -> Any:
    later: list[tuple[Attached, Any]] = []
    for field in resource.fields_in(context.version).values():
        if field.readonly:
            continue
        value = members.get(field.name, _ABSENT)
        if isinstance(field, Attached):
            if value is not _ABSENT or (mode == "put" and field.emptied_by_put):
                later.append((field, None if value is _ABSENT else value))
        else:
            _accept(resource, context, row, field, value, mode)
    resource.prepare(row, members, context)
    errors = resource.validate(row)
    if errors:
        raise InvalidFields(resource.name, errors)
    check_change(resource, context, row)
    _store(resource, row, mode)
    for attached, value in later:
        attached.attach(row, value, context)
    return row


_ABSENT = object()


def _accept(
    resource: type[ModelResource],
    context: Context,
    row: Any,
    field: Field,
    value: Any,
    mode: Mode,
) -> None:
    """Puts one sent, null or absent value into the row as the method has it."""
    if value is _ABSENT:
        if mode == "post" and is_required(resource, field):
            raise _absent(field)
        if mode == "put" and field.null and field.blank and not field.kept_by_put:
            field.accept_null(row)
    elif value is None:
        if field.null:
            field.accept_null(row)
        elif mode == "post" and is_required(resource, field):
            raise _absent(field)
    else:
        field.accept(row, value, context)


def is_required(resource: type[ModelResource], field: Field) -> bool:
    """A column that has no default and may not be null; texts default to "" (rule T108)."""
    if field.path() is None or field.prepared or isinstance(field, Text):
        return False
    found = column(resource.model, field)
    return (
        not found.null
        and not found.has_default()
        and not found.auto_created
        and (not isinstance(found, models.DateTimeField))
    )


def _absent(field: Field) -> BadRequest:
    return BadRequest(
        f"The '{field.name}' field has no data and doesn't allow a default or null value."
    )


def _store(resource: type[ModelResource], row: Any, mode: Mode) -> None:
    """Saves the row; a unique value already taken is the client's mistake (section 18)."""
    try:
        with transaction.atomic():
            row.save(force_insert=mode == "post")
    except IntegrityError:
        raise InvalidFields(
            resource.name, {"__all__": [f"A {resource.name} with these values exists already."]}
        ) from None


def change_list(resource: type[ModelResource], context: Context, data: Any) -> list[Any]:
    """PATCH of a list (rules T168 to T178): the rows created and changed, in order."""
    if isinstance(data, list):
        data = {}
    if not isinstance(data, dict):
        raise BadRequest("Invalid data sent.")
    if "objects" not in data:
        raise BadRequest("Invalid data sent: missing 'objects'")
    sent, gone = data["objects"], data.get("deleted_objects", [])
    if not isinstance(sent, list) or not isinstance(gone, list):
        raise BadRequest("Invalid data sent.")
    if (sent and PUT not in resource.detail_methods) or (
        gone and DELETE not in resource.detail_methods
    ):
        raise NotAllowedHere
    rows = [_change_one(resource, context, item) for item in sent]
    for uri in gone:
        delete(resource, context, _doomed(resource, context, uri))
    return rows


def _doomed(resource: type[ModelResource], context: Context, uri: Any) -> Any:
    """The row that an item of deleted_objects means; an unknown one ends it all (T176)."""
    try:
        return _by_uri(resource, context, uri)
    except NotFound:
        raise CannedNotFound from None


def _change_one(resource: type[ModelResource], context: Context, item: Any) -> Any:
    if not isinstance(item, dict):
        raise BadRequest("Invalid data sent.")
    if "resource_uri" not in item:
        return create(resource, context, item)
    try:
        row = _by_uri(resource, context, item["resource_uri"])
    except NotFound:
        return create(resource, context, item)
    return update(resource, context, row, item, "patch")


def _by_uri(resource: type[ModelResource], context: Context, uri: Any) -> Any:
    parts = SENT_URI.fullmatch(uri) if isinstance(uri, str) else None
    if not parts or parts["name"] != resource.name:
        raise CannedNotFound
    return find(resource, context, parts["key"])
