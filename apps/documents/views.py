"""/docs/: the pages of pages.py as HTML, and Swagger UI; for everybody, without a login.

Nothing here comes from another host, and the pages of resources need no script.
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
    "style.css": (OURS, "text/css; charset=utf-8"),
    "swagger.css": (OURS, "text/css; charset=utf-8"),
    "swagger.js": (OURS, "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js": (SWAGGER, "text/javascript; charset=utf-8"),
    "swagger-ui.css": (SWAGGER, "text/css; charset=utf-8"),
    "favicon-32x32.png": (SWAGGER, "image/png"),
}
"""What pages may load, with the folder it is in and its media type."""

RETURN = {
    "oauth2-redirect.html": "text/html; charset=utf-8",
    "oauth2-redirect.js": "text/javascript; charset=utf-8",
}
"""The page that a consent leads back to, which hands the code to Swagger UI, and its script."""

NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGE_POLICY = f"default-src 'none'; style-src 'self'; img-src 'self'; {NOTHING_ELSE}"
SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    f"img-src 'self' data:; {NOTHING_ELSE}"
)
"""Swagger UI asks this server, and draws icons that its style sheet holds."""
RETURN_POLICY = f"default-src 'none'; script-src 'self'; {NOTHING_ELSE}"

_LINK = re.compile(r'href="([a-z0-9_]+)\.md"')
_skeleton = (OURS / "page.html").read_text()


@require_safe
def index(_request: HttpRequest) -> HttpResponse:
    """The list of resources."""
    return _answer(_page(pages.INDEX), PAGE_POLICY)


@require_safe
def resource(_request: HttpRequest, name: str) -> HttpResponse:
    """The page of a resource; 404 where there is none."""
    if name not in parity.all_resources():
        raise Http404
    return _answer(_page(name), PAGE_POLICY)


@require_safe
def published(request: HttpRequest, name: str) -> HttpResponse:
    """The page of a resource at its published address; that of `datatype` is its catalogue."""
    if name == "datatype":
        return _answer(_page(pages.CATALOGUE), PAGE_POLICY)
    return resource(request, name)


@require_safe
def swagger(_request: HttpRequest) -> HttpResponse:
    """Swagger UI on /api/openapi.json."""
    return _answer((OURS / "swagger.html").read_text(), SWAGGER_POLICY)


@require_safe
def swagger_return(_request: HttpRequest, name: str) -> HttpResponseBase:
    """One of RETURN; its address holds a code, so that nobody keeps it."""
    response = FileResponse((SWAGGER / name).open("rb"), content_type=RETURN[name])
    response["Cache-Control"], response["Referrer-Policy"] = "no-store", "no-referrer"
    return _guarded(response, RETURN_POLICY)


@require_safe
def file(_request: HttpRequest, name: str) -> HttpResponseBase:
    """One of FILES."""
    if name not in FILES:
        raise Http404
    folder, kind = FILES[name]
    response = FileResponse((folder / name).open("rb"), content_type=kind)
    response["Cache-Control"] = "public, max-age=3600"
    return _guarded(response, PAGE_POLICY)


def _answer(text: str, policy: str) -> HttpResponse:
    return _guarded(HttpResponse(text), policy)


R = TypeVar("R", bound=HttpResponseBase)


def _guarded(response: R, policy: str) -> R:
    response["Content-Security-Policy"] = policy
    response["X-Frame-Options"] = "DENY"
    return response


@cache
def _page(name: str) -> str:
    """The HTML of a page; what is declared does not change while the server runs."""
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(pages.text_of(name))
    linked = _LINK.sub(r'href="/docs/\1/"', html).replace("<table>", '<div class="wide"><table>')
    body = linked.replace("</table>", "</table></div>")
    return _skeleton.replace("{title}", escape(pages.TITLES.get(name, name))).replace(
        "{body}", body
    )


class OpenApiView(ApiView):
    """The OpenAPI document of the version and the prefix asked with; for everybody."""

    def needs_login(self) -> bool:
        return False

    def get(self, request: Request, **kwargs: str) -> HttpResponse:
        answer = HttpResponse(_document(self.context), content_type=JSON)
        answer["Vary"] = HEADER
        return answer


@cache
def _document(context: Context) -> bytes:
    """The text of a document; contexts without a caller are few."""
    return TastypieJSON().render(openapi.document(context))
