"""Elements by their local names."""

from __future__ import annotations

from functools import lru_cache

from lxml.etree import _Element as Element


def local_name(element: Element) -> str:
    """Return the name of an element without its namespace; "" for what is no element."""
    return bare_name(element.tag) if isinstance(element.tag, str) else ""


@lru_cache(1024)
def bare_name(tag: str) -> str:
    """Return a tag without its namespace, or without a prefix that is not declared."""
    return tag.rpartition("}")[2].rpartition(":")[2]


def child_of(element: Element, name: str) -> Element | None:
    """Return the first child with a local name."""
    return next((child for child in element if local_name(child) == name), None)


def child_text(element: Element, *names: str) -> str:
    """Return the stripped text of the first descendant along these local names, or ""."""
    for name in names:
        found = child_of(element, name)
        if found is None:
            return ""
        element = found
    return (element.text or "").strip()


def drop_before(element: Element) -> None:
    """Remove the elements before this one from their parent."""
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]


def drop_twin_before(element: Element) -> None:
    """Remove the element before this one if it has the same name."""
    parent, before = element.getparent(), element.getprevious()
    if parent is not None and before is not None and before.tag == element.tag:
        parent.remove(before)
