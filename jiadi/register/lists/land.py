"""Land: parcels, rights in them and approvals (地)."""

from __future__ import annotations

from jiadi.register.codelist import CONTROL_ZONES, ID_KINDS, RIGHT_KINDS, SHARINGS
from jiadi.register.column import Column, Table
from jiadi.register.lists.usual import (
    CERTIFICATE,
    FEATURE,
    GEOMETRY,
    HOLDER,
    ID,
    PARCEL_CODE,
    UNIT_CODE,
    VILLAGE,
    VILLAGE_NAME,
    YES_NO,
)

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
            codes={
                "collective": ("集体", "集体所有", "集体土地", "30", "J", "200", "201", "202", "203", "204", "205", "206", "207"),
                "state": ("国有", "国家所有", "国有土地", "20", "G", "100", "101", "102", "103", "104", "105", "106", "107", "108"),
                "disputed": ("争议", "Z"),
            },
        ),
        Column("location", "坐落", "text", ("ZL", "土地坐落", "地址")),
        UNIT_CODE,
        Column("feature_kind", "宗地特征码", "text", ("ZDTZM",)),
        Column("right_kind", "权利类型", "enum", ("QLLX",), codes=RIGHT_KINDS),
        Column("land_use", "土地用途", "text", ("YT", "用途")),
        *(
            Column(f"bound_{side}", f"宗地四至{word}", "text", (f"ZDSZ{letter}", f"四至{word}"))
            for side, word, letter in (("east", "东", "D"), ("south", "南", "N"), ("west", "西", "X"), ("north", "北", "B"))
        ),
        VILLAGE,
        GEOMETRY,
    ),
    marks=("parcel_code", "stated_area_m2", "land_owner"),
    layers=("KTT_ZDJBXX", "ZD_K_103", "ZDJBXX", "ZJDZDXX"),
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
        Column("split_persons", "分户人数", "text", ("各户人数", "分户情况", "FHRS", "户内人数", "户籍人口", "在册人口", "在册人数")),
        Column("control_zone", "规划控制区", "enum", ("控制区", "控制区类别"), codes=CONTROL_ZONES),
        Column("returned_parcel_code", "应退旧宅基地", "parcel_code", ("退还宅基地代码", "旧宗地代码", "应退宗地代码")),
        UNIT_CODE,
        Column("right_kind", "权利类型", "enum", ("QLLX",), codes=RIGHT_KINDS),
        CERTIFICATE,
        Column("certificate_area_m2", "证书面积", "area_m2", ("ZSMJ", "发证面积"), low=1, high=100000),
        Column("certified_by", "发证单位", "text", ("FZDW", "发证机关")),
        Column("titled", "是否发证", "boolean", ("SFFZ",), codes=YES_NO),
        Column("obtained_on", "取得日期", "date", ("ZJDQDSJ", "宅基地取得时间", "取得时间")),
        Column("stated_over", "是否超占", "boolean", ("SFCZ",), codes=YES_NO),
        Column("stated_excess_m2", "超占面积", "area_m2", ("CZMJ",), low=0, high=100000),
        VILLAGE,
        VILLAGE_NAME,
    ),
    any_of=("parcel_code", "holder_name", "holder_id"),
    marks=("approved_area_m2", "obtained", "land_class", "returned_parcel_code", "certificate", "stated_over"),
    layers=("QLF_QL_JSYDSYQ", "JSYDSYQ", "ZJDZDXX"),
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
        Column("approved_floor_area_above_m2", "批准地上建筑面积", "area_m2", ("批准地上面积", "地上批准建筑面积"), low=0, high=100000),
        Column("approved_floor_area_below_m2", "批准地下建筑面积", "area_m2", ("批准地下面积", "地下批准建筑面积"), low=0, high=100000),
        Column("approved_storeys", "批准层数", "integer", (), low=1, high=60),
        Column("removed_parcel_code", "应拆旧房宗地", "parcel_code", ("拆除旧房", "旧房宗地代码", "应拆旧房")),
        VILLAGE,
        VILLAGE_NAME,
    ),
    marks=("approval_code", "approved_on", "approved_floor_area_m2"),
)

HOLDER_LIST = Table(
    "holder",
    "权利人",
    (
        UNIT_CODE,
        Column("parcel_code", "宗地代码", "parcel_code", PARCEL_CODE.aliases),
        Column("order", "顺序号", "integer", ("SXH",), low=0, high=10000),
        Column("holder_name", "权利人名称", "name", HOLDER[0].aliases),
        Column("id_kind", "证件种类", "enum", ("ZJZL", "证件类型"), codes=ID_KINDS),
        Column("holder_id", "证件号码", "person_id", ID),
        Column("document_number", "其他证件号码", "code", ()),
        Column("sharing", "共有方式", "enum", ("GYFS", "共有情况"), codes=SHARINGS),
        Column("share", "权利比例", "text", ("QLBL", "共有份额", "份额")),
        CERTIFICATE,
        VILLAGE,
    ),
    any_of=("holder_name", "holder_id"),
    marks=("sharing", "share", "id_kind"),
    layers=("ZTT_GY_QLR", "GY_QLR"),
    by_marks=True,
)
