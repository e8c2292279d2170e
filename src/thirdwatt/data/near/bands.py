"""Buckets of documents that may be alike: those whose signatures agree in all rows of a band.

A pair of Jaccard :math:`J` shares one of :math:`b` buckets of :math:`r` rows with probability
:math:`1 - (1 - J^r)^b` (Broder 1997; Leskovec, Rajaraman and Ullman, chapter 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column

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
    rows = np.ascontiguousarray(signatures[:, : how.bands * how.rows].T)  # band by band, as they are put down
    found = np.empty((how.bands, len(signatures)), np.uint64)
    found[:] = np.arange(1, how.bands + 1, dtype=np.uint64)[:, None] * np.uint64(LENGTH)
    for row in range(how.rows):
        found ^= rows[row :: how.rows]
        found *= np.uint64(BLOCK)
        found ^= found >> np.uint64(29)
    found *= np.uint64(MIX)
    found ^= found >> np.uint64(32)
    found[:, signatures[:, 0] == EMPTY] = 0
    return found.T


SORT_BYTES = 32
"""Memory that putting a band in order takes for each document."""


FEW, AT_ONCE = 8, 1 << 15
"""Documents of a bucket that are all compared with each other, and members that are looked at together."""

MOST_TURNS = 32
"""Each turn leaves a file open."""


def members(column: Column, skip: NDArray[np.bool_], memory_byte: int) -> Iterator[NDArray[np.int64]]:
    """Who shares a bucket of one band: (document, bucket) where it is shared, buckets from 0 in each part.

    Parameters
    ----------
    column
        Keys of the band for all documents.
    skip
        Documents that are in no bucket.
    memory_byte
        About so much is used: what is more is read several times, a part of the buckets each.
    """
    turns = min(MOST_TURNS, max(1, -(-len(column) * SORT_BYTES // max(memory_byte, 1))))
    for turn in range(turns):
        places, parts = [], []
        for first, keys in column.chunks():
            mine = (keys != 0) & ~skip[first : first + len(keys)]
            if turns > 1:
                mine &= keys % np.uint64(turns) == turn
            places.append(np.flatnonzero(mine) + first)
            parts.append(keys[mine])
        keys = np.concatenate(parts) if parts else np.empty(0, np.uint64)
        place = np.concatenate(places) if places else np.empty(0, np.int64)
        del parts, places
        order = np.argsort(keys)
        keys = keys[order]
        same = np.empty(len(order) + 1, dtype=bool)
        same[0] = same[-1] = False
        np.equal(keys[1:], keys[:-1], out=same[1:-1])
        shared = same[:-1] | same[1:]
        number = np.cumsum((shared & ~same[:-1])[shared]) - 1
        yield np.stack((place[order[shared]], number), axis=1)


def promising(
    pairs: NDArray[np.int64], known: NDArray[np.bool_], signatures: Callable[[NDArray[np.int64]], Signatures],
    agreement: int, most: int = FEW,
) -> None:  # fmt: skip
    """Mark documents that are worth a second look: their signature agrees enough with another one of their bucket.

    Those of buckets with more than so many documents are taken to be: to compare all of them would cost more than it
    saves. What is not marked in any band is like no other, whatever else would be looked at.

    Parameters
    ----------
    pairs
        (document, bucket) in the order of buckets, from :func:`members`.
    known
        Of all documents, which are marked: added to.
    signatures
        Gives the signatures of documents by their numbers, ascending.
    agreement
        Values in which two signatures must agree.
    """
    size = np.bincount(pairs[:, 1]) if len(pairs) else np.empty(0, np.int64)
    large = size[pairs[:, 1]] > most
    known[pairs[large, 0]] = True
    some = pairs[~large]
    for begin in range(0, len(some), AT_ONCE):
        own = some[begin : begin + AT_ONCE + most]  # the last bucket may go on behind the end
        own = own[np.isin(own[:, 1], own[~known[own[:, 0]], 1])]
        documents, place = np.unique(own[:, 0], return_inverse=True)
        rows = signatures(documents)
        for step in range(1, most):
            one = np.flatnonzero(own[step:, 1] == own[:-step, 1])
            if not len(one):
                break
            one = one[~(known[own[one, 0]] & known[own[one + step, 0]])]
            agrees = one[(rows[place[one]] == rows[place[one + step]]).sum(axis=1) >= agreement]
            known[own[agrees, 0]] = known[own[agrees + step, 0]] = True


def clusters(count: int, parts: Callable[[], Iterable[NDArray[np.int64]]]) -> NDArray[np.int64]:
    """The first document of the cluster of each: those that share a bucket, and what these share one with.

    Parameters
    ----------
    count
        Documents.
    parts
        Gives (document, bucket), buckets from 0 in each part; called until nothing changes.
    """
    first = np.arange(count)
    while True:
        found = first.copy()
        for pairs in parts():
            rows, of = pairs[:, 0], pairs[:, 1]
            least = np.full(int(of.max(initial=-1)) + 1, count, dtype=np.int64)
            np.minimum.at(least, of, found[rows])
            np.minimum.at(found, rows, least[of])
        found = found[found]  # halves the length of chains at every turn
        if np.array_equal(found, first):
            return found
        first = found
