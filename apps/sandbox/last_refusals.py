"""The log of refused requests, for the developer whose request was refused."""

from __future__ import annotations

import json
import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from apps.api.errors import JSON
from apps.api.reasons import BY_CODE
from apps.credentials.models import Refusal
from apps.credentials.refusals.refusal_log import KEPT

METHODS = ("GET", "HEAD")


def refusal_as_json(refusal: Refusal) -> dict[str, Any]:
    """Return a refusal as JSON, with the texts of its reason."""
    reason = BY_CODE[refusal.reason]
    return {
        "time": refusal.time.isoformat(),
        "method": refusal.method,
        "path": refusal.path,
        "status": refusal.status,
        "scheme": refusal.scheme or None,
        "user": refusal.user or None,
        "client": refusal.client or None,
        "reason": reason,
        "sentence": reason.sentence,
        "remedy": reason.remedy,
        "help": reason.page,
        **refusal.shown,
    }


@csrf_exempt
def show_refusals(request: HttpRequest) -> HttpResponse:
    """Return the newest refusal, or the `n` newest of the 1000 that are kept, newest first.

    The address is `/_sandbox/auth/last`. door.py says who may use it.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    number = request.GET.get("n", "1")
    if not re.fullmatch(r"\d{1,9}", number, re.ASCII):
        return _json_response({"error": "n must be a whole number."}, status=400)
    return _json_response(
        [refusal_as_json(row) for row in Refusal.objects.all()[: min(int(number), KEPT)]]
    )


def _json_response(body: object, status: int = 200) -> HttpResponse:
    text = json.dumps(body, ensure_ascii=False)
    headers = {"Cache-Control": "no-store"}
    return HttpResponse(text, status=status, content_type=JSON, headers=headers)
