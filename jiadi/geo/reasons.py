"""Why a file or a coordinate system is refused, in both languages (拒绝的原因).

Every refusal of this floor is a `ReadRefusal`: a `Refusal` whose English words are filled in from
`REASONS` and which keeps the figures, so that `say` can give the same sentence in Chinese.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from jiadi.errors import Refusal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Reason:
    """The words of one refusal (一种拒绝的说法): what is wrong and what to do, in both languages.

    `family` is the problem code under which a list of files counts it.
    """

    why_zh: str
    todo_zh: str
    why_en: str
    todo_en: str
    family: str = "unreadable"


REASONS: dict[str, Reason] = {
    "limit_time": Reason(
        "读取超过 {seconds} 秒，已停止。",
        "请拆分文件，或用原软件重新另存后再交。",
        "Reading took longer than {seconds} s and was stopped.",
        "Split the file, or save it again from the program that made it.",
        "limit",
    ),
    "limit_memory": Reason(
        "读取所需内存超过 {memory_mb} MB，已停止。",
        "请删去空白区域或拆分文件，再重新另存。",
        "Reading needed more than {memory_mb} MB of memory and was stopped.",
        "Delete its empty areas or split it, and save it again.",
        "limit",
    ),
    "reader_crashed": Reason(
        "文件使读取程序中断（{signal}）。",
        "文件已损坏或被恶意构造，请用原软件重新另存后再交。",
        "The file made its reader break down ({signal}).",
        "It is damaged or was made to attack; save it again from the program that made it.",
    ),
    "unreadable": Reason(
        "文件无法读取：{detail}。",
        "请用原软件打开检查，重新另存后再交。",
        "The file cannot be read: {detail}.",
        "Open it in the program that made it, check it, and save it again.",
    ),
    "hostile": Reason(
        "文件名以 {suffix} 结尾，内容却是虚拟数据源（VRT），会去读取其他文件或网络地址；已拒绝，未访问其所指位置。",
        "请交原始数据文件，不要交虚拟数据源。",
        "The name ends in {suffix}, but it is a virtual data source (VRT) that would read another file or address; nothing was fetched.",
        "Hand in the data itself, not a virtual source.",
        "hostile",
    ),
    "hostile_database": Reason(
        "数据库含会读取外部文件的虚拟表（{detail}），已拒绝。",
        "请在 GIS 软件中另存为新的 GeoPackage 后再交。",
        "The database holds a virtual table that would read other files ({detail}).",
        "Save the layers as a new GeoPackage and hand that in.",
        "hostile",
    ),
    "content_differs": Reason(
        "文件名以 {suffix} 结尾，内容却不是这种格式（开头是“{head}”）。",
        "请核对文件，用正确的扩展名或用原软件重新另存。",
        "The name ends in {suffix}, but the content is of another kind (it begins with “{head}”).",
        "Check the file; give it its right extension or save it again.",
    ),
    "unrecognised": Reason(
        "不读取以 {suffix} 结尾的空间数据文件。",
        "请另存为 Shapefile、GeoPackage、GeoJSON、GeoParquet、DXF 或界址点文本。",
        "Map files that end in {suffix} are not read.",
        "Save it as Shapefile, GeoPackage, GeoJSON, GeoParquet, DXF or boundary points.",
        "unrecognised",
    ),
    "dxf_binary": Reason(
        "这是二进制 DXF，暂不读取。",
        "请在 CASS 或 CAD 中另存为文本（ASCII）格式的 DXF，如 R2000/2004。",
        "This is a DXF in binary form, which is not read.",
        "Save it as a DXF in text form, such as R2000 or 2004.",
    ),
    "dxf_cut": Reason(
        "图形文件不完整：没有结束标记（EOF），后面的部分丢失了。",
        "请重新导出或重新传输后再交。",
        "The drawing is cut off: its end (EOF) is missing.",
        "Export it or send it again.",
    ),
    "dxf_entities": Reason(
        "图形文件的实体超过 {most} 个，未读取。",
        "请只保留权属线、房屋和注记，或按乡镇拆分后再交。",
        "The drawing holds more than {most} entities and was not read.",
        "Keep boundaries, buildings and their words alone, or split it by township.",
        "limit",
    ),
    "dxf_corners": Reason(
        "图形文件中有一个实体超过 {most} 组数据，已停止读取。",
        "请检查并删去异常的线或文字后再交。",
        "One entity of the drawing has more than {most} values; reading was stopped.",
        "Find the line or text that is out of order and delete it.",
        "limit",
    ),
    "dxf_nothing": Reason(
        "图形文件中没有闭合的线：认不出宗地（JZD 层，编码 300000）或房屋（JMD 层，编码 141…）。",
        "请把权属线和房屋线闭合为复合线后再交。",
        "The drawing has no closed line: neither parcels (layer JZD, code 300000) nor houses (layer JMD, code 141…) were found.",
        "Close the boundaries and building lines as polylines.",
        "unrecognised",
    ),
    "points_nothing": Reason(
        "坐标文件中没有能连成面的点：同一图形的点须同名（如 12-1、12-2）或同编码，并至少三个。",
        "请按说明整理点名或编码，或交 DXF、Shapefile。",
        "The points do not make any outline: those of one outline share its name (12-1, 12-2) or its code, and are three at least.",
        "Name the points as the guide says, or hand in a DXF or Shapefile.",
        "unrecognised",
    ),
    "gdb_links": Reason(
        "地理数据库文件夹中有指向别处的链接（{detail}），已拒绝。",
        "请重新复制整个 .gdb 文件夹后再交。",
        "The geodatabase's folder holds a link that leads elsewhere ({detail}).",
        "Copy the whole .gdb folder again.",
        "hostile",
    ),
    "empty": Reason(
        "文件是空的，没有任何数据。",
        "请检查导出是否成功，重新导出后再交。",
        "The file is empty: there is no data in it.",
        "Check that the export succeeded, and export it again.",
        "empty",
    ),
    "zip_unsafe_path": Reason(
        "压缩包内的路径“{detail}”指向包外，已拒绝，未解压任何文件。",
        "请重新打包，只放数据文件。",
        "The archive holds a path that leads out of it, “{detail}”; nothing was unpacked.",
        "Pack it again with the data files alone.",
        "hostile",
    ),
    "zip_encrypted": Reason(
        "压缩包已加密。",
        "请去掉密码后重新打包。",
        "The archive is encrypted.",
        "Pack it again without a password.",
    ),
    "zip_too_large": Reason(
        "压缩包解压后超过 {most_mb} MB 或 {most_files} 个文件，已停止。",
        "请分成几个压缩包，或直接交文件夹。",
        "The archive unpacks to more than {most_mb} MB or {most_files} files.",
        "Split it, or hand in the folder itself.",
        "limit",
    ),
    "crs_unknown": Reason(
        "坐标系不明，数据未采用。坐标范围 {bounds}；可能是：{guesses}。",
        "请补上 .prj，或在清单中写明坐标系（如 EPSG:4528）。",
        "The coordinate system is not known, so the layer was not taken. Coordinates {bounds}; it may be: {guesses}.",
        "Add the .prj, or name the system in the manifest (such as EPSG:4528).",
        "crs_unknown",
    ),
    "crs_datum": Reason(
        "坐标系是{name}，与 CGCS2000 之间须用当地参数转换，不能直接采用。",
        "请由测绘部门转换到 CGCS2000（如 EPSG:4490 或 4528）后再交。",
        "The coordinate system is {name}; it can be brought to CGCS2000 only with local parameters.",
        "Have the survey office convert it to CGCS2000 (such as EPSG:4490 or 4528).",
        "crs_unknown",
    ),
    "crs_differs": Reason(
        "参与计算的图层坐标系不一致：{names}。",
        "请先统一到同一坐标系。",
        "Layers that are to be compared have different coordinate systems: {names}.",
        "Bring them to one system first.",
        "crs_differs",
    ),
}


class ReadRefusal(Refusal):
    """A refusal that can be said in Chinese and English (双语拒绝).

    Args:
        code: key of `REASONS`.
        figures: what fills the placeholders of the reason's words.

    >>> str(ReadRefusal("limit_time", seconds=10))
    'Reading took longer than 10 s and was stopped. Split the file, or save it again from the program that made it.'
    """

    def __init__(self, code: str, **figures: object) -> None:
        reason = REASONS[code]
        super().__init__(code, reason.why_en.format(**figures), reason.todo_en.format(**figures))
        self.figures = figures


def say(refusal: Refusal, language: Language) -> tuple[str, str]:
    """Why and what to do, in the language asked for (按语言给出原因和办法).

    Args:
        refusal: any refusal; one that is not of this floor has English words only.
        language: `zh` or `en`.

    Returns:
        Why, what to do.

    >>> say(ReadRefusal("limit_time", seconds=10), "zh")[0]
    '读取超过 10 秒，已停止。'
    """
    reason = REASONS.get(refusal.code)
    if reason is None or language == "en" or not isinstance(refusal, ReadRefusal):
        return refusal.why, refusal.what_to_do
    return reason.why_zh.format(**refusal.figures), reason.todo_zh.format(**refusal.figures)


def family(refusal: Refusal) -> str:
    """The problem code under which a refused file is counted (归入的问题代码).

    >>> family(ReadRefusal("limit_time", seconds=10))
    'limit'
    """
    reason = REASONS.get(refusal.code)
    return reason.family if reason else refusal.code
