"""The pages of `docs/rules`, written from the law data so that they cannot differ from it (规则说明页)."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from jiadi.law.citation import Lang
from jiadi.law.dense import ends
from jiadi.law.lawset import LawSet
from jiadi.law.load import case_files, load, signed_layers
from jiadi.law.parameter import Given, Parameter

_INDEX = "README.md"
_FIGURES = "figures.md"
_WORDS = ("word", "effect", "remedy", "finding")
_UNITS = {
    "m2": "平方米",
    "m": "米",
    "storey": "层",
    "homestead": "处",
    "person": "人",
    "day": "日",
    "mark": "项",
    "fen_per_m2": "分/平方米",
    "none": "",
}


def pages(law: LawSet) -> dict[str, str]:
    """The pages of a set (生成说明页).

    Args:
        law: the set whose rules, figures and articles are told.

    Returns:
        File name → text: one page a finding, `README.md` that lists them, `figures.md` with every figure.

    >>> sorted(pages(load("quzhou")))[:3]
    ['README.md', 'bare_wall.md', 'built_elsewhere.md']
    """
    written = {f"{code}.md": _page(law, code) for code in law.text["finding"]}
    return {**written, _INDEX: _index(law), _FIGURES: _figures(law)}


def write(folder: Path) -> None:
    """Write the pages of the deepest shipped set (写出说明页).

    Args:
        folder: `docs/rules`; it is made where it is not there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages(load("quzhou")).items():
        (folder / name).write_text(text, "utf-8")


def _page(law: LawSet, code: str) -> str:
    versions = list(_versions(law, code))
    figures = [name for name in law.parameters if any(_names(_whole(law, body), name) for _, body in versions) and name != "remedy"]
    cited = list(dict.fromkeys([*(body["citation"] for _, body in versions), *(name for _, body in versions for name in _cited(body))]))
    for name in figures:
        cited += [citation for citation in _figure_citations(law, name, code) if citation not in cited]
    zh, en = law.text["finding"][code]["zh"], law.text["finding"][code]["en"]
    subjects = {body["subject"] for _, body in versions}
    lines = [_made(), f"# {zh}（`{code}`）", "", law.text["what"][code]["zh"], ""]
    for subject in sorted(subjects):
        lines += [f"- 对象：{law.text['subject'][subject]['zh']}"]
    lines += [f"- 待核实的情形：{law.text['unknown'][code]['zh']}", ""]
    lines += _effects(law, code, versions)
    lines += _formula(law, versions)
    for name in figures:
        lines += _figure(law, name, code)
    lines += _remedies(law, code)
    lines += _examples(code)
    lines += ["## 依据", ""]
    lines += [f"- {_basis(law, citation, 'zh')}" for citation in cited]
    lines += ["", f"## In English: {en}", "", law.text["what"][code]["en"], ""]
    lines += [f"To be verified where: {_lower(law.text['unknown'][code]['en'])}", ""]
    lines += [f"- {_basis(law, citation, 'en')}" for citation in cited]
    return "\n".join(lines) + "\n"


def _index(law: LawSet) -> str:
    lines = [_made(), "# 规则说明 · Rules", ""]
    lines += ["每类问题一页：判定什么、何时待核实、限值和依据、建议的处理方式。One page a finding.", ""]
    lines += ["| 问题 | Finding | 对象 |", "|---|---|---|"]
    for code, title in law.text["finding"].items():
        subjects = sorted({body["subject"] for _, body in _versions(law, code)})
        named = "、".join(law.text["subject"][subject]["zh"] for subject in subjects)
        lines.append(f"| [{title['zh']}]({code}.md) | {title['en']} | {named} |")
    lines += ["", f"全部限值及其条文核对见 [限值表]({_FIGURES})。All figures with their articles: [figures]({_FIGURES}).", ""]
    lines += ["县（市、区）写自己的数值：[编写本县规则集](own-set.md)。For a county's own figures: [a set of one's own](own-set.md).", ""]
    lines += ["“待核”表示条文文本或其施行日未见原文，使用前由县级核实。A figure marked 待核 is to be verified by the county before use."]
    return "\n".join(lines) + "\n"


