"""Addresses of judging (判定网址)."""

from django.urls import path

from jiadi.server.policy import houses, trying, views

urlpatterns = [
    path("houses", houses.houses, name="houses"),
    path("houses/<uuid:house>", houses.house, name="house"),
    path("runs", views.runs, name="runs"),
    path("runs/new", views.new_run, name="new_run"),
    path("runs/<uuid:run>", views.run, name="run"),
    path("houses/<uuid:house>/verdict", views.verdict, name="verdict"),
    path("houses/<uuid:house>/verdict.pdf", views.printed, name="printed_verdict"),
    path("whatif/new", trying.new_whatif, name="new_whatif"),
    path("compare/new", trying.new_compare, name="new_compare"),
    path("jobs/<uuid:job>/result", trying.result, name="result"),
    path("jobs/<uuid:job>/result.xlsx", trying.result_book, name="result_book"),
    path("jobs/<uuid:job>", views.job, name="job"),
    path("jobs/<uuid:job>/cancel", views.cancel_job, name="cancel_job"),
]
