"""Runs of words that are kept in memory, so that the documents they are of need not be read again."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]

BLOCK_RUNS = 16 << 20
"""Runs for which there is room in one piece: pages that are not written to take no memory, and large ones are quick."""


class Spare:
    """Room for the runs of one batch at a time, which the next one overwrites."""

    def __init__(self) -> None:
        self._room = np.empty(0, np.uint64)

    def room(self, most: int) -> Hashes:
        """Where so many runs may be written."""
        if len(self._room) < most:
            self._room = np.empty(most, np.uint64)
        return self._room[:most]


class Kept:
    """The runs of the first documents of all, batch by batch, up to a bound of memory and without a gap.

    Parameters
    ----------
    memory_byte
        What all of them may take.

    Attributes
    ----------
    documents, byte
        How many documents there are, and what their runs take.
    """

    def __init__(self, memory_byte: int) -> None:
        self._memory_byte = memory_byte
        self._batches: list[tuple[int, Hashes, Offsets]] = []
        self._free = np.empty(0, np.uint64)  # what of the last block nothing is kept in
        self._spare, self._offered = Spare(), False
        self.documents = self.byte = 0

    def room(self, most: int) -> Hashes:
        """Where the runs of a batch may be written that has at most so many."""
        self._offered = self.byte + 8 * most <= self._memory_byte
        if not self._offered:
            return self._spare.room(most)
        if len(self._free) < most:
            self._free = np.empty(max(most, BLOCK_RUNS), np.uint64)
        return self._free[:most]

    def take(self, first: int, hashes: Hashes, starts: Offsets) -> None:
        """Keep the runs of a batch, by the number of its first document: if they follow on the others, and fit.

        They are where :meth:`room` said last, at its beginning.
        """
        size = hashes.nbytes + starts.nbytes
        if first != self.documents or self.byte + size > self._memory_byte or not self._offered:
            return
        self._batches.append((first, hashes, starts))
        self._free = self._free[len(hashes) :]
        self.byte += size
        self.documents += len(starts) - 1

    def given(self) -> Iterator[tuple[int, Hashes, Offsets]]:
        """All of them in order, each with the number of its first document; none is kept any more."""
        self._batches.reverse()
        while self._batches:
            yield self._batches.pop()
        self._free = np.empty(0, np.uint64)
        self.documents = self.byte = 0
