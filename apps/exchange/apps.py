"""Activity files: what other programs and watches exchange."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "apps.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Has details answered as files, and registers the job that imports files."""
        from apps.catalog.resources import TrainingRoutineResource
        from apps.exchange import export, importing, retention  # noqa: F401 - registers job and rule
        from apps.records.resources import RangeResource, RecordResource

        activities = export.formats_of(export.ACTIVITY_TYPES)
        RecordResource.provide_files(activities, export.write_record)
        RangeResource.provide_files(activities, export.write_range)
        workouts = export.formats_of(export.WORKOUT_TYPES)
        TrainingRoutineResource.provide_files(workouts, export.write_routine)
