"""Addresses of the audit (留痕网址)."""

from django.urls import path

from jiadi.server.audit import views

urlpatterns = [
    path("audit", views.audit, name="audit"),
    path("audit/export", views.export, name="export_audit"),
    path("audit/<uuid:act>", views.act, name="act"),
]
