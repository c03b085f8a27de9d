"""The answers that travel with the sample (答案): what was planted, what is true, what the files can prove."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from jiadi.survey.sample import truth_rules as rules
from jiadi.survey.sample.dirt import GEOMETRY, Soiled
from jiadi.survey.sample.draw import Bools, Ints, distributions
from jiadi.survey.sample.forms import Form
from jiadi.survey.sample.layout import Beside
from jiadi.survey.sample.records import World, household_codes
from jiadi.survey.sample.truth_links import Links, provable_links
from jiadi.survey.sample.truth_rules import Answers
from jiadi.survey.sample.truth_zones import zone_hits

VERDICTS = ("lawful", "can_be_regularised", "historic", "to_be_verified", "unlawful")


@dataclass(slots=True)
class Truth:
    """The answers, ready to be written (答案).

    Args:
        links: kind → frame of left id and right id, true relations of the invented county.
        findings: subject, id, code: what the files as delivered prove.
        verdicts: id, verdict, whole: every house of the register.
    """

    links: dict[str, pl.DataFrame]
    findings: pl.DataFrame
    verdicts: pl.DataFrame


def answer(world: World, lists: dict[str, pl.DataFrame], forms: dict[str, Form], soiled: Soiled, beside: Beside) -> Truth:
    """Work out the answers (求答案).

    Args:
        world: the invented county.
        lists: after gaps and dirt.
        forms: the files' rows.
        soiled: what dirt was planted.
        beside: what lies beside the lists.
    """
    on = distributions()["delivered_on"]
    lists = dict(lists)
    lists["parcel"] = lists["parcel"].with_columns(_area_m2=pl.Series(world.homesteads.area_m2).gather(lists["parcel"]["_homestead"]))
    links = provable_links(lists, on)
    households = int(world.homesteads.household.max()) + 1
    answers = rules.judge(lists, links, zone_hits(world), households, on)
    registered = np.zeros(households, dtype=bool)
    registered[lists["person"]["_household"].to_numpy()] = True
    return Truth(
        _true_links(world, lists, forms, links, registered, beside),
        _findings(world, lists, links, answers, registered),
        _verdicts(world, lists, links, answers, soiled),
    )


def parcel_ids(lists: dict[str, pl.DataFrame]) -> pl.Series:
    """The parcel code where it can be used, else the feature code (宗地标识)."""
    return lists["parcel"].select(pl.coalesce("parcel_code", "feature_code")).to_series()


def _findings(world: World, lists: dict[str, pl.DataFrame], links: Links, answers: Answers, registered: Bools) -> pl.DataFrame:
    ids = {"house": links.houses["id"], "parcel": parcel_ids(lists), "household": household_codes(world)}
    answers.household = {code: np.where(registered, mask, rules.NO) for code, mask in answers.household.items()}
    parts = []
    for subject, masks in (("house", answers.house), ("parcel", answers.parcel), ("household", answers.household)):
        for code, mask in masks.items():
            found = ids[subject].gather(np.flatnonzero((mask & rules.NO) == 0)).sort()
            parts.append(pl.DataFrame({"id": found}).select(pl.lit(subject).alias("subject"), "id", pl.lit(code).alias("code")))
    return pl.concat(parts)


def _verdicts(world: World, lists: dict[str, pl.DataFrame], links: Links, answers: Answers, soiled: Soiled) -> pl.DataFrame:
    """The gravest outcome of each house, its parcel's and household's included."""
    every = list(answers.house.values())
    every += [_taken_in(mask, answers.of_parcel) for mask in answers.parcel.values()]
    every.append(_taken_in(answers.household["several_homesteads"], answers.of_household))
    count = links.houses.height
    grave = {outcome: np.zeros(count, dtype=bool) for outcome in (rules.UNLAWFUL, rules.HISTORIC, rules.REGULARISE)}
    unknown = np.zeros(count, dtype=bool)
    for mask in every:
        for outcome in grave:
            grave[outcome] |= mask == outcome
        several = (mask & (mask - 1)) != 0
        # What can only lead to a remedy leaves the verdict alone, known or not.
        unknown |= several & ((mask & ~(rules.NO | rules.REMEDY | rules.NOTED)) != 0)
    place = np.select([grave[rules.UNLAWFUL], unknown, grave[rules.HISTORIC], grave[rules.REGULARISE]], [4, 3, 2, 1], 0)
    verdict = pl.Series(place).replace_strict(dict(enumerate(VERDICTS)), return_dtype=pl.String)
    return pl.DataFrame({"id": links.houses["id"], "verdict": verdict, "whole": _whole(world, lists, links, soiled)}).sort("id")


def _taken_in(mask: Ints, of_house: Ints) -> Ints:
    """Outcomes of each house's parcel or household; not known where there is no link."""
    return np.where(of_house >= 0, mask[np.maximum(of_house, 0)], rules.NO | rules.HISTORIC)


