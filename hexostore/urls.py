"""Every URL of the server."""

from django.urls import include, path

from hexostore import health

urlpatterns = [
    path("livez", health.answer_live),
    path("readyz", health.answer_ready),
    path("", include("apps.credentials.urls")),
    path("", include("apps.documents.urls")),
    path("", include("apps.api.urls")),
    path("_sandbox/", include("apps.sandbox.urls")),
    path("", include("apps.console.urls")),
]
handler500 = "apps.api.faults.answer_error"
