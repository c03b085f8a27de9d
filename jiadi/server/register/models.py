"""The register's rows (登记册各表): what the schema lists, once as they are and once as they were."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Collate

from jiadi.server.database import keys
from jiadi.server.register.columns import Row, columns_of, versions_of


def by_text(column: str, name: str) -> models.Index:
    """An index for the beginnings of texts (文本前缀索引): bytes in their order, whatever the database's own order of words is.

    Row-level security lets an index serve =, < and >= alone; LIKE and its kin would wait until each row was seen.
    """
    return models.Index(Collate(column, "C"), "id", name=name)


class Division(models.Model):
    """A division with its dates and what came after it (行政区划沿革).

    A division that was merged away keeps its rows and names its successor from the day on which it ended.
    """

    code = models.BigIntegerField(primary_key=True)
    name = models.TextField()
    level = models.SmallIntegerField()
    parent = models.BigIntegerField(null=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    successor = models.BigIntegerField(null=True)

    class Meta:
        indexes = [models.Index(fields=["parent"], name="division_parent")]

    def __str__(self) -> str:
        return self.name


class Source(models.Model):
    """A file and sheet that rows come from (来源). Who sees a village sees the lists of its township and county too.

    Args:
        division: that the delivery is of.
        delivery: id of the import; null where the delivery came by another way.
        number: in its delivery; `file`, `sheet` there; `table`: name of the list.
        headers: JSON of column → heading, as the file writes it.
        delivered_on: day of the delivery; null where nobody said so.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    delivery = models.UUIDField(null=True)
    number = models.IntegerField()
    file = models.TextField()
    sheet = models.TextField(default="")
    table = models.TextField(default="")
    sha256 = models.TextField(default="")
    headers = models.TextField(default="{}")
    delivered_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["division"], name="source_place")]

    def __str__(self) -> str:
        return f"{self.file} {self.sheet}".strip()


class Coverage(Row):
    """What one list covers (覆盖范围): only inside it absence is a fact. `divisions` are codes joined by commas."""

    table = models.TextField()
    divisions = models.TextField()
    covers_from = models.DateField(null=True)
    covers_to = models.DateField(null=True)
    kind = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="coverage_key")]


@columns_of("household")
class Household(Row):
    """A household (户). `initials` and `pinyin`: how the head's name sounds."""

    initials = models.TextField(null=True)
    pinyin = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="household_place"),
            by_text("household_code", "household_text_code"),
            *(by_text(column, f"household_text_{column}") for column in ("head_name", "initials", "pinyin")),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="household_key")]


@columns_of("person")
class Person(Row):
    """A person of the household register (户籍人口). `is_head`: the one head of the household; a list may name several.

    `initials` and `pinyin`: how the name sounds, to find it by; null where nobody reckoned it.
    """

    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="persons")
    is_head = models.BooleanField(null=True)
    initials = models.TextField(null=True)
    pinyin = models.TextField(null=True)
    phone_sealed = models.BinaryField(null=True)
    phone_hash = models.BinaryField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="person_place"),
            models.Index(fields=["id_number_hash"], name="person_number"),
            models.Index(fields=["phone_hash"], name="person_phone"),
            *(by_text(column, f"person_text_{column}") for column in ("name", "initials", "pinyin")),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="person_key")]


@columns_of("member")
class Member(Row):
    """A row of the collective's member roll (集体经济组织成员)."""

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="member_place")]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="member_key")]


@columns_of("aid")
class Aid(Row):
    """A row of the list of aid (低保)."""

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="aid_place")]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="aid_key")]


@columns_of("account")
class Account(Row):
    """A row of the ledger of farm households (农户台账)."""

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="account_place"),
            models.Index(fields=["household_code"], name="account_household"),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="account_key")]


@columns_of("parcel")
class Parcel(Row):
    """A parcel (宗地)."""

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="parcel_place"),
            models.Index(models.F("parcel_code"), name="parcel_by_code"),
            *(by_text(column, f"parcel_text_{column}") for column in ("parcel_code", "unit_code", "holder_name", "location")),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="parcel_key_once")]


