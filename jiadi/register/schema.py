"""The one list of tables and columns (数据字典).

Every reader, check, writer, form and model takes its columns from here. A column that is not
here does not exist; a word for it that departments use is one of its `aliases`.
"""

from __future__ import annotations

from jiadi.register.column import Column, Kind, Table
from jiadi.register.lists.house import FOOTPRINT, HOUSE
from jiadi.register.lists.land import APPROVAL, HOLDER_LIST, PARCEL, RIGHT
from jiadi.register.lists.people import ACCOUNT, AID, HOUSEHOLD, MEMBER, PERSON
from jiadi.register.lists.place import DIVISION, SOURCE, ZONE

__all__ = ["LISTS", "TABLES", "Column", "Kind", "Table"]

TABLES: dict[str, Table] = {
    table.name: table
    for table in (DIVISION, PERSON, HOUSEHOLD, MEMBER, PARCEL, HOUSE, FOOTPRINT, RIGHT, HOLDER_LIST, APPROVAL, ACCOUNT, AID, ZONE, SOURCE)
}
"""Every table of the register, by name.

>>> list(TABLES)[:4]
['division', 'person', 'household', 'member']
"""

LISTS = ("person", "member", "parcel", "house", "footprint", "right", "holder", "approval", "account", "aid", "zone")
"""The lists that departments hand in; the other tables are made from them."""
