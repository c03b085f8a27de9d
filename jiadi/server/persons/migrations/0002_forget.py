"""Requests within the scope alone; earlier versions forget a number once no row says it any more, and by an act alone.

Also small indexes by which the changes of one act are found in the versions: they were written together, so that a range of blocks is enough.
"""

from django.db import migrations

from jiadi.server.database.operations import Allow, protect

TABLES = ("household", "person", "member", "aid", "account")
KEPT = (
    *("source", "coverage", "household", "person", "member", "aid", "account", "parcel", "house", "right", "holder", "approval"),
    *("zone", "link", "interest", "descent", "media"),
)

FORGET = """
CREATE FUNCTION jiadi_forget(place text, field text, area int8multirange, hashes bytea[], ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    held boolean;
    touched uuid[];
BEGIN
    IF place <> ALL (ARRAY[{tables}]) OR field <> ALL (ARRAY['id_number', 'head_id', 'phone'])
        OR NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = ('register_' || place)::regclass AND attname = field || '_sealed') THEN
        RAISE EXCEPTION 'no versions of % forget %', place, field USING ERRCODE = 'JD002';
    END IF;
    IF nullif(current_setting('jiadi.act', true), '') IS NULL THEN
        RAISE EXCEPTION 'nothing is forgotten without an act' USING ERRCODE = 'JD001';
    END IF;
    -- First the row itself, by a change like any other: whoever strips histories alone would hide what rows still say.
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE division <@ $3 AND %I IS NOT NULL AND (%I = ANY ($1) OR id = ANY ($2)))',
        'register_' || place, field || '_hash', field || '_hash') INTO held USING hashes, ids, area;
    IF held THEN
        RAISE EXCEPTION 'a row of % still holds %', place, field USING ERRCODE = 'JD002';
    END IF;
    EXECUTE format('WITH gone AS (UPDATE %I SET %I = NULL, %I = NULL WHERE division <@ $3 AND %I IS NOT NULL AND (%I = ANY ($1) OR id = ANY ($2))
        RETURNING id) SELECT array_agg(DISTINCT id) FROM gone', 'register_' || place || '_version', field || '_sealed', field || '_hash',
        field || '_hash', field || '_hash') INTO touched USING hashes, ids, area;
    RETURN coalesce(touched, '{}');
END
$$;
""".replace("{tables}", ", ".join(f"'{name}'" for name in TABLES))


class Migration(migrations.Migration):
    """Row-level security, and the one way to take a number out of the versions."""

    dependencies = [("persons", "0001_erasures"), ("register", "0011_tally"), ("accounts", "0004_allow_entry")]
    operations = [
        protect("persons_erasure"),
        Allow("SELECT, INSERT, UPDATE", "persons_erasure"),
        Allow("SELECT, INSERT, UPDATE, DELETE", "accounts_attempt"),
        migrations.RunSQL(FORGET, "DROP FUNCTION jiadi_forget(text, text, int8multirange, bytea[], uuid[])"),
        *(
            migrations.RunSQL(
                f"CREATE INDEX {name}_version_acts ON register_{name}_version USING brin (act uuid_minmax_multi_ops, "
                "ended_by uuid_minmax_multi_ops) WITH (autosummarize = on, pages_per_range = 32)",
                f"DROP INDEX {name}_version_acts",
            )
            for name in KEPT
        ),
    ]
