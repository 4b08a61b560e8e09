"""The faults and the clock of a sandbox, beside the list of its requests.

The pages change them through the control plane (apps/sandbox/plane), like any other program.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from apps.console.pages import root_of, show_page
from apps.control.entering import sandbox_of
from apps.control.plane import plane
from apps.sandbox.plane import clock, faults

_LONGEST = 160
"""The most characters that are shown of a match or an action."""


@dataclass(frozen=True)
class FaultPreset:
    """What a rule of the page does, as `action` of a fault and in words."""

    words: str
    action: dict[str, Any]

    @property
    def body(self) -> str:
        """The action as JSON."""
        return json.dumps(self.action)


PRESETS = (
    FaultPreset("503, try again in 2 seconds", {"status": 503, "retry_after": 2}),
    FaultPreset("500, an unexpected error", {"status": 500}),
    FaultPreset("429, too many requests", {"reason": "rate_limited", "retry_after": 5}),
    FaultPreset("401, the token has expired", {"reason": "expired_token"}),
    FaultPreset("3 seconds late", {"delay_ms": 3000}),
    FaultPreset("no answer, the connection is closed", {"drop": "before"}),
    FaultPreset("half of the answer", {"drop": "amid"}),
)


@dataclass(frozen=True)
class ShownFault:
    """A rule, or a mark of a user or key, which has no number."""

    id: int | None
    words: str
    match: str
    counted: str


@require_safe
def show_controls(request: HttpRequest) -> HttpResponse:
    """Return the faults and the clock alone, for a page that has changed them."""
    return show_page(request, "parts/controls", shown_controls(request))


def shown_controls(request: HttpRequest) -> dict[str, Any]:
    """Return what the template of the controls needs."""
    entered = sandbox_of(request)
    if entered is None or plane() is None:
        return {"controls": None}
    return {
        "controls": f"{root_of(request)}/requests/controls/",
        "plane": f"{root_of(request)}/_sandbox",
        "clock": clock.clock_as_json(entered),
        "faults": [*map(_shown_fault, _listed(request))],
        "presets": PRESETS,
    }


def _listed(request: HttpRequest) -> list[dict[str, Any]]:
    found: Any = faults.list_faults(request)
    listed: list[dict[str, Any]] = found["faults"]
    return listed


def _shown_fault(fault: dict[str, Any]) -> ShownFault:
    number, match = fault["id"], fault.get("match") or {}
    counted = "" if number is None else f"{fault['applied']} of {fault['matched']}"
    words = next((each.words for each in PRESETS if each.action == fault["action"]), "")
    return ShownFault(
        number,
        fault.get("name") or words or _in_short(fault["action"]),
        _in_short(match) if match else "every request",
        counted,
    )


def _in_short(members: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} {_plain(value)}" for name, value in members.items())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
