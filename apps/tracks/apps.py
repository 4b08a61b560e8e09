"""Where people were: tracks and their points."""

from django.apps import AppConfig


class TracksConfig(AppConfig):
    name = "apps.tracks"
    label = "tracks"
    default_auto_field = "django.db.models.BigAutoField"
