"""Steps of migrations that say what PostgreSQL itself watches (迁移步骤): who may, whose rows, and earlier versions.

Each is undone by the migration backwards. Tables are named by the migrations themselves, never by a user.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations
from django.db.migrations.operations.base import Operation


def app_role() -> str:
    """The role as which the server works: it owns nothing (应用角色)."""
    return str(settings.DATABASES["default"]["USER"])


class Allow(Operation):
    """What the app's role may do with tables (授权): nothing is allowed that is not said here.

    Args:
        rights: as GRANT takes them; "" takes all away.
        tables: their names.
    """

    reversible = True

    def __init__(self, rights: str, *tables: str) -> None:
        self.rights, self.tables = rights, tables

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """As Django writes it."""
        return type(self).__name__, [self.rights, *self.tables], {}

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models do not change."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Grant to the role of the `default` database."""
        role = schema_editor.quote_name(app_role())
        for table in map(schema_editor.quote_name, self.tables):
            schema_editor.execute(f"REVOKE ALL ON {table} FROM {role}")
            if self.rights:
                schema_editor.execute(f"GRANT {self.rights} ON {table} TO {role}")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Take all away."""
        Allow("", *self.tables).database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        """For people."""
        return f"Allow {self.rights or 'nothing'} on {', '.join(self.tables)}"


def protect(table: str, column: str = "division", using: str = "") -> migrations.RunSQL:
    """Rows outside the transaction's scope are not there, for the owner either (行级安全).

    Args:
        table: with a bigint column of divisions.
        column: its name.
        using: another condition in place of that column.
    """
    # The inner SELECT makes PostgreSQL look the setting up once for a query, not once for a row.
    held = using or f"{column} <@ (SELECT jiadi_scope())"
    return migrations.RunSQL(
        f"""ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY within_scope ON {table} USING ({held}) WITH CHECK ({held});""",
        f"""DROP POLICY within_scope ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;""",
    )


def keep_versions(table: str, versions: str) -> list[migrations.RunSQL]:
    """Every version of every row is kept in a second table, with the act that made it and the act that ended it (历史版本).

    Args:
        table: with a column `id`.
        versions: has the same columns, and `known_from`, `known_to`, `act`, `ended_by`.
    """
    events = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
    events["UPDATE"] = f"{events['DELETE']} {events['INSERT']}"
    return [
        migrations.RunSQL(
            f"""CREATE TRIGGER keep_version_{event.lower()} AFTER {event} ON {table} REFERENCING {tables}
            FOR EACH STATEMENT EXECUTE FUNCTION jiadi_keep_version('{versions}');""",
            f"DROP TRIGGER keep_version_{event.lower()} ON {table};",
        )
        for event, tables in events.items()
    ]


def keep_tally(table: str, what: str, word: str = "") -> list[migrations.RunSQL]:
    """The database counts the rows of a table by division, those that are there already too (维护计数).

    Args:
        table: with a bigint column `division`.
        what: as which they are counted.
        word: expression of a row whose word goes behind it, after a space; "" for none.
    """
    events = {"INSERT": "NEW TABLE AS new_rows", "DELETE": "OLD TABLE AS old_rows"}
    events["UPDATE"] = f"{events['DELETE']} {events['INSERT']}"
    given, counted = (f"'{what} ', '{word}'", f"'{what} ' || {word}") if word else (f"'{what}'", f"'{what}'")
    everywhere = "SELECT set_config('jiadi.scope', '{{[0,1000000000000)}}', true);"
    return [
        *(
            migrations.RunSQL(
                f"""CREATE TRIGGER tally_{event.lower()} AFTER {event} ON {table} REFERENCING {tables}
                FOR EACH STATEMENT EXECUTE FUNCTION jiadi_tally({given});""",
                f"DROP TRIGGER tally_{event.lower()} ON {table};",
            )
            for event, tables in events.items()
        ),
        migrations.RunSQL(
            f"""{everywhere.format()}
            INSERT INTO register_tally (division, what, count) SELECT division, {counted}, count(*) FROM {table} GROUP BY 1, 2;""",
            migrations.RunSQL.noop,
        ),
    ]
