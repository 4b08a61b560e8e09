"""The URLs of the control plane that are about sandboxes and their clocks."""

from django.urls import re_path

from apps.sandbox.door import guard_view
from apps.sandbox.plane import clock, sandboxes
from apps.sandbox.plane.replies import control_view

_NAME = r"(?P<name>[^/]+)"

_VIEWS = {
    "": control_view(get=sandboxes.list_sandboxes, post=sandboxes.create_sandbox),
    f"/{_NAME}": control_view(get=sandboxes.show_sandbox, delete=sandboxes.delete_sandbox),
    f"/{_NAME}/load": control_view(post=sandboxes.load_seed),
    f"/{_NAME}/reset": control_view(post=sandboxes.reset_sandbox),
    f"/{_NAME}/fork": control_view(post=sandboxes.fork_sandbox),
    f"/{_NAME}/restore": control_view(post=sandboxes.restore_sandbox),
    f"/{_NAME}/snapshots": control_view(get=sandboxes.list_snapshots, post=sandboxes.take_snapshot),
    f"/{_NAME}/snapshots/(?P<snapshot>[^/]+)": control_view(delete=sandboxes.delete_snapshot),
}

_CLOCK_VIEWS = {
    "": control_view(get=clock.show_clock, patch=clock.change_clock, delete=clock.reset_clock),
    "/advance": control_view(post=clock.advance_clock),
}

urlpatterns = [re_path(rf"^sandboxes{path}/?$", guard_view(view)) for path, view in _VIEWS.items()]
urlpatterns += [
    re_path(rf"^{of}clock{path}/?$", guard_view(view))
    for of in ("", f"sandboxes/{_NAME}/")
    for path, view in _CLOCK_VIEWS.items()
]
