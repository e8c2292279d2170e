"""Texts of whole rows without some of their lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import exact
from thirdwatt.data.formats.base import Rows
from thirdwatt.data.formats.jsonl import dumped, exactly
from thirdwatt.data.lines import BLANKS, LEAST_BYTES

from .shapes import ShapeError
from .stretches import Numbers


@dataclass(frozen=True, slots=True)
class Edit:
    """What was taken out of a document.

    Attributes
    ----------
    number
        The document's.
    lines, byte
        How many lines, and how many bytes with their ends.
    empty
        Whether nothing but blanks was left, so that it goes.
    """

    number: int
    lines: int
    byte: int
    empty: bool


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """Rows without some lines.

    Attributes
    ----------
    rows
        What is left.
    edits
        What was taken out, one for each document that is another now.
    lost_byte
        By which all texts together are shorter.
    places, texts
        Places of other texts among the rows that there were, and what they are now; ``None`` for one that goes.
    """

    rows: Rows
    edits: tuple[Edit, ...]
    lost_byte: int
    places: tuple[int, ...] = ()
    texts: tuple[bytes | None, ...] = ()

    def digests(self, before: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """Digests of the texts as they are now, by those before."""
        if not self.places:
            return before
        found = np.array(before)
        some = [(place, text) for place, text in zip(self.places, self.texts, strict=True) if text is not None]
        for place, text in some:
            found[place] = exact.hashes(np.frombuffer(text, np.uint8), np.array([0, len(text)]))[0]
        gone = [place for place, text in zip(self.places, self.texts, strict=True) if text is None]
        return np.delete(found, gone, axis=0)


@dataclass(slots=True)
class Tally:
    """Edits of a file: documents that lost lines, those of which nothing was left, lines and bytes."""

    edited: int = 0
    emptied: int = 0
    lines: int = 0
    byte: int = 0

    def add(self, made: Made) -> None:
        """Take in edits."""
        self.edited += len(made.edits)
        self.emptied += sum(each.empty for each in made.edits)
        self.lines += sum(each.lines for each in made.edits)
        self.byte += made.lost_byte

    def said(self) -> dict[str, int]:
        """As plain data."""
        return {"edited": self.edited, "emptied": self.emptied, "lines": self.lines, "lines_bytes": self.byte}


def without(text: bytes, again: NDArray[np.bool_]) -> bytes:
    """A text without those of its lines that count and are there again.

    Parameters
    ----------
    again
        Of each line of 20 bytes and more without blanks at its ends, in order.
    """
    flags = iter(again.tolist())
    return b"\n".join(line for line in text.split(b"\n") if len(line.strip(BLANKS)) < LEAST_BYTES or not next(flags))


def without_lines(rows: Rows, numbers: Numbers, column: str, again: Callable[[int], NDArray[np.bool_]]) -> Made:
    """Rows whose texts have lost the lines that are there again; one of which nothing is left goes.

    Parameters
    ----------
    numbers
        Of their documents.
    column
        Where their texts are.
    again
        Of a document, which of its lines are there again.

    Raises
    ------
    ShapeError
        If the column holds no plain texts.
    """
    flags = [(place, found) for place, number in enumerate(numbers.tolist()) if (found := again(number)).any()]
    if not flags:
        return Made(rows, (), 0)
    before = _texts(rows, column, [place for place, _ in flags])
    edits, after, lost = [], [], 0
    for (place, found), text in zip(flags, before, strict=True):
        made = without(text, found)
        empty = not made.strip(BLANKS)
        edits.append(Edit(int(numbers[place]), int(found.sum()), len(text) - len(made), empty))
        after.append(None if empty else made)
        lost += len(text) if empty else len(text) - len(made)
    places = tuple(place for place, _ in flags)
    changed = _changed(rows, column, dict(zip(places, after, strict=True)))
    return Made(changed, tuple(edits), lost, places, tuple(after))


def _texts(rows: Rows, column: str, places: list[int]) -> list[bytes]:
    if rows.table is None:
        found: list[Any] = [_value(rows.lines[each]).get(column) for each in places]
    elif column in rows.table.column_names:
        found = rows.table.column(column).take(places).to_pylist()
    else:
        found = [None]
    if not all(isinstance(each, str) for each in found):
        what = f"column {column} holds no plain texts, out of which lines can be taken"
        raise ShapeError("rows", what, "leave out --lines")
    return [each.encode() for each in found]


def _value(line: bytes) -> Any:
    try:
        return exactly(line)
    except ValueError as error:
        raise ShapeError("JSON", f"a line cannot be written anew ({error})", "leave out --lines") from error


def _changed(rows: Rows, column: str, texts: dict[int, bytes | None]) -> Rows:
    """Rows with other texts; those without any are left out."""
    keep = np.ones(len(rows.numbers), bool)
    keep[[place for place, text in texts.items() if text is None]] = False
    if rows.table is None:
        lines = list(rows.lines)
        for place, text in texts.items():
            if text is not None:
                found = _value(lines[place])
                found[column] = text.decode()
                lines[place] = dumped(found)
        made = replace(rows, lines=tuple(lines))
    else:
        import pyarrow as pa

        place = rows.table.column_names.index(column)
        kind = rows.table.schema.field(place)
        values = rows.table.column(place).to_pylist()
        for number, text in texts.items():
            values[number] = "" if text is None else text.decode()
        made = replace(rows, table=rows.table.set_column(place, kind, pa.array(values, kind.type)))
    return made.taken(np.flatnonzero(keep))
