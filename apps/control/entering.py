"""The middleware that has a request work in its sandbox."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from time import monotonic

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.api.errors import NotFound
from apps.api.shelves import BoundedCache
from apps.control import naming
from apps.control.connection import control
from apps.control.gates import Passage
from apps.control.machines import MachinePassage, fix_edition
from apps.control.names import MAIN, RULE, is_name
from apps.control.plane import KnownSandbox, UnknownSandbox, plane
from hexostore import clock
from hexostore.database.chosen import choose_database
from hexostore.middleware import PROBES

GetResponse = Callable[[HttpRequest], HttpResponseBase]

NOTED_EVERY = 5.0
"""Seconds after which a process notes again that a sandbox with a lifetime is used."""

OUTSIDE = ("/_sandbox/sandboxes", "/_sandbox/clock")
"""What works on sandboxes as a whole, and so from outside of all of them."""

_NAME, _SANDBOX = "hexostore.sandbox_name", "hexostore.sandbox"
_noted: BoundedCache[float] = BoundedCache(512)


def enter_sandbox(get_response: GetResponse) -> GetResponse:
    """Have each request work in the sandbox that it names; 404 if there is none of that name.

    It leaves the sandbox when its response is closed, since a stream reads rows to its end.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        control_plane = plane()
        if control_plane is None or request.path in PROBES:
            return get_response(request)
        control_plane.fix_edition()
        prefix = naming.take_prefix(request)
        name = prefix
        if name is None:
            name = naming.find_name(request, control_plane.state().sandboxes)
        request.META[_NAME] = name
        if request.path.startswith(OUTSIDE):
            known = control_plane.state().sandboxes
            fix_edition(None)
            return get_response(request) if name in known else _unknown(name).response(request)
        try:
            sandbox, passage = control_plane.enter(name)
        except UnknownSandbox:
            return _unknown(name).response(request)
        return _answer_inside(request, get_response, sandbox, passage, prefix)

    return middleware


def sandbox_of(request: HttpRequest) -> KnownSandbox | None:
    """Return the sandbox in which a request works; None without a control plane."""
    found: KnownSandbox | None = request.META.get(_SANDBOX)
    return found


def named_sandbox(request: HttpRequest) -> str:
    """Return the name of the sandbox that a request is for, whether or not there is one."""
    return str(request.META.get(_NAME, MAIN))


def _answer_inside(
    request: HttpRequest,
    get_response: GetResponse,
    sandbox: KnownSandbox,
    passage: Passage | MachinePassage,
    prefix: str | None,
) -> HttpResponseBase:
    request.META[_SANDBOX] = sandbox
    choose_database(sandbox.database)
    clock.choose_clock(sandbox.clock)
    _note_use(sandbox)
    try:
        response = get_response(request)
    except BaseException:
        _leave(passage)
        raise
    if prefix is not None:
        _keep_prefix(response, prefix)
    if sandbox.clock is not None:
        response["Date"] = formatdate(clock.now().timestamp(), usegmt=True)
    if response.streaming:
        response._resource_closers.append(lambda: _leave(passage))  # type: ignore[attr-defined]
    else:
        _leave(passage)
    return response


def _leave(passage: Passage | MachinePassage) -> None:
    choose_database(None)
    clock.choose_clock(None)
    passage.leave()


def _keep_prefix(response: HttpResponseBase, prefix: str) -> None:
    """Have a redirect of this server lead back into the sandbox, and its cookies stay there."""
    for morsel in response.cookies.values():
        morsel["path"] = f"/~{prefix}{morsel['path']}"
    target = response.get("Location", "")
    if response.status_code // 100 == 3 and target.startswith("/") and target[1:2] != "/":
        response["Location"] = f"/~{prefix}{target}"


def _note_use(sandbox: KnownSandbox) -> None:
    """Note now and then that a sandbox is used, so that it is not swept."""
    now = monotonic()
    noted = _noted.get(sandbox.name)
    if sandbox.lifetime is None or (noted is not None and now - noted < NOTED_EVERY):
        return
    _noted.put(sandbox.name, now)
    control().execute("UPDATE sandbox SET used = now() WHERE name = %s", [sandbox.name])


def _unknown(name: str) -> NotFound:
    remedy = "Create it with: POST /_sandbox/sandboxes" if is_name(name) else RULE
    return NotFound({"error": f"There is no sandbox {name[:60]!r}. {remedy}"})
