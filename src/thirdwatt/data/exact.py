"""Exact copies: documents of the same bytes, by 128 bits of each (XXH3, Collet).

Among n documents two different ones share all bits with a probability of about n² / 2¹²⁹: 1e-21 for a billion.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Column

ROW_BYTES = 48
"""Memory that putting in order takes for each document: its hash, its number, and room to sort."""


def hashes(data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> NDArray[np.uint64]:
    """128 bits of each document of a batch, shape (documents, 2)."""
    from xxhash import xxh3_128_digest

    view = np.ascontiguousarray(data).data
    digests = [xxh3_128_digest(view[begin:end]) for begin, end in pairwise(offsets.tolist())]
    return np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2)


def firsts(column: Column, memory_byte: int) -> NDArray[np.int64]:
    """For each document the first one of the same bytes: itself, where none is before it.

    Parameters
    ----------
    column
        What :func:`hashes` gave for all documents, in order.
    memory_byte
        About so much is used beside the answer: what is more is read several times.
    """
    count = len(column)
    found = np.arange(count)
    turns = max(1, -(-count * ROW_BYTES // max(memory_byte, 1)))
    for turn in range(turns):
        parts, places = [], []
        for first, rows in column.chunks():
            if turns > 1:
                mine = np.flatnonzero(rows[:, 1] % np.uint64(turns) == turn)
                rows = rows[mine]
                places.append(mine + first)
            parts.append(rows)
        rows = np.concatenate(parts) if parts else np.empty((0, 2), np.uint64)
        del parts
        same = _firsts(rows)
        if turns > 1:
            place = np.concatenate(places)
            found[place] = place[same]
        else:
            found = same
    return found


def chosen(first: NDArray[np.int64], rank: NDArray[Any]) -> NDArray[np.int64]:
    """For each document the one of the same bytes that is liked best, by the least rank; of equal ones the first.

    Parameters
    ----------
    first
        As :func:`firsts` gives it.
    rank
        Of each document.
    """
    found = first.copy()
    inside = np.zeros(len(first), bool)
    inside[first[first != np.arange(len(first))]] = True
    some = np.flatnonzero(inside[first])  # those of groups of two and more
    some = some[np.lexsort((some, rank[some], first[some]))]
    groups = first[some]
    begins = np.flatnonzero(np.append(True, groups[1:] != groups[:-1])) if len(some) else np.empty(0, np.int64)
    found[some] = np.repeat(some[begins], np.diff(np.append(begins, len(some))))
    return found


def _firsts(rows: NDArray[np.uint64]) -> NDArray[np.int64]:
    found = np.arange(len(rows))
    order = np.argsort(rows[:, 0], kind="stable")  # of equal ones the first stays first
    ordered = rows[order, 0]
    same = np.concatenate((np.zeros(1, bool), ordered[1:] == ordered[:-1]))
    if not same.any():
        return found
    touched = same | np.append(same[1:], False)
    places = order[touched]
    some = rows[places]
    inner = np.lexsort((places, some[:, 1], some[:, 0]))
    some, places = some[inner], places[inner]
    again = np.concatenate((np.zeros(1, bool), (some[1:] == some[:-1]).all(axis=1)))
    heads = places[np.maximum.accumulate(np.where(again, 0, np.arange(len(places))))]
    found[places] = heads
    return found
