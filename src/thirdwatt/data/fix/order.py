"""Which of documents that are alike is to stay."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.formats.base import Rows, Source

from .stretches import Numbers, Stream, whole_rows

FIRST, LONGEST = "first", "longest"


class ColumnError(ValueError):
    """A column that says nothing of which is to stay."""


def ranks(
    keep: str, sources: Sequence[Source], files: Sequence[int], row: Numbers, byte: NDArray[np.uint32]
) -> NDArray[Any] | None:
    """Of each document a number, the least of which is liked best; nothing where the first is.

    Parameters
    ----------
    keep
        ``first``, ``longest``, or a column: the one with the most in it is liked best, and one without anything least.
        Texts are compared letter by letter, so that dates as ISO 8601 writes them are in order.
    sources, files, row
        As :func:`.stretches.whole_rows` takes them.
    byte
        Of each document.

    Raises
    ------
    ColumnError
        If there is no such column, or numbers and texts are in it.
    """
    if keep == FIRST:
        return None
    if keep == LONGEST:
        return -byte.astype(np.int64)
    found: list[Any] = []
    for _, rows in whole_rows(Stream(sources), files, row, 0, len(row)):
        found += values(rows, keep)
    kinds = {str if isinstance(each, str) else float for each in found if each is not None}
    if len(kinds) != 1:
        what = "holds both numbers and texts" if kinds else "is nowhere, or holds nothing"
        raise ColumnError(f"column {keep} {what}")
    if any(isinstance(each, float) for each in found):
        numbers = np.array([-np.inf if each is None else float(each) for each in found])
        return -np.where(np.isnan(numbers), -np.inf, numbers)
    order = {each: -place for place, each in enumerate(sorted({each for each in found if each is not None}))}
    return np.array([1 if each is None else order[each] for each in found], np.int64)


def last(rank: NDArray[Any] | None, which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The same order with some documents behind all others."""
    order = np.lexsort((which,)) if rank is None else np.lexsort((rank, which))
    found = np.empty(len(which), np.int64)
    found[order] = np.arange(len(which))
    return found


def values(rows: Rows, column: str) -> list[Any]:
    """What is in a column, a number, a text or nothing for each row; dates as texts."""
    if rows.table is not None:
        if column not in rows.table.column_names:
            return [None] * len(rows.numbers)
        return [_plain(each) for each in rows.table.column(column).to_pylist()]
    found = (json.loads(line) for line in rows.lines)
    return [_plain(each.get(column)) if isinstance(each, dict) else None for each in found]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    written = getattr(value, "isoformat", None)
    if written is not None:
        return written()
    try:
        return None if isinstance(value, bytes) else float(value)  # a decimal
    except (TypeError, ValueError):
        return None
