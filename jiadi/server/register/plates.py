"""Plates (门牌): a page to print, each house with its number and a QR code that leads to its file."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.template.loader import render_to_string

MOST = 2000
"""Plates of one page."""


def address(site: str, house_id: UUID) -> str:
    """Where a plate leads (门牌网址): short, so that the squares are large; who may see the file is asked there.

    >>> address("https://jiadi.example/", UUID(int=1))
    'https://jiadi.example/p/00000000000000000000000000000001'
    """
    return f"{site.rstrip('/')}/p/{house_id.hex}"


def code(text: str) -> str:
    """A QR code as SVG, level Q: a quarter of it may be scratched (二维码).

    >>> code("a")[:4]
    '<svg'
    """
    made = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=4)
    made.add_data(text)
    made.make(fit=True)
    out = io.BytesIO()
    made.make_image(image_factory=qrcode.image.svg.SvgPathImage).save(out)
    return out.getvalue().decode("utf-8").split("?>", 1)[-1].strip()


def page(houses: Iterable[Any], site: str, lang: str = "zh") -> str:
    """Plates of houses as a page to print, twelve to a sheet of A4 (门牌打印页). No name of a person is on a plate.

    Args:
        houses: rows of `House`, MOST at most, in the order in which they are printed.
        site: where the server is reached.
        lang: "zh" or "en".
    """
    rows = [
        {"number": house.house_number or "", "village": house.village_name or "", "name": house.survey_code or house.key,
         "code": code(address(site, house.id))}
        for _, house in zip(range(MOST), houses, strict=False)
    ]  # fmt: skip
    return render_to_string("register/plates.html", {"plates": rows, "lang": lang})
