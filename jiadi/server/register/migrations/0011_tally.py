"""The database counts rows by division itself: each statement adds what it changed."""

from django.db import migrations

from jiadi.server.database.operations import Allow, keep_tally, protect

COUNTED = ("house", "parcel", "household", "person", "zone", "right", "approval")

TALLY = """
CREATE FUNCTION jiadi_tally() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    -- TG_ARGV[0] is what is counted; TG_ARGV[1] an expression whose word goes behind it.
    what text := quote_literal(TG_ARGV[0]) || coalesce(' || ' || TG_ARGV[1], '');
    changes text := '';
BEGIN
    IF TG_OP <> 'INSERT' THEN
        changes := format('SELECT division, %s AS what, -1 AS step FROM old_rows', what);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        changes := changes || ' UNION ALL ';
    END IF;
    IF TG_OP <> 'DELETE' THEN
        changes := changes || format('SELECT division, %s AS what, 1 AS step FROM new_rows', what);
    END IF;
    -- In order, so that two who change several divisions do not wait for each other for ever.
    EXECUTE format('INSERT INTO register_tally AS held (division, what, count)
        SELECT division, what, sum(step) FROM (%s) AS changes GROUP BY 1, 2 HAVING sum(step) <> 0 ORDER BY 2, 1
        ON CONFLICT (what, division) DO UPDATE SET count = held.count + excluded.count', changes);
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    """Row-level security, and a trigger for each table."""

    dependencies = [("register", "0010_search"), ("database", "0001_scope_and_versions")]
    operations = [
        protect("register_tally"),
        migrations.RunSQL(TALLY, "DROP FUNCTION jiadi_tally()"),
        *(step for name in COUNTED for step in keep_tally(f"register_{name}", name)),
        Allow("SELECT", "register_tally"),
    ]
