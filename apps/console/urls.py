"""The URLs of the console; only the sandbox profile answers at them."""

from django.urls import path

from apps.console.controls import show_controls
from apps.console.explore import (
    panels,
    people,
    record_data,
    record_page,
    selection,
    simulating,
    summary_page,
)
from apps.console.files import send_file
from apps.console.journal import show_request, show_requests
from apps.console.mail import show_mail, show_outbox
from apps.console.start import show_start
from apps.sandbox.door import guard_view

urlpatterns = [
    path("", guard_view(show_start)),
    path("requests/", guard_view(show_requests)),
    path("requests/controls/", guard_view(show_controls)),
    path("requests/<int:number>/", guard_view(show_request)),
    path("outbox/", guard_view(show_outbox)),
    path("outbox/<int:number>/", guard_view(show_mail)),
    path("explore/", guard_view(people.show_people)),
    path("explore/simulate/", guard_view(simulating.show_form)),
    path("explore/people/<int:user>/", guard_view(people.show_person)),
    path("explore/record/<int:record>/", guard_view(record_page.show_record)),
    path("explore/record/<int:record>/summary/", guard_view(summary_page.show_summary)),
    path("explore/record/<int:record>/selection", guard_view(selection.show_selection)),
    path("explore/record/<int:record>/truth", guard_view(panels.show_truth)),
    path("explore/record/<int:record>/track", guard_view(panels.show_way)),
    path("explore/record/<int:record>/metrics", guard_view(panels.show_metrics)),
    path(
        "explore/record/<int:record>/data",
        guard_view(record_data.send_data),
        name="explore-data",
    ),
    path("console/files/<str:name>", send_file),
]
