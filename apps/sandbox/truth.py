"""The ground truth of simulated records, for people who evaluate an algorithm with it."""

from __future__ import annotations

from typing import Any

import orjson
from django.conf import settings
from django.http import Http404, HttpResponse
from rest_framework.request import Request

from apps.api import registry
from apps.api.errors import JSON, NotFound
from apps.api.views import ApiView
from apps.simulation.models import Truth


class TruthView(ApiView):
    """`/_sandbox/truth/<record>/`: the ground truth of a record that the caller may see.

    Credentials are those of the API. A record that was not simulated, or is still growing, has
    none. The response is then a 404, as for an invisible record and on a public server.
    """

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if settings.HEXOSTORE_PROFILE != "sandbox":
            raise Http404
        super().initial(request, *args, **kwargs)

    def get(self, request: Request, record: str, **kwargs: Any) -> HttpResponse:
        seen = registry.model_resource("record").visible_rows(self.context).filter(pk=int(record))
        known = Truth.objects.filter(record__in=seen, document__isnull=False)
        document = known.values_list("document", flat=True).first()
        if document is None:
            raise NotFound
        answer = HttpResponse(orjson.dumps(document), content_type=JSON)
        answer["Cache-Control"] = "no-store"
        return answer
