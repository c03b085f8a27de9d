"""Lists held against each other (表间核对): codes that one has and the other lacks, persons who differ, holders who differ.

These are questions between departments, not mistakes of a row: no row is refused for them, and nothing is taken away.

They are problems like any other, with a level, a page and a place in the user's own workbook. `survey.check` does not tell them, though:
what it tells is true of each file by itself, whatever else was handed in, and is held against what was planted in an invented county.
"""

from __future__ import annotations

import polars as pl

from jiadi.codes import person, split, unit
from jiadi.geo import overlay
from jiadi.register.tables import PROBLEMS, Delivery
from jiadi.survey import threshold
from jiadi.survey.link import keys
from jiadi.survey.problems import levels, title
from jiadi.survey.report import Sheet

ACROSS: dict[str, pl.DataType] = {
    "code": pl.String(), "table": pl.String(), "file": pl.String(), "sheet": pl.String(), "row": pl.Int32(), "column": pl.String(),
    "value": pl.String(), "other": pl.String(),
}  # fmt: skip
"""Columns: what is asked, the list, its place, schema column, its value (IDs masked), and what the other list says."""
CODES = (
    "code_not_in_parcels", "parcel_not_in_ledger", "holder_without_right", "holder_differs", "name_differs", "same_name_other_id",
    "account_differs", "household_size", "unit_code_repeated", "shape_repeated", "built_after_lapse",
)  # fmt: skip
"""Questions that are asked between lists, each an entry of problems.yaml."""
_HEADS = {
    "zh": ("问题", "代码", "表", "文件", "工作表", "行", "字段", "原值", "另一表"),
    "en": ("Question", "Code", "List", "File", "Sheet", "Row", "Field", "Value", "The other list"),
}
_HOLDER, _PERSON = ("holder_name", "holder_id"), ("name", "id_number")
_NAMED = {"right": _HOLDER, "approval": _HOLDER, "member": _PERSON, "aid": _PERSON}


def across(delivery: Delivery) -> pl.DataFrame:
    """Hold the lists of a delivery against each other (表间核对).

    A code counts as lacking only in a village of which the other list has rows, for a list that does
    not reach there says nothing.

    Args:
        delivery: checked lists; a list that was not handed in is held against none.

    Returns:
        Frame of ACROSS, sorted; it does not depend on the order of rows.

    >>> across(Delivery()).height
    0
    """
    parts = [
        _codes(delivery, name, column) for name, column in (("right", "parcel_code"), ("approval", "parcel_code"), ("house", "unit_code"))
    ]
    parts += [
        _lacking_in_ledger(delivery),
        _repeated(delivery),
        _holders(delivery),
        _sizes(delivery),
        _accounts(delivery),
        _lapsed(delivery),
    ]
    parts += [_rightless(delivery)]
    parts += [_drawn_twice(delivery, name) for name in ("parcel", "footprint", "house")]
    parts += [_persons(delivery, name) for name in _NAMED]
    found = pl.concat([part.select(list(ACROSS)) if part.width else pl.DataFrame(schema=ACROSS) for part in parts])
    return found.sort(list(ACROSS))


def counts(found: pl.DataFrame) -> dict[str, int]:
    """Rows by question (按问题计数).

    >>> counts(pl.DataFrame(schema=ACROSS))
    {}
    """
    return dict(found.group_by("code").len().sort("code").iter_rows())


def told(found: pl.DataFrame) -> pl.DataFrame:
    """The questions as problems (表间问题).

    Args:
        found: as `across` gives it.

    Returns:
        Frame of PROBLEMS; `column` is the schema's name of the column, `detail` what the other list says.

    >>> told(pl.DataFrame(schema=ACROSS)).columns == list(PROBLEMS)
    True
    """
    rows = found.with_columns(
        pl.col("code").replace_strict(levels(), return_dtype=pl.String).alias("level"), pl.col("other").fill_null("").alias("detail")
    )
    return rows.select(pl.col(name).cast(kind) for name, kind in PROBLEMS.items())


def sheet(found: pl.DataFrame, lang: str) -> Sheet:
    """The questions as a sheet of problems.xlsx (表间核对工作表).

    Args:
        found: as `across` gives it.
        lang: "zh" or "en".
    """
    titles = {code: title(code, lang) for code in found["code"].unique()}
    rows = found.select(pl.col("code").replace_strict(titles, return_dtype=pl.String).alias("title"), *found.columns)
    return Sheet("表间核对" if lang == "zh" else "Across lists", _HEADS[lang], (40, 22, 10, 18, 16, 7, 16, 30, 44), rows)


