"""The URLs of the control plane; only the sandbox profile answers at them."""

from django.urls import re_path

from apps.sandbox import last_refusals
from apps.sandbox.door import guard_view
from apps.sandbox.plane import urls as plane
from apps.sandbox.truth import TruthView

urlpatterns = [
    re_path(r"^auth/last/?$", guard_view(last_refusals.show_refusals)),
    re_path(r"^truth/(?P<record>[0-9]{1,18})/?$", TruthView.as_view(), {"prefix": "api"}),
    *plane.urlpatterns,
]
