"""A list of 20 records, with Basic and with a signed key, against a DRF ModelViewSet.

Both run in this process through the WSGI handler, on the same rows, with the same login; what
is printed is CPU per request and the ratio. The viewset does what DRF's own documentation
teaches: hyperlinked serializers, select_related, limit/offset pagination; it shows each caller
the same rows as ours. Ours keeps what nobody has written to since; what it costs when every page
is forgotten before it is asked for is a line of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from bench.harness import basic, cpu_in_turn, demo_store, get, show, signed

KEY = "3X4mP1ePu6licK3y", "3x4mPl3pR1v4tEK3y3x4mPl3pR1v4tEK3y"
LOGIN = "staff@example.com", "staff"


def baseline() -> ModuleType:
    """A URL conf with the viewset, as a module that Django can be pointed at."""
    from django.db.models import QuerySet
    from django.urls import include, path
    from rest_framework import pagination, renderers, routers, serializers, viewsets

    from apps.accounts.models import User
    from apps.records.models import Device, Record
    from apps.records.resources import RecordResource

    class UserSerializer(serializers.HyperlinkedModelSerializer):  # type: ignore[type-arg]
        class Meta:
            model = User
            fields = ["url", "email", "first_name", "id", "last_name", "username"]

    class RecordSerializer(serializers.HyperlinkedModelSerializer):  # type: ignore[type-arg]
        user = UserSerializer()

        class Meta:
            model = Record
            fields = "__all__"

    class Pages(pagination.LimitOffsetPagination):
        default_limit = 20

    class RecordViewSet(viewsets.ModelViewSet[Record]):
        queryset = Record.objects.select_related("user", "device").order_by("-start")

        def get_queryset(self) -> QuerySet[Record]:
            caller = self.request.user
            assert caller.is_authenticated
            return super().get_queryset().filter(RecordResource.visible.condition(caller))

        serializer_class = RecordSerializer
        pagination_class = Pages
        renderer_classes = [renderers.JSONRenderer]

    class UserViewSet(viewsets.ModelViewSet[User]):
        queryset = User.objects.all()
        serializer_class = UserSerializer

    class DeviceSerializer(serializers.HyperlinkedModelSerializer):  # type: ignore[type-arg]
        class Meta:
            model = Device
            fields = ["url", "deviceid"]

    class DeviceViewSet(viewsets.ModelViewSet[Device]):
        queryset = Device.objects.all()
        serializer_class = DeviceSerializer

    router = routers.DefaultRouter()
    router.register("record", RecordViewSet)
    router.register("user", UserViewSet)
    router.register("device", DeviceViewSet)
    found: Any = ModuleType("bench_baseline")
    found.urlpatterns = [path("drf/", include(router.urls)), path("", include("hexostore.urls"))]
    module: ModuleType = found
    return module


def main() -> None:
    """Prints CPU per list of 20 records for both servers and both logins."""
    with demo_store():
        from django.conf import settings
        from django.core.handlers.wsgi import WSGIHandler

        from apps.api import kept_pages

        sys.modules["bench_baseline"] = baseline()
        settings.ROOT_URLCONF = "bench_baseline"
        settings.HEXOSTORE_SIGNATURE_WINDOW = 3600

        def forgotten(ask: Callable[..., object], *given: object) -> object:
            kept_pages.forget_pages()
            return ask(*given)

        app, ours, theirs = WSGIHandler(), "/api/record/", "/drf/record/"
        as_basic = basic(*LOGIN)
        keyed = {path: signed(*KEY, path) for path in (ours, theirs)}
        spent = cpu_in_turn(
            {
                "Basic, DRF ModelViewSet": lambda: get(theirs, as_basic, app),
                "Basic, Hexostore": lambda: get(ours, as_basic, app),
                "Basic, Hexostore, looked up anew": lambda: forgotten(get, ours, as_basic, app),
                "signed key, DRF ModelViewSet": lambda: get(theirs, keyed[theirs], app),
                "signed key, Hexostore": lambda: get(ours, keyed[ours], app),
            },
            rounds=5,
            times=100,
        )
        show("a list of 20 records", spent, "Basic, DRF ModelViewSet")


if __name__ == "__main__":
    main()
