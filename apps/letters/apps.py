"""Mail."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    name = "apps.letters"
    label = "letters"

    def ready(self) -> None:
        from apps.letters import delivery  # noqa: F401 - registers the kind of job
