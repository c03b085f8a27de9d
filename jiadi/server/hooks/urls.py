"""Addresses of hooks (推送网址)."""

from django.urls import path

from jiadi.server.hooks import views

urlpatterns = [
    path("hooks", views.hooks, name="hooks"),
    path("hooks/new", views.new_hook, name="new_hook"),
    path("hooks/<uuid:hook>", views.hook, name="hook"),
    path("hooks/<uuid:hook>/turn/<slug:word>", views.turn_hook, name="turn_hook"),
]
