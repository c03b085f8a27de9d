"""What the data files of this app say (规则数据): reasons to see a number, how long data are kept, grounds to erase and to refuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@cache
def held(name: str) -> Any:
    """One of the files beside this module (读规则文件)."""
    return yaml.safe_load(files("jiadi.server.persons").joinpath(name).read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a number may be seen (查看理由).

    Args:
        name: as it is stored; `title` in both languages.
        text: whether words of one's own are needed beside it.
        law: citation.
    """

    name: str
    title: dict[str, str]
    text: bool
    law: str


@cache
def reasons() -> dict[str, Reason]:
    """Every reason by its name (查看理由表).

    >>> reasons()["other"].text
    True
    """
    return {
        name: Reason(name, {"zh": said["zh"], "en": said["en"]}, said["text"], said["law"]) for name, said in held("reasons.yaml").items()
    }


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of persons' data and how long it is kept (保存期限).

    Args:
        name: as it is stored; `title` and `since` in both languages.
        days: kept for; None for good.
        then: `erase`, `mask` or `keep`.
        law: citations; `verify`: whether the figure is yet to be checked by the county.
    """

    name: str
    title: dict[str, str]
    since: dict[str, str]
    days: int | None
    then: str
    law: tuple[str, ...]
    verify: bool

    @property
    def cited(self) -> str:
        """All citations in one line."""
        return "；".join(self.law)


@dataclass(frozen=True, slots=True)
class Ground:
    """On what a request or its refusal rests (法律依据)."""

    name: str
    title: dict[str, str]
    law: str


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name (保存期限表).

    Raises:
        ValueError: days and outcome do not fit.

    >>> kinds()["register_book"].then, kinds()["register_book"].days
    ('keep', None)
    """
    made = {}
    for name, said in held("retention.yaml")["kinds"].items():
        if (said["days"] is None) != (said["then"] == "keep") or said["then"] not in ("erase", "mask", "keep"):
            raise ValueError(f"retention.yaml: {name}")
        law = tuple(f"{one['document']} {one['article']}" for one in said["law"])
        made[name] = Kind(name, {"zh": said["zh"], "en": said["en"]}, said["since"], said["days"], said["then"], law, said["verify"])
    return made


def _grounds(part: str) -> dict[str, Ground]:
    told = held("retention.yaml")[part]
    return {name: Ground(name, {"zh": said["zh"], "en": said["en"]}, said["law"]) for name, said in told.items()}


@cache
def requests() -> dict[str, Ground]:
    """On what a person may rest a request (请求依据)."""
    return _grounds("requests")


@cache
def refusals() -> dict[str, Ground]:
    """On what a refusal may rest (拒绝依据)."""
    return _grounds("refusals")


@cache
def numbers() -> dict[str, str]:
    """Table → `erase`, or the kind of data as which the law keeps its numbers (各表号码的去留)."""
    told: dict[str, str] = held("retention.yaml")["numbers"]
    return told
