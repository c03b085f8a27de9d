"""The packaged divisions; who administers may end one and name its successor."""

from typing import Any

from django.db import migrations

from jiadi.codes import division
from jiadi.server.database.operations import Allow

LEVEL = dict(division.LENGTHS)


def load(apps: Any, schema_editor: Any) -> None:
    """Put in what the package knows; dates are not known."""
    rows = apps.get_model("register", "Division")
    rows.objects.using(schema_editor.connection.alias).bulk_create(
        [
            rows(code=int(one.code), name=one.name, level=LEVEL[one.level], parent=int(one.parent_code) if one.parent_code else None)
            for one in division.table().values()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    """Divisions."""

    dependencies = [("register", "0006_rights_hold")]
    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
        Allow("SELECT, INSERT, UPDATE", "register_division"),
    ]
