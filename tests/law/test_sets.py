"""The shipped sets: what they cover, and that their words are the words of the rest of the program."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from jiadi.law import breakpoints, default_for, load, shipped
from jiadi.law.citation import Citation
from jiadi.law.load import keep
from jiadi.register.schema import TABLES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("330802001002", "quzhou"),
        ("330802000000", "quzhou"),
        ("3308", "quzhou"),
        ("330102", "zhejiang"),
        ("33", "zhejiang"),
        ("440101001", "national"),
        ("650000000000", "national"),
        ("25354", None),
        ("710000", None),
        ("990101", None),
        ("3308021", None),
        ("33080２", None),
        ("", None),
        ("village", None),
        (None, None),
    ],
)
def test_default(code: str | None, name: str | None) -> None:
    assert default_for(code) == name


def test_a_sample_set_is_never_a_default_and_says_what_it_is() -> None:
    samples = [name for name in shipped() if load(name).sample]
    assert samples == ["sample-county", "sample-periods", "sample-quota"]
    assert default_for("339900001") not in samples
    for name in samples:
        assert "虚构" in load(name).title["zh"] and "invented" in load(name).title["en"]


def test_layers_nest() -> None:
    """What a set says of a place outside its nearest layer is what the farther set says."""
    quzhou, zhejiang, national = load("quzhou"), load("zhejiang"), load("national")
    for name in national.parameters:
        words = tuple(known[-1] for known in national.parameters[name].index.values())
        for day in quzhou.breakpoints:
            assert quzhou.lookup(name, words, "330102", day) == zhejiang.lookup(name, words, "330102", day)
            assert quzhou.lookup(name, words, "110101", day) == national.lookup(name, words, "110101", day)


def _citations() -> list[Citation]:
    return sorted(
        {cited.citation_id: cited for name in shipped() for cited in load(name).citations.values()}.values(), key=lambda c: c.citation_id
    )


@pytest.mark.parametrize("cited", _citations(), ids=lambda cited: cited.citation_id)
def test_citation(cited: Citation) -> None:
    assert all(cited.title.values()) and all(cited.statement.values())
    assert cited.version is not None or cited.verify
    assert not cited.verify or all(cited.note.values()), "who verifies it must know why"
    assert "《" in cited.text("zh") and not any("一" <= letter <= "鿿" for letter in cited.text("en"))


def test_every_value_that_is_not_marked_rests_on_a_held_text() -> None:
    for name in shipped():
        law = load(name)
        for array in law.arrays.values():
            for value in array.given:
                if value.value is not None and not value.verify:
                    assert law.citations[value.citation].version is not None
                    assert value.starts >= law.citations[value.citation].in_force_from


def test_the_day_of_the_quzhou_regulation_is_marked() -> None:
    law = load("quzhou")
    own = [value for array in law.arrays.values() for value in array.given if value.division == "3308"]
    assert own and all(value.verify for value in own)


def test_boundaries_are_data() -> None:
    days = breakpoints(load("quzhou"))
    assert days == sorted(set(days))
    named = {date(1982, 2, 13), date(1987, 1, 1), date(1999, 1, 1), date(2020, 1, 1), date(2021, 1, 1), date(2021, 11, 1)}
    assert named <= set(days)


def test_dimensions_use_the_words_of_the_register() -> None:
    law = load("quzhou")
    land = tuple(TABLES["right"].column("land_class").codes)
    assert law.parameters["homestead_standard_m2"].index["land_class"] == land
    assert set(law.parameters["zone_rule_in_force"].index["zone_kind"]) | {"road"} == set(TABLES["zone"].column("zone_kind").codes)
    assert set(law.parameters["road_strip_m"].index["road_class"]) <= set(TABLES["zone"].column("zone_class").codes)


def test_words_are_those_of_the_labels() -> None:
    labels = yaml.safe_load((ROOT / "jiadi/policy/labels.yaml").read_text("utf-8"))
    flat = {word: both for group in labels.values() for word, both in group.items()}
    law = load("quzhou")
    for group in ("finding", "effect", "remedy", "subject", "word"):
        for word, both in law.text[group].items():
            assert flat.get(word, both) == both
    assert set(law.text["finding"]) | {"no_law_set"} == set(labels["finding"])
    assert set(law.parameters["remedy"].index["finding"]) == set(law.text["finding"])
    assert set(law.parameters["remedy"].words) == set(law.text["remedy"])


@pytest.mark.parametrize("name", shipped())
def test_a_kept_set_is_whole_and_the_same(name: str, tmp_path: Path) -> None:
    keep(name, tmp_path / "law")
    kept = load(tmp_path / "law")
    assert (kept.name, kept.sha256, kept.sample) == (name, load(name).sha256, load(name).sample)
    held = {path.relative_to(tmp_path / "law").parts[0] for path in (tmp_path / "law").iterdir()}
    assert held == {"sets.yaml", *(layer.split("/")[0] for layer in kept.layers)}
