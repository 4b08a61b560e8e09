"""What studies plan, ask and report."""

from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "apps.studies"
    label = "studies"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have calendars shared, and register which reports are removed."""
        from apps.access import shared_kinds
        from apps.studies import retention  # noqa: F401 - registers a rule
        from apps.studies.calendar.sharing import SHARE_TYPE, SharedCalendar

        shared_kinds.provide_kind(SHARE_TYPE, SharedCalendar())
