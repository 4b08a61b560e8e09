"""The endpoints of single kinds of data, with the ids of the datatypes that each is for.

The datatypes name their endpoints (fixtures/catalog/datatype.json). An empty tuple is for any:
`datafile` is an older name of `data`.
"""

from __future__ import annotations

from apps.api import versions
from apps.api.versions import OLDEST, Version
from apps.catalog import datatype_facts
from apps.catalog.datatype_facts import DatatypeFacts

ANY = "datafile"


def _datatypes() -> dict[str, tuple[int, ...]]:
    """Return the ids of the datatypes by the name of their endpoint, in the order of names."""
    found: dict[str, tuple[int, ...]] = {ANY: ()}
    for dataid, facts in datatype_facts.by_dataid().items():
        if facts.endpoint:
            found[facts.endpoint] = (*found.get(facts.endpoint, ()), dataid)
    return dict(sorted(found.items()))


DATATYPES = _datatypes()


def since(name: str) -> Version:
    """Return the version that first lists the endpoint. Version 3.3.x lacks a few."""
    facts = datatype_facts.by_dataid()
    return max((_listed_since(facts[dataid]) for dataid in DATATYPES[name]), default=OLDEST)


def _listed_since(facts: DatatypeFacts) -> Version:
    return versions.parse_version(facts.endpoint_since) if facts.endpoint_since else OLDEST


def summary(name: str) -> str:
    """Return a sentence about the endpoint."""
    ids = ", ".join(map(str, DATATYPES[name]))
    if not ids:
        return "An older name of `data`."
    several = "s" if len(DATATYPES[name]) > 1 else ""
    return f"Recorded data of datatype{several} {ids}, like `data`."
