"""A Markdown page for each resource, in the layout of the original documentation.

docs/resources has the same text that the server shows at /docs/ (views.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path

from apps.api import registry
from apps.api.fields import Field
from apps.api.relations import Relation
from apps.api.resources import Resource
from apps.api.versions import NEWEST, OLDEST
from apps.documents import examples, help_texts, parity
from hexostore.hexotime import TICKS_PER_SECOND

INDEX, CATALOGUE = "index", "data types"
GROUPS = {
    "accounts": "People and devices",
    "access": "Sharing",
    "records": "Records and ranges",
    "signals": "Data",
    "single": "Single kinds of data",
    "tracks": "Tracks",
    "exchange": "Activity files",
    "metrics": "Metrics",
    "fitness": "Fitness",
    "studies": "Studies",
    "catalog": "Catalogue",
    "enrolment": "Operations on users",
    "credentials": "Keys and tokens",
    "bookkeeping": "Bookkeeping",
}
"""The title of the resources of each app, in the order of the list."""

_OLDER = "In older versions only"

TITLES = {INDEX: "Resources", CATALOGUE: "Data types"}
"""The pages that are not about a single resource."""

GENERATED = "<!-- Written by bin/docs from the declarations; changes here are lost. -->\n\n"


def write_pages(folder: Path) -> int:
    """Write all pages into a folder and delete the others there. Return the number of pages."""
    wanted = all_pages()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if old.stem not in wanted:
            old.unlink()
    for name, text in wanted.items():
        (folder / f"{name}.md").write_text(GENERATED + text)
    return len(wanted)


def all_pages() -> dict[str, str]:
    """Return every page by its name; the list of them is `index`."""
    resources = parity.all_resources()
    return {INDEX: index_page(), **{name: resource_page(each) for name, each in resources.items()}}


def text_of(name: str) -> str:
    """Return a page by the name of its resource, or one of TITLES."""
    if name == INDEX:
        return index_page()
    return datatypes_page() if name == CATALOGUE else resource_page(parity.all_resources()[name])


def datatypes_page() -> str:
    """Return all data types in the only table of the page. A published program reads each row of
    the page as one."""
    about = "What can be recorded. The resource has [a page of its own](datatype.md)."
    return f"# {TITLES[CATALOGUE]}\n\n{about}\n\n{_data_types()}\n"


def index_page() -> str:
    """Return the list of resources in groups, one line each."""
    parts = ["# Resources", "Every entry of `/api/` in the newest version."]
    parts += [f"## {title}\n\n{_list_resources(found)}" for title, found in grouped_resources()]
    below = [
        f"- `/api/{name}/{help_texts.readable_path(pattern)}/`: {each.summary}"
        for name, pattern, each in registry.all_below()
    ]
    if below:
        parts.append("## Below a detail\n\n" + "\n".join(below))
    return "\n\n".join(parts) + "\n"


def grouped_resources() -> list[tuple[str, list[type[Resource]]]]:
    """Return the resources of the newest version in groups, in the order of GROUPS; those of older
    versions only come last."""
    found: dict[str, list[type[Resource]]] = {title: [] for title in (*GROUPS.values(), _OLDER)}
    for each in parity.all_resources().values():
        found[_group_of(each)].append(each)
    return [(title, resources) for title, resources in found.items() if resources]


def _group_of(resource: type[Resource]) -> str:
    if resource.until < NEWEST:
        return _OLDER
    app = resource.__module__.split(".")[1]
    return GROUPS["single" if app == "signals" and resource.name != "data" else app]


def _list_resources(resources: Iterable[type[Resource]]) -> str:
    return "\n".join(f"- [{each.name}]({each.name}.md): {each.summary}" for each in resources)


def resource_page(resource: type[Resource]) -> str:
    """Return the page of a resource."""
    return "\n\n".join(_page_sections(resource)) + "\n"


def _page_sections(resource: type[Resource]) -> Iterator[str]:
    yield f"# {resource.name}"
    yield help_texts.describe_resource(resource)
    yield from _notes_on_versions(resource)
    yield f"## List methods\n\n{_list_methods(resource.list_methods, f'/api/{resource.name}/')}"
    detail = f"/api/{resource.name}/{{{getattr(resource, 'key', 'key')}}}/"
    yield f"## Detail methods\n\n{_list_methods(resource.detail_methods, detail)}"
    yield f"## Fields\n\n{_table_of_fields(resource)}"
    yield f"## Filtering options\n\n{_list_filters(resource)}"
    yield f"## Sorting options\n\n{_list_orders(resource)}"
    for name, pattern, each in registry.all_below():
        if name == resource.name:
            yield from _sections_below(name, pattern, each)
    if resource.name == "datatype":
        yield f"## Data types\n\n{_data_types()}"
    yield from _example_section(resource)


def _data_types() -> str:
    """Return the data types by number.

    A published program makes its constants from this table. It reads the name from the link in the
    first cell and the number from the second.
    """
    rows = [
        (
            f"[{each['name']}](data.md)",
            str(each["dataid"]),
            _samples_per_second(each["hexo_freq"]),
            each["unit"],
            each["info"],
        )
        for each in sorted(examples.data_types(), key=itemgetter("dataid"))
    ]
    return _make_table(("Name", "Id", "Samples per second", "Unit", "What it is"), rows)


def _samples_per_second(ticks_between: int | None) -> str:
    return f"{TICKS_PER_SECOND / ticks_between:g}" if ticks_between else ""


def _notes_on_versions(resource: type[Resource]) -> Iterator[str]:
    if resource.since > OLDEST:
        yield f"Since version {resource.since.text}."
    if resource.listed_since > resource.since:
        yield f"`/api/` names it since version {resource.listed_since.text}."
    if resource.until < NEWEST:
        yield f"Until version {resource.until.text}, which `X-HexoAPIVersion` selects."
    if not resource.needs_login:
        yield "No login is needed."
    elif resource.open_details:
        yield "Details need no login, because their key is a secret."
    if resource.produced:
        each = (f"`{kind}` (`?format={name}`)" for kind, name in resource.produced.items())
        yield f"Formats besides JSON, chosen by `Accept` or `format`: {', '.join(each)}."


def _list_methods(methods: tuple[str, ...], path: str) -> str:
    if not methods:
        return "None."
    return "\n".join(f"- `{method.upper()} {path}`" for method in methods)


def _table_of_fields(resource: type[Resource]) -> str:
    rows = [
        (
            f"`{field.name}`",
            _type_with_link(field),
            ", ".join(help_texts.field_flags(field)),
            _default_as_code(field),
            _versions_of_field(field),
            help_texts.help_text(resource, field),
        )
        for _, field in sorted(resource.fields.items())
        if not field.unlisted
    ]
    return _make_table(("Name", "Type", "Flags", "Default", "Versions", "Help"), rows)


def _type_with_link(field: Field) -> str:
    if isinstance(field, Relation) and field.related and registry.find_resource(field.to):
        return f"{field.related} [{field.to}]({field.to}.md)"
    return help_texts.field_type(field)


def _default_as_code(field: Field) -> str:
    found = help_texts.field_default(field)
    return "" if found is None else f"`{json.dumps(found)}`"


def _versions_of_field(field: Field) -> str:
    since = f"since {field.since.text}" if field.since > OLDEST else ""
    until = f"until {field.until.text}" if field.until < NEWEST else ""
    return " ".join(filter(None, (since, until)))


def _list_filters(resource: type[Resource]) -> str:
    options = resource.filtering_in(resource.until)
    lines = [f"- `{name}`: {help_texts.lookups_of(options[name])}" for name in sorted(options)]
    return "\n".join(lines) or "None."


def _list_orders(resource: type[Resource]) -> str:
    names = resource.ordering_in(resource.until)
    return ", ".join(f"`{name}`" for name in names) + "." if names else "None."


def _sections_below(name: str, pattern: str, resource: type[Resource]) -> Iterator[str]:
    path = f"/api/{name}/{help_texts.readable_path(pattern)}/"
    yield f"## {path}"
    yield help_texts.describe_resource(resource)
    yield _list_methods(resource.list_methods, path)
    if resource.fields:
        yield _table_of_fields(resource)
    if resource.filtering:
        yield f"Filters:\n\n{_list_filters(resource)}"


def _make_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return "None."
    kept = [i for i, name in enumerate(head) if i == 0 or any(row[i] for row in rows)]
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(
        f"| {' | '.join(line[i].replace('|', '&#124;') for i in kept)} |" for line in lines
    )


def _example_section(resource: type[Resource]) -> Iterator[str]:
    found = examples.all_examples().get(resource.name)
    if found is None:
        return
    yield "## Example"
    whose = f" to the {found['by']} of the demo world" if resource.needs_login else ""
    yield f"`GET {found['path']}`"
    yield f"The response{whose}, shortened where it has `…`:"
    yield f"```json example\n{json.dumps(found['body'], indent=2, ensure_ascii=False)}\n```"
