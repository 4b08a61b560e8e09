"""The product's WSGI application with one more view, which sends a file's bytes ready-made."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hexostore.wsgi import application

__all__ = ["application"]


def _with_baseline() -> Any:
    from django.http import HttpResponse
    from django.urls import include, path
    from rest_framework.views import APIView

    found: Any = ModuleType("bench_served")
    ready: list[bytes] = []

    class ReadyView(APIView):
        def get(self, request: Any) -> HttpResponse:
            if not ready:
                ready.append(Path(os.environ["BENCH_READY"]).read_bytes())
            return HttpResponse(ready[0], content_type="application/json")

    found.urlpatterns = [path("ready/", ReadyView.as_view()), path("", include("hexostore.urls"))]
    return found


def _install() -> None:
    from django.conf import settings

    sys.modules["bench_served"] = _with_baseline()
    settings.ROOT_URLCONF = "bench_served"


_install()
