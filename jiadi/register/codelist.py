"""Words of columns that have a list of their own (选填项代码表): stored value → words and digits that mean it."""

from __future__ import annotations

Codes = dict[str, tuple[str, ...]]

FACADES: Codes = {
    "finished": ("已粉刷", "已装饰", "1"),
    "bare": ("赤膊墙", "未粉刷", "裸墙", "2"),
    "partly": ("部分粉刷", "3"),
}
"""State of the outer walls 外墙状况."""

FENCES: Codes = {
    "open": ("通透式", "通透"),
    "hedge": ("绿篱式", "绿篱"),
    "wall": ("实体", "实体墙"),
    "no_fence": ("无围墙", "没有围墙"),
}
"""Kind of fence 围墙形式."""

HERITAGE: Codes = {
    "protected_site": ("文物保护单位", "文保单位"),
    "registered_relic": ("未定级不可移动文物", "文物点", "登记文物"),
    "historic_building": ("历史建筑",),
    "traditional": ("传统风貌建筑", "传统建筑"),
    "not_heritage": ("不属于", "非保护"),
}
"""Heritage status 保护身份."""

CONTROL_ZONES: Codes = {
    "core_zone": ("核心控制区", "一类控制区"),
    "general_zone": ("一般控制区", "二类控制区"),
    "outer_zone": ("其他控制区", "三类控制区"),
}
"""Control zones of a county's plan 规划控制区."""

RIGHT_KINDS: Codes = {
    "collective_ownership": ("集体土地所有权", "1"),
    "state_ownership": ("国家土地所有权", "2"),
    "state_construction": ("国有建设用地使用权", "3"),
    "state_construction_house": ("国有建设用地使用权/房屋所有权", "4"),
    "homestead": ("宅基地使用权", "5"),
    "homestead_house": ("宅基地使用权/房屋所有权", "6", "宅基地使用权/房屋（构筑物）所有权"),
    "collective_construction": ("集体建设用地使用权", "7"),
    "collective_construction_house": ("集体建设用地使用权/房屋所有权", "8"),
    "contracted": ("土地承包经营权", "9"),
    "other": ("其他", "99"),
}
"""Kind of right 权利类型 (QLLX) of the register of real estate."""

ID_KINDS: Codes = {
    "resident_id": ("身份证", "1", "居民身份证"),
    "hong_kong_macao_taiwan": ("港澳台身份证", "2"),
    "passport": ("护照", "3"),
    "household_book": ("户口簿", "4"),
    "officer": ("军官证", "5", "军官证（士兵证）", "士兵证"),
    "organisation": ("组织机构代码", "6", "组织机构代码证", "统一社会信用代码"),
    "licence": ("营业执照", "7"),
    "other": ("其他", "99", "其它"),
}
"""Kind of document 证件种类 (ZJZL) of the register of real estate."""

SHARINGS: Codes = {
    "sole": ("单独所有", "0"),
    "joint": ("共同共有", "1"),
    "by_shares": ("按份共有", "2"),
    "other": ("其他共有", "3"),
}
"""How holders share a right 共有方式 (GYFS)."""
