"""JSON Schemas of reports and distributions, as OpenAPI shows them."""

from __future__ import annotations

from typing import Any

from apps.api.versions import Version

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_LINK: Schema = {"type": "string", "format": "uri-reference"}
_WHOLE: Schema = {"type": "integer"}
_NUMBERS: Schema = {"type": "array", "items": {"type": "number"}}


def _closed(members: dict[str, Schema]) -> Schema:
    """An object with all of these members and no others."""
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


def _many(items: Schema) -> Schema:
    return {"type": "array", "items": items}


_TIMERANGE = _closed({"end": {"type": ["integer", "null"]}, "start": _WHOLE, "user": _LINK})
_UNIT = _closed(
    {"id": _WHOLE, "info": _TEXT, "resource_uri": _LINK, "si_long": _TEXT, "si_short": _TEXT}
)
_NAMED = {"id": _WHOLE, "name": _TEXT, "resource_uri": _LINK, "title": _TEXT, "unit": _UNIT}
_METRIC = _closed(
    {
        **_NAMED,
        "outputtype": {"const": "value"},
        "value": {"type": ["number", "null"]},
        "zone": {"type": ["integer", "null"]},
        "zones": _NUMBERS,
    }
)
_HISTOGRAM = _closed(
    {
        **_NAMED,
        "outputtype": {"const": "histogram"},
        "value": {
            "type": ["array", "null"],
            "items": _NUMBERS,
            "minItems": 2,
            "maxItems": 2,
            "description": "The middles of the bins, and how many samples are in each.",
        },
    }
)
_OF_2014 = _closed(
    {
        "count": _WHOLE,
        "data": _many(_many({"type": "object"})),
        "name": _TEXT,
        "outputtype": {"const": "list"},
        "record": {"type": ["object", "null"]},
        "report": _LINK,
        "title": _TEXT,
    }
)


def report_schema(version: Version, *, distribution: bool) -> Schema:
    """Return the schema of a report, by itself or for each day, or of a distribution."""
    if version == Version.V2_0:
        return _OF_2014
    histograms = {"histograms": _many(_HISTOGRAM)} if distribution else {}
    metrics = _many({"anyOf": [_METRIC, _HISTOGRAM]})
    one = _closed({**histograms, "metrics": metrics, "timeranges": _many(_TIMERANGE)})
    by_day = _closed({"count": _WHOLE, "data": _many(one)})
    return one if distribution else {"anyOf": [one, by_day]}
