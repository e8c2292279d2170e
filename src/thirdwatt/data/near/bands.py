"""Buckets of documents that may be alike: those whose signatures agree in all rows of a band.

A pair of Jaccard :math:`J` shares one of :math:`b` buckets of :math:`r` rows with probability
:math:`1 - (1 - J^r)^b` (Broder 1997; Leskovec, Rajaraman and Ullman, chapter 3).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .reference import BLOCK, EMPTY, LENGTH, MIX

Keys = NDArray[np.uint64]
Signatures = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Bands:
    """How many bands there are, and how many rows each has."""

    bands: int = 12
    rows: int = 5

    @property
    def bins(self) -> int:
        """Values of a signature: as many as the bands need, up to the next multiple of 16."""
        return -(-self.bands * self.rows // 16) * 16

    def found(self, jaccard: float) -> float:
        """Probability that a pair shares a bucket."""
        return float(1 - (1 - jaccard**self.rows) ** self.bands)


DEFAULT, DATATROVE = Bands(12, 5), Bands(14, 8)
"""Ours, loose since every candidate is counted exactly; and those of datatrove and FineWeb, for comparison."""


def keys(signatures: Signatures, how: Bands = DEFAULT) -> Keys:
    """64 bits of each band of each signature, shape (documents, bands); 0 for a document without words."""
    count = len(signatures)
    rows = signatures[:, : how.bands * how.rows].reshape(count, how.bands, how.rows).astype(np.uint64)
    found = np.arange(1, how.bands + 1, dtype=np.uint64) * np.uint64(LENGTH) + np.zeros((count, 1), np.uint64)
    for row in range(how.rows):
        found = (found ^ rows[:, :, row]) * np.uint64(BLOCK)
        found ^= found >> np.uint64(29)
    found *= np.uint64(MIX)
    found ^= found >> np.uint64(32)
    found[signatures[:, 0] == EMPTY] = 0
    return found


def buckets(keys: Keys) -> tuple[NDArray[np.int64], int]:
    """The bucket of each document in each band, -1 where it is alone there; and how many buckets there are."""
    found = np.full(keys.shape, -1, dtype=np.int64)
    total = 0
    for band in range(keys.shape[1]):
        column = keys[:, band]
        order = np.argsort(column, kind="stable")
        ordered = column[order]
        same = np.empty(len(order) + 1, dtype=bool)
        same[0] = same[-1] = False
        np.equal(ordered[1:], ordered[:-1], out=same[1:-1])
        shared = (same[:-1] | same[1:]) & (ordered != 0)
        first = shared & ~same[:-1]
        number = np.cumsum(first) - 1 + total
        found[order[shared], band] = number[shared]
        total += int(first.sum())
    return found, total


def clusters(buckets: NDArray[np.int64], total: int) -> NDArray[np.int64]:
    """The first document of the cluster of each: those that share a bucket, and what these share one with."""
    count = len(buckets)
    rows, columns = np.nonzero(buckets >= 0)
    of = buckets[rows, columns]
    first = np.arange(count)
    while True:
        least = np.full(total, count, dtype=np.int64)
        np.minimum.at(least, of, first[rows])
        found = first.copy()
        np.minimum.at(found, rows, least[of])
        found = found[found]  # halves the length of chains at every turn
        if np.array_equal(found, first):
            return found
        first = found
