"""Dirt that real files carry (脏数据), planted one a row, and told of in the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from jiadi.survey.sample.blemish import BLEMISHES, Blemish, Cell
from jiadi.survey.sample.draw import Bools, Ints, stream
from jiadi.survey.sample.forms import Form
from jiadi.survey.sample.records import World
from jiadi.survey.sample.reshape import LOST, Drawings, drawings

GEOMETRY = "geometry"
_SHORT_LIST = 5
"""A list carries at most so many times the share of dirt of the whole."""
DESTROYING = frozenset(
    {
        "id_from_float", "id_check_digit", "count_mismatch", "not_a_number", "storeys_range", "year_out_of_range",
        "out_of_range", "unknown_word", "date_unreadable", "date_in_future", "parcel_code_invalid", "unit_code_invalid",
        "duplicate_key", "house_number_missing", "required_missing",
        "id_invalid", "empty_geometry", "coordinates_impossible", "away_from_place", "approximate",
        "storeys_half", "date_order", "several_ticks", "yes_no_unclear",
    }
)  # fmt: skip
"""Kinds whose cell or row is lost to a reader; the others are read and remarked, an old ID of 15 digits among them."""


@dataclass(slots=True)
class Spot:
    """One planted dirt (一处脏数据): list, place of its row in the form, column of the schema, kind."""

    table: str
    place: int
    column: str
    kind: str


@dataclass(slots=True)
class Soiled:
    """What was planted (脏数据清单).

    Args:
        spots: in the order of the kinds.
        tables: list name → (rows,) whether a cell of the row was destroyed.
    """

    spots: list[Spot] = field(default_factory=list)
    destroyed: dict[str, Bools] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Kind → number of rows that carry it."""
        out: dict[str, int] = {}
        for spot in self.spots:
            out[spot.kind] = out.get(spot.kind, 0) + 1
        return dict(sorted(out.items()))