@columns_of("house")
class House(Row):
    """A house, outbuildings too (房屋). Its row of the survey and its footprint are one.

    Args:
        division_code: where it lies as far as anybody knows: village, township or county; null where nobody does.
        footprint_id: the footprint's name in the core; null without one.
        footprint_source_id, footprint_source_row: where it was drawn.
        stated_only: nobody drew it.
        initials, pinyin: how the owner's name sounds.
    """

    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True, related_name="houses")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="houses")
    division_code = models.BigIntegerField(null=True)
    footprint_id = models.TextField(null=True)
    footprint_source_id = models.UUIDField(null=True)
    footprint_source_row = models.IntegerField(null=True)
    stated_only = models.BooleanField(null=True)
    initials = models.TextField(null=True)
    pinyin = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="house_place"),
            models.Index(models.F("survey_code"), name="house_by_survey_code"),
            *(by_text(column, f"house_text_{column}") for column in ("survey_code", "unit_code", "parcel_code", "house_number")),
            *(by_text(column, f"house_text_{column}") for column in ("owner_name", "initials", "pinyin")),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="house_key")]


@columns_of("right")
class Right(Row):
    """A row of the homestead ledger (宅基地台账)."""

    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True, related_name="rights")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="rights")

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="right_place"),
            models.Index(fields=["parcel_code"], name="right_by_parcel_code"),
            models.Index(fields=["returned_parcel_code"], name="right_returned", condition=Q(returned_parcel_code__isnull=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="right_key")]


@columns_of("holder")
class Holder(Row):
    """A holder with a share in a parcel (权利人)."""

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="holder_place")]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="holder_key")]


@columns_of("approval")
class Approval(Row):
    """An approval of land or building (审批)."""

    class Meta:
        indexes = [
            models.Index(fields=["division", "id"], name="approval_place"),
            models.Index(fields=["removed_parcel_code"], name="approval_removed", condition=Q(removed_parcel_code__isnull=False)),
        ]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="approval_key")]


@columns_of("zone")
class Zone(Row):
    """A zone, from the day of its designation (管控区)."""

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="zone_place")]
        constraints = [models.UniqueConstraint(fields=["division", "key"], name="zone_key")]


class Link(Row):
    """A pair of rows that belong together, or perhaps (关联). `kind`, `state`, `score` and `reason` as the core has them."""

    kind = models.TextField()
    left_key = models.TextField()
    right_key = models.TextField()
    state = models.TextField()
    score = models.FloatField(null=True)
    reason = models.TextField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["division", "kind"], name="link_place"),
            models.Index(fields=["left_key"], name="link_left"),
            models.Index(fields=["right_key"], name="link_right"),
        ]


INTERESTS = ("eligibility", "use", "ownership", "lease", "mortgage")