def _placed(frame: pl.DataFrame, delivery: Delivery, table: str, code: str, column: str, value: pl.Expr, other: pl.Expr) -> pl.DataFrame:
    sources = delivery.sources.select(pl.col("source_id").cast(pl.Int32), "file", "sheet")
    return frame.join(sources, on="source_id", how="left").select(
        pl.lit(code).alias("code"), pl.lit(table).alias("table"), "file", pl.col("sheet").fill_null(""), pl.col("source_row").alias("row"),
        pl.lit(column).alias("column"), value.cast(pl.String).alias("value"), other.cast(pl.String).alias("other"),
    )  # fmt: skip


def _codes(delivery: Delivery, name: str, column: str) -> pl.DataFrame:
    """Codes of a list that no parcel has."""
    if not {name, "parcel"} <= delivery.tables.keys():
        return pl.DataFrame()
    rows, parcels = keys.listed(delivery, name), keys.listed(delivery, "parcel")
    codes = unit.parcel_of_column(rows[column]) if column == "unit_code" else rows[column]
    asked = rows.with_columns(codes.alias("_code")).filter(pl.col("_code").is_not_null())
    reached = asked.join(parcels.select("village_code").drop_nulls().unique(), on="village_code", how="semi")
    lacking = reached.join(parcels.select("parcel_code").drop_nulls(), left_on="_code", right_on="parcel_code", how="anti")
    return _placed(lacking, delivery, name, "code_not_in_parcels", column, pl.col(column), pl.lit(""))


def _lacking_in_ledger(delivery: Delivery) -> pl.DataFrame:
    if not {"right", "parcel"} <= delivery.tables.keys():
        return pl.DataFrame()
    rights, parcels = keys.listed(delivery, "right"), keys.listed(delivery, "parcel")
    reached = parcels.drop_nulls("parcel_code").join(rights.select("village_code").drop_nulls().unique(), on="village_code", how="semi")
    lacking = reached.join(rights.select("parcel_code").drop_nulls(), on="parcel_code", how="anti")
    return _placed(
        lacking, delivery, "parcel", "parcel_not_in_ledger", "parcel_code", pl.col("parcel_code"), pl.col("holder_name").fill_null("")
    )


def _repeated(delivery: Delivery) -> pl.DataFrame:
    """Unit codes that several houses have; F9999 is one unit of several buildings."""
    if "house" not in delivery.tables:
        return pl.DataFrame()
    houses = keys.listed(delivery, "house").drop_nulls("unit_code").filter(pl.col("unit_code").str.slice(19, 5) != "F9999")
    rows = houses.filter(pl.len().over("unit_code") > 1)
    return _placed(rows, delivery, "house", "unit_code_repeated", "unit_code", pl.col("unit_code"), pl.len().over("unit_code"))


def _drawn_twice(delivery: Delivery, name: str) -> pl.DataFrame:
    """Shapes that are all but the same: what two have in common is most of both together."""
    if name not in delivery.tables:
        return pl.DataFrame()
    drawn = keys.listed(delivery, name).drop_nulls("geometry")
    least = threshold.of(delivery).same_shape_share
    pairs = overlay.same_shapes(drawn["geometry"], drawn["id"], least)
    both = pl.concat([pairs.select("id", "other_id", "share"), pairs.select(id="other_id", other_id="id", share="share")])
    words = pl.concat_str("other_id", pl.lit(" "), (pl.col("share") * 100).round(1), pl.lit("%"))
    listed = both.sort("id", "other_id").group_by("id", maintain_order=True).agg(words.str.join("、").alias("others"))
    rows = drawn.join(listed, on="id")
    return _placed(rows, delivery, name, "shape_repeated", "geometry", pl.col("id"), pl.col("others"))


def _sizes(delivery: Delivery) -> pl.DataFrame:
    """Households of more members than one has; accounts of none at all."""
    if not {"person", "account"} & delivery.tables.keys():
        return pl.DataFrame()
    most = threshold.of(delivery).household_persons_most
    persons = keys.listed(delivery, "person")
    large = _living(persons).filter(pl.col("len") > most).select("household_code", "len")
    first = (
        persons.sort("source_id", "source_row").unique("household_code", keep="first", maintain_order=True).join(large, on="household_code")
    )
    accounts = keys.listed(delivery, "account").filter((pl.col("persons") == 0) | (pl.col("persons") > most))
    return pl.concat([
        _placed(first, delivery, "person", "household_size", "household_code", pl.col("household_code"), pl.col("len")),
        _placed(accounts, delivery, "account", "household_size", "persons", pl.col("persons"), pl.lit("")),
    ])  # fmt: skip


def _living(persons: pl.DataFrame) -> pl.DataFrame:
    """Members of each household who neither died nor left: household_code, len."""
    return persons.filter(pl.col("died_on").is_null() & pl.col("valid_to").is_null()).group_by("household_code").len()


