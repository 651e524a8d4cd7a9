"""Fit the columns of a table into a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence

_PROSE = 24  # columns in which sentences can be read


def fitted(
    lines: Sequence[Sequence[str]], room: int, length: Callable[[str], int], prose: int | None = None
) -> list[int]:
    """Return the widths of the columns of a table, which take at most `room` together.

    The widest columns are narrowed, and no word is cut as long as all fit between words: a key or a
    suffix can be copied. A column of `prose` is narrowed before all others.
    """
    columns = list(zip(*lines, strict=True))
    widths = [max(map(length, column)) for column in columns]
    words = [max((length(word) for cell in column for word in cell.split()), default=1) for column in columns]
    first = [_PROSE if number == prose else width for number, width in enumerate(widths)]
    for least in (first, words, [1] * len(widths)):
        while sum(widths) > room:
            wide = [number for number, width in enumerate(widths) if width > least[number]]
            if not wide:
                break
            widths[max(wide, key=widths.__getitem__)] -= 1
    return widths
