"""The functions behind row-level security and histories, and the extensions that tables need."""

from django.db import migrations

SCOPE = """
CREATE FUNCTION jiadi_scope() RETURNS int8multirange LANGUAGE sql STABLE PARALLEL SAFE AS $$
    -- '' is what is left of a setting after its transaction; unset and '' both see nothing.
    SELECT nullif(current_setting('jiadi.scope', true), '')::int8multirange
$$;
"""

KEEP_VERSION = """
CREATE FUNCTION jiadi_keep_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    act uuid := nullif(current_setting('jiadi.act', true), '')::uuid;
    moment timestamptz := nullif(current_setting('jiadi.moment', true), '')::timestamptz;
    names text;
BEGIN
    IF act IS NULL OR moment IS NULL THEN
        RAISE EXCEPTION 'a change of % without an act: nobody said who and why', TG_TABLE_NAME USING ERRCODE = 'JD001';
    END IF;
    IF TG_OP <> 'INSERT' THEN
        -- An act that began earlier may come later: no version ends before it began.
        EXECUTE format('UPDATE %I v SET known_to = greatest($1, v.known_from), ended_by = $2
            FROM old_rows o WHERE v.id = o.id AND v.known_to IS NULL', TG_ARGV[0]) USING moment, act;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO names
            FROM pg_attribute a WHERE a.attrelid = TG_RELID AND a.attnum > 0 AND NOT a.attisdropped;
        IF TG_OP = 'INSERT' THEN
            EXECUTE format('INSERT INTO %I (%s, known_from, known_to, act) SELECT %s, $1, NULL, $2 FROM new_rows',
                TG_ARGV[0], names, names) USING moment, act;
        ELSE
            EXECUTE format('INSERT INTO %I (%s, known_from, known_to, act)
                SELECT %s, greatest($1, (SELECT max(v.known_to) FROM %I v WHERE v.id = n.id)), NULL, $2 FROM new_rows n',
                TG_ARGV[0], names, names, TG_ARGV[0]) USING moment, act;
        END IF;
    END IF;
    RETURN NULL;
END
$$;
"""


class Migration(migrations.Migration):
    """Made by the owner of the database, once."""

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS postgis", migrations.RunSQL.noop),
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS btree_gist", migrations.RunSQL.noop),
        migrations.RunSQL(SCOPE, "DROP FUNCTION jiadi_scope()"),
        migrations.RunSQL(KEEP_VERSION, "DROP FUNCTION jiadi_keep_version()"),
    ]
