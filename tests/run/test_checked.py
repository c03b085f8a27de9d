"""What is kept of a delivery is the delivery: linked again from disk it gives the same links."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from jiadi.run import checked, pipeline
from jiadi.run.stages import Stages
from jiadi.survey.sample import generate


def test_a_kept_delivery_is_the_delivery(tmp_path: Path) -> None:
    generate(tmp_path / "in", 80, seed=7, dirt=0.3)
    delivery = pipeline.read_and_check([tmp_path / "in"], profile=None, on=None, stages=Stages())
    kept = tmp_path / "kept"
    kept.mkdir()
    checked.save(kept, delivery)
    again = checked.load(kept)
    assert list(again.tables) == sorted(delivery.tables)
    assert all(again.tables[name].equals(frame) and again.tables[name].schema == frame.schema for name, frame in delivery.tables.items())
    assert again.sources.equals(delivery.sources) and again.problems.equals(delivery.problems)
    assert (again.files, again.coverage, again.delivered_on) == (delivery.files, delivery.coverage, delivery.delivered_on)
    assert again.extra["thresholds"] == delivery.extra["thresholds"]
    day = delivery.delivered_on or date(2025, 6, 30)
    tied, from_disk = (pipeline.tie(one, day, Stages()) for one in (delivery, again))
    checked.save_links(kept, tied.linked)
    links = checked.load_links(kept)
    for name in checked.LINKED:
        assert getattr(from_disk.linked, name).equals(getattr(tied.linked, name)), name
        assert getattr(links, name).equals(getattr(tied.linked, name)), name
    assert tied.linked.pairs.height > 100 and from_disk.likely.equals(tied.likely)
