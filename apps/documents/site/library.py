"""Which pages `/docs/` has: the guides of the folder docs/, and a page for each resource.

A page is named by its path in that folder, without `.md`: `quickstart`, `reasons/bad_login`,
`resources/range`. Pages of resources are made from the declarations. The README and the changelog
lie beside the folder.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apps.documents import pages, parity
from hexostore import bundle

FOLDER = bundle.FOLDER / "docs"
INDEX = "index"
BESIDE = {"readme": "README.md", "changelog": "CHANGELOG.md"}
"""Pages that are not in the folder, with their files."""

RESOURCES = "resources/"

_LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s#]+\.md)[^)]*\)")
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_GENERATED = re.compile(r"\A(?:<!--.*?-->\s*)+", re.DOTALL)


@dataclass(frozen=True)
class Entry:
    """A page in a list: what it is called there, and its address."""

    title: str
    address: str


@cache
def page_names() -> tuple[str, ...]:
    """Return the names of all pages: guides in alphabetical order, and then resources."""
    files = (file.relative_to(FOLDER).with_suffix("") for file in FOLDER.rglob("*.md"))
    guides = sorted(name for name in map(Path.as_posix, files) if not name.startswith(RESOURCES))
    resources = [f"{RESOURCES}{name}" for name in (INDEX, *parity.all_resources())]
    return (*guides, *BESIDE, *resources)


def text_of(name: str) -> str:
    """Return a page as Markdown. Raise KeyError if there is none of that name."""
    if name not in page_names():
        raise KeyError(name)
    if name.startswith(RESOURCES):
        return pages.text_of(name.removeprefix(RESOURCES))
    file = bundle.FOLDER / BESIDE[name] if name in BESIDE else FOLDER / f"{name}.md"
    return _GENERATED.sub("", file.read_text(encoding="utf-8"))


@cache
def title_of(name: str) -> str:
    """Return the heading of a page. Raise KeyError if there is no such page."""
    found = _TITLE.search(text_of(name))
    return found[1].replace("`", "") if found else name


def address_of(name: str) -> str:
    """Return the path at which a page is served.

    A guide goes before a resource of its name, which then has only its published address.
    """
    if name == f"{RESOURCES}{INDEX}":
        return "/docs/resource/"
    if name.startswith(RESOURCES):
        bare = name.removeprefix(RESOURCES)
        return f"/docs/resource/{bare}/" if bare in page_names() else f"/docs/{bare}/"
    bare = name.removesuffix(INDEX)
    return f"/docs/{bare}" if bare.endswith("/") or not bare else f"/docs/{bare}/"


def name_at(place: str) -> str | None:
    """Return the name of the page whose address ends with `place`, which has no slash around it;
    None if there is none."""
    names = page_names()
    candidates = (place or INDEX, f"{place}/{INDEX}", f"{RESOURCES}{place}")
    return next((name for name in candidates if name in names), None)


def resolve(name: str, target: str) -> str | None:
    """Return the name of the page that a link on page `name` leads to; None for everything else."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(name), target))
    if name in BESIDE:
        path = posixpath.normpath(target)
    beside = {file: each for each, file in BESIDE.items()}
    found = beside.get(path) or path.removeprefix("docs/").removesuffix(".md")
    return found if path.endswith(".md") and found in page_names() else None


@cache
def guides() -> tuple[Entry, ...]:
    """Return the guides in the order in which the index names them, each once."""
    named = (resolve(INDEX, target) for target in _LINK.findall(text_of(INDEX)))
    found = dict.fromkeys(name for name in named if name and not name.startswith(RESOURCES))
    return tuple(Entry(title_of(name), address_of(name)) for name in found)


@cache
def resource_groups() -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    """Return the resources in groups, each group with its title."""
    return tuple(
        (title, tuple(Entry(each.name, address_of(f"{RESOURCES}{each.name}")) for each in found))
        for title, found in pages.grouped_resources()
    )


def text_of_catalogue() -> str:
    """Return the page with the table of data types."""
    return pages.text_of(pages.CATALOGUE)


def all_texts() -> Iterator[tuple[str, str]]:
    """Yield each page with its text."""
    for name in page_names():
        yield name, text_of(name)
