"""Stamps: lines that are new in many documents that are otherwise old, such as the date of their making."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.lines import CHROME_DOCUMENTS, CHROME_SHARE

from .lines import Difference

SHOWN = 5
"""Stamps that are shown, those that take most."""

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Part = tuple[Hashes, Numbers, Numbers]


@dataclass(frozen=True, slots=True)
class Stamp:
    """A stamp: its hash, in how many documents it is new, how often, and its bytes."""

    key: int
    documents: int
    times: int
    byte: int


@dataclass(frozen=True, slots=True, eq=False)
class Stamps:
    """Stamps of a revision.

    Attributes
    ----------
    top
        Those that take most.
    lines
        How many lines are stamps.
    byte
        Bytes of stamps in each of the documents that were looked at.
    """

    top: tuple[Stamp, ...]
    lines: int
    byte: Numbers


def stamps(found: Difference, edited: NDArray[np.bool_], count: int) -> Stamps:
    """Lines that are new in many of the documents that were edited, of so many of the whole set."""
    least = max(CHROME_DOCUMENTS, math.ceil(CHROME_SHARE * count))
    byte, lines, top = np.zeros(len(edited), np.int64), 0, list[Stamp]()
    for part in islice(found.each(), found.whole):
        keys, sizes, of = _of(part, edited)
        group, some = _counted(keys, sizes, of)
        stamp = (some.documents >= least)[group]
        byte += np.bincount(of[stamp], sizes[stamp], len(edited)).astype(np.int64)
        lines += int(stamp.sum())
        top = _most(top, some.stamps(least))
    often = _often(found, edited)
    marked = often.keys[often.documents >= least]
    for part in islice(found.each(), found.whole, None) if len(marked) else ():
        keys, sizes, of = _of(part, edited)
        stamp = np.isin(keys, marked)
        byte += np.bincount(of[stamp], sizes[stamp], len(edited)).astype(np.int64)
        lines += int(stamp.sum())
    return Stamps(tuple(_most(top, often.stamps(least))), lines, byte)


@dataclass(frozen=True, slots=True, eq=False)
class _Counts:
    """Of some different lines: hashes, in how many documents each is, how often, its bytes, and its last document."""

    keys: Hashes
    documents: Numbers
    times: Numbers
    byte: Numbers
    last: Numbers

    def stamps(self, least: int) -> Iterator[Stamp]:
        """Those that are in so many documents and more."""
        for at in np.flatnonzero(self.documents >= least).tolist():
            yield Stamp(*(int(each[at]) for each in (self.keys, self.documents, self.times, self.byte)))


def _of(part: Part, edited: NDArray[np.bool_]) -> Part:
    keys, sizes, of = part
    mine = edited[of]
    return keys[mine], sizes[mine], of[mine]


def _counted(keys: Hashes, sizes: Numbers, of: Numbers) -> tuple[Numbers, _Counts]:
    """Of a part the number of each line's kind, and what there is of each kind."""
    heads = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
    group = np.repeat(np.arange(len(heads)), np.diff(np.append(heads, len(keys))))
    order = np.lexsort((of, group))
    ordered = of[order]  # groups stay where they are
    first = np.append(True, (group[1:] != group[:-1]) | (ordered[1:] != ordered[:-1]))[: len(of)]
    last = ordered[np.append(heads[1:], len(keys)).astype(np.int64) - 1] if len(heads) else np.empty(0, np.int64)
    documents, times = np.bincount(group[first], minlength=len(heads)), np.bincount(group, minlength=len(heads))
    return group, _Counts(
        keys[heads], documents, times, np.bincount(group, sizes, len(heads)).astype(np.int64), last.astype(np.int64)
    )


def _often(found: Difference, edited: NDArray[np.bool_]) -> _Counts:
    """Lines that go on from part to part, in the order of their documents."""
    known: dict[int, list[int]] = {}
    for part in islice(found.each(), found.whole, None):
        keys, sizes, of = _of(part, edited)
        heads = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        _, some = _counted(keys, sizes, of)
        columns = (some.keys, some.documents, some.times, some.byte, some.last, of[heads])
        for key, documents, times, byte, last, first in zip(*(each.tolist() for each in columns), strict=True):
            before = known.setdefault(key, [0, 0, 0, -1])
            again = before[3] == first
            known[key] = [before[0] + documents - again, before[1] + times, before[2] + byte, last]
    rows = np.array(list(known.values()), np.int64).reshape(-1, 4)
    return _Counts(np.array(list(known), np.uint64), *rows.T)


def _most(known: list[Stamp], others: Iterator[Stamp]) -> list[Stamp]:
    return sorted((*known, *others), key=lambda each: -each.byte)[:SHOWN]
