"""`report.html`: numbers by township, a map of houses and why each has its verdict, in one page (判定报告).

The page asks nothing of any server: script, style and data stand in it, and its policy forbids the rest.
Above `PAGE_HOUSES` houses it is an overview by village, with a page a township beside it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from jiadi.errors import Refusal
from jiadi.insight import gather, naming, overview
from jiadi.insight.encode import Block
from jiadi.insight.words import say
from jiadi.run.pipeline import Outcome

PAGE_HOUSES = 50_000
"""Houses that one page may hold."""


def write(path: Path, outcome: Outcome, lang: str) -> None:
    """Write the report page, and for a large county a page a township (写出判定报告).

    Args:
        path: of the page. The townships' pages go to a folder beside it that is named like it.
        outcome: of the run.
        lang: "zh" or "en": the language in which the page opens; it holds both.

    Raises:
        Refusal: `no_page_assets`, where the package was not built.
    """
    material = gather.material(outcome)
    if material.placed.houses.height <= PAGE_HOUSES:
        made = gather.block(material)
        _write_page(path, made, {"mode": "houses", **gather.head(material, outcome, made)}, lang)
        return
    folder = path.with_suffix("")
    folder.mkdir(exist_ok=True)
    made, of_overview = overview.block(material, outcome, folder.name)
    _write_page(path, made, {"mode": "overview", **of_overview}, lang)
    for township, name in overview.pages(material).items():
        cut = gather.part(material, township)
        made = gather.block(cut)
        head = gather.head(cut, outcome, made)
        head["title"] = {tongue: naming.township_title(cut.placed.houses, township, tongue) for tongue in ("zh", "en")}
        _write_page(folder / name, made, {"mode": "houses", "up": f"../{path.name}", **head}, lang)


def _asset(name: str) -> str:
    try:
        return files("jiadi.insight").joinpath("assets", name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Refusal(
            "no_page_assets",
            "The report's page assets were not built (缺少页面资源).",
            "Install the package with pip (pip install .), or run python hatch_build.py in a checkout.",
        ) from error


def _write_page(path: Path, made: Block, head: Mapping[str, Any], lang: str) -> None:
    script = re.sub(r"</(script)", r"<\\/\1", _asset("report.js"), flags=re.IGNORECASE)
    style = _asset("report.css")
    template = Template(files("jiadi.insight").joinpath("page.html").read_text(encoding="utf-8"))
    page = template.substitute(
        lang="zh-CN" if lang == "zh" else "en",
        title=html.escape(head["title"][lang]),
        policy=_policy(script, style),
        style=style,
        script=script,
        needs_script=html.escape(say("needs_script", lang)),
        data=made.packed({**head, "lang": lang}),
    )
    path.write_text(page, encoding="utf-8", newline="\n")


def _policy(script: str, style: str) -> str:
    """Content security policy: this script and this style by their hashes, and nothing from anywhere."""

    def hashed(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    own = f"script-src {hashed(script)}; style-src {hashed(style)}"
    return f"default-src 'none'; {own}; img-src data: blob:; base-uri 'none'; form-action 'none'"
