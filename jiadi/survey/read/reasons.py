"""Why a file, sheet or layer is not taken, in both languages (不收的原因)."""

from __future__ import annotations

from dataclasses import dataclass

from jiadi.errors import Refusal
from jiadi.geo.reasons import Reason, family, say

REASONS: dict[str, Reason] = {
    "workbook_swells": Reason(
        "工作簿解压后异常膨胀（{part}，{ratio}），可能是压缩炸弹，已拒绝，未打开。",
        "请在 Excel 或 WPS 中删去空白行列后另存，再交。",
        "The workbook swells beyond measure when unpacked ({part}, {ratio}); it may be a bomb and was not opened.",
        "Delete empty rows and columns in the program that made it, save it again, and hand that in.",
        "hostile",
    ),
    "workbook_entities": Reason(
        "工作簿的 {part} 中有 XML 文档类型或实体声明，会读取其他文件；正常的表格没有，已拒绝，未打开。",
        "请用 Excel 或 WPS 重新另存后再交。",
        "The workbook's {part} declares an XML document type or entities, which read other files; it was not opened.",
        "Save it again from a spreadsheet program and hand that in.",
        "hostile",
    ),
    "workbook_far_cell": Reason(
        "工作表（{part}）只有约 {cells} 个单元格，却占到第 {rows} 行、第 {columns} 列，打开会耗尽内存，已拒绝。",
        "请删去远处的空白行列（按 Ctrl+End 查看），另存后再交。",
        "The sheet ({part}) holds about {cells} cells but reaches to row {rows}, column {columns}; opening it would exhaust the memory.",
        "Delete the far empty rows and columns (Ctrl+End shows them), save it, and hand that in.",
        "hostile",
    ),
    "zip_swells": Reason(
        "压缩包解压后异常膨胀（{ratio}），可能是压缩炸弹，已拒绝，未解压任何文件。",
        "请重新打包，或直接交文件夹。",
        "The archive swells beyond measure when unpacked ({ratio}); it may be a bomb and was not opened.",
        "Pack it again, or hand in the folder itself.",
        "hostile",
    ),
    "not_a_workbook": Reason(
        "扩展名是表格，内容却不是 Excel 工作簿。",
        "请用 Excel 或 WPS 打开后另存为 .xlsx，再交。",
        "The name is that of a workbook, the content is not.",
        "Open it in a spreadsheet program, save it as .xlsx, and hand that in.",
    ),
    "not_text": Reason(
        "文件不是文本，或文字编码无法识别。",
        "请另存为 UTF-8 或 GB18030 编码的 CSV，再交。",
        "The file is not text, or its encoding cannot be told.",
        "Save it as CSV in UTF-8 or GB18030.",
    ),
    "no_columns": Reason(
        "文本中没有分隔成列的表。",
        "请交以逗号或制表符分列、第一行是表头的表。",
        "The text holds no table in columns.",
        "Hand in a table whose columns are parted by commas or tabs, with headings in its first row.",
        "unrecognised",
    ),
    "empty_sheet": Reason(
        "没有任何数据。",
        "请检查导出是否成功。",
        "There is no data in it.",
        "Check that the export succeeded.",
        "empty",
    ),
    "unknown_headings": Reason(
        "表头认不出是哪一张表（看到：{headings}）。要的是台账、宗地、农房调查、房屋轮廓、户籍、成员名册、审批、低保或管控区。",
        "请核对表头用词，或用 --profile 写明各列是什么。",
        "The headings fit none of the lists that are known (seen: {headings}).",
        "Check the words of the headings, or say with --profile what the columns are.",
        "unrecognised",
    ),
    "not_used": Reason(
        "方案“{profile}”不使用这一图层。",
        "",
        "The profile “{profile}” does not use this layer.",
        "",
        "unused",
    ),
    "replaced": Reason(
        "同一交付中有它改正后的退回件 {name}，以退回件为准。",
        "",
        "Its corrected copy {name} is in the same delivery and serves instead.",
        "",
        "unused",
    ),
    "returned_layer": Reason(
        "这是图层属性的退回件，没有图形，只供查看。",
        "请在原图层中更正后再交图层。",
        "These are the attributes of a layer as they were given back, without shapes.",
        "Correct the layer itself and hand that in.",
        "unused",
    ),
    "unsupported": Reason(
        "不读取以 {suffix} 结尾的文件。",
        "请交 Excel、CSV、Shapefile、GeoPackage、GeoJSON、GeoParquet、DXF 或界址点文本。",
        "Files that end in {suffix} are not read.",
        "Hand in Excel, CSV, Shapefile, GeoPackage, GeoJSON, GeoParquet, DXF or boundary points.",
        "unrecognised",
    ),
    "shapefile_part": Reason(
        "这是 Shapefile 的附属文件，缺少同名的 .shp。",
        "请把 .shp、.dbf、.shx、.prj 一起交。",
        "This is part of a Shapefile whose .shp is missing.",
        "Hand in .shp, .dbf, .shx and .prj together.",
        "unreadable",
    ),
    "review": Reason(
        "这是关联复核表，读到 {decisions} 条决定。",
        "",
        "This is a review workbook; it has {decisions} decisions.",
        "",
    ),
    "bad_decisions": Reason(
        "以往的关联决定读不出：{detail}。",
        "请交回结果文件夹里的 decisions.jsonl 原件。",
        "The decisions of an earlier run cannot be read: {detail}.",
        "Hand in decisions.jsonl of the result as it was.",
    ),
    "bad_manifest": Reason(
        "交付清单读不出：{detail}。",
        "请按说明改正清单；本次未采用其中的覆盖范围和交付日期。",
        "The manifest cannot be read: {detail}.",
        "Mend it as the guide says; its coverage and day of delivery were not used.",
    ),
    "no_such_layer_table": Reason(
        "方案“{profile}”写的表“{detail}”不存在。",
        "请改正方案。",
        "The profile “{profile}” names a list that does not exist: {detail}.",
        "Mend the profile.",
    ),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A reason in words (原因的话).

    Args:
        code: problem code under which it is counted.
        zh, en: what is wrong and what to do.
    """

    code: str
    zh: str
    en: str


def of(reason: str, **figures: object) -> Said:
    """The words of a reason of this floor or of the map reader (原因).

    >>> of("unsupported", suffix=".doc").en
    'Files that end in .doc are not read. Hand in Excel, CSV, Shapefile, GeoPackage, GeoJSON, GeoParquet, DXF or boundary points.'
    """
    from jiadi.geo.reasons import REASONS as MAP_REASONS  # noqa: PLC0415

    words = REASONS.get(reason) or MAP_REASONS[reason]
    zh = (words.why_zh + words.todo_zh).format(**figures)
    return Said(words.family, zh, f"{words.why_en} {words.todo_en}".strip().format(**figures))


def of_refusal(refusal: Refusal) -> Said:
    """The words of a refusal that a reader raised (拒绝的原因).

    >>> of_refusal(Refusal("odd", "It is odd.", "Mend it.")).en
    'It is odd. Mend it.'
    """
    zh, en = say(refusal, "zh"), say(refusal, "en")
    return Said(family(refusal), "".join(zh), " ".join(part for part in en if part))
