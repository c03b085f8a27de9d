"""What was asked for as a file, and what came of it (导出)."""

from __future__ import annotations

from django.db import models

from jiadi.server.database import keys

STATES = ("waiting", "running", "done", "refused", "failed", "cancelled", "removed", "expired")
"""removed: by whoever asked; expired: its days are over. Of both the file is gone, and the row stays."""
OPEN = ("waiting", "running")
TABLES = ("house", "parcel", "household", "person", "verdict")
FORMS = ("xlsx", "csv", "csv_gb18030", "gpkg")


class Export(models.Model):
    """One list as a file (一次导出): seen by whoever asked for it alone.

    Args:
        division: first number of the place; `code` as it was asked for, "" for all that the asker reaches.
        ranges: the divisions whose rows are in it, as PostgreSQL writes a multirange: what must still be reached when it is fetched.
        table: of TABLES; `form`: of FORMS.
        q, verdict: how the list was narrowed; "" for not at all.
        as_of: the day at whose end the register is told; null for now.
        clear: whether persons' numbers stand in it unmasked.
        by: who asked; `by_name` as the name was then; `why`: the reason.
        attempt: of the worker that has it: one that was taken for dead finds another number here.
        rows, total: written so far, and in all as far as that is known beforehand.
        name, bytes, sha256: of the file, once it is whole.
        fault: of the refusal: `code` of the table, `filled`, `detail`.
        expires_at: until when the file is kept.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    code = models.TextField(default="")
    ranges = models.TextField(default="{}")
    table = models.TextField(choices=[(name, name) for name in TABLES], default="house")
    form = models.TextField(choices=[(name, name) for name in FORMS], default="xlsx")
    q = models.TextField(default="")
    verdict = models.TextField(default="")
    as_of = models.DateField(null=True)
    clear = models.BooleanField(default=False)
    why = models.TextField()
    by = models.ForeignKey("accounts.User", models.PROTECT, null=True, related_name="+")
    by_name = models.TextField(default="")
    asked_at = models.DateTimeField(auto_now_add=True)
    state = models.TextField(choices=[(name, name) for name in STATES], default="waiting")
    attempt = models.IntegerField(default=0)
    rows = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    name = models.TextField(default="")
    bytes = models.BigIntegerField(default=0)
    sha256 = models.TextField(default="")
    fault = models.JSONField(default=dict)
    done_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["by", "-id"], name="export_own"),
            models.Index(fields=["division", "id"], name="export_place"),
            models.Index(fields=["expires_at"], condition=models.Q(state="done"), name="export_to_end"),
        ]

    def __str__(self) -> str:
        return f"{self.table} {self.form}"

    @property
    def open(self) -> bool:
        """Whether it is still to be waited for."""
        return self.state in OPEN

    @property
    def percent(self) -> int | None:
        """How much of it is written; None where nobody knows how many rows there are."""
        return min(100, self.rows * 100 // self.total) if self.total else None
