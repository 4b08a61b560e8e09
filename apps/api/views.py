"""What all views share, and those that need no model: list, detail, schema and the index.

Checks come in Tastypie's order (rule T202): URL, method override, OPTIONS and 405, credentials,
then what the method itself looks at.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import ceil
from typing import Any, ClassVar, NoReturn, TypeVar, cast

from django.core.exceptions import TooManyFieldsSent
from django.http import Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponse, HttpResponseBase
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.api import (
    bodies,
    conventions,
    events,
    faults,
    own_writes,
    remarks,
    schema,
    transactions,
    versions,
)
from apps.api.access import Access
from apps.api.bounds import shorten_value
from apps.api.callers import STRANGER, Caller
from apps.api.context import Context, View
from apps.api.errors import (
    PLAIN,
    ApiError,
    BadRequest,
    MethodAnswer,
    NotFound,
    ServerError,
    TooManyRequests,
    Unauthorized,
)
from apps.api.negotiation import TastypieNegotiation, named_format
from apps.api.pieces import read_on
from apps.api.reasons import Reason
from apps.api.rendering import Produced, TastypieJSON
from apps.api.resources import DELETE, GET, PATCH, POST, PUT, Resource, ResourceReply
from hexostore import outages
from hexostore.database import replicas
from hexostore.database.copies import reading_block

log = logging.getLogger("hexostore.api")

R = TypeVar("R", bound=HttpResponseBase)

READING = frozenset({"GET", "HEAD"})
"""The methods whose requests may be answered from a replica. OPTIONS reads nothing."""


class ApiView(APIView):
    """What all views share: the order of checks, the headers and the errors."""

    renderer_classes = [TastypieJSON]
    content_negotiation_class = TastypieNegotiation
    overridable: ClassVar[bool] = False
    format_kwarg = None
    shape: ClassVar[View] = "list"
    context: Context

    def methods(self) -> tuple[str, ...] | None:
        """Return the verbs that this view allows, in lower case and declared order; None for
        any."""
        return (GET,)

    def needs_login(self) -> bool:
        """Return whether strangers are refused."""
        return True

    def for_every_scope(self) -> tuple[str, ...]:
        """Return the verbs, in lower case, that a token may use whatever its scopes are."""
        return ()

    def in_person(self) -> tuple[str, ...]:
        """Return the verbs, in lower case, that the user must send in person, with their
        password."""
        return ()

    def headed(self) -> bool:
        """Return whether HEAD is answered like GET. For Tastypie it is a verb of its own (T185)."""
        return False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        self._choose_method(request)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(
            request
        )
        access = self._access(request) if self.needs_login() else None
        self.context = Context(
            caller=_user(request) if access else STRANGER,
            prefix=f"/{kwargs['prefix']}",
            version=versions.parse_version(request.headers.get(versions.HEADER)),
            conventions=conventions.store_conventions(),
            view=self.shape,
            client=access.client if access else None,
            may_write=access is None or access.may_write,
            by_token=access is not None and access.by_token,
            in_person=access is not None and access.in_person,
            of_program=access is not None and access.of_program,
            query=dict(request.query_params.lists()),
        )
        self.check_throttles(request)
        if access:
            self._choose_copy(request)

    def _choose_copy(self, request: Request) -> None:
        """Have a read use a replica that has what the caller wrote, and remember whose a write is.

        Everything before, the login above all, was looked up in the primary.
        """
        caller = _user(request)
        if request.method in READING:
            own_writes.read_from_copy(caller)
        else:
            own_writes.remember_caller(request._request, caller, for_all=self.is_for_all())

    def is_for_all(self) -> bool:
        """Return whether a write decides what others may see, so that nobody may miss it."""
        return False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer a request. What it reads from a replica ends with its answer."""
        if not replicas.are_configured():
            return super().dispatch(request, *args, **kwargs)
        with reading_block():
            response = super().dispatch(request, *args, **kwargs)
            if isinstance(response, StreamingHttpResponse):
                read_on(response)
        return response

    def throttled(self, request: Request, wait: float | None) -> NoReturn:
        """Raise 429 in the shape of Tastypie (rule T194)."""
        raise TooManyRequests(ceil(wait or 1), reason=Reason.RATE_LIMITED)

    def _access(self, request: Request) -> Access:
        """Return what the credentials allow. This is the only place that checks scopes.

        Raise Unauthorized without credentials, and Forbidden for a method that the scopes do not
        allow or that the user must send in person. The method is the effective one, overridden or
        not.
        """
        if request.user is None:
            raise Unauthorized
        access = cast(Access, request.auth)
        method = str(request._request.method)
        if method.lower() not in self.for_every_scope():
            access.allow(method)
        if method.lower() in self.in_person():
            access.require_person()
        return access

    def _choose_method(self, request: Request) -> None:
        """Apply the method override (T167), OPTIONS (T184) and 405 (T183), in this order."""
        override = request.headers.get("X-HTTP-Method-Override") if self.overridable else None
        verb, allowed = (override or str(request.method)).lower(), self.methods()
        if allowed is None:
            verb = GET
        elif verb == "options":
            raise MethodAnswer(allowed, status=200)
        elif verb not in allowed and not (verb == "head" and GET in allowed and self.headed()):
            raise MethodAnswer(allowed)
        request._request.method = verb.upper()

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]
        """Return every refusal and every fault in the shapes of apps/api/errors.py."""
        if isinstance(exc, Http404):
            raise exc
        if isinstance(exc, TooManyFieldsSent):
            exc = BadRequest("The query has too many parameters.")
        if outages.is_outage(exc):
            log.error("%s is unavailable", outages.subject_of(exc), exc_info=exc)
            exc = faults.outage_error()
        if not isinstance(exc, ApiError):
            log.error("unforeseen error", exc_info=exc)
            exc = ServerError()
        answer = exc.response(self.request._request)
        if exc.returned:
            self._mark_returned(answer)
        return answer

    @property
    def default_response_headers(self) -> dict[str, str]:
        """None of DRF's own headers. Tastypie's are added elsewhere."""
        return {}

    def answer(
        self, data: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Return a returned JSON answer (rules T32, T34)."""
        return self.marked(Response(data, status=status, headers=headers))

    def marked(self, response: R) -> R:
        """Return a JSON answer with the headers of a returned one."""
        self._mark_returned(response)
        if response.status_code == 200 and self.request.method == "GET":
            response["Cache-Control"] = "no-cache"
        return response

    def nothing(self, status: int) -> HttpResponse:
        """Return a returned response without a body. It is never labelled as JSON (wire trap 1)."""
        answer = HttpResponse(status=status, content_type=PLAIN)
        self._mark_returned(answer)
        return answer

    def _mark_returned(self, answer: HttpResponseBase) -> None:
        """Add the headers that Tastypie puts on every response that its view returns (rules T32,
        T35)."""
        answer["Vary"] = "Accept"
        if self.request.headers.get("X-Requested-With") == "XMLHttpRequest":
            answer["Cache-Control"] = "no-cache"


def _user(request: Request) -> Caller:
    """Return the user who has logged in."""
    assert request.user.is_authenticated
    return request.user


def said_yes(text: str | None) -> bool:
    """Return whether a query argument switches something on."""
    return text is not None and text.lower() not in schema.FALSE_WORDS


def is_switched_on(context: Context, name: str) -> bool:
    """Return whether the query switches something on. Of several values the last counts."""
    texts = [*context.query.get(name, ()), *context.query.get(f"{name}__exact", ())]
    return said_yes(texts[-1]) if texts else False


class IndexView(ApiView):
    """`/api/`. It is open to everybody and to every method (rules T12, T13)."""

    def methods(self) -> None:
        return None

    def needs_login(self) -> bool:
        return False

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        full = said_yes(request.query_params.get("fullschema"))
        text = schema.index_text(self.context.prefix, self.context.version, full=full)
        return _ready(text)


def _ready(text: bytes) -> HttpResponse:
    """Return a response with ready JSON text."""
    return HttpResponse(text, content_type=TastypieJSON.media_type)


class ResourceView(ApiView):
    """A view of one resource, which the URL conf gives as `resource`."""

    resource: type[Resource] = Resource
    many_formats: ClassVar[bool] = False

    def needs_login(self) -> bool:
        return self.resource.asks_login(self.shape)

    def for_every_scope(self) -> tuple[str, ...]:
        return self.resource.for_every_scope

    def in_person(self) -> tuple[str, ...]:
        return self.resource.in_person

    def get_renderers(self) -> list[BaseRenderer]:
        """Return the renderers, JSON first, so that anything unknown gets JSON (rule T23), or files
        first for resources that are files."""
        if not self.many_formats:
            return [TastypieJSON()]
        json = TastypieJSON()
        files = [Produced(*each) for each in self.resource.produced.items()]
        return [*files, json] if self.resource.files_first else [json, *files]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.resource.lives_in(self.context.version):
            raise Http404
        named = self.unknown_format() if self.resource.knows_formats else None
        if named:  # JSON would be very long instead
            names = ", ".join(self.known_formats())
            raise BadRequest(f"Unknown format '{shorten_value(named)}'. Known formats are {names}.")

    def is_for_all(self) -> bool:
        return self.resource.decides_rights

    def known_formats(self) -> list[str]:
        """Return the names for `?format=`."""
        return [str(each.format) for each in self.get_renderers()]

    def unknown_format(self) -> str | None:
        """Return the text of `?format=` if it names no format."""
        named = named_format(self.request)
        media_types = (each.media_type for each in self.get_renderers())
        return named if named and named not in (*self.known_formats(), *media_types) else None

    def answer(
        self, data: object, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """A returned JSON answer, with what the resource remarks on the request."""
        response = super().answer(data, status, headers)
        remark = self.resource.remark(self.context)
        if remark is not None:
            remarks.add_remark(response, remark)
        return response

    def tell(self, uri: str | None) -> None:
        """Tell others about a write, inside its transaction."""
        events.written.send(self.resource, context=self.context, request=self.request, uri=uri)


class SchemaView(ResourceView):
    """`<list>schema/` (rules T15 to T17)."""

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        context = self.context
        if not self.resource.has_schema:
            raise NotFound
        text = schema.document_text(self.resource.name, context.prefix, context.version)
        return self.marked(_ready(text))


class ListView(ResourceView):
    """The list of a resource without a model. The resource itself makes the response."""

    overridable = True
    many_formats = True

    def methods(self) -> tuple[str, ...]:
        return self.resource.list_methods

    def headed(self) -> bool:
        return self.resource.headed

    def get(self, request: Request, **parts: str) -> HttpResponseBase:
        return self._given(GET, request, **parts)

    def post(self, request: Request, **parts: str) -> HttpResponseBase:
        return self._given(POST, request, **parts)

    def put(self, request: Request, **parts: str) -> HttpResponseBase:
        return self._given(PUT, request, **parts)

    def patch(self, request: Request, **parts: str) -> HttpResponseBase:
        return self._given(PATCH, request, **parts)

    def delete(self, request: Request, **parts: str) -> HttpResponseBase:
        return self._given(DELETE, request, **parts)

    def _given(self, verb: str, request: Request, **parts: str) -> HttpResponseBase:
        del parts["prefix"]
        if verb == GET:
            given = self.resource().answer(verb, self.context, request, **parts)
        else:
            bodies.receive_body(request._request)
            given = transactions.run_transaction(lambda: self._written(verb, request, **parts))
        if isinstance(given, HttpResponseBase):
            self._mark_returned(given)
            given["Cache-Control"] = "no-cache"
            return given
        if given.body is None:
            return self.nothing(given.status)
        return self.answer(given.body, given.status, given.headers)

    def _written(self, verb: str, request: Request, **parts: str) -> ResourceReply:
        given = self.resource().answer(verb, self.context, request, **parts)
        assert isinstance(given, ResourceReply)
        self.tell(given.uri)
        return given


class DetailView(ListView):
    """The detail of a resource without a model."""

    shape = "detail"

    def methods(self) -> tuple[str, ...]:
        return self.resource.detail_methods
