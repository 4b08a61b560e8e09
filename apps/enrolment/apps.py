"""Who takes part in which study."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "apps.enrolment"
    label = "enrolment"
    default_auto_field = "django.db.models.BigAutoField"
