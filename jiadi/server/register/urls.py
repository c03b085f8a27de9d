"""Addresses of the register (登记册网址)."""

from django.urls import path

from jiadi.server.register.typed import EDITED
from jiadi.server.register.views import editing, files, lists

urlpatterns = [
    path("search", lists.search, name="search"),
    path("divisions", lists.divisions, name="divisions"),
    path("p/<slug:plate>", lists.plate, name="plate"),
    path("parcels", lists.rows, {"table": "parcel"}, name="parcels"),
    path("parcels/<uuid:row>", files.row, {"table": "parcel"}, name="parcel"),
    path("households", lists.rows, {"table": "household"}, name="households"),
    path("households/<uuid:row>", files.row, {"table": "household"}, name="household"),
    path("persons", lists.rows, {"table": "person"}, name="persons"),
    path("persons/<uuid:row>", files.row, {"table": "person"}, name="person"),
    path("zones", lists.rows, {"table": "zone"}, name="zones"),
    path("zones/<uuid:row>", files.row, {"table": "zone"}, name="zone"),
    *(path(f"{table}s/<uuid:row>/edit", editing.edit, {"table": table}, name=f"edit_{table}") for table in EDITED),
    *(path(f"{table}s/<uuid:row>/end", editing.end, {"table": table}, name=f"end_{table}") for table in EDITED),
    path("acts/<uuid:act>/take-back", editing.take_back, name="take_back"),
]
