"""Simulated records: what a body does, what its sensors make of it, and the ground truth."""

from django.apps import AppConfig


class SimulationConfig(AppConfig):
    name = "apps.simulation"
    label = "simulation"
    default_auto_field = "django.db.models.BigAutoField"