def soil(world: World, forms: dict[str, Form], lists: dict[str, pl.DataFrame], share: float) -> Soiled:
    """Plant dirt in a share of all rows, evenly over kinds and files (埋脏).

    Args:
        world: the invented county.
        forms: written to: what the file will show.
        lists: written to: what a reader can still know (a destroyed cell becomes null).
        share: rows that carry one dirt each, of the rows of all files together.

    Returns: what was planted. Blank cells carry none; a duplicate code is told at both its rows.
    """
    soiled = Soiled(destroyed={name: np.zeros(frame.height, dtype=bool) for name, frame in lists.items()})
    total = round(share * sum(frame.height for frame in lists.values()))
    if not total:
        return soiled
    rng, remaining, changes = stream(world.seed, "dirt"), total, _Changes(forms, lists, drawings(world))
    slots = [slot for slot in BLEMISHES if not forms[slot.table].columnar or slot.columnar]
    kinds = Counter(slot.table for slot in slots)
    rooms = [(slot, changes.fitting(slot)) for slot in slots]
    # Where little fits is served first, and what it leaves over is shared out among the rest.
    rooms.sort(key=lambda room: len(room[1]))
    for place, (slot, room) in enumerate(rooms):
        rows = changes.free_rows(slot, room)
        # A short list is not soiled all over: its kinds share a part of its rows.
        fair = round(min(1.0, _SHORT_LIST * share) * lists[slot.table].height / kinds[slot.table])
        wanted = min(len(rows), remaining // (len(rooms) - place), max(fair, 2))
        planted = changes.plant(slot, np.sort(rng.choice(rows, wanted, replace=False)), rng)
        remaining -= len(planted)
        for kind in (slot.kind, *slot.also):
            soiled.spots += [Spot(slot.table, int(row), slot.column, kind) for row in planted]
        if slot.kind in DESTROYING:
            soiled.destroyed[slot.table][planted] = True
    changes.finish()
    return soiled


HINT = "_hint"
"""Column of what is left of a resident ID that was broken."""


class _Changes:
    """Cells to be overwritten in the forms, and what a reader can still know, written to the lists at the end."""

    def __init__(self, forms: dict[str, Form], lists: dict[str, pl.DataFrame], drawn: Drawings) -> None:
        self.forms, self.lists, self.drawn = forms, lists, drawn
        self.free = {name: np.ones(frame.height, dtype=bool) for name, frame in lists.items()}
        self.known: dict[tuple[str, str], dict[int, object]] = {}
        self.surveyed = {house: row for row, house in enumerate(lists["house"]["_building"].to_list())}

    def fitting(self, slot: Blemish) -> Ints:
        """Rows of the list in which this dirt can be planted: the cell is filled, and what else it needs is there."""
        frame = self.lists[slot.table]
        if slot.column == GEOMETRY:
            fits = pl.Series(self.drawn.fits(slot.kind, slot.table, self._places(slot.table)))
        else:
            fits = frame[slot.column].is_not_null()
        if slot.needs is not None:
            fits &= frame.select(slot.needs.fill_null(False)).to_series()
        return np.flatnonzero(fits.to_numpy())

    def _places(self, table: str) -> Ints:
        """Homestead of each parcel, house of each outline."""
        places: Ints = self.lists[table]["_homestead" if table == "parcel" else "_building"].to_numpy()
        return places

    def free_rows(self, slot: Blemish, room: Ints) -> Ints:
        """Rows of the room that carry no dirt yet."""
        rows: Ints = room[self.free[slot.table][room]]
        if slot.kind == "name_differs":
            # The other name shows only where the holder's own row in the register is clean.
            clean = self.lists["person"]["_person"].filter(pl.Series(self.free["person"]))
            rows = rows[self.lists["right"]["_holder"].gather(rows).is_in(clean.implode()).to_numpy()]
        return rows

    def plant(self, slot: Blemish, rows: Ints, rng: np.random.Generator) -> Ints:
        """Plant one kind in one column.

        Returns: rows that now carry it.
        """
        if slot.kind == "duplicate_key":
            rows = self._duplicate(slot, rows)
        elif slot.column == GEOMETRY:
            rows = self._geometry(slot, rows)
        else:
            self._cells(slot, rows, rng)
        self.free[slot.table][rows] = False
        if slot.kind == "name_differs":
            holders = self.lists["right"]["_holder"].gather(rows)
            self.free["person"] &= ~self.lists["person"]["_person"].is_in(holders.implode()).to_numpy()
        return rows

    def _cells(self, slot: Blemish, rows: Ints, rng: np.random.Generator) -> None:
        form = self.forms[slot.table]
        if slot.kind == "mixed_encoding":
            form.raw_rows.update(rows.tolist())
            return
        companions = {name: form.clean(name, rows) for name in slot.with_columns}
        for place, (row, text) in enumerate(zip(rows.tolist(), form.clean(slot.column, rows), strict=True)):
            assert text is not None, "dirt is planted in filled cells alone"
            beside = {name: values[place] for name, values in companions.items()}
            self._apply(slot, row, slot.change(Cell(text, beside, rng)))

    def _apply(self, slot: Blemish, row: int, change: Mapping[str, tuple[object, ...]]) -> None:
        form = self.forms[slot.table]
        for column, (shown, *known) in change.items():
            form.shown.setdefault(column, {})[row] = None if shown is None else str(shown)
            if known:
                self.known.setdefault((slot.table, column), {})[row] = known[0]
            if slot.kind in ("id_check_digit", "id_from_float", "id_invalid"):
                self.known.setdefault((slot.table, HINT), {})[row] = shown
            if slot.as_number is not None and not form.columnar:
                form.as_number.setdefault(column, {})[row] = slot.as_number

    def _duplicate(self, slot: Blemish, rows: Ints) -> Ints:
        """One row's code is overwritten by another's; neither can be used."""
        pairs = len(rows) // 2
        kept, overwritten = rows[:pairs], rows[pairs : 2 * pairs]
        form = self.forms[slot.table]
        for code, one, other in zip(form.clean(slot.column, kept), kept.tolist(), overwritten.tolist(), strict=True):
            form.shown.setdefault(slot.column, {}).update({one: code, other: code})
            for row in (one, other):
                self.known.setdefault((slot.table, slot.column), {})[row] = None
        return rows[: 2 * pairs]

    def _geometry(self, slot: Blemish, rows: Ints) -> Ints:
        form = self.forms[slot.table]
        if slot.kind == "swapped_axes":
            form.swapped.update(rows.tolist())
        elif slot.kind in ("self_intersection", "duplicate_points"):
            form.spoiled.update(dict.fromkeys(rows.tolist(), slot.kind))
        else:
            rows = self._redraw(slot, rows)
        return rows

    def _redraw(self, slot: Blemish, rows: Ints) -> Ints:
        """Outlines drawn wrongly, where what lies beside is clean and stays so.

        Returns: rows that carry it; of an overlap both.
        """
        form, places, done = self.forms[slot.table], self._places(slot.table), []
        for row in rows.tolist():
            place = int(places[row])
            told, kept = self._company(slot, row, place)
            if not all(self.free[table][one] for table, one in (*told, *kept)):
                continue
            can, outline = self.drawn.draw(slot.kind, slot.table, place)
            if not can:
                continue
            form.redrawn[row] = outline
            for table, one in (*told, *kept):
                self.free[table][one] = False
            done += [row, *(one for _, one in told)]
        found = np.array(done, dtype=np.int64)
        if slot.kind == "coordinates_impossible":
            form.beyond.update(done)
        if slot.kind in LOST:
            self.known.setdefault((slot.table, "_lost"), {}).update(dict.fromkeys(done, True))
        return found

    def _company(self, slot: Blemish, row: int, place: int) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
        """Rows of other outlines that are told of the same dirt, and rows that may carry none of their own."""
        if slot.kind == "parcel_overlap":
            return [(slot.table, int(self.drawn.right_of[place]))], []
        if not slot.alone:
            return [], []
        homestead = int(self.drawn.parcel_of[place])
        kept = [("parcel", homestead)]
        if slot.kind == "house_on_several_parcels":
            kept.append(("parcel", int(self.drawn.right_of[homestead])))
        if place in self.surveyed:
            kept.append(("house", self.surveyed[place]))
        return [], kept

    def finish(self) -> None:
        """Write the gathered cells."""
        for (table, column), cells in self.known.items():
            if column == HINT:
                self.lists[table] = self.lists[table].with_columns(pl.lit(None, pl.String).alias(HINT))
            self.lists[table] = self.lists[table].with_columns(_scatter(self.lists[table][column], cells))
        # What a reader cannot know any more is shown otherwise, so the forms need no second copy of the lists.
        for name, form in self.forms.items():
            form.frame = self.lists[name]


def _scatter(column: pl.Series, cells: Mapping[int, object]) -> pl.Series:
    """The column with some cells overwritten; a small county may have none that a mistake fits."""
    if not cells:
        return column
    place = np.full(len(column), -1)
    place[list(cells)] = np.arange(len(cells))
    new = pl.Series(list(cells.values()), dtype=column.dtype).gather(np.maximum(place, 0))
    changed = pl.lit(pl.Series(place >= 0))
    return column.to_frame().select(pl.when(changed).then(pl.lit(new)).otherwise(pl.col(column.name)).alias(column.name)).to_series()
