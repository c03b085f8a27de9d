"""Citations: which article of which document says it, and since when (引用)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from jiadi.law.marked import Marked

Lang = Literal["zh", "en"]

_DIGITS = "零一二三四五六七八九"
DOCUMENT_KEYS = {"title", "number", "version", "held", "link"}
CITATION_KEYS = {"document", "article", "paragraph", "in_force_from", "in_force_until", "statement", "verify", "note", "reaches_back"}


@dataclass(frozen=True, slots=True)
class Citation:
    """One article in one version (条文).

    Args:
        citation_id: the word by which values and rules name it.
        title: zh and en title of the document.
        number: number or edition of the document 文号, zh and en; "" where it has none.
        article: number of the article; "" where the whole document is meant.
        paragraph: paragraph or item inside it, as digits; "" for the whole article.
        version: day of the text that was read; None where no text is held.
        in_force_from: day from which THIS version of the article is in force.
        in_force_until: first day on which it is no longer in force, repealed or amended; None where it still is.
        link: where the text can be read; "" where no place is named.
        statement: what it says, in our words, zh and en.
        verify: the text or its day of force was not seen: a county checks it before use.
        note: why it is to be verified, or what else a reader should know; zh and en.
        reaches_back: it speaks about houses built before its own day.
        held: whether the text was at hand when the figure was written.
    """

    citation_id: str
    title: dict[str, str]
    number: dict[str, str]
    article: str
    paragraph: str
    version: date | None
    in_force_from: date
    statement: dict[str, str]
    verify: bool
    note: dict[str, str]
    reaches_back: bool
    held: bool
    in_force_until: date | None = None
    link: str = ""

    def text(self, lang: Lang = "zh") -> str:
        """How the article is cited (引用写法).

        >>> from jiadi.law import load
        >>> law = load("zhejiang")
        >>> law.citations["zhejiang_land_55"].text("zh"), law.citations["zhejiang_land_55"].text("en")
        ('《浙江省土地管理条例》第五十五条', 'Zhejiang Land Administration Regulation, art. 55')
        """
        if lang == "zh":
            number = f"（{self.number['zh']}）" if self.number["zh"] else ""
            article = f"第{chinese_number(int(self.article))}条" if self.article else ""
            paragraph = f"第（{chinese_number(int(self.paragraph))}）项" if self.paragraph else ""
            return f"《{self.title['zh']}》{number}{article}{paragraph}"
        number = f" ({self.number['en']})" if self.number["en"] else ""
        paragraph = f"({self.paragraph})" if self.paragraph else ""
        return f"{self.title['en']}{number}" + (f", art. {self.article}{paragraph}" if self.article else "")


def chinese_number(number: int) -> str:
    """A number of 1 to 1,999 as statutes write it (条序).

    >>> [chinese_number(number) for number in (8, 10, 12, 20, 55, 100, 105, 110, 362, 1122)]
    ['八', '十', '十二', '二十', '五十五', '一百', '一百零五', '一百一十', '三百六十二', '一千一百二十二']
    """
    words, gap = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + unit
        gap = digit == 0
    return words[1:] if words.startswith("一十") else words


def read_citations(marked: Marked) -> dict[str, Citation]:
    """The citations of one layer (一层法规的引用).

    Args:
        marked: `citations.yaml` with its `documents` and `citations`.

    Returns:
        Citation id → citation.

    Raises:
        Refusal: unknown or missing keys, wrong types, a document that is not there.
    """
    top = mapping(marked, (), {"documents", "citations"}, {"documents", "citations"})
    documents = {name: _document(marked, name) for name in mapping(marked, ("documents",))}
    return {name: _citation(marked, name, documents) for name in mapping(marked, ("citations",))} if top else {}


def _document(marked: Marked, name: str) -> dict[str, Any]:
    place = ("documents", name)
    body = mapping(marked, place, DOCUMENT_KEYS, {"title"})
    number = body.get("number", "")
    same = number if isinstance(number, dict) else typed(marked, (*place, "number"), str, number)
    return {
        "title": both(marked, (*place, "title")),
        "number": both(marked, (*place, "number")) if isinstance(same, dict) else {"zh": same, "en": same},
        "version": typed(marked, (*place, "version"), date, body["version"]) if body.get("version") else None,
        "link": typed(marked, (*place, "link"), str, body.get("link", "")),
        "held": typed(marked, (*place, "held"), bool, body.get("held", True)),
    }


def _citation(marked: Marked, name: str, documents: dict[str, dict[str, Any]]) -> Citation:
    place = ("citations", name)
    body = mapping(marked, place, CITATION_KEYS, {"document", "in_force_from", "statement"})
    document = documents.get(str(body["document"]))
    if document is None:
        raise marked.refusal("document", *place, "document", citation=name, document=body["document"])
    verify = typed(marked, (*place, "verify"), bool, body.get("verify", False))
    if not verify and not document["held"]:
        raise marked.refusal("not_held", *place, citation=name)
    article, paragraph = (_number(marked, (*place, key), body.get(key)) for key in ("article", "paragraph"))
    return Citation(
        name,
        document["title"],
        document["number"],
        article,
        paragraph,
        document["version"],
        typed(marked, (*place, "in_force_from"), date, body["in_force_from"]),
        both(marked, (*place, "statement")),
        verify,
        both(marked, (*place, "note")) if "note" in body else {"zh": "", "en": ""},
        typed(marked, (*place, "reaches_back"), bool, body.get("reaches_back", False)),
        document["held"],
        typed(marked, (*place, "in_force_until"), date, body["in_force_until"]) if "in_force_until" in body else None,
        document["link"],
    )


def _number(marked: Marked, place: tuple[str, ...], value: Any) -> str:
    return "" if value is None else str(typed(marked, place, int, value))


def at(marked: Marked, place: tuple[Any, ...]) -> Any:
    """The entry at a place of a file."""
    found = marked.data
    for step in place:
        found = found[step]
    return found


def mapping(marked: Marked, place: tuple[Any, ...], known: set[str] | None = None, needed: set[str] | None = None) -> dict[Any, Any]:
    """The mapping at a place, with only known keys and all the needed ones."""
    found = at(marked, place)
    if not isinstance(found, dict):
        raise marked.refusal("not_a_mapping", *place, where=_where(marked, place))
    for key in found:
        if known is not None and key not in known:
            raise marked.refusal("key_unknown", *place, key, where=_where(marked, place), key=key, known=", ".join(sorted(known)))
    for key in sorted((needed or set()) - set(found)):
        raise marked.refusal("key_missing", *place, where=_where(marked, place), key=key)
    return found


_TYPES: dict[type, str] = {int: "not_an_integer", date: "not_a_date", bool: "not_a_boolean", str: "not_text", list: "not_a_list"}


def typed(marked: Marked, place: tuple[Any, ...], kind: type, value: Any) -> Any:
    """The value, if it is of that type."""
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise marked.refusal(_TYPES[kind], *place, where=_where(marked, place), value=value)
    return value


def _where(marked: Marked, place: tuple[Any, ...]) -> str:
    return " › ".join(str(step) for step in place) or marked.name


def both(marked: Marked, place: tuple[Any, ...]) -> dict[str, str]:
    """A text in both languages, zh and en."""
    body = mapping(marked, place, {"zh", "en"}, {"zh", "en"})
    return {lang: str(typed(marked, (*place, lang), str, body[lang])) for lang in ("zh", "en")}
