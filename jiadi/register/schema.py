"""The one list of tables and columns (数据字典).

Every reader, check, writer, form and model takes its columns from here. A column that is not
here does not exist; a word for it that departments use is one of its `aliases`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from jiadi.register.codelist import CONTROL_ZONES, FACADES, FENCES, HERITAGE

Kind = Literal[
    "text",
    "name",
    "person_id",
    "parcel_code",
    "unit_code",
    "division_code",
    "code",
    "area_m2",
    "length_m",
    "integer",
    "year",
    "month",
    "date",
    "enum",
    "boolean",
    "geometry",
]
"""What a column holds. Areas and lengths are Float64 already rounded half-up to 0.01, so that
`rint(100 * x)` gives the exact scaled integer that rules compare."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column (字段).

    Args:
        name: English name, ends in the unit.
        zh: Chinese name, the one that is written out.
        kind: see `Kind`.
        aliases: other headers that departments write, Chinese or national field names; matched
            without regard to case, spaces, brackets and units.
        codes: for `enum` and `boolean`: stored value → the words and digits that mean it, the
            first one being the one written out.
        low, high: believable range, ends included; outside it the cell is not taken.
        required: without it the row is not taken.
        key: identifies the row in its list; duplicates are told of each other.
    """

    name: str
    zh: str
    kind: Kind = "text"
    aliases: tuple[str, ...] = ()
    codes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    required: bool = False
    key: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One table (表): its columns in the order in which they are written.

    Args:
        name: English, singular.
        zh: Chinese name.
        columns: the columns that a list of this kind may carry.
        identity: columns that together name one row for a person; the first that is filled serves.
        any_of: at least one of these must be filled, else the row is not taken.
        marks: columns that tell this list from others when headers are recognised.
    """

    name: str
    zh: str
    columns: tuple[Column, ...]
    any_of: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """The column of that name.

        >>> TABLES["parcel"].column("parcel_code").zh
        '宗地代码'
        """
        return next(column for column in self.columns if column.name == name)

    @property
    def spatial(self) -> bool:
        """Whether rows carry a geometry."""
        return any(column.kind == "geometry" for column in self.columns)


_YES_NO = {"yes": ("是", "有", "1", "Y", "true"), "no": ("否", "无", "2", "0", "N", "false")}
_GEOMETRY = Column("geometry", "图形", "geometry")
_VILLAGE = Column("village_code", "村代码", "division_code", ("行政区划代码", "村级代码", "XZQDM", "区划代码"))
_VILLAGE_NAME = Column("village_name", "村", "text", ("村名", "行政村", "村集体", "所在村", "村民委员会", "XZQMC"))
_FEATURE = Column("feature_code", "标识码", "code", ("BSM", "要素代码", "轮廓编号", "OBJECTID_1", "geo_parcelle", "geo_batiment"))


def _person(zh: str, prefix: str, name: tuple[str, ...], number: tuple[str, ...]) -> tuple[Column, Column]:
    return (
        Column(f"{prefix}_name", f"{zh}姓名", "name", name),
        Column(f"{prefix}_id", f"{zh}证件号码", "person_id", number),
    )


_ID = ("证件号码", "公民身份号码", "身份证号", "身份证号码", "身份证", "证件号", "SFZH", "ZJH")
_HOLDER = _person(
    "户主",
    "holder",
    ("户主", "户主姓名", "权利人", "权利人名称", "权利人姓名", "申请人", "申请人姓名", "QLRMC", "HZXM", "宅基地使用权人"),
    ("户主证件号码", "户主身份证号", "户主身份证", "权利人证件号", "权利人证件号码", "权利人身份证号", "申请人身份证号", "HZSFZH", *_ID),
)
_OWN = (
    Column("name", "姓名", "name", ("成员姓名", "人员姓名", "XM")),
    Column("id_number", "证件号码", "person_id", _ID),
)
_PARCEL_CODE = Column("parcel_code", "宗地代码", "parcel_code", ("ZDDM", "宗地编码", "宗地号", "宅基地代码", "ZJDDM"))
_FROM = Column("valid_from", "起始日期", "date", ("起", "开始日期", "登记日期", "加入日期", "迁入日期", "享受起始"))
_TO = Column("valid_to", "终止日期", "date", ("止", "结束日期", "退出日期", "迁出日期", "享受终止"))

