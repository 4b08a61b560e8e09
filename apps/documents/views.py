"""/docs/: the pages of pages.py as HTML, and Swagger UI, without a login.

Nothing is loaded from another host, and the pages of resources need no script.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from pathlib import Path
from typing import TypeVar

import drf_spectacular_sidecar
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt
from rest_framework.request import Request

from apps.api.context import Context
from apps.api.errors import JSON
from apps.api.rendering import TastypieJSON
from apps.api.versions import HEADER
from apps.api.views import ApiView
from apps.documents import openapi, pages, parity

OURS = Path(__file__).parent / "files"
SWAGGER = (
    Path(drf_spectacular_sidecar.__file__).parent
    / "static"
    / "drf_spectacular_sidecar"
    / "swagger-ui-dist"
)
FILES = {
    "house.css": (OURS, "text/css; charset=utf-8"),
    "style.css": (OURS, "text/css; charset=utf-8"),
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
PAGE_POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {NOTHING_ELSE}"
SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    f"img-src 'self' data:; {NOTHING_ELSE}"
)
"""The policy for Swagger UI, which sends requests to this server and draws icons from its style
sheet."""
RETURN_POLICY = f"default-src 'none'; script-src 'self'; {NOTHING_ELSE}"

_LINK = re.compile(r'href="([a-z0-9_]+)\.md"')
_skeleton = (OURS / "page.html").read_text()


@require_safe
def show_index(_request: HttpRequest) -> HttpResponse:
    """Return the list of resources."""
    return _html_response(_page_html(pages.INDEX), PAGE_POLICY)


@require_safe
def show_resource(_request: HttpRequest, name: str) -> HttpResponse:
    """Return the page of a resource, or 404."""
    if name not in parity.all_resources():
        raise Http404
    return _html_response(_page_html(name), PAGE_POLICY)


@require_safe
def show_published(request: HttpRequest, name: str) -> HttpResponse:
    """Return the page of a resource at its published address. For `datatype`, this is the
    catalogue."""
    if name == "datatype":
        return _html_response(_page_html(pages.CATALOGUE), PAGE_POLICY)
    return show_resource(request, name)


@require_safe
def show_swagger(_request: HttpRequest) -> HttpResponse:
    """Return the page of Swagger UI for /api/openapi.json."""
    return swagger_page("/api/openapi.json")


def swagger_page(document: str) -> HttpResponse:
    """Return the page of Swagger UI for the document at a path of this server."""
    text = (OURS / "swagger.html").read_text()
    return _html_response(text.replace("{document}", escape(document)), SWAGGER_POLICY)


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
    response = FileResponse((folder / name).open("rb"), content_type=kind)
    response["Cache-Control"] = "public, max-age=3600"
    return _with_policy(response, PAGE_POLICY)


def _html_response(text: str, policy: str) -> HttpResponse:
    return _with_policy(HttpResponse(text), policy)


R = TypeVar("R", bound=HttpResponseBase)


def _with_policy(response: R, policy: str) -> R:
    response["Content-Security-Policy"] = policy
    response["X-Frame-Options"] = "DENY"
    return response


@cache
def _page_html(name: str) -> str:
    """Return the HTML of a page. Declarations do not change while the server runs."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(pages.text_of(name))
    linked = _LINK.sub(r'href="/docs/\1/"', html).replace("<table>", '<div class="wide"><table>')
    body = linked.replace("</table>", "</table></div>")
    return _skeleton.replace("{title}", escape(pages.TITLES.get(name, name))).replace(
        "{body}", body
    )


class OpenApiView(ApiView):
    """The OpenAPI document of the requested version and prefix, without a login."""

    def needs_login(self) -> bool:
        return False

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        answer = HttpResponse(_document_text(self.context), content_type=JSON)
        answer["Vary"] = HEADER
        return answer


@cache
def _document_text(context: Context) -> bytes:
    """Return the text of a document. There are few contexts without a caller."""
    return TastypieJSON().render(openapi.openapi_document(context))
