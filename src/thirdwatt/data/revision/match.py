"""What two multisets have in common: rows of one that stand for as many of the other, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column

ROW_BYTES = 64
"""Memory that a row takes while it is put in order."""

Numbers = NDArray[np.int64]


class Groups(NamedTuple):
    """Rows of both sides that are the same, together, in any order within their group.

    Attributes
    ----------
    group
        Of each row, from 0, ascending.
    is_new
        Whether it is of NEW.
    number
        Of each in its column.
    """

    group: Numbers
    is_new: NDArray[np.bool_]
    number: Numbers


def groups(old: Column, new: Column, memory_byte: int, without: NDArray[np.uint64] | None = None) -> Iterator[Groups]:
    """Rows of two columns of hashes by what they are, some groups at a time.

    Parameters
    ----------
    memory_byte
        About so much is used: what is more is read several times. A group is in memory whole.
    without
        Hashes that are left out, ascending; of columns of one number.
    """
    turns = max(1, -(-(len(old) + len(new)) * ROW_BYTES * old.width // max(memory_byte, 1)))
    for turn in range(turns):
        parts = [_part(column, turn, turns, without) for column in (old, new)]
        keys = np.concatenate([rows for rows, _ in parts])
        is_new = np.repeat((False, True), [len(rows) for rows, _ in parts])
        number = np.concatenate([numbers for _, numbers in parts])
        del parts
        order = np.argsort(keys[:, 0])
        if keys.shape[1] > 1:
            ordered = keys[order, 0]
            some = ordered[1:] == ordered[:-1]
            if (keys[order[1:][some], 1] != keys[order[:-1][some], 1]).any():  # 64 bits alike and others not
                order = np.lexsort((keys[:, 1], keys[:, 0]))
        keys = keys[order]
        fresh = np.append(True, (keys[1:] != keys[:-1]).any(axis=1))[: len(keys)]
        yield Groups(np.cumsum(fresh) - 1, is_new[order], number[order])


def _part(
    column: Column, turn: int, turns: int, without: NDArray[np.uint64] | None
) -> tuple[NDArray[np.uint64], Numbers]:
    """Rows whose turn it is, shape (rows, width), and their numbers."""
    rows, numbers = [np.empty((0, column.width), np.uint64)], [np.empty(0, np.int64)]
    for first, chunk in column.chunks():
        own = chunk.reshape(-1, column.width)
        mine = np.arange(len(own)) if turns == 1 else np.flatnonzero(own[:, -1] % np.uint64(turns) == turn)
        if without is not None and len(without):
            keys = own[mine, 0]
            mine = mine[without[np.minimum(np.searchsorted(without, keys), len(without) - 1)] != keys]
        rows.append(own[mine])
        numbers.append(mine + first)
    return np.concatenate(rows), np.concatenate(numbers)


def counts(group: Numbers, is_new: NDArray[np.bool_]) -> tuple[Numbers, Numbers]:
    """How many rows of each group are of OLD, and how many of NEW."""
    size = int(group.max(initial=-1)) + 1
    return np.bincount(group[~is_new], minlength=size), np.bincount(group[is_new], minlength=size)


def matched(found: Groups, preferred: NDArray[np.float64] | None = None) -> NDArray[np.bool_]:
    """Which rows have one of the other side to stand for: of each group as many of either as the fewer.

    Parameters
    ----------
    preferred
        Of each row: those with more come first, and of those with as much the first ones.
    """
    group, is_new, number = found
    olds, news = counts(group, is_new)
    fewer = np.minimum(olds, news)
    keys = (number, is_new, group) if preferred is None else (number, -preferred, is_new, group)
    order = np.lexsort(keys)
    begins = np.cumsum(olds + news) - olds - news
    ordered, side = group[order], is_new[order]
    rank = np.arange(len(order)) - begins[ordered] - np.where(side, olds[ordered], 0)
    has = np.empty(len(order), bool)
    has[order] = rank < fewer[ordered]
    return has