def _figures(law: LawSet) -> str:
    lines = [_made(), "# 限值表 · Figures", ""]
    lines += ["每个数值对应的条文都与所读文本逐条核对过；未见原文的标“待核”并写明原因。", ""]
    lines += ["Each value was compared with the article as read; where no text was at hand it is marked 待核, with the reason below.", ""]
    for name in law.parameters:
        known = law.parameters[name]
        lines += [f"## {known.title['zh']} · {known.title['en']}（`{name}`）", ""]
        lines += (
            _table(law, list(law.array(name).given), known)
            if law.array(name).given
            else ["本规则集没有给出数值。No value in this set.", ""]
        )
    lines += ["## 引用的条文 · Articles", "", "| 条文 | Article | 所读版本 | 施行日 | 待核 |", "|---|---|---|---|---|"]
    for citation in law.citation_ids:
        cited = law.citations[citation]
        why = f"{cited.note['zh']} {cited.note['en']}" if cited.verify else ""
        read = str(cited.version) if cited.version else "未收录"
        starts = "" if cited.in_force_from == date.min else str(cited.in_force_from)
        lines.append(f"| {cited.text('zh')} | {cited.text('en')} | {read} | {starts} | {why} |")
    return "\n".join(lines) + "\n"


def _effects(law: LawSet, code: str, versions: list[tuple[str, dict[str, Any]]]) -> list[str]:
    effects = sorted({body["effect"] for _, body in versions if isinstance(body["effect"], str)})
    named = [law.text["effect"][effect]["zh"] for effect in effects if effect in law.text["effect"]]
    return ["## 定性", "", "、".join(named) + "。", ""] if named else []


