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
    """The words of one refusal (一种拒绝的说法): what is wrong and what to do, in both languages."""

    why_zh: str
    todo_zh: str
    why_en: str
    todo_en: str


REASONS: dict[str, Reason] = {
    "limit_time": Reason(
        "读取超过 {seconds} 秒，已停止。",
        "请拆分文件，或用原软件重新另存后再交。",
        "Reading took longer than {seconds} s and was stopped.",
        "Split the file, or save it again from the program that made it.",
    ),
    "limit_memory": Reason(
        "读取所需内存超过 {memory_mb} MB，已停止。",
        "请删去空白区域或拆分文件，再重新另存。",
        "Reading needed more than {memory_mb} MB of memory and was stopped.",
        "Delete its empty areas or split it, and save it again.",
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
