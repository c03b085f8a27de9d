"""Addresses of persons' data (个人信息网址)."""

from django.urls import path

from jiadi.server.persons import queries
from jiadi.server.persons.views import erasing, revealing

PATHS = {"person": "persons", "household": "households", "right": "rights", "holder": "holders"}
PATHS |= {"member": "members", "aid": "aid", "account": "accounts", "approval": "approvals"}

urlpatterns = [
    *(path(f"{PATHS[table]}/<uuid:row>/reveal", revealing.reveal, {"table": table}, name=f"reveal_{table}") for table in queries.SEALED),
    path("persons/<uuid:row>/erasure", erasing.ask, name="ask_erasure"),
    path("erasures", erasing.erasures, name="erasures"),
    path("erasures/<uuid:erasure>", erasing.erasure, name="erasure"),
    path("erasures/<uuid:erasure>/grant", erasing.grant, name="grant_erasure"),
    path("erasures/<uuid:erasure>/refuse", erasing.refuse, name="refuse_erasure"),
    path("erasures/<uuid:erasure>/withdraw", erasing.withdraw, name="withdraw_erasure"),
]
