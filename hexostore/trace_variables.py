"""Whether the OTEL_* variables ask for traces. Settings ask, so nothing heavy is loaded here."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

_EXPORTER = "opentelemetry.exporter.otlp.proto.http"
_ENDPOINTS = "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
_PROTOCOLS = "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"


def are_asked_for(environ: Mapping[str, str]) -> bool:
    """Return whether variables ask for traces: OTEL_TRACES_EXPORTER, or one that names a collector.

    Raise ImproperlyConfigured for what they ask that cannot be done, such as another protocol, or
    if the extra is not installed.
    """
    exporter = environ.get("OTEL_TRACES_EXPORTER") or "otlp"
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return False
    if not any(environ.get(name) for name in (*_ENDPOINTS, "OTEL_TRACES_EXPORTER")):
        return False
    if exporter != "otlp":
        _refuse("OTEL_TRACES_EXPORTER", exporter, "otlp or none")
    for name in _PROTOCOLS:
        if environ.get(name) not in (None, "", "http/protobuf"):
            _refuse(name, environ[name], "http/protobuf")
    if not _is_installed():
        raise ImproperlyConfigured(
            "The OTEL_* variables ask for traces, which need the extra: hexostore[otel], or in a "
            "checkout bin/setup --otel. OTEL_SDK_DISABLED=true does without."
        )
    return True


def _refuse(name: str, value: str, possible: str) -> None:
    raise ImproperlyConfigured(f"{name} is {value!r}; it must be {possible}.")


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec(_EXPORTER) is not None
    except ModuleNotFoundError:
        return False
