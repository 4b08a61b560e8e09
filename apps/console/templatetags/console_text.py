"""Filters for templates of the console."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def path_of(url: str) -> str:
    """Return what follows the host in a URL."""
    _, _, rest = url.partition("://")
    host, _, path = rest.partition("/")
    return f"/{path}" if host else url
