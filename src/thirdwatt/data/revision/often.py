"""Lines that are there so often that what is put in order at once could not hold them all.

They are passed through as they come, some times over; memory holds some numbers of each different one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column

if TYPE_CHECKING:
    from .lines import Lines

CANDIDATES = 1 << 16
"""Different lines that are counted: one is missed only if fewer rows in so many have it."""

LOT = 32
"""Lines that are looked at together, each with half a megabyte."""

ROWS = 1 << 18
"""Rows that are passed through at a time."""

BINS = 1 << 16

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Often:
    """Some lines, by their hashes in ascending order, with how often OLD and NEW have each."""

    keys: Hashes
    before: Numbers
    after: Numbers

    def __len__(self) -> int:
        return len(self.keys)

    def lots(self) -> Iterator[Often]:
        """Few of them at a time."""
        for first in range(0, len(self), LOT):
            some = slice(first, first + LOT)
            yield Often(self.keys[some], self.before[some], self.after[some])

    def rows(self, of: Lines) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        """Rows of these lines on a side, in order and some at a time: which line, its document and its bytes."""
        for first in range(0, len(of.keys), ROWS):
            last = min(first + ROWS, len(of.keys))
            keys = of.keys.part(first, last)
            place = np.minimum(np.searchsorted(self.keys, keys), len(self) - 1)
            mine = np.flatnonzero(self.keys[place] == keys)
            if len(mine):
                owners, sizes = (column.part(first, last)[mine].astype(np.int64) for column in (of.of, of.byte))
                yield place[mine], owners, sizes

    def gone(self, old: Lines) -> Iterator[tuple[Numbers, Numbers]]:
        """Documents and bytes of rows of OLD beyond as many as NEW has: the first ones stay."""
        seen = np.zeros(len(self), np.int64)
        for which, of, byte in self.rows(old):
            left = ranks(which, seen) >= self.after[which]
            yield of[left], byte[left]

    def fresh(self, new: Lines, score: NDArray[np.float32]) -> Iterator[tuple[Hashes, Numbers, Numbers]]:
        """Rows of NEW beyond as many as OLD has: their hashes, bytes and documents, the same next to each other.

        Those of documents with a high score are covered first, and of as high a score the first ones.
        """
        bits = score.view(np.uint32)
        least, room = self._least(new, bits)
        seen = np.zeros(len(self), np.int64)
        for which, of, byte in self.rows(new):
            own = bits[of]
            equal = np.flatnonzero(own == least[which])
            covered = own > least[which]
            covered[equal] = ranks(which[equal], seen) < room[which[equal]]
            left = np.flatnonzero(~covered)
            left = left[np.argsort(which[left], kind="stable")]
            yield self.keys[which[left]], byte[left], of[left]

    def _least(self, new: Lines, bits: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], Numbers]:
        """The lowest score that is covered of each line, as bits, and how many rows of that score are.

        Numbers that are not negative are in the order of their bits: the upper half is found first, then the lower.
        """
        room = np.minimum(self.before, self.after)
        least = np.zeros(len(self), np.uint32)
        each = np.arange(len(self))
        for shift in (16, 0):
            counts = np.zeros((len(self), BINS), np.int64)
            for which, of, _ in self.rows(new):
                own = bits[of]
                if not shift:
                    some = own >> np.uint32(16) == least[which]
                    which, own = which[some], own[some]
                bins = (own >> np.uint32(shift)) & np.uint32(BINS - 1)
                counts += np.bincount(which * BINS + bins, minlength=counts.size).reshape(counts.shape)
            above = counts[:, ::-1].cumsum(axis=1)
            place = (above < room[:, None]).sum(axis=1)
            # Of a line of which all is covered, or nothing, any place will do: there is room for all, or none.
            place = np.minimum(place, BINS - 1)
            room = room - (above[each, place] - counts[each, BINS - 1 - place])
            least = (least << np.uint32(16)) | (BINS - 1 - place).astype(np.uint32)
        return least, room


NONE = Often(np.empty(0, np.uint64), np.empty(0, np.int64), np.empty(0, np.int64))


def ranks(which: Numbers, seen: Numbers) -> Numbers:
    """The number of each row among those of its kind, which goes on from what was seen; that moves along."""
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which, minlength=len(seen))
    begins = np.cumsum(counts) - counts
    found = np.empty(len(which), np.int64)
    found[order] = np.arange(len(which)) - begins[which[order]]
    found += seen[which]
    seen += counts
    return found


def often(old: Column, new: Column, most: int) -> Often:
    """Hashes that more rows of both sides have than a most.

    Those that may are found by counting in bounded room (Misra and Gries 1982; merged as by Agarwal and others 2012),
    and then counted.
    """
    candidates = _candidates((old, new), most)
    counts = [np.zeros(len(candidates), np.int64) for _ in range(2)]
    if len(candidates):
        for column, count in zip((old, new), counts, strict=True):
            for rows in _passed(column):
                place = np.minimum(np.searchsorted(candidates, rows), len(candidates) - 1)
                count += np.bincount(place[candidates[place] == rows], minlength=len(candidates))
    many = counts[0] + counts[1] > most
    return Often(candidates[many], counts[0][many], counts[1][many])


def _passed(column: Column) -> Iterator[Hashes]:
    """All rows, some at a time."""
    for first in range(0, len(column), ROWS):
        yield column.part(first, min(first + ROWS, len(column)))


def _candidates(columns: Sequence[Column], most: int) -> Hashes:
    """What may be there more often than that, and some else."""
    keys, counts, less = np.empty(0, np.uint64), np.empty(0, np.int64), 0
    for column in columns:
        for rows in _passed(column):
            own, times = np.unique(rows, return_counts=True)
            keys, place = np.unique(np.concatenate((keys, own)), return_inverse=True)
            counts = np.bincount(place, np.concatenate((counts, times))).astype(np.int64)
            if len(keys) > CANDIDATES:
                cut = int(np.partition(counts, len(counts) - CANDIDATES - 1)[len(counts) - CANDIDATES - 1])
                keys, counts, less = keys[counts > cut], counts[counts > cut] - cut, less + cut
    found: Hashes = keys[counts + less > most]
    return found
