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
