"""The URLs of the documents."""

from django.urls import path, re_path

from apps.documents import views

urlpatterns = [
    path("docs/", views.show_page),
    path("docs/api/", views.show_swagger),
    *(path(f"docs/api/{name}", views.swagger_return, {"name": name}) for name in views.RETURN),
    path("docs/files/<str:name>", views.send_file),
    re_path(r"^docs/(?P<folder>images|examples)/(?P<name>[\w.-]+)$", views.send_shown_file),
    path("docs/search/", views.show_search),
    path("docs/resource/", views.show_published),
    path("docs/resource/<slug:name>/", views.show_published),
    re_path(r"^docs/(?P<place>[\w-]+(?:/[\w-]+)?)/$", views.show_page),
    path("api/openapi.json", views.OpenApiView.as_view(), {"prefix": "api"}),
    path("api/v1/openapi.json", views.OpenApiView.as_view(), {"prefix": "api/v1"}),
]
