"""Columns that several lists have (通用字段)."""

from __future__ import annotations

from jiadi.register.column import Column

YES_NO = {"yes": ("是", "有", "1", "Y", "true"), "no": ("否", "无", "2", "0", "N", "false")}
GEOMETRY = Column("geometry", "图形", "geometry")
VILLAGE = Column("village_code", "村代码", "division_code", ("行政区划代码", "村级代码", "XZQDM", "区划代码"))
VILLAGE_NAME = Column("village_name", "村", "text", ("村名", "行政村", "村集体", "所在村", "村民委员会", "XZQMC"))
FEATURE = Column("feature_code", "标识码", "code", ("BSM", "要素代码", "轮廓编号", "OBJECTID_1", "geo_parcelle", "geo_batiment"))


def _person(zh: str, prefix: str, name: tuple[str, ...], number: tuple[str, ...]) -> tuple[Column, Column]:
    return (
        Column(f"{prefix}_name", f"{zh}姓名", "name", name),
        Column(f"{prefix}_id", f"{zh}证件号码", "person_id", number),
    )


ID = ("证件号码", "公民身份号码", "身份证号", "身份证号码", "身份证", "证件号", "SFZH", "ZJH")
HOLDER = _person(
    "户主",
    "holder",
    ("户主", "户主姓名", "权利人", "权利人名称", "权利人姓名", "申请人", "申请人姓名", "QLRMC", "HZXM", "宅基地使用权人"),
    ("户主证件号码", "户主身份证号", "户主身份证", "权利人证件号", "权利人证件号码", "权利人身份证号", "申请人身份证号", "HZSFZH", *ID),
)
OWN = (
    Column("name", "姓名", "name", ("成员姓名", "人员姓名", "XM")),
    Column("id_number", "证件号码", "person_id", ID),
)
PARCEL_CODE = Column("parcel_code", "宗地代码", "parcel_code", ("ZDDM", "宗地编码", "宗地号", "宅基地代码", "ZJDDM"))
FROM = Column("valid_from", "起始日期", "date", ("起", "开始日期", "登记日期", "加入日期", "迁入日期", "享受起始"))
TO = Column("valid_to", "终止日期", "date", ("止", "结束日期", "退出日期", "迁出日期", "享受终止"))
UNIT_CODE = Column("unit_code", "不动产单元号", "unit_code", ("不动产单元代码", "BDCDYH", "单元号"))
CERTIFICATE = Column("certificate", "不动产权证号", "text", ("BDCQZH", "ZSH", "证书号", "产权证号", "使用证号", "不动产权证书号"))
