"""What the law does not allow twice the database does not take twice: one head, one sole holder, shares of one whole at most."""

from django.db import migrations

from jiadi.server.database.operations import Allow, keep_versions, protect

NEW = ("register_interest", "register_descent", "register_media")
VERSIONS = tuple(f"{table}_version" for table in NEW)

SHARES = """
CREATE FUNCTION jiadi_shares_within_whole() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    most numeric;
BEGIN
    IF NEW.kind NOT IN ('use', 'ownership') THEN
        RETURN NULL;
    END IF;
    -- Two who enter shares of one right at the same time follow each other.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.kind || coalesce(NEW.parcel_id, NEW.house_id), 0));
    -- The sum can only grow on a day on which some share begins.
    SELECT max(held) INTO most FROM (
        SELECT sum(CASE WHEN i.share_denominator IS NOT NULL THEN i.share_numerator::numeric / i.share_denominator
                WHEN i.joint THEN 0 ELSE 1 END) + max(i.joint::int) AS held
        FROM (SELECT DISTINCT valid_from FROM register_interest
            WHERE kind = NEW.kind AND coalesce(parcel_id, house_id) = coalesce(NEW.parcel_id, NEW.house_id)) AS began
        JOIN register_interest i ON i.kind = NEW.kind AND coalesce(i.parcel_id, i.house_id) = coalesce(NEW.parcel_id, NEW.house_id)
            AND daterange(i.valid_from, i.valid_to) @> began.valid_from
        GROUP BY began.valid_from) AS days;
    -- A third thrice is a little off one as a decimal number.
    IF most > 1.000000001 THEN
        RAISE EXCEPTION 'shares of one right exceed the whole' USING ERRCODE = '23514', CONSTRAINT = 'interest_within_whole';
    END IF;
    RETURN NULL;
END
$$;
CREATE INDEX interest_thing ON register_interest (coalesce(parcel_id, house_id), kind);
CREATE CONSTRAINT TRIGGER shares_within_whole AFTER INSERT OR UPDATE ON register_interest DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION jiadi_shares_within_whole();
ALTER TABLE register_interest ADD CONSTRAINT interest_sole_holder EXCLUDE USING gist
    (coalesce(parcel_id, house_id) WITH =, kind WITH =, daterange(valid_from, valid_to) WITH &&)
    WHERE (kind IN ('use', 'ownership') AND share_denominator IS NULL AND NOT joint) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE register_interest ADD CONSTRAINT interest_eligible_once EXCLUDE USING gist
    (coalesce(person_id, household_id) WITH =, daterange(valid_from, valid_to) WITH &&)
    WHERE (kind = 'eligibility') DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE register_person ADD CONSTRAINT person_one_head EXCLUDE USING btree (household_id WITH =)
    WHERE (is_head) DEFERRABLE INITIALLY DEFERRED;
"""
NO_SHARES = """
ALTER TABLE register_person DROP CONSTRAINT person_one_head;
ALTER TABLE register_interest DROP CONSTRAINT interest_eligible_once;
ALTER TABLE register_interest DROP CONSTRAINT interest_sole_holder;
DROP TRIGGER shares_within_whole ON register_interest;
DROP INDEX interest_thing;
DROP FUNCTION jiadi_shares_within_whole();
"""


class Migration(migrations.Migration):
    """Constraints that span rows, row-level security and histories."""

    dependencies = [("register", "0005_rights_descent_and_media")]
    operations = [
        migrations.RunSQL(SHARES, NO_SHARES),
        *(protect(table) for table in (*NEW, *VERSIONS)),
        *(step for table in NEW for step in keep_versions(table, f"{table}_version")),
        Allow("SELECT, INSERT, UPDATE, DELETE", *NEW),
        Allow("SELECT", *VERSIONS),
    ]
