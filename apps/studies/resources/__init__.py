"""The resources of studies that are more than their rows."""

from apps.studies.resources import calendar  # noqa: F401 - registers it
