"""What the service writes down beside the data: activity log, tokens, stored reports."""

from django.apps import AppConfig


class BookkeepingConfig(AppConfig):
    name = "apps.bookkeeping"
    label = "bookkeeping"
    default_auto_field = "django.db.models.BigAutoField"
