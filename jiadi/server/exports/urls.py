"""Addresses of exports (导出网址)."""

from django.urls import path

from jiadi.server.exports import views

urlpatterns = [
    path("exports", views.exports, name="exports"),
    path("exports/new", views.new_export, name="new_export"),
    path("exports/<uuid:held>", views.export, name="export"),
    path("exports/<uuid:held>/cancel", views.cancel, name="cancel_export"),
    path("exports/<uuid:held>/remove", views.remove, name="remove_export"),
    path("exports/<uuid:held>/file", views.file, name="export_file"),
]
