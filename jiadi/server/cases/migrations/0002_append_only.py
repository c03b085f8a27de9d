"""Acts are numbered and hashed by the database, in a chain that only grows; who audits sees those of the own divisions."""

from django.db import migrations

from jiadi.server.database.operations import Allow

CHAIN = """
CREATE FUNCTION jiadi_act_bytes(a cases_act) RETURNS bytea LANGUAGE sql STABLE AS $$
    -- Each part with its length before it, so that no two acts read alike.
    SELECT convert_to(string_agg(octet_length(part) || ':' || part, '' ORDER BY place), 'UTF8')
    FROM unnest(ARRAY[a.number::text, a.id::text, ((extract(epoch FROM a.at) * 1000000)::bigint)::text, coalesce(a.by::text, ''),
        a.by_name, a.role, a.word, a.division::text, a.subject, a.subject_id, a.why, a.source, a.detail])
        WITH ORDINALITY AS parts(part, place)
$$;
CREATE FUNCTION jiadi_chain_act() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    head cases_head;
BEGIN
    -- The row lock on the head keeps acts in one line; it is held until the transaction ends.
    UPDATE cases_head SET number = number + 1 WHERE id = 1 RETURNING * INTO head;
    NEW.number := head.number;
    NEW.previous := head.hash;
    NEW.hash := sha256(head.hash || jiadi_act_bytes(NEW));
    UPDATE cases_head SET hash = NEW.hash WHERE id = 1;
    RETURN NEW;
END
$$;
INSERT INTO cases_head (id, number, hash) VALUES (1, 0, sha256('jiadi'));
CREATE TRIGGER chain BEFORE INSERT ON cases_act FOR EACH ROW EXECUTE FUNCTION jiadi_chain_act();
ALTER TABLE cases_act ENABLE ROW LEVEL SECURITY;
ALTER TABLE cases_act FORCE ROW LEVEL SECURITY;
CREATE POLICY within_scope ON cases_act FOR SELECT USING (division <@ (SELECT jiadi_scope()));
CREATE POLICY anyone_acts ON cases_act FOR INSERT WITH CHECK (true);
"""

UNCHAIN = """
DROP POLICY anyone_acts ON cases_act;
DROP POLICY within_scope ON cases_act;
ALTER TABLE cases_act NO FORCE ROW LEVEL SECURITY;
ALTER TABLE cases_act DISABLE ROW LEVEL SECURITY;
DROP TRIGGER chain ON cases_act;
DELETE FROM cases_head;
DROP FUNCTION jiadi_chain_act();
DROP FUNCTION jiadi_act_bytes(cases_act);
"""


class Migration(migrations.Migration):
    """The chain."""

    dependencies = [("cases", "0001_chain"), ("database", "0001_scope_and_versions")]
    operations = [
        migrations.RunSQL(CHAIN, UNCHAIN),
        Allow("SELECT, INSERT", "cases_act"),
        Allow("SELECT", "cases_head"),
    ]
