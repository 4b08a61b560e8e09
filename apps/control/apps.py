"""The app of the control plane, which has no models."""

from django.apps import AppConfig
from django.conf import settings


class ControlConfig(AppConfig):
    name = "apps.control"

    def ready(self) -> None:
        from apps.control import credential_owners, sandbox_jobs
        from apps.jobs.queue import ANNOUNCING

        ANNOUNCING.append(sandbox_jobs.announce_job)
        credential_owners.watch_credentials()
        if settings.HEXOSTORE_CHUNKS:
            from apps.control.object_sweeping import register_sweeping

            register_sweeping()
