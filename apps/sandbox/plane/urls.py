"""The URLs of the control plane that are about sandboxes."""

from django.urls import re_path

from apps.sandbox.door import guard_view
from apps.sandbox.plane import sandboxes
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

urlpatterns = [re_path(rf"^sandboxes{path}/?$", guard_view(view)) for path, view in _VIEWS.items()]