class Interest(models.Model):
    """What a party holds in a parcel or a house, with its share and its days (权利): rights as ISO 19152 has them.

    Shares of one right sum to 1 at most on any day, a sole holder counting as 1 and joint holders together as 1: the database sees to it.

    Args:
        kind: `eligibility` (资格权, of a person or household, in no thing), `use` (使用权), `ownership` (所有权), `lease` (租赁),
            `mortgage` (抵押).
        parcel, house: in what; one of them, but for eligibility.
        household, person, holder_name: whose; a bank or a tenant from elsewhere has a name alone.
        share_numerator, share_denominator: null without shares; `joint`: held in common without shares (共同共有).
        valid_from, valid_to: half-open legal days; `valid_to` null is open.
        certificate, cause: number of the title, and what the right rests on.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    kind = models.TextField()
    parcel = models.ForeignKey(Parcel, models.PROTECT, null=True, related_name="interests")
    house = models.ForeignKey(House, models.PROTECT, null=True, related_name="interests")
    household = models.ForeignKey(Household, models.PROTECT, null=True, related_name="interests")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="interests")
    holder_name = models.TextField(null=True)
    share_numerator = models.IntegerField(null=True)
    share_denominator = models.IntegerField(null=True)
    joint = models.BooleanField(default=False)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    certificate = models.TextField(null=True)
    cause = models.TextField(default="")

    class Meta:
        indexes = [models.Index(fields=["division", "id"], name="interest_place")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=INTERESTS), name="interest_kind"),
            models.CheckConstraint(
                condition=Q(kind="eligibility", parcel=None, house=None) | (~Q(kind="eligibility") & (Q(parcel=None) ^ Q(house=None))),
                name="interest_in_one_thing",
            ),
            models.CheckConstraint(
                condition=~Q(household=None, person=None) | Q(holder_name__isnull=False) & ~Q(kind="eligibility"),
                name="interest_of_somebody",
            ),
            models.CheckConstraint(
                condition=Q(share_numerator=None, share_denominator=None)
                | Q(share_numerator__gt=0, share_numerator__lte=F("share_denominator"), joint=False),
                name="interest_share",
            ),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")), name="interest_days"),
        ]

    def __str__(self) -> str:
        return self.kind


class Descent(models.Model):
    """Which row came out of which (沿革): by a split or a merger of houses, parcels or households.

    Args:
        table: `house`, `parcel` or `household`.
        word: `split` or `merge`.
        from_id, to_id: the row that was, and the row that came of it.
        happened_on: the legal day; null where nobody said so.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    table = models.TextField()
    word = models.TextField()
    from_id = models.UUIDField()
    to_id = models.UUIDField()
    happened_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["from_id"], name="descent_from"), models.Index(fields=["to_id"], name="descent_to")]
        constraints = [models.UniqueConstraint(fields=["from_id", "to_id"], name="descent_once")]

    def __str__(self) -> str:
        return f"{self.table} {self.word}"


class Media(models.Model):
    """A photo or a document of a row (影像与附件). The file itself lies on disk under the hash of its content.

    Args:
        table, subject_id: what it belongs to.
        sha256, size_bytes, media_type: of the file as it was handed in, which is kept unchanged as evidence.
        shown_sha256: of what is shown: a photo without what the camera wrote into it; the same for a document.
        name: as it was called.
        taken_at, longitude_deg, latitude_deg: what the camera wrote: its own clock, without a zone, and WGS 84; null for nothing.
    """

    id = models.UUIDField(primary_key=True, default=keys.new, editable=False)
    division = models.BigIntegerField()
    table = models.TextField()
    subject_id = models.UUIDField()
    sha256 = models.TextField()
    shown_sha256 = models.TextField()
    size_bytes = models.BigIntegerField()
    media_type = models.TextField()
    name = models.TextField()
    taken_at = models.TextField(null=True)
    longitude_deg = models.FloatField(null=True)
    latitude_deg = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["subject_id"], name="media_subject"), models.Index(fields=["division", "id"], name="media_place")]

    def __str__(self) -> str:
        return self.name


class Tally(models.Model):
    """How many rows each division has (区划计数): kept by the database itself with every change, so that nobody counts rows.

    Args:
        division: as the rows have it; `what`: name of the table, or `verdict ` and the verdict that stands.
    """

    division = models.BigIntegerField()
    what = models.TextField()
    count = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["what", "division"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.what} {self.division}"


KEPT = (
    *(Source, Coverage, Household, Person, Member, Aid, Account, Parcel, House, Right, Holder, Approval, Zone, Link),
    *(Interest, Descent, Media),
)
"""Models whose every version is kept; what another one points to stands before it."""

SourceVersion, CoverageVersion, HouseholdVersion, PersonVersion, MemberVersion, AidVersion, AccountVersion = map(versions_of, KEPT[:7])
ParcelVersion, HouseVersion, RightVersion, HolderVersion, ApprovalVersion, ZoneVersion, LinkVersion = map(versions_of, KEPT[7:14])
InterestVersion, DescentVersion, MediaVersion = map(versions_of, KEPT[14:])
