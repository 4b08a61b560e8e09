"""Fitness values of users over time, and how they compare with a population."""

from django.apps import AppConfig


class FitnessConfig(AppConfig):
    name = "apps.fitness"
    label = "fitness"
    default_auto_field = "django.db.models.BigAutoField"
