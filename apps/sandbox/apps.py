"""The control plane of the mock: the store, its seeds and the commands."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "apps.sandbox"
    label = "sandbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from apps.sandbox import retention  # noqa: F401 - registers its rule
