"""The URLs of the control plane."""

from django.http import HttpRequest
from django.urls import re_path

from apps.sandbox.door import guard_view
from apps.sandbox.plane import (
    clock,
    faults,
    openapi,
    outbox,
    requests,
    sandboxes,
    simulations,
    tokens,
)
from apps.sandbox.plane.replies import control_view


def _show_document(_request: HttpRequest) -> object:
    """GET /_sandbox/openapi.json: this document."""
    return openapi.control_document(urlpatterns)


_NAME = r"(?P<name>[^/]+)"

_SANDBOXES = {
    "": control_view(get=sandboxes.list_sandboxes, post=sandboxes.create_sandbox),
    f"/{_NAME}": control_view(get=sandboxes.show_sandbox, delete=sandboxes.delete_sandbox),
    f"/{_NAME}/load": control_view(post=sandboxes.load_seed),
    f"/{_NAME}/simulate": control_view(post=simulations.simulate_record),
    f"/{_NAME}/reset": control_view(post=sandboxes.reset_sandbox),
    f"/{_NAME}/fork": control_view(post=sandboxes.fork_sandbox),
    f"/{_NAME}/restore": control_view(post=sandboxes.restore_sandbox),
    f"/{_NAME}/snapshots": control_view(get=sandboxes.list_snapshots, post=sandboxes.take_snapshot),
    f"/{_NAME}/snapshots/(?P<snapshot>[^/]+)": control_view(delete=sandboxes.delete_snapshot),
}
_REQUESTS = {
    "": control_view(get=requests.list_requests, delete=requests.delete_requests),
    "/verify": control_view(post=requests.verify_requests),
    "/(?P<number>[0-9]{1,18})": control_view(get=requests.show_request),
}
_CLOCK = {
    "": control_view(get=clock.show_clock, patch=clock.change_clock, delete=clock.reset_clock),
    "/advance": control_view(post=clock.advance_clock),
}
_FAULTS = {
    "": control_view(get=faults.list_faults, post=faults.add_fault, delete=faults.clear_faults),
    "/(?P<key>[^/]+)": control_view(get=faults.show_fault, delete=faults.remove_fault),
}
_TOKENS = {
    "": control_view(get=tokens.list_tokens),
    "/end": control_view(post=tokens.end_tokens),
}
_VIEWS = {
    "sandboxes": _SANDBOXES,
    "requests": _REQUESTS,
    "clock": _CLOCK,
    f"sandboxes/{_NAME}/clock": _CLOCK,
    r"openapi\.json": {"": control_view(get=_show_document)},
    "docs": {"": control_view(get=openapi.show_page)},
    "faults": _FAULTS,
    "outbox": {"": control_view(get=outbox.list_mails, delete=outbox.empty_outbox)},
    "tokens": _TOKENS,
}

urlpatterns = [
    re_path(rf"^{beginning}{path}/?$", guard_view(view))
    for beginning, views in _VIEWS.items()
    for path, view in views.items()
]