def _accounts(delivery: Delivery) -> pl.DataFrame:
    """Accounts of households that state another number of members than the register has; of parted ones it may have one household alone."""
    if not {"account", "person"} <= delivery.tables.keys():
        return pl.DataFrame()
    living = _living(keys.listed(delivery, "person"))
    accounts = keys.listed(delivery, "account")
    parted = accounts.with_columns(split.sizes_column(accounts["split_persons"]).alias("sizes"))
    one_of = pl.col("sizes").list.contains(pl.col("len").cast(pl.Int64)).fill_null(False)
    rows = parted.join(living, on="household_code").filter((pl.col("persons") != pl.col("len")) & ~one_of)
    return _placed(rows, delivery, "account", "account_differs", "persons", pl.col("persons"), pl.col("len"))


def _lapsed(delivery: Delivery) -> pl.DataFrame:
    """Houses that were built later than the approvals of their parcel lasted, all of them."""
    if not {"house", "approval"} <= delivery.tables.keys():
        return pl.DataFrame()
    approvals = keys.listed(delivery, "approval").drop_nulls(["parcel_code", "approved_on"])
    last = approvals.group_by("parcel_code").agg(pl.col("approved_on").max().alias("_last"))
    houses = keys.listed(delivery, "house")
    coded = houses.with_columns(pl.coalesce(pl.col("parcel_code"), unit.parcel_of_column(houses["unit_code"])).alias("_code"))
    rows = coded.join(last, left_on="_code", right_on="parcel_code").filter(
        pl.col("built_year") > pl.col("_last").dt.year() + threshold.of(delivery).approval_lapse_years
    )
    return _placed(rows, delivery, "house", "built_after_lapse", "built_year", pl.col("built_year"), pl.col("_last"))


def _rightless(delivery: Delivery) -> pl.DataFrame:
    """Holders of a parcel that has no row in the ledger."""
    if not {"holder", "right"} <= delivery.tables.keys():
        return pl.DataFrame()
    rights = keys.listed(delivery, "right").select("parcel_code").drop_nulls()
    rows = keys.listed(delivery, "holder").drop_nulls("parcel_code").join(rights, on="parcel_code", how="anti")
    return _placed(rows, delivery, "holder", "holder_without_right", "parcel_code", pl.col("parcel_code"), pl.col("holder_name"))


def _holders(delivery: Delivery) -> pl.DataFrame:
    """Ledger rows whose holder is not the one that the layer names for the same code."""
    if not {"right", "parcel"} <= delivery.tables.keys():
        return pl.DataFrame()
    land = keys.unique_code(keys.listed(delivery, "parcel"), "parcel_code").select(
        "parcel_code", pl.col("holder_name").alias("drawn"), keys.name_key("holder_name").alias("drawn_key")
    )
    rights = keys.unique_code(keys.listed(delivery, "right"), "parcel_code").with_columns(keys.name_key("holder_name").alias("key"))
    rows = rights.join(land, on="parcel_code").filter(pl.col("key") != pl.col("drawn_key"))
    return _placed(rows, delivery, "right", "holder_differs", "holder_name", pl.col("holder_name"), pl.col("drawn"))


def _persons(delivery: Delivery, name: str) -> pl.DataFrame:
    """Persons of a list whose name and ID the household register does not bring together."""
    if not {name, "person"} <= delivery.tables.keys():
        return pl.DataFrame()
    register = keys.listed(delivery, "person")
    known = register.select(
        keys.name_key("name").alias("key"),
        pl.Series("number", keys.number_key(register["id_number"])),
        pl.coalesce("village_code", keys.code_village("household_code", keys.HOUSEHOLD_CODE)).alias("village_code"),
    ).drop_nulls(["key", "number"])
    rows = keys.listed(delivery, name)
    of_name, of_id = _NAMED[name]
    asked = rows.with_columns(keys.name_key(of_name).alias("key"), keys.number_key(rows[of_id]).alias("number")).drop_nulls(
        ["key", "number"]
    )
    by_number = known.group_by("number").agg(pl.col("key").unique().sort().alias("names"))
    renamed = asked.join(by_number, on="number").filter(~pl.col("names").list.contains(pl.col("key")))
    by_name = known.group_by("key", "village_code").agg(pl.col("number").unique().sort().alias("numbers"))
    strange = asked.join(by_number, on="number", how="anti").join(by_name, on=["key", "village_code"])
    masked = pl.col("numbers").list.eval(pl.element().map_batches(_masked, return_dtype=pl.String)).list.join("、")
    number = pl.col("number").map_batches(_masked, return_dtype=pl.String)
    return pl.concat([
        _placed(renamed, delivery, name, "name_differs", of_name, pl.col(of_name), pl.col("names").list.join("、")),
        _placed(strange, delivery, name, "same_name_other_id", of_id, number, masked),
    ])  # fmt: skip


def _masked(numbers: pl.Series) -> pl.Series:
    return person.mask_column(numbers)
