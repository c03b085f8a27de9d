"""The user's own workbook, marked (标记原工作簿): all that is in it stays, what Jiadi says is added.

Runs in the limited child, since the workbook is as untrusted here as it was when it was read. Sheets
stream from archive to archive, so a workbook of 200,000 rows needs no more memory than one of 200.
"""

from __future__ import annotations

import json
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from jiadi.register import comment
from jiadi.register.comment import letter
from jiadi.survey.giveback import mark
from jiadi.survey.giveback.sheet import Marker, Plan, guarded, inline
from jiadi.survey.giveback.style import Styles, Unpatchable

_MOMENT = (2025, 1, 1, 0, 0, 0)
_BOOK = "xl/workbook.xml"
_BOOK_LINKS = "xl/_rels/workbook.xml.rels"
_TYPES = "[Content_Types].xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SHEET = re.compile(r"<sheet\b[^>]*/>")
_AFTER_DRAWING = re.compile(rb"<(legacyDrawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst)\b|</worksheet>")
_NOTE = "xl/worksheets/jiadi_note.xml"


def patch(source: str, target: str, plan_path: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the marked copy (写退回件).

    Args:
        source: the user's workbook.
        target: where the copy goes.
        plan_path: JSON: `note` (rows of the sheet in front) and `sheets` (name → `sheet.Plan` and `comments`).

    Returns:
        Nothing in tables; `fault` in the rest where the workbook is not written in a way that is known.
    """
    plan = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    try:
        with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as after:
            _Copy(before, after, plan).write()
    except (Unpatchable, KeyError, IndexError, UnicodeDecodeError) as error:
        Path(target).unlink(missing_ok=True)
        return {}, {"fault": f"{type(error).__name__}: {error}"}
    return {}, {}


class _Copy:
    """One workbook on its way from archive to archive."""

    def __init__(self, before: zipfile.ZipFile, after: zipfile.ZipFile, plan: Mapping[str, Any]) -> None:
        self.before, self.after, self.plan = before, after, plan
        self.names = set(before.namelist())
        self.book, self.links = self._text(_BOOK), _relations(self._text(_BOOK_LINKS))
        self.styles = Styles(self._text("xl/styles.xml"))
        self.parts = {name: _target(_BOOK, self.links[link]) for name, link in _sheets(self.book)}
        self.replaced: dict[str, str] = {}
        self.types: list[str] = []

    def write(self) -> None:
        sheets = {self.parts[name]: (number, one) for number, (name, one) in enumerate(self.plan["sheets"].items(), start=1)}
        for part, (number, one) in sheets.items():
            self._sheet(part, number, one)
        self._note()
        self.replaced["xl/styles.xml"] = self.styles.written()
        if "xl/sharedStrings.xml" in self.names:
            self.replaced["xl/sharedStrings.xml"] = guarded(self._text("xl/sharedStrings.xml"))
        self.replaced[_TYPES] = _with_types(self._text(_TYPES), self.types)
        for info in self.before.infolist():
            if info.filename not in self.replaced and info.filename not in sheets and not info.is_dir():
                self._stream(info.filename)
        for part, text in self.replaced.items():
            self.after.writestr(_entry(part), text)

    def _text(self, part: str) -> str:
        return self.before.read(part).decode("utf-8-sig")

    def _stream(self, part: str) -> None:
        head = b' tabSelected="1"' if part in self.parts.values() else b""
        with self.before.open(part) as source, self.after.open(_entry(part), "w", force_zip64=True) as sink:
            if head:  # two sheets chosen at once would be edited together
                sink.write(source.read(1 << 20).replace(head, b"", 1))
            while piece := source.read(1 << 20):
                sink.write(piece)

    def _sheet(self, part: str, number: int, one: Mapping[str, Any]) -> None:
        rows = {int(row): entry for row, entry in one["rows"].items()}
        plan = Plan(one["heading_row"], one["column"], one["marked"], one["codes"], rows)
        placed, drawn = self._comments(part, number, one)
        with self.before.open(part) as source, self.after.open(_entry(part), "w", force_zip64=True) as sink:
            for piece in Marker(plan, self.styles).marked(source):  # type: ignore[arg-type]
                ends = drawn and placed and piece.startswith(b"</sheetData>")
                sink.write(_with_drawing(piece + source.read(), drawn) if ends else piece)

    def _comments(self, part: str, number: int, one: Mapping[str, Any]) -> tuple[list[comment.Comment], str]:
        """Write the sheet's comments; those placed, and the link to their drawing where the sheet has none yet."""
        wanted: list[comment.Comment] = [(row, column, words) for row, column, words in one["comments"]]
        links_part = posixpath.join(posixpath.dirname(part), "_rels", posixpath.basename(part) + ".rels")
        links = self._text(links_part) if links_part in self.names else f'{_HEAD}<Relationships xmlns="{_LINKS}"></Relationships>'
        words_at, drawing_at = (_linked(links, part, kind) for kind in ("comments", "vmlDrawing"))
        if not wanted and not words_at:
            return [], ""
        old_words = self._text(words_at) if words_at else ""
        text, placed, kept = comment.comments(wanted, old_words)
        shapes = comment.drawing(placed, self._text(drawing_at) if drawing_at else "", kept)
        added = []
        if not words_at:
            words_at = f"xl/jiadi_comments{number}.xml"
            added.append(f'<Relationship Id="rIdJiadiC" Type="{_OFFICE}/comments" Target="/{words_at}"/>')
            self.types.append(_override(words_at, "comments"))
        if new_drawing := not drawing_at:
            drawing_at = f"xl/drawings/jiadi_comments{number}.vml"
            added.append(f'<Relationship Id="rIdJiadiV" Type="{_OFFICE}/vmlDrawing" Target="/{drawing_at}"/>')
            self.types.append('<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>')
        self.replaced |= {words_at: text, str(drawing_at): shapes}
        if added:
            opened = re.sub(r"<Relationships([^>]*)/>", r"<Relationships\1></Relationships>", links)
            self.replaced[links_part] = opened.replace("</Relationships>", "".join(added) + "</Relationships>")
        return placed, "rIdJiadiV" if new_drawing else ""

    def _note(self) -> None:
        """The sheet in front; one of an earlier time is written anew."""
        text = note_sheet(self.plan["note"])
        earlier = self.plan.get("note_sheet")
        if earlier in self.parts:
            self.replaced[self.parts[earlier]] = text
            return
        number = 1 + max((int(found) for found in re.findall(r'\bsheetId="([0-9]+)"', self.book)), default=0)
        name = mark.SHEET if mark.SHEET not in self.parts else f"{mark.SHEET}（家底）"
        own = f'<sheet name={quoteattr(name)} sheetId="{number}" r:id="rIdJiadi"/>'
        book = re.sub(r"(<sheets\b[^>]*>)", rf"\1{own}", self.book, count=1)
        if own not in book or "xmlns:r=" not in book:
            raise Unpatchable("workbook")
        # Names bound to a sheet count the sheets from the first one.
        book = re.sub(r'\blocalSheetId="([0-9]+)"', lambda found: f'localSheetId="{int(found[1]) + 1}"', book)
        self.replaced[_BOOK] = re.sub(r'\s(?:activeTab|firstSheet)="[0-9]+"', "", book)
        link = f'<Relationship Id="rIdJiadi" Type="{_OFFICE}/worksheet" Target="/{_NOTE}"/>'
        self.replaced[_BOOK_LINKS] = self._text(_BOOK_LINKS).replace("</Relationships>", link + "</Relationships>")
        self.replaced[_NOTE] = text
        self.types.append(_override(_NOTE, "worksheet"))


def note_sheet(rows: Sequence[Sequence[str]]) -> str:
    """The sheet in front, as XML (说明页).

    >>> "家底" in note_sheet([["家底"]])
    True
    """
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(inline(f"{letter(column)}{number}", text, 0) for column, text in enumerate(row) if text)
        lines.append(f'<row r="{number}">{cells}</row>')
    columns = '<cols><col min="1" max="1" width="34" customWidth="1"/><col min="2" max="2" width="100" customWidth="1"/></cols>'
    views = '<sheetViews><sheetView tabSelected="1" workbookViewId="0"/></sheetViews>'
    return f'{_HEAD}<worksheet xmlns="{_MAIN}">{views}{columns}<sheetData>{"".join(lines)}</sheetData></worksheet>'


def _override(part: str, kind: str) -> str:
    return f'<Override PartName="/{part}" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"/>'


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _MOMENT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    return entry


def _sheets(book: str) -> Iterator[tuple[str, str]]:
    for element in _SHEET.findall(book):
        name, link = re.search(r'\bname="([^"]*)"', element), re.search(r'\br:id="([^"]*)"', element)
        if not name or not link:
            raise Unpatchable("sheets")
        yield unescape(name[1]), link[1]


def _relations(text: str) -> dict[str, str]:
    found = {}
    for element in re.findall(r"<Relationship\b[^>]*>", text):
        link, target = re.search(r'\bId="([^"]*)"', element), re.search(r'\bTarget="([^"]*)"', element)
        if link and target:
            found[link[1]] = unescape(target[1])
    return found


def _target(part: str, target: str) -> str:
    """A part that another one links to."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _linked(links: str, part: str, kind: str) -> str:
    for element in re.findall(r"<Relationship\b[^>]*>", links):
        if f'/{kind}"' in element and (target := re.search(r'\bTarget="([^"]*)"', element)):
            return _target(part, unescape(target[1]))
    return ""


def _with_types(text: str, added: Sequence[str]) -> str:
    new = [one for one in dict.fromkeys(added) if not (one.startswith("<Default") and 'Extension="vml"' in text)]
    defaults = "".join(one for one in new if one.startswith("<Default"))
    text = re.sub(r"(<Types\b[^>]*>)", rf"\1{defaults}", text, count=1)
    return text.replace("</Types>", "".join(one for one in new if one.startswith("<Override")) + "</Types>")


def _with_drawing(tail: bytes, link: str) -> bytes:
    """The end of a sheet, with the drawing of its comments where the order of its parts wants it."""
    own = f'<legacyDrawing xmlns:r="{_OFFICE}" r:id={quoteattr(escape(link))}/>'.encode()
    found = _AFTER_DRAWING.search(tail)
    if not found:
        raise Unpatchable("worksheet")
    return tail[: found.start()] + own + tail[found.start() :]
