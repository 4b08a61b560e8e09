"""/docs/: guides, pages of resources and Swagger UI, without a login.

Nothing is loaded from another host, and only Swagger UI needs a script.
"""

from __future__ import annotations

from functools import cache, lru_cache
from html import escape
from pathlib import Path
from typing import TypeVar

import drf_spectacular_sidecar
from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from apps.api.context import Context
from apps.api.errors import JSON
from apps.api.rendering import TastypieJSON
from apps.api.versions import HEADER
from apps.api.views import ApiView
from apps.documents import openapi, pages
from apps.documents.sent_files import file_response
from apps.documents.site import library, markdown, searching
from hexostore.sandbox_prefix import split_prefix

EXAMPLES = "http://127.0.0.1:8000"
"""The address in the examples of pages, where the address of this server stands when they are
served."""

MOST_SEARCHED = 200
"""The longest query, in characters."""

OURS = Path(__file__).parent / "files"
SWAGGER = (
    Path(drf_spectacular_sidecar.__file__).parent
    / "static"
    / "drf_spectacular_sidecar"
    / "swagger-ui-dist"
)
FILES = {
    "house.css": (OURS, "text/css; charset=utf-8"),
    "docs.css": (OURS, "text/css; charset=utf-8"),
    "swagger.css": (OURS, "text/css; charset=utf-8"),
    "swagger.js": (OURS, "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js": (SWAGGER, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (SWAGGER, "text/css; charset=utf-8"),
    "favicon-32x32.png": (SWAGGER, "image/png"),
}
"""Files that pages load, with their folder and media type."""

RETURN = {
    "oauth2-redirect.html": "text/html; charset=utf-8",
    "oauth2-redirect.js": "text/javascript; charset=utf-8",
}
"""The page that a consent leads back to, with its script. It passes the code to Swagger UI."""

NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    f"img-src 'self' data:; {NOTHING_ELSE}"
)
"""The policy for Swagger UI, which sends requests to this server and draws icons from its style
sheet."""
RETURN_POLICY = f"default-src 'none'; script-src 'self'; {NOTHING_ELSE}"


@require_safe
def show_page(request: HttpRequest, place: str = "") -> HttpResponse:
    """Return the page at an address below /docs/, or 404."""
    name = library.name_at(place)
    if name is None:
        raise Http404
    return _book_page(request, name, markdown.render(name))


@require_safe
def show_published(request: HttpRequest, name: str = "") -> HttpResponse:
    """Return the page of a resource at its published address. For `datatype`, this is the
    catalogue."""
    if name == "datatype":
        page = f"{library.RESOURCES}{name}"
        text = library.text_of_catalogue()
        return _book_page(request, page, markdown.render_text(page, text), pages.CATALOGUE)
    page = f"{library.RESOURCES}{name or library.INDEX}"
    if page not in library.page_names():
        raise Http404
    return _book_page(request, page, markdown.render(page))


@require_safe
def show_search(request: HttpRequest) -> HttpResponse:
    """Return the sections that have all words of the argument `q`."""
    query = request.GET.get("q", "").replace("\0", "")[:MOST_SEARCHED].strip()
    shown = {"query": query, "found": searching.search(query)}
    return _page(request, "search", {"title": "Search", **shown, **_lists("")})


@require_safe
def send_shown_file(_request: HttpRequest, folder: str, name: str) -> HttpResponseBase:
    """Return a picture or an example that a page shows, or 404."""
    if name not in _shown_files(folder):
        raise Http404
    kind = "image/png" if folder == "images" else "text/plain; charset=utf-8"
    return _with_policy(file_response(library.FOLDER / folder / name, kind), PAGE_POLICY)


@cache
def _shown_files(folder: str) -> frozenset[str]:
    return frozenset(file.name for file in (library.FOLDER / folder).iterdir())


def _book_page(request: HttpRequest, name: str, html: str, title: str = "") -> HttpResponse:
    """Return a page beside the list of all pages, with the address of this server in its
    examples."""
    origin = escape(f"{request.scheme}://{request.get_host()}")
    shown = {"title": title or library.title_of(name), "body": html.replace(EXAMPLES, origin)}
    return _page(request, "page", {**shown, **_lists(library.address_of(name))})


def _lists(address: str) -> dict[str, object]:
    """Return what the list of pages shows when the page at an address is open."""
    groups = [
        {
            "title": title,
            "entries": entries,
            "is_open": any(entry.address == address for entry in entries),
        }
        for title, entries in library.resource_groups()
    ]
    return {"guides": library.guides(), "groups": groups, "address": address}


def _root_of(request: HttpRequest | Request) -> str:
    """Return the prefix of the sandbox in the address of a request, such as `/~t1`; "" without."""
    name, _ = split_prefix(request.META["PATH_INFO"])
    return "" if name is None else f"/~{name}"


def _page(request: HttpRequest, name: str, shown: dict[str, object]) -> HttpResponse:
    """Return the page of a template in the frame of all pages."""
    console = settings.HEXOSTORE_PROFILE == "sandbox"
    context = {"here": "docs", "console": console, "root": _root_of(request), **shown}
    return _with_policy(render(request, f"documents/{name}.html", context), PAGE_POLICY)


@require_safe
def show_swagger(request: HttpRequest) -> HttpResponse:
    """Return the page of Swagger UI for /api/openapi.json."""
    return swagger_page(request, f"{_root_of(request)}/api/openapi.json")


def swagger_page(request: HttpRequest, document: str) -> HttpResponse:
    """Return the page of Swagger UI for the document at a path of this server."""
    response = _page(request, "swagger", {"here": "try", "document": document})
    return _with_policy(response, SWAGGER_POLICY)


@require_safe
def swagger_return(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Return one of RETURN. Its address contains a code, so it must not be stored."""
    response = FileResponse((SWAGGER / name).open("rb"), content_type=RETURN[name])
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return _with_policy(response, RETURN_POLICY)


@require_safe
def send_file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """Return one of FILES."""
    if name not in FILES:
        raise Http404
    folder, kind = FILES[name]
    return _with_policy(file_response(folder / name, kind), PAGE_POLICY)


R = TypeVar("R", bound=HttpResponseBase)


def _with_policy(response: R, policy: str) -> R:
    response["Content-Security-Policy"] = policy
    response["X-Frame-Options"] = "DENY"
    return response


class OpenApiView(ApiView):
    """The OpenAPI document of the requested version and prefix, without a login."""

    def needs_login(self) -> bool:
        return False

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        answer = HttpResponse(_document_text(self.context, _root_of(request)), content_type=JSON)
        answer["Vary"] = HEADER
        return answer


@lru_cache(maxsize=16)
def _document_text(context: Context, root: str) -> bytes:
    """Return the text of a document. There are few contexts without a caller, but any number of
    sandboxes."""
    return TastypieJSON().render(openapi.openapi_document(context, root))
