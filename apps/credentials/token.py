"""The OAuth2 token endpoint: it answers, but grants nothing yet.

Published clients ask for a token first and fall back to their signed key when the answer is
exactly 400 (contract, wire.md section 1.7), so that is what every request gets.
"""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

DESCRIPTION = "This server issues no tokens yet; use HTTP Basic or a signed key."


@csrf_exempt
@require_POST
def token(_request: HttpRequest) -> JsonResponse:
    """400 in the shape of RFC 6749, section 5.2, whatever is asked for."""
    body = {"error": "unsupported_grant_type", "error_description": DESCRIPTION}
    return JsonResponse(body, status=400, headers={"Cache-Control": "no-store"})