def _whole(world: World, lists: dict[str, pl.DataFrame], links: Links, soiled: Soiled) -> Bools:
    """Houses in both survey and drawing, no cell of which, of whose homestead or household was destroyed."""
    homesteads = world.homesteads
    bad_homestead = np.zeros(len(homesteads.village), dtype=bool)
    for name in ("parcel", "right", "approval"):
        bad_homestead[lists[name]["_homestead"].to_numpy()[soiled.destroyed[name]]] = True
    bad_household = np.zeros(int(homesteads.household.max()) + 1, dtype=bool)
    for name in ("person", "member"):
        persons = lists[name]["_person"].to_numpy()[soiled.destroyed[name]]
        bad_household[world.people.household[persons]] = True
    np.logical_or.at(bad_household, homesteads.household, bad_homestead)
    whole = np.ones(links.houses.height, dtype=bool)
    for name, column in (("house", "survey"), ("footprint", "footprint")):
        # The last entry stands for a house that is not in this list.
        whole &= ~np.append(soiled.destroyed[name], True)[links.houses[column].fill_null(-1).to_numpy()]
    whole &= ~bad_household[homesteads.household[links.houses["homestead"].to_numpy()]]
    return whole


def _spot(form: Form) -> pl.Series:
    """File, sheet and row of each record: the name of a row that has no key of its own."""
    frame = pl.DataFrame({"sheet": form.sheet, "row": form.row})
    return frame.select(pl.concat_str(pl.lit(form.file), "sheet", pl.col("row").cast(pl.String), separator="|")).to_series()


def _true_links(
    world: World, lists: dict[str, pl.DataFrame], forms: dict[str, Form], links: Links, registered: Bools, beside: Beside
) -> dict[str, pl.DataFrame]:
    homesteads, houses = world.homesteads, links.houses
    parcel = parcel_ids(lists)
    codes = household_codes(world)
    household = pl.DataFrame({"code": codes, "in": registered}).select(pl.when("in").then("code")).to_series().gather(homesteads.household)
    person = _person_ids(world, lists["person"])
    right = (
        pl.DataFrame({"key": lists["right"]["parcel_code"], "spot": _spot(forms["right"])}).select(pl.coalesce("key", "spot")).to_series()
    )
    approval = (
        pl.DataFrame({"key": lists["approval"]["approval_code"], "spot": _spot(forms["approval"])})
        .select(pl.coalesce("key", "spot"))
        .to_series()
    )
    standing, ledger, granted = houses["homestead"], lists["right"]["_homestead"], lists["approval"]["_homestead"]
    # An outline that carries no number is a house of its own: only the numbered ones are one with their survey row.
    numbered = lists["footprint"].filter(pl.col("survey_code").is_not_null()).select("_building", "feature_code")
    drawn = numbered.join(lists["house"].select("_building", "survey_code"), on="_building")
    late = pl.DataFrame(beside.same_as, schema={"left": pl.String, "right": pl.String}, orient="row")
    pairs = {
        "house_parcel": (houses["id"], parcel.gather(standing)),
        "house_household": (houses["id"], household.gather(standing)),
        "house_footprint": (drawn["survey_code"].append(late["left"]), drawn["feature_code"].append(late["right"])),
        "parcel_household": (parcel, household.gather(lists["parcel"]["_homestead"])),
        "right_parcel": (right, parcel.gather(ledger)),
        "right_household": (right, household.gather(ledger)),
        "approval_parcel": (approval, parcel.gather(granted)),
        "approval_household": (approval, household.gather(granted)),
        "member_person": (_taken(lists["member"], _spot(forms["member"])), person.gather(lists["member"]["_person"])),
        "aid_person": (_taken(lists["aid"], _spot(forms["aid"])), person.gather(lists["aid"]["_person"])),
    }
    return {kind: pl.DataFrame({"left": left, "right": right}).drop_nulls() for kind, (left, right) in pairs.items()}


