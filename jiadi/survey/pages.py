"""The pages of `docs/problems`, written from the catalogue of problems so that they cannot differ from it (问题说明页)."""

from __future__ import annotations

import sys
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml

from jiadi.survey.across import CODES
from jiadi.survey.problems import catalogue

_INDEX = "README.md"
_LEVELS = {
    "refused": ("未收", "refused", "整行、整表或整个文件没有收入。", "The row, sheet or file is not taken."),
    "unknown": ("未采用", "unknown", "这一格没有采用，按“不详”处理；行照收。", "The cell is not taken and counts as unknown; its row is."),
    "note": ("提示", "note", "已经读入，并说明是怎样读的。", "It is read, and how is said."),
}
_HEAD = "<!-- Written by python -m jiadi.survey.pages docs/problems; change jiadi/survey/problems.yaml and examples.yaml instead. -->\n"


@cache
def examples() -> dict[str, list[tuple[str, str]]]:
    """Code → what stands in a file, and what is read of it (示例).

    >>> examples()["unit_in_number"][0]
    ('120㎡', '120')
    """
    content = yaml.safe_load(files("jiadi.survey").joinpath("examples.yaml").read_text(encoding="utf-8"))
    return {code: [(str(given), str(read)) for given, read in pairs.items()] for code, pairs in content.items()}


def pages() -> dict[str, str]:
    """File name → text (生成说明页): a page a problem, and `README.md` that lists them.

    >>> "id_from_float.md" in pages()
    True
    """
    return {**{f"{code}.md": _page(code, entry) for code, entry in catalogue().items()}, _INDEX: _index()}


def _page(code: str, entry: dict[str, str]) -> str:
    zh, en, told_zh, told_en = _LEVELS[entry["level"]]
    lines = [_HEAD, f"# {entry['zh']} `{code}`\n", f"- 等级：{zh}。{told_zh}", f"- 怎么办：{entry['todo_zh'] or '—'}\n"]
    if pairs := examples().get(code):
        head = "| 这一行 this row | 另一表 the other list |" if code in CODES else "| 文件里 in the file | 读作 read as |"
        lines += [head, "|---|---|", *(f"| `{given}` | {_cell(read)} |" for given, read in pairs), ""]
    lines += ["## In English\n", f"{entry['en']}.\n", f"- Level: {en}. {told_en}", f"- What to do: {entry['todo_en'] or '—'}\n"]
    return "\n".join(lines)


def _cell(read: str) -> str:
    return "不详 unknown" if read == "unknown" else f"`{read}`" if read else "—"


def _index() -> str:
    lines = [
        _HEAD,
        "# 问题一览 Problems\n",
        "每个问题都说明所在的文件、表、行、列，见 `problems.xlsx`、`problems.jsonl` 和 `returned/`。\n",
    ]
    for level, (zh, en, told_zh, told_en) in _LEVELS.items():
        lines += [f"## {zh} {en}\n", f"{told_zh} {told_en}\n", "| 代码 code | 问题 | problem |", "|---|---|---|"]
        lines += [
            f"| [`{code}`]({code}.md) | {entry['zh']} | {entry['en']} |" for code, entry in catalogue().items() if entry["level"] == level
        ]
        lines.append("")
    return "\n".join(lines)


def write(folder: Path) -> None:
    """Write the pages (写出说明页).

    Args:
        folder: `docs/problems`; it is made where it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
