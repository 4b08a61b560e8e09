"""The resource layer: everything that is the same for every resource."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ApiConfig(AppConfig):
    name = "apps.api"
    label = "api"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every `resources` module, so that all declarations are registered."""
        autodiscover_modules("resources")
