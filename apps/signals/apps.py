"""Recorded signals: storing, reading and encoding them."""

from django.apps import AppConfig


class SignalsConfig(AppConfig):
    name = "apps.signals"
    label = "signals"
    default_auto_field = "django.db.models.BigAutoField"
