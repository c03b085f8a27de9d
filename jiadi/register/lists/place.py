"""Places: divisions and zones, and where rows come from (区划、管控区、来源)."""

from __future__ import annotations

from jiadi.register.column import Column, Table
from jiadi.register.lists.usual import GEOMETRY

DIVISION = Table(
    "division",
    "行政区划",
    (
        Column("division_code", "区划代码", "division_code", required=True, key=True),
        Column("division_name", "区划名称", required=True),
        Column("level", "级别"),
        Column("parent_code", "上级代码", "division_code"),
    ),
)

ZONE = Table(
    "zone",
    "管控区",
    (
        Column("zone_code", "图斑编号", "code", ("TBBH", "BSM")),
        Column(
            "zone_kind",
            "管控类型",
            "enum",
            ("类型", "区类", "ZONE_KIND"),
            codes={
                "permanent_basic_farmland": ("永久基本农田",),
                "ecological_red_line": ("生态保护红线", "生态红线"),
                "river_range": ("河道管理范围",),
                "road": ("公路", "公路用地", "道路"),
                "hazard": ("地质灾害危险区", "地灾点"),
                "water_source": ("饮用水水源保护区", "水源保护区"),
                "plan_class": ("农房建设分区", "规划分区"),
                "scenic_core": ("风景名胜区核心景区", "核心景区"),
            },
            required=True,
        ),
        Column(
            "zone_class",
            "等级",
            "enum",
            ("级别", "分区", "道路等级"),
            codes={
                "motorway": ("高速公路", "高速"),
                "national": ("国道",),
                "provincial": ("省道",),
                "county": ("县道",),
                "township": ("乡道",),
                "village": ("村道",),
                "first": ("一级", "一级保护区"),
                "second": ("二级", "二级保护区"),
                "suitable": ("适建", "适建区域"),
                "limited": ("限建", "限建区域"),
                "prohibited": ("禁建", "禁建区域"),
            },
        ),
        Column("zone_name", "名称", "text", ("区域名称",)),
        Column("designated_on", "划定日期", "date", ("划定时间", "公布日期")),
        Column("source", "来源", "text", ("依据", "数据来源")),
        GEOMETRY,
    ),
    marks=("zone_kind", "designated_on"),
)

SOURCE = Table(
    "source",
    "来源",
    (
        Column("source_id", "来源号", "integer", required=True, key=True),
        Column("file", "文件", required=True),
        Column("sheet", "工作表"),
        Column("table", "表"),
        Column("sha256", "校验值"),
    ),
)