def _formula(law: LawSet, versions: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """What must hold, as the rule writes it, with derived names and exceptions."""
    lines = ["## 判定式 · Formula", ""]
    for division, body in versions:
        lines += [f"{law.text['division'][division]['zh']}：以下全部成立（all must hold）", ""]
        lines += [f"- `{term}`" for term in body["when"]]
        lines += [f"- `{name}`（当地当时有此规定 · in force there and then）" for name in body.get("in_force", [])]
        derived = {name: text for file in law.rules for name, text in file.data.get("derived", {}).items()}
        lines += [f"- 其中 where `{name}` = `{text}`" for name, text in derived.items() if _names(body, name)]
        for part, zh in (("measured", "实测 measured"), ("limit", "限额 limit"), ("excess", "超出 excess")):
            lines += [f"- {zh}：`{body[part]}`"] if part in body else []
        for label, own in body.get("exceptions", {}).items():
            effect = law.text["effect"].get(own["effect"], {"zh": "不构成问题"})["zh"]
            lines += [f"- 例外 exception `{label}`：`{own['when']}` → {effect}（{law.cite(own['citation'])}）"]
        if "unasked" in body:
            lines += ["- 没有任何清单调查所需事项时不判，摘要和每份解释里写明。Not judged where no list asks for what it needs."]
        lines.append("")
    return lines


def _examples(code: str) -> list[str]:
    """The signed cases of the shipped sets."""
    files = [path for path in case_files("quzhou")[signed_layers()[-1]] if path.stem == code]
    rows = [row for path in files for row in csv.reader(path.read_text("utf-8").splitlines())]
    if not rows:
        return []
    head, *cases = rows
    lines = ["## 案例 · Cases", "", "空白为不明。A blank is not known.", ""]
    lines += ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return [*lines, *("| " + " | ".join(case) + " |" for case in cases), ""]


def _figure(law: LawSet, name: str, code: str) -> list[str]:
    known = law.parameters[name]
    given = [value for value in law.array(name).given if _of_finding(law, known, value, code)]
    if not given:
        return [f"## {known.title['zh']}（`{name}`）", "", "本规则集没有给出数值。", ""]
    return [f"## {known.title['zh']}（`{name}`）", "", *_table(law, given, known, "finding")]


def _remedies(law: LawSet, code: str) -> list[str]:
    known = law.parameters["remedy"]
    array = law.array("remedy")
    given = [value for value in array.given if _of_finding(law, known, value, code)]
    return ["## 建议的处理方式", "", "以县级公布的处置规定为准。", "", *_table(law, given, known, "finding")]


def _table(law: LawSet, given: list[Given], known: Parameter, drop: str = "") -> list[str]:
    """Values as rows; the dimension `drop` is told by the page's title."""
    shown = [(value, end) for value, end in zip(given, ends(given), strict=True) if value.value is not None]
    lines = ["| 区划 | 适用 | 起 | 止 | 数值 | 条文 | |", "|---|---|---|---|---|---|---|"]
    for value, end in sorted(shown, key=lambda pair: (pair[0].division != "00", pair[0].division, pair[0].cell, pair[0].starts)):
        cell = zip(known.index, known.index.values(), value.cell, strict=True)
        words = " × ".join(_word(law, words[number]) for dimension, words, number in cell if dimension != drop)
        starts = "" if value.starts == date.min else str(value.starts)
        division = law.text["division"][value.division]["zh"] if value.division in law.text["division"] else value.division
        row = (division, words, starts, end or "", _amount(law, known, value), law.cite(value.citation), "待核" if value.verify else "")
        lines.append("| " + " | ".join(str(part) for part in row) + " |")
    return [*lines, ""]


def _word(law: LawSet, word: str) -> str:
    return next((law.text[group][word]["zh"] for group in _WORDS if word in law.text[group]), word)


def _amount(law: LawSet, known: Parameter, value: Given) -> str:
    number = value.value or 0
    if known.kind == "word":
        word = known.words[number]
        own = law.text.get(known.name, {})
        return own[word]["zh"] if word in own else _word(law, word)
    if known.kind == "boolean":
        return "是" if number else "否"
    return f"{number / known.scale:g} {_UNITS[known.unit]}".strip()


def _basis(law: LawSet, citation: str, lang: Lang) -> str:
    """An article with what it says, its day of force, and why it is to be verified."""
    cited = law.citations[citation]
    dated = cited.in_force_from != date.min
    if lang == "zh":
        remarks = [f"{cited.in_force_from} 起施行"] if dated else []
        remarks += [f"待核：{cited.note['zh'].rstrip('。')}"] if cited.verify else []
        return f"{cited.text('zh')}：{cited.statement['zh'].rstrip('。')}" + (f"（{'；'.join(remarks)}）" if remarks else "") + "。"
    remarks = [f"In force from {cited.in_force_from}."] if dated else []
    remarks += [f"To be verified: {_lower(cited.note['en'])}"] if cited.verify else []
    return " ".join([f"{cited.text('en')}: {cited.statement['en'].rstrip('.')}.", *remarks])


def _versions(law: LawSet, code: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bodies of the rule of that code, with their layer's division, nation first."""
    for file in law.rules:
        if code in file.data["rules"]:
            yield file.division, file.data["rules"][code]


def _figure_citations(law: LawSet, name: str, code: str) -> list[str]:
    known = law.parameters[name]
    given = [value for value in law.array(name).given if value.citation and _of_finding(law, known, value, code)]
    return list(dict.fromkeys(value.citation for value in given))


def _of_finding(law: LawSet, known: Parameter, value: Given, code: str) -> bool:
    """Whether a cell serves the finding: its own row, or its own kind of zone."""
    own: dict[str, set[str]] = {"finding": {code}, "zone_kind": {str(body.get("zone_kind")) for _, body in _versions(law, code)}}
    for (dimension, words), number in zip(known.index.items(), value.cell, strict=True):
        if words[number] not in own.get(dimension, {words[number]}):
            return False
    return True


def _strings(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for key, value in body.items():
            yield str(key)
            yield from _strings(value)
    elif isinstance(body, list):
        for value in body:
            yield from _strings(value)
    elif isinstance(body, str):
        yield body


def _whole(law: LawSet, body: dict[str, Any]) -> dict[str, Any]:
    """A rule with the derived expressions that it names."""
    derived = {name: text for file in law.rules for name, text in file.data.get("derived", {}).items()}
    return {**body, "derived": [text for name, text in derived.items() if _names(body, name)]}


def _names(body: dict[str, Any], name: str) -> bool:
    return any(re.search(rf"\b{name}\b", text) for text in _strings(body))


def _cited(body: Any) -> Iterator[str]:
    if isinstance(body, dict):
        for key, value in body.items():
            if key == "citation":
                yield from value if isinstance(value, list) else [value]
            else:
                yield from _cited(value)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _made() -> str:
    return "<!-- Written by `python -m jiadi.law.pages docs/rules` from the law data; edit the data. -->\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
