"""65,536 pairs of an integer channel as JSON, with Basic login, against two others.

All three run in this process through the WSGI handler, behind the same login, in one run: the
data resource; a view that sends the very same bytes ready-made; and the same question answered
from a table with one row per sample by a DRF serializer. What is printed is CPU per request of
this process (PostgreSQL's own is not in it) and the ratio.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show

LOGIN = "athlete@example.com", "athlete"
COUNT, RECORD, HEART_RATE = 65_536, 99_000_001, 19
QUERY = f"?record={RECORD}&datatype={HEART_RATE}"


def sample_model() -> Any:
    """A table with one row per sample, made for the baseline only."""
    from django.db import connection, models

    class BenchSample(models.Model):
        record = models.BigIntegerField()
        datatype = models.IntegerField()
        tick = models.BigIntegerField()
        value = models.IntegerField()

        class Meta:
            app_label = "signals"
            indexes = [models.Index(fields=["record", "datatype", "tick"], name="bench_sample")]

        def __str__(self) -> str:
            return f"{self.tick}: {self.value}"

    with connection.schema_editor() as editor:
        editor.create_model(BenchSample)
    return BenchSample


def fill(samples: Any) -> None:
    """The same 65,536 heart rates as a stored channel and as rows."""
    import numpy as np

    from apps.accounts.models import User
    from apps.catalog.models import Datatype
    from apps.records.models import Record
    from apps.signals.storage import store
    from hexostore.hexotime import TICKS_PER_SECOND as SECOND

    start = 359_840_226_870
    user = User.objects.get(username=LOGIN[0])
    record = Record.objects.create(id=RECORD, user=user, start=start, end=start + COUNT * SECOND)
    wander = np.random.default_rng(1).integers(-1, 2, COUNT).cumsum()
    counts = 60 + np.abs(wander) % 120
    store.write_channel(record, Datatype.objects.get(pk=HEART_RATE), counts)
    ticks = start + SECOND * np.arange(1, COUNT + 1)
    samples.objects.bulk_create(
        samples(record=RECORD, datatype=HEART_RATE, tick=tick, value=value)
        for tick, value in zip(ticks.tolist(), counts.tolist(), strict=True)
    )


def baselines(samples: Any, ready: list[bytes]) -> Any:
    """A URL conf with both baselines, as a module that Django can be pointed at."""
    from django.http import HttpResponse
    from django.urls import include, path
    from rest_framework import renderers, serializers
    from rest_framework.response import Response
    from rest_framework.views import APIView

    class PairSerializer(serializers.ModelSerializer[Any]):
        class Meta:
            model = samples
            fields = ("tick", "value")

        def to_representation(self, instance: Any) -> Any:
            return list(super().to_representation(instance).values())

    class RowView(APIView):
        renderer_classes = [renderers.JSONRenderer]

        def get(self, request: Any) -> Response:
            asked = request.query_params
            rows = samples.objects.filter(record=asked["record"], datatype=asked["datatype"])
            pairs = PairSerializer(rows.order_by("tick"), many=True).data
            user = f"/api/user/{request.user.pk}/"
            return Response([{"data": {asked["datatype"]: pairs}, "user": user}])

    class ReadyView(APIView):
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse(ready[0], content_type="application/json")

    found: Any = ModuleType("bench_baseline")
    views = [path("rows/", RowView.as_view()), path("ready/", ReadyView.as_view())]
    found.urlpatterns = [*views, path("", include("hexostore.urls"))]
    return found


def main() -> None:
    """Prints CPU per request of the three."""
    with demo_store():
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler

        samples, ready = sample_model(), list[bytes]()
        fill(samples)
        sys.modules["bench_baseline"] = baselines(samples, ready)
        settings.ROOT_URLCONF = "bench_baseline"
        app, login = WSGIHandler(), basic(*LOGIN)
        ready.append(get(f"/api/data/{QUERY}", login, app))
        assert get(f"/rows/{QUERY}", login, app) == ready[0]
        data, body = "Hexostore", "the same bytes, ready"
        fast: dict[str, Callable[[], object]] = {
            data: lambda: get(f"/api/data/{QUERY}", login, app),
            body: lambda: get(f"/ready/{QUERY}", login, app),
        }
        slow: dict[str, Callable[[], object]] = {
            "a DRF serializer over rows": lambda: get(f"/rows/{QUERY}", login, app)
        }
        spent = cpu_in_turn(fast, rounds=10, times=10) | cpu_in_turn(slow, rounds=2, times=1)
        show(f"{COUNT} pairs of an integer channel, {len(ready[0])} bytes", spent, body)


if __name__ == "__main__":
    main()
