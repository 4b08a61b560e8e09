"""The product's WSGI application with two more views, which send a file's bytes: those in memory,
and those that are read meanwhile."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from hexostore.wsgi import application

__all__ = ["application"]

BLOCK = 2**16
"""The bytes of a file that are read at a time."""


def _with_baseline() -> Any:
    from django.http import FileResponse, HttpResponse
    from django.urls import include, path
    from rest_framework.views import APIView

    found: Any = ModuleType("bench_served")
    ready: list[bytes] = []

    class ReadyView(APIView):
        def get(self, request: Any) -> HttpResponse:
            if not ready:
                ready.append(Path(os.environ["BENCH_READY"]).read_bytes())
            return HttpResponse(ready[0], content_type="application/json")

    class FileView(APIView):
        def get(self, request: Any) -> FileResponse:
            file = Path(os.environ["BENCH_READY"]).open("rb")  # noqa: SIM115 - the answer closes it
            answer = FileResponse(file)
            answer.block_size = BLOCK
            return answer

    found.urlpatterns = [
        path("ready/", ReadyView.as_view()),
        path("file/", FileView.as_view()),
        path("", include("hexostore.urls")),
    ]
    return found


def _install() -> None:
    from django.conf import settings

    sys.modules["bench_served"] = _with_baseline()
    settings.ROOT_URLCONF = "bench_served"


_install()