def _taken(frame: pl.DataFrame, spot: pl.Series) -> pl.Series:
    """Names of the rows that are taken: a row without name and number is refused, and links to nobody."""
    return frame.select(pl.when(pl.any_horizontal(pl.col("name", "id_number").is_not_null())).then(pl.lit(spot))).to_series()


def _person_ids(world: World, person: pl.DataFrame) -> pl.Series:
    ids = person.select("_person", id=pl.col("household_code") + "/" + pl.col("name"))
    every = pl.DataFrame({"_person": np.arange(len(world.people.household))})
    return every.join(ids, on="_person", how="left", maintain_order="left")["id"]


def write_answers(path: Path, truth: Truth, forms: dict[str, Form], soiled: Soiled, beside: Beside) -> None:
    """Write truth.json (写答案), piece by piece: a county of a million houses has some ten million links."""
    with path.open("w", encoding="utf-8", newline="\n") as out:
        out.write('{"dirt": [\n')
        _write_lines(out.write, _dirt_lines(forms, soiled, beside))
        out.write('\n],\n"layout": [\n')
        keys = ("file", "sheet", "row", "kind")
        laid = [json.dumps(dict(zip(keys, one, strict=True)), ensure_ascii=False) for one in beside.laid]
        out.write(",\n".join(laid))
        out.write('\n],\n"links": {\n')
        for place, (kind, pairs) in enumerate(truth.links.items()):
            out.write((",\n" if place else "") + f'"{kind}": {{\n')
            _write_lines(out.write, _pair_lines(pairs))
            out.write("\n}")
        out.write('\n},\n"findings": [\n')
        _write_lines(out.write, _finding_lines(truth.findings))
        out.write('\n],\n"verdicts": {\n')
        _write_lines(out.write, _pair_lines(truth.verdicts.select(left="id", right="verdict")))
        out.write('\n},\n"whole": [\n')
        _write_lines(out.write, truth.verdicts.filter("whole").select('"' + pl.col("id") + '"').to_series())
        out.write("\n]}\n")


_LINES = 200_000


def _write_lines(write, lines: pl.Series) -> None:  # type: ignore[no-untyped-def]
    for start in range(0, len(lines), _LINES):
        write((",\n" if start else "") + str(lines.slice(start, _LINES).str.join(",\n").item()))


def _pair_lines(pairs: pl.DataFrame) -> pl.Series:
    return pairs.select(pl.concat_str(pl.lit('"'), "left", pl.lit('": "'), "right", pl.lit('"'))).to_series()


def _finding_lines(findings: pl.DataFrame) -> pl.Series:
    parts: Iterator[pl.Expr] = (
        part
        for name in ("subject", "id", "code")
        for part in (pl.lit(('{"' if name == "subject" else ', "') + name + '": "'), pl.col(name), pl.lit('"'))
    )
    return findings.select(pl.concat_str(*parts, pl.lit("}"))).to_series()


def _dirt_lines(forms: dict[str, Form], soiled: Soiled, beside: Beside) -> pl.Series:
    lines = []
    for spot in soiled.spots:
        form = forms[spot.table]
        column = GEOMETRY if spot.column == GEOMETRY else form.heading(spot.column, spot.place)
        if spot.kind == "mixed_encoding" and form.file.endswith(".csv"):
            column = ""  # a line of text is in another encoding as a whole
        lines.append(
            f'{{"file": "{form.file}", "sheet": "{form.sheet[spot.place]}", "row": {form.row[spot.place]}, '
            f'"column": "{column}", "code": "{spot.kind}"}}'
        )
    lines += [json.dumps(asdict(one), ensure_ascii=False) for one in beside.told]
    return pl.Series(lines, dtype=pl.String)
