"""Faults in answers that are JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from apps.control.faults.actions import FaultAction, Gap

Values = list[Any]
Change = Callable[[object, FaultAction], bool]
"""Changes parsed JSON, and returns whether it had what is changed."""


def change_json(content: bytes, action: FaultAction, resource: str) -> bytes | None:
    """Return JSON with the fault in it; None if it has nothing that the fault changes."""
    try:
        found = json.loads(content)
    except ValueError:
        return None
    changed = _find_change(action, resource)(found, action)
    return _written(found, content) if changed else None


def _written(found: object, before: bytes) -> bytes:
    """Return JSON with blanks or without, as it was before."""
    separators = (", ", ": ") if b'": ' in before[:_BEGINNING] else (",", ":")
    return json.dumps(found, ensure_ascii=False, separators=separators).encode()


_BEGINNING = 1000


def _find_change(action: FaultAction, resource: str) -> Change:
    if action.repeat_row:
        return _repeat_row
    if action.record_status is not None:
        return _set_status if resource == "record" else _change_nothing
    if action.missing_channel is not None:
        return _remove_channel
    if action.gap is not None:
        return _remove_part
    return _change_count if action.samples is not None else _change_nothing


def _change_nothing(_found: object, _action: FaultAction) -> bool:
    return False


def _repeat_row(found: object, _action: FaultAction) -> bool:
    """Put the last row of a page there twice, as a page does when rows are added meanwhile."""
    rows = found.get("objects") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not rows:
        return False
    rows.append(rows[-1])
    return True


def _set_status(found: object, action: FaultAction) -> bool:
    """Give each record of a list, or the only one, another status."""
    rows = found.get("objects", [found]) if isinstance(found, dict) else []
    records = [each for each in rows if isinstance(each, dict) and "status" in each]
    for record in records:
        record["status"] = action.record_status
    return bool(records)


def _channels(found: object) -> Iterator[dict[str, Values]]:
    """Yield the values by data type, of each user."""
    for each in found if isinstance(found, list) else []:
        if isinstance(each, dict) and isinstance(each.get("data"), dict):
            yield each["data"]


def _remove_channel(found: object, action: FaultAction) -> bool:
    removed = [each.pop(str(action.missing_channel), None) for each in _channels(found)]
    return any(values is not None for values in removed)


def _remove_part(found: object, action: FaultAction) -> bool:
    gap = action.gap or Gap()
    wanted = None if gap.datatype is None else str(gap.datatype)
    count = 0
    for channels in _channels(found):
        for name, values in channels.items():
            if wanted in {None, name}:
                begin, end = (int(len(values) * part) for part in (gap.begin, gap.end))
                count += end - begin
                del values[begin:end]
    return count > 0


def _change_count(found: object, action: FaultAction) -> bool:
    """Remove the last value of each channel, or have it there twice."""
    lists = [values for each in _channels(found) for values in each.values() if values]
    for values in lists:
        if action.samples == 1:
            values.append(values[-1])
        else:
            values.pop()
    return bool(lists)
