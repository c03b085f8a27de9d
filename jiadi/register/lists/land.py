"""Land: parcels, rights in them and approvals (地)."""

from __future__ import annotations

from jiadi.register.codelist import CONTROL_ZONES
from jiadi.register.column import Column, Table
from jiadi.register.lists.usual import FEATURE, GEOMETRY, HOLDER, PARCEL_CODE, VILLAGE, VILLAGE_NAME

PARCEL = Table(
    "parcel",
    "宗地",
    (
        FEATURE,
        Column("parcel_code", "宗地代码", "parcel_code", (*PARCEL_CODE.aliases, "地块编号"), key=True),
        Column("holder_name", "权利人", "name", HOLDER[0].aliases),
        Column("stated_area_m2", "宗地面积", "area_m2", ("ZDMJ", "登记面积", "SCMJ", "面积", "SUPF", "地块面积"), low=1, high=1e8),
        Column(
            "land_owner",
            "土地所有权",
            "enum",
            ("所有权性质", "QLXZ", "权属性质", "土地所有权性质"),
            codes={"collective": ("集体", "集体所有", "30", "J"), "state": ("国有", "国家所有", "20", "G"), "disputed": ("争议", "Z")},
        ),
        Column("location", "坐落", "text", ("ZL", "土地坐落", "地址")),
        VILLAGE,
        GEOMETRY,
    ),
    marks=("parcel_code", "stated_area_m2", "land_owner"),
)

RIGHT = Table(
    "right",
    "宅基地台账",
    (
        Column("parcel_code", "宗地代码", "parcel_code", PARCEL_CODE.aliases, key=True),
        *HOLDER,
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
        VILLAGE,
        VILLAGE_NAME,
    ),
    any_of=("parcel_code", "holder_name", "holder_id"),
    marks=("approved_area_m2", "obtained", "land_class", "returned_parcel_code"),
)

APPROVAL = Table(
    "approval",
    "审批",
    (
        Column("approval_code", "批准文号", "code", ("审批编号", "批准书号", "文号", "编号"), required=True, key=True),
        Column("approved_on", "批准日期", "date", ("审批日期", "批准时间")),
        *HOLDER,
        PARCEL_CODE,
        Column("approved_area_m2", "批准用地面积", "area_m2", ("批准面积", "批准宅基地面积"), low=1, high=100000),
        Column("approved_floor_area_m2", "批准建筑面积", "area_m2", (), low=1, high=100000),
        Column("approved_storeys", "批准层数", "integer", (), low=1, high=60),
        Column("removed_parcel_code", "应拆旧房宗地", "parcel_code", ("拆除旧房", "旧房宗地代码", "应拆旧房")),
        VILLAGE,
        VILLAGE_NAME,
    ),
    marks=("approval_code", "approved_on", "approved_floor_area_m2"),
)