PARCEL = Table(
    "parcel",
    "宗地",
    (
        _FEATURE,
        Column("parcel_code", "宗地代码", "parcel_code", (*_PARCEL_CODE.aliases, "地块编号"), key=True),
        Column("holder_name", "权利人", "name", _HOLDER[0].aliases),
        Column("stated_area_m2", "宗地面积", "area_m2", ("ZDMJ", "登记面积", "SCMJ", "面积", "SUPF", "地块面积"), low=1, high=1e8),
        Column(
            "land_owner",
            "土地所有权",
            "enum",
            ("所有权性质", "QLXZ", "权属性质", "土地所有权性质"),
            codes={"collective": ("集体", "集体所有", "30", "J"), "state": ("国有", "国家所有", "20", "G"), "disputed": ("争议", "Z")},
        ),
        Column("location", "坐落", "text", ("ZL", "土地坐落", "地址")),
        _VILLAGE,
        _GEOMETRY,
    ),
    marks=("parcel_code", "stated_area_m2", "land_owner"),
)

STRUCTURES = {
    "steel": ("钢结构", "1", "钢"),
    "steel_concrete": ("钢和钢筋混凝土结构", "2", "钢混"),
    "reinforced_concrete": ("钢筋混凝土结构", "3", "钢筋混凝土", "框架", "砼"),
    "mixed": ("混合结构", "4", "混合", "砖混", "混"),
    "brick_wood": ("砖木结构", "5", "砖木", "砖"),
    "other": ("其他结构", "6", "其他", "土木", "木", "土", "石", "铁", "简", "棚"),
}
HOUSE = Table(
    "house",
    "房屋",
    (
        Column("survey_code", "调查编号", "code", ("农房编号", "房屋编号", "调查表编号", "FWBH", "地块编号"), key=True),
        Column("owner_name", "产权人", "name", ("房屋所有人", "所有权人", "房主", "产权人姓名", "户主姓名", "FWSYQR")),
        Column("unit_code", "不动产单元号", "unit_code", ("不动产单元代码", "BDCDYH", "单元号")),
        Column("parcel_code", "宗地代码", "parcel_code", _PARCEL_CODE.aliases),
        _VILLAGE,
        _VILLAGE_NAME,
        Column("house_number", "门牌号", "text", ("门牌", "户号门牌", "地址门牌", "MPH")),
        Column(
            "built_year",
            "建成年份",
            "year",
            ("建造年份", "建造年代", "建成年代", "年份", "JGNF", "JZND", "JGRQ", "竣工日期", "建成时间", "建造时间", "建房时间"),
            low=1600,
        ),
        Column("built_month", "建成月份", "month", ("建造月份", "月份"), low=1, high=12),
        Column("storeys", "层数", "integer", ("地上层数", "房屋层数", "ZCS", "DSCS"), low=1, high=60),
        Column("storeys_below", "地下层数", "integer", ("DXCS",), low=0, high=10),
        Column("height_m", "房屋高度", "length_m", ("建筑高度", "FWGD", "JZWGD", "建筑物高度"), low=1.5, high=100),
        Column("eaves_height_m", "檐口高度", "length_m", ("檐高", "YKGD"), low=1, high=60),
        Column("open_floor_m", "架空层层高", "length_m", ("架空层高度", "底层架空高度"), low=0, high=10),
        Column("floor_area_m2", "建筑面积", "area_m2", ("SCJZMJ", "房屋建筑面积", "JZMJ"), low=1, high=100000),
        Column("base_area_m2", "占地面积", "area_m2", ("ZZDMJ", "房屋占地面积", "基底面积", "地块面积"), low=1, high=100000),
        Column("structure", "房屋结构", "enum", ("FWJG", "结构类型", "结构"), codes=STRUCTURES),
        Column(
            "use",
            "房屋用途",
            "enum",
            ("GHYT", "用途", "使用性质", "地块用途"),
            codes={
                "residence": ("住宅", "10", "居住", "自住"),
                "annex": ("附属用房", "附房", "辅房", "附属"),
                "business": ("经营", "经营用房", "商住"),
                "public": ("公共", "公共用房"),
                "vacant": ("空置",),
            },
        ),
        Column("inherited", "是否继承", "boolean", ("继承取得", "继承"), codes=_YES_NO),
        Column(
            "vacancy",
            "闲置情况",
            "enum",
            ("空置情况", "利用状况", "是否闲置"),
            codes={"in_use": ("在用", "正常使用", "否"), "seasonal": ("季节性闲置", "季节性"), "all_year": ("常年闲置", "常年空置")},
        ),
        Column(
            "safety_grade",
            "鉴定等级",
            "enum",
            ("安全等级", "危房等级", "鉴定结果"),
            codes={"A": ("A", "A级"), "B": ("B", "B级"), "C": ("C", "C级"), "D": ("D", "D级"), "unappraised": ("未鉴定",)},
        ),
        Column("masonry", "砌筑方式", "enum", (), codes={"hollow": ("空斗", "1"), "solid": ("实砌", "2"), "other": ("其他", "3")}),
        Column(
            "construction",
            "构筑类型",
            "enum",
            (),
            codes={
                "brick_precast": ("砖石预制板", "1"),
                "brick": ("砖石非预制板", "2"),
                "concrete": ("混凝土", "3"),
                "jumbled": ("混杂", "4"),
                "earth_wood": ("土木", "5"),
                "steel": ("钢", "6"),
                "other": ("其他", "7"),
            },
        ),
        Column(
            "surroundings",
            "周边环境",
            "enum",
            ("周边",),
            codes={
                "flat": ("平地", "1"),
                "low": ("低洼", "2"),
                "water": ("水边", "3"),
                "hillside": ("山边", "4"),
                "geohazard": ("地灾易发", "5"),
                "seaside": ("海边", "6"),
                "other": ("其他", "7"),
            },
        ),
        Column("storeys_added", "私自加层", "boolean", ("有无加层",), codes=_YES_NO),
        Column("basement", "地下室", "boolean", ("有无地下室",), codes=_YES_NO),
        Column("no_ties", "三无", "boolean", ("三无房屋", "是否三无"), codes=_YES_NO),
        Column("hollow_slab", "预制多孔板", "boolean", ("多孔板",), codes=_YES_NO),
        Column("facade", "外墙状况", "enum", ("外立面", "外墙", "立面状况"), codes=FACADES),
        Column("in_style", "风貌协调", "boolean", ("是否风貌协调", "风貌是否协调"), codes=_YES_NO),
        Column("fence_height_m", "围墙高度", "length_m", ("围墙高",), low=0, high=10),
        Column("fence_kind", "围墙形式", "enum", ("围墙样式", "围墙类型"), codes=FENCES),
        Column("derelict", "废弃", "boolean", ("是否废弃", "废弃倒塌"), codes=_YES_NO),
        Column("heritage_status", "保护身份", "enum", ("历史文化保护", "历史建筑", "文物保护"), codes=HERITAGE),
        Column("at_approved_place", "按批位置", "boolean", ("按批准位置建设", "是否按批准位置建设", "位置是否与批准一致"), codes=_YES_NO),
        Column("land_papers", "用地手续", "boolean", ("有无用地手续",), codes=_YES_NO),
        Column("building_papers", "建设规划手续", "boolean", ("规划手续",), codes=_YES_NO),
        Column("title", "产权证", "boolean", ("有无产权证", "不动产权证"), codes=_YES_NO),
        _FEATURE,
        _GEOMETRY,
    ),
    marks=("survey_code", "built_year", "storeys", "structure", "construction", "safety_grade"),
)
TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            "division",
            "行政区划",
            (
                Column("division_code", "区划代码", "division_code", required=True, key=True),
                Column("division_name", "区划名称", required=True),
                Column("level", "级别"),
                Column("parent_code", "上级代码", "division_code"),
            ),
        ),
        Table(
            "person",
            "户籍人口",
            (
                Column("household_code", "户号", "code", ("户编号", "户籍号", "HH"), required=True),
                *_OWN,
                Column(
                    "relation",
                    "与户主关系",
                    "enum",
                    ("关系", "家庭关系", "YHZGX"),
                    codes={
                        "head": ("户主", "本人"),
                        "spouse": ("配偶", "妻", "夫"),
                        "child": ("子女", "子", "女", "长子", "长女", "次子", "次女"),
                        "parent": ("父母", "父亲", "母亲", "父", "母"),
                        "grandchild": ("孙子女", "孙子", "孙女"),
                        "other": ("其他", "儿媳", "女婿", "兄弟姐妹", "祖父母"),
                    },
                ),
                Column("valid_from", "迁入日期", "date", _FROM.aliases),
                Column("valid_to", "迁出日期", "date", _TO.aliases),
                Column("died_on", "死亡日期", "date", ("死亡注销日期", "注销日期")),
                _VILLAGE,
            ),
            any_of=("name", "id_number"),
            marks=("household_code", "relation", "died_on"),
        ),
        Table(
            "household",
            "户",
            (
                Column("household_code", "户号", "code", required=True, key=True),
                Column("head_name", "户主姓名", "name"),
                Column("head_id", "户主证件号码", "person_id"),
                _VILLAGE,
                Column("size", "户籍人数", "integer", low=1, high=40),
            ),
        ),
        Table(
            "member",
            "集体经济组织成员",
            (
                *_OWN,
                _VILLAGE,
                _VILLAGE_NAME,
                Column("valid_from", "成员起始日期", "date", _FROM.aliases),
                Column("valid_to", "成员终止日期", "date", _TO.aliases),
            ),
            any_of=("name", "id_number"),
            marks=("valid_from", "village_name"),
        ),
        PARCEL,
        HOUSE,
        Table(
            "footprint",
            "房屋轮廓",
            (_FEATURE, Column("survey_code", "调查编号", "code", HOUSE.column("survey_code").aliases, key=True), _GEOMETRY),
            marks=("survey_code",),
        ),
        Table(
            "right",
            "宅基地台账",
            (
                Column("parcel_code", "宗地代码", "parcel_code", _PARCEL_CODE.aliases, key=True),
                *_HOLDER,
                Column("stated_area_m2", "宅基地面积", "area_m2", ("ZJDZDMJ", "SYQMJ", "使用面积", "实际面积"), low=1, high=100000),
                Column("approved_area_m2", "批准面积", "area_m2", ("PZMJ", "ZJDPZMJ", "审批面积"), low=1, high=100000),
                Column(
                    "obtained",
                    "取得方式",
                    "enum",
                    ("ZJDQDFS", "宅基地取得方式", "来源"),
                    codes={
                        "member": ("集体成员", "1"),
                        "relocation": ("异地搬迁", "2"),
                        "inheritance": ("继承", "3"),
                        "historic": ("历史批准", "4"),
                        "division": ("家庭析产", "5"),
                        "resettlement": ("安置", "6"),
                        "other": ("其他", "9"),
                    },
                ),
                Column(
                    "land_class",
                    "建前地类",
                    "enum",
                    ("占用地类", "原地类", "建房前地类"),
                    codes={
                        "cultivated": ("耕地", "水田", "旱地"),
                        "other": ("其他土地", "村内空闲地", "建设用地", "原宅基地"),
                        "waste_hillside": ("荒地荒坡", "荒坡", "荒地"),
                    },
                ),
                Column("split_persons", "分户人数", "text", ("各户人数", "分户情况", "FHRS")),
                Column("control_zone", "规划控制区", "enum", ("控制区", "控制区类别"), codes=CONTROL_ZONES),
                Column("returned_parcel_code", "应退旧宅基地", "parcel_code", ("退还宅基地代码", "旧宗地代码", "应退宗地代码")),
                _VILLAGE,
                _VILLAGE_NAME,
            ),
            any_of=("parcel_code", "holder_name", "holder_id"),
            marks=("approved_area_m2", "obtained", "land_class", "returned_parcel_code"),
        ),
        Table(
            "approval",
            "审批",
            (
                Column("approval_code", "批准文号", "code", ("审批编号", "批准书号", "文号", "编号"), required=True, key=True),
                Column("approved_on", "批准日期", "date", ("审批日期", "批准时间")),
                *_HOLDER,
                _PARCEL_CODE,
                Column("approved_area_m2", "批准用地面积", "area_m2", ("批准面积", "批准宅基地面积"), low=1, high=100000),
                Column("approved_floor_area_m2", "批准建筑面积", "area_m2", (), low=1, high=100000),
                Column("approved_storeys", "批准层数", "integer", (), low=1, high=60),
                Column("removed_parcel_code", "应拆旧房宗地", "parcel_code", ("拆除旧房", "旧房宗地代码", "应拆旧房")),
                _VILLAGE,
                _VILLAGE_NAME,
            ),
            marks=("approval_code", "approved_on", "approved_floor_area_m2"),
        ),
        Table(
            "aid",
            "低保",
            (
                *_OWN,
                Column(
                    "aid_kind",
                    "救助类别",
                    "enum",
                    ("类别", "低保类别"),
                    codes={"low_income": ("低保", "最低生活保障"), "destitute": ("特困", "五保"), "marginal": ("低保边缘", "低边")},
                ),
                _VILLAGE,
                _VILLAGE_NAME,
                Column("valid_from", "享受起始日期", "date", _FROM.aliases),
                Column("valid_to", "享受终止日期", "date", _TO.aliases),
            ),
            any_of=("name", "id_number"),
            marks=("aid_kind",),
        ),
        Table(
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
                _GEOMETRY,
            ),
            marks=("zone_kind", "designated_on"),
        ),
        Table(
            "source",
            "来源",
            (
                Column("source_id", "来源号", "integer", required=True, key=True),
                Column("file", "文件", required=True),
                Column("sheet", "工作表"),
                Column("table", "表"),
                Column("sha256", "校验值"),
            ),
        ),
    )
}
"""Every table of the register, by name.

>>> list(TABLES)[:4]
['division', 'person', 'household', 'member']
"""

LISTS = ("person", "member", "parcel", "house", "footprint", "right", "approval", "aid", "zone")
"""The lists that departments hand in; the other tables are made from them."""
