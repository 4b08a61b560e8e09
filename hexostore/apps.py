"""The project itself as an app: its system checks."""

from django.apps import AppConfig

from hexostore import clock

clock.lead_django()  # before models are loaded, which may keep the function


class HexostoreConfig(AppConfig):
    name = "hexostore"
    label = "hexostore"

    def ready(self) -> None:
        from hexostore import checks  # noqa: F401 - registers them
