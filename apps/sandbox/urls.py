"""The URLs of the control plane; only the sandbox profile answers at them."""

from django.urls import re_path

from apps.sandbox import last_refusals, outbox
from apps.sandbox.door import guarded
from apps.sandbox.truth import TruthView

urlpatterns = [
    re_path(r"^outbox/?$", guarded(outbox.view)),
    re_path(r"^auth/last/?$", guarded(last_refusals.view)),
    re_path(r"^truth/(?P<record>[0-9]{1,18})/?$", TruthView.as_view(), {"prefix": "api"}),
]
