"""How names sound (姓名读音): pinyin and its initials, so that a name is found without an input method."""

from __future__ import annotations

from functools import lru_cache

import polars as pl

NAMED = {"person": "name", "house": "owner_name", "household": "head_name"}
"""Tables that keep how a name sounds, and the column of the name."""
SURNAMES = {
    **{"曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "朴": "piao", "盖": "ge", "翟": "zhai"},
    **{"乐": "yue", "缪": "miao", "召": "shao", "覃": "qin", "尉": "wei", "种": "chong", "员": "yun", "黑": "he", "折": "she"},
}
"""Surnames that sound otherwise than the character does elsewhere."""


@lru_cache(200_000)
def sound(name: str) -> tuple[str, str]:
    """Initials and whole pinyin of a name, small letters without tones (读音); "" where nothing of it sounds.

    >>> sound("曾小红"), sound("阿依·古丽"), sound("A1")
    (('zxh', 'zengxiaohong'), ('aygl', 'ayiguli'), ('a', 'a'))
    """
    from pypinyin import lazy_pinyin  # noqa: PLC0415  its tables take half a second, and who only reads needs none of them

    parts = lazy_pinyin(name, errors="default")
    if name[:1] in SURNAMES and not name.startswith("尉迟"):
        parts = [SURNAMES[name[0]], *lazy_pinyin(name[1:], errors="default")]
    heard = ["".join(letter for letter in part.lower() if "a" <= letter <= "z") for part in parts]
    return "".join(part[:1] for part in heard), "".join(heard)


def with_sounds(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of a table with how their names sound (加读音): columns initials and pinyin, null where there is no name.

    >>> with_sounds("person", pl.DataFrame({"name": ["张三", None]})).rows()
    [('张三', 'zs', 'zhangsan'), (None, None, None)]
    """
    column = NAMED.get(name)
    if column is None or column not in frame.columns:
        return frame
    once = frame[column].drop_nulls().unique()
    heard = [sound(one) for one in once]
    table = pl.DataFrame(
        {column: once, "initials": [one or None for one, _ in heard], "pinyin": [one or None for _, one in heard]},
        schema={column: pl.String, "initials": pl.String, "pinyin": pl.String},
    )
    return frame.join(table, on=column, how="left", maintain_order="left")
