"""Markdown of our pages as HTML: links lead to addresses, headings can be linked to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from apps.documents.site import library

_FILES = re.compile(r"docs/(images/[\w-]+\.png|examples/[\w.-]+)")
_ABROAD = re.compile(r"[a-z]+:|#|/")
_REPLACED = {
    "<table>": '<div class="wide" tabindex="0"><table>',
    "</table>": "</table></div>",
    "<th></th>": "<td></td>",
    "<pre>": '<pre tabindex="0">',
}
"""What can be wider than a phone is scrolled by keys as well, and no heading is empty."""

_parser = MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def render(name: str) -> str:
    """Return a page as HTML. Raise KeyError if there is none of that name.

    Pages do not change while the server runs.
    """
    return render_text(name, library.text_of(name))


def render_text(name: str, text: str) -> str:
    """Return Markdown as HTML, with links as on the page of that name."""
    tokens = _parser.parse(text)
    _name_headings(tokens)
    for token in tokens:
        token.children = list(_lead_links(name, token.children or []))
    html = str(_parser.renderer.render(tokens, _parser.options, {}))
    for before, after in _REPLACED.items():
        html = html.replace(before, after)
    return html


def anchor_of(title: str) -> str:
    """Return what a link to a heading has behind the hash sign."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _name_headings(tokens: Sequence[Token]) -> None:
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open" and opening.tag != "h1":
            opening.attrSet("id", anchor_of(inline.content))


def _lead_links(name: str, tokens: Iterable[Token]) -> Iterable[Token]:
    """Yield tokens whose links and pictures have addresses. A link that leads nowhere here, such as
    into the source code, is only its text."""
    dropped = False
    for token in tokens:
        if token.type == "link_open":
            address = _address(name, str(token.attrGet("href")))
            dropped = address is None
            token.attrSet("href", address or "")
        elif token.type == "image":
            token.attrSet("src", _address(name, str(token.attrGet("src"))) or "")
        if not (dropped and token.type in {"link_open", "link_close"}):
            yield token


def _address(name: str, target: str) -> str | None:
    if _ABROAD.match(target):
        return target
    path, _, anchor = target.partition("#")
    page = library.resolve(name, path)
    if page is not None:
        return library.address_of(page) + (f"#{anchor}" if anchor else "")
    folder = "" if name in library.BESIDE else posixpath.join("docs", posixpath.dirname(name))
    file = _FILES.fullmatch(posixpath.normpath(posixpath.join(folder, path)))
    return f"/docs/{file[1]}" if file else None
