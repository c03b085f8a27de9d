"""The order of the rows and how they are cut into files change nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from jiadi.run import pipeline, store, summary
from jiadi.run.pipeline import Outcome
from jiadi.survey.sample import generate


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("county")
    generate(directory, 150, seed=11, form="columnar")
    return directory


class Expected:
    """The outcome in the order as written; its own repr would be the whole county."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


@pytest.fixture(scope="module")
def expected(county: Path) -> Expected:
    return Expected(pipeline.judge([county]))


def shuffled(county: Path, into: Path, seed: int, pieces: int) -> Path:
    """The same county with the rows of each list in another order, cut into several files."""
    into.mkdir()
    for path in sorted(county.iterdir()):
        if path.suffix != ".parquet":
            shutil.copy(path, into / path.name)
            continue
        table = pq.read_table(path)
        order = pl.int_range(table.num_rows, eager=True).shuffle(seed).to_numpy()
        for piece in range(pieces):
            part = table.take(order[piece::pieces]).replace_schema_metadata(table.schema.metadata)
            if part.num_rows:
                pq.write_table(part, into / f"{path.stem}-{piece}.parquet")
    return into


def stable(outcome: Outcome) -> str:
    """What summary.json says but for times, memory and the list of files."""
    counted = summary.of_run(outcome, pl.concat([outcome.delivery.problems, outcome.linked.problems]), "zh")
    return json.dumps({k: v for k, v in counted.items() if k not in (*summary.UNSTABLE, "files")}, default=str)


# A smaller example says no more here, and each try is a whole run: no shrinking.
@settings(max_examples=5, deadline=None, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**31), pieces=st.integers(1, 4))
def test_order_and_pieces_change_nothing(
    county: Path, expected: Expected, tmp_path_factory: pytest.TempPathFactory, seed: int, pieces: int
) -> None:
    other = pipeline.judge([shuffled(county, tmp_path_factory.mktemp("other") / "county", seed, pieces)])
    first = expected.outcome
    assert stable(other) == stable(first)
    assert_frame_equal(store.verdicts(other), store.verdicts(first))
    assert_frame_equal(other.judgement.findings, first.judgement.findings)
    assert_frame_equal(other.judgement.unknowns, first.judgement.unknowns)
