"""People: register, households, members, aid (人)."""

from __future__ import annotations

from jiadi.register.column import Column, Table
from jiadi.register.lists.usual import FROM, ID, OWN, TO, VILLAGE, VILLAGE_NAME

PERSON = Table(
    "person",
    "户籍人口",
    (
        Column("household_code", "户号", "code", ("户编号", "户籍号", "HH"), required=True),
        *OWN,
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
        Column("valid_from", "迁入日期", "date", FROM.aliases),
        Column("valid_to", "迁出日期", "date", TO.aliases),
        Column("died_on", "死亡日期", "date", ("死亡注销日期", "注销日期")),
        VILLAGE,
    ),
    any_of=("name", "id_number"),
    marks=("household_code", "relation", "died_on"),
)

HOUSEHOLD = Table(
    "household",
    "户",
    (
        Column("household_code", "户号", "code", required=True, key=True),
        Column("head_name", "户主姓名", "name"),
        Column("head_id", "户主证件号码", "person_id"),
        VILLAGE,
        Column("size", "户籍人数", "integer", low=1, high=40),
    ),
)

MEMBER = Table(
    "member",
    "集体经济组织成员",
    (
        *OWN,
        VILLAGE,
        VILLAGE_NAME,
        Column("valid_from", "成员起始日期", "date", FROM.aliases),
        Column("valid_to", "成员终止日期", "date", TO.aliases),
    ),
    any_of=("name", "id_number"),
    marks=("valid_from", "village_name"),
)

AID = Table(
    "aid",
    "低保",
    (
        *OWN,
        Column(
            "aid_kind",
            "救助类别",
            "enum",
            ("类别", "低保类别"),
            codes={"low_income": ("低保", "最低生活保障"), "destitute": ("特困", "五保"), "marginal": ("低保边缘", "低边")},
        ),
        VILLAGE,
        VILLAGE_NAME,
        Column("valid_from", "享受起始日期", "date", FROM.aliases),
        Column("valid_to", "享受终止日期", "date", TO.aliases),
    ),
    any_of=("name", "id_number"),
    marks=("aid_kind",),
)

ACCOUNT = Table(
    "account",
    "农户台账",
    (
        Column("household_code", "户号", "code", ("NHDM", "农户代码", "户编号"), key=True),
        Column("head_name", "户主姓名", "name", ("HZXM", "NHXM", "户主")),
        Column("head_id", "户主证件号码", "person_id", ("HZSFZH", *ID)),
        Column("persons", "户内成员数", "integer", ("HNCYSL", "户内成员数量", "家庭人口"), low=0, high=100),
        Column("split_persons", "分户人数", "text"),
        Column("homesteads", "宅基地宗数", "integer", ("ZJDZS", "宅基地宗地数"), low=0, high=100),
        Column("houses", "农房幢数", "integer", ("NMFWSL", "农民房屋数量", "房屋幢数"), low=0, high=100),
        Column("homestead_area_m2", "宅基地总面积", "area_m2", ("ZJDZDMJ", "宅基地宗地面积"), low=0, high=100000),
        Column("approved_area_m2", "批准总面积", "area_m2", ("ZJDPZMJ", "宅基地批准面积"), low=0, high=100000),
        Column("idle_homesteads", "闲置宗数", "integer", ("XZZJDZS", "闲置宅基地宗数"), low=0, high=100),
        VILLAGE,
    ),
    any_of=("household_code", "head_name", "head_id"),
    marks=("persons", "homesteads", "houses", "idle_homesteads"),
    layers=("NHTZ",),
    by_marks=True,
)
