"""`/explore/simulate/`: the form that has a record made, by the control plane."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.accounts.models import User
from apps.console.pages import show_page
from apps.sandbox.simulations import LONGEST_SENT, USUAL
from apps.simulation import profiles

MOST_PEOPLE = 200
"""The people whom the form suggests; others can be typed."""


@require_safe
def show_form(request: HttpRequest) -> HttpResponse:
    """Return the form, with the profile and person that the query names already chosen."""
    known = [profiles.read_profile(name) for name in profiles.profile_names()]
    people = User.objects.order_by("username").values_list("username", flat=True)
    shown: dict[str, Any] = {
        "here": "explore",
        "profiles": known,
        "chosen": request.GET.get("profile", USUAL),
        "person": request.GET.get("user", ""),
        "people": people[:MOST_PEOPLE],
        "hours": LONGEST_SENT // 3600,
    }
    return show_page(request, "simulate", shown)
