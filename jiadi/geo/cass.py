"""What a CASS drawing means (CASS 图形约定): codes, layers, and the words inside an outline."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

Kind = Literal["parcel", "house"]

APP = "SOUTH"
"""Application under which CASS keeps an entity's code and a parcel's attributes."""
OWN_APP = "JIADI"
"""Application under which `write_dxf` keeps what CASS has no place for: heading and value in turn."""
CODES: tuple[tuple[str, Kind], ...] = (("3000", "parcel"), ("141", "house"))
"""How the codes of parcels and buildings begin."""
LAYERS: dict[str, Kind] = {"JZD": "parcel", "宗地": "parcel", "JMD": "house", "房屋": "house", "居民地": "house"}
"""Layers whose closed lines are outlines where they carry no code."""
CODE_OF: dict[Kind, str] = {"parcel": "300000", "house": "141101"}
LAYER_OF: dict[Kind, str] = {"parcel": "JZD", "house": "JMD"}
NAMES: dict[Kind, str] = {"parcel": "宗地", "house": "房屋"}
KEYS: dict[Kind, str] = {"parcel": "宗地代码", "house": "调查编号"}
"""Heading of the code by which an outline is called."""
STRUCTURE_OF = {"14111": "砼", "14112": "砖", "14113": "铁", "14114": "钢", "14115": "木", "14116": "混"}
"""What the first digits of a building's code say of its structure."""

_BOTH: tuple[Kind, ...] = ("parcel", "house")
_WORDS: tuple[tuple[tuple[Kind, ...], re.Pattern[str], tuple[str, ...]], ...] = (
    (("house",), re.compile(r"(\d{12}[A-Z]{2}\d{5}[FW]\d{8})"), ("不动产单元号",)),
    (_BOTH, re.compile(r"(\d{12}[A-Z]{2}\d{5})"), ("宗地代码",)),
    (("parcel",), re.compile(r"(\d{1,6}\.\d{1,2})(?:㎡|m2|m²|平方米)?", re.IGNORECASE), ("宗地面积",)),
    (("house",), re.compile(r"(\d{12}-\d{5})"), ("调查编号",)),
    (("house",), re.compile(r"(\D{0,20}\d{1,4}(?:[-之]\d{1,3})?号(?:之[一二三四五六七八九十\d]+)?)"), ("门牌号",)),
    (("house",), re.compile(r"(附房|辅房|附属用房)"), ("房屋用途",)),
    (
        ("house",),
        re.compile(r"(钢混|砖混|砖木|混合|砼|混|砖|钢|木|土|石|铁|简|棚)(?:(\d{1,2})(?:-(\d))?)?"),
        ("房屋结构", "层数", "地下层数"),
    ),
)
"""Outlines that they are for, what words look like, and the headings of their parts; the first that fits is meant."""
_HAN = r"[\u3400-\u9fff\U00020000-\U000323af]"
_NAME = re.compile(rf"{_HAN}{{2,4}}|{_HAN}{{2,8}}(?:[·•]{_HAN}{{1,8}})+")
_NO_NAME = re.compile(
    r"(房|厕所?|棚|圈|舍|阳台|廊|院子?|天井|水井|场|库|墙|台阶|空地|菜地|绿地|林地|耕地|用地|水池|水塘|池塘|小路|道路|公路|水泥路?"
    r"|大门|门斗|祠堂|公司|村|组|住宅|附属|经营|公共|空置|破坏?|在建|飘窗|雨篷|檐|楼梯?)$"
)


def kind_of(code: str, layer: str) -> Kind | None:
    """Whether an outline is a parcel or a building (图形类别), None where it is neither.

    Args:
        code: of CASS; "" where it carries none. A code decides, whatever the layer.
        layer: of the drawing.

    >>> kind_of("300000", "0"), kind_of("", "jmd"), kind_of("203101", "JMD")
    ('parcel', 'house', None)
    """
    if code:
        return next((kind for begin, kind in CODES if code.startswith(begin)), None)
    return LAYERS.get(layer.upper())


def kind_of_name(stem: str) -> Kind | None:
    """What a file's name says that its outlines are (文件名所示类别).

    >>> kind_of_name("余东村农房界址点"), kind_of_name("宅基地宗地"), kind_of_name("a")
    ('house', 'parcel', None)
    """
    if re.search(r"宗地|宅基地|地块|地籍", stem):
        return "parcel"
    return "house" if re.search(r"农房|房屋|房", stem) else None


def is_name(text: str) -> bool:
    """Whether words on a drawing are likely a person's name (是否姓名).

    >>> is_name("张䶮"), is_name("附房"), is_name("买买提·阿不都"), is_name("12号")
    (True, False, True, False)
    """
    return bool(_NAME.fullmatch(text)) and not _NO_NAME.search(text) and text not in ("混合", "砖混", "砖木", "钢混")


def read_words(kind: Kind, texts: Iterable[str]) -> dict[str, str]:
    """What the words inside an outline say of it (注记解读).

    `混3` is a structure and storeys, `混3-1` has one storey below ground too; `12号` is a house number;
    a code is told by its length; 2–4 Chinese characters that name no part of a house are a person.
    Words that are none of these are left alone. Where several claim one field, all are given, joined
    by 、: which is right is a question for whoever drew them.

    Args:
        kind: of the outline.
        texts: of the drawing, in any order.

    Returns:
        Heading → value.

    >>> read_words("house", ["混3-1", "12号", "张三"])
    {'产权人': '张三', '地下层数': '1', '层数': '3', '房屋结构': '混', '门牌号': '12号'}
    """
    found: dict[str, set[str]] = {}
    for text in texts:
        for word in text.split():
            for heading, value in _word(kind, word.strip(",，;；。")):
                found.setdefault(heading, set()).add(value)
    return {heading: "、".join(sorted(values)) for heading, values in sorted(found.items())}


def _word(kind: Kind, word: str) -> list[tuple[str, str]]:
    if is_name(word):
        return [("权利人" if kind == "parcel" else "产权人", word)]
    for kinds, pattern, headings in _WORDS:
        if kind in kinds and (found := pattern.fullmatch(word)):
            return [(heading, value) for heading, value in zip(headings, found.groups(), strict=True) if value]
    return []


def words_of(kind: Kind, values: dict[str, str]) -> list[str]:
    """The words that are drawn into an outline (注记), as `read_words` reads them.

    >>> words_of("house", {"房屋结构": "混合结构", "层数": "3", "门牌号": "12号", "产权人": "张三"})
    ['混3', '12号', '张三']
    """
    if kind == "parcel":
        return [values[heading] for heading in ("权利人",) if heading in values]
    structure = {"钢筋混凝土结构": "砼", "混合结构": "混", "砖木结构": "砖", "钢结构": "钢", "钢和钢筋混凝土结构": "钢混"}.get(
        values.get("房屋结构", ""), ""
    )
    built = [structure + values.get("层数", "")] if structure else []
    return built + [values[heading] for heading in ("门牌号", "产权人") if heading in values]
