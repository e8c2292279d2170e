"""When two documents are alike, and what is looked at to find that out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Rule:
    """When two documents are alike.

    Attributes
    ----------
    jaccard
        The least Jaccard of their runs of words.
    sigmas
        Pairs whose signatures agree in less than is expected at that Jaccard, by so many standard deviations, are not
        counted: it loses one pair in 160 that is exactly that much alike, and spares most that are not.
    most
        Kept documents of a bucket that are looked at.
    """

    jaccard: float = 0.75
    sigmas: float = 2.5
    most: int = 64

    def agreement(self, bins: int) -> int:
        """Values in which two signatures must agree for the documents to be counted."""
        spread = math.sqrt(self.jaccard * (1 - self.jaccard) / bins)
        return math.ceil((self.jaccard - self.sigmas * spread) * bins)

    def needed(self, small: int, large: int) -> int:
        """Runs that documents of so many must have in common: :math:`J (n + m) / (1 + J)`."""
        return math.ceil(self.jaccard * (small + large) / (1 + self.jaccard) - 1e-9)


STRETCH_RUNS = 4 << 20


class Candidates(NamedTuple):
    """Documents that may be like others.

    Attributes
    ----------
    signatures, hashes, starts
        Their signatures, their distinct runs, and where those of each begin.
    order
        Their numbers in the order in which they are looked at: what is first stays for others.
    """

    signatures: NDArray[np.uint32]
    hashes: NDArray[np.uint64]
    starts: NDArray[np.int64]
    order: NDArray[np.int64]

    def ranges(self) -> Iterator[NDArray[np.int64]]:
        """Stretches of the order that hold so many runs that memory is given back between them."""
        passed = np.cumsum(np.diff(self.starts)[self.order])
        first, before = 0, 0
        while first < len(passed):
            last = max(first + 1, int(np.searchsorted(passed, before + STRETCH_RUNS, side="right")))
            yield self.order[first:last]
            first, before = last, int(passed[last - 1])

    def runs(self, number: int) -> NDArray[np.uint64]:
        """The distinct runs of a document."""
        return self.hashes[self.starts[number] : self.starts[number + 1]]


class Removed(NamedTuple):
    """What need not be kept.

    Attributes
    ----------
    witness
        Of each document one that is kept and truly like it, -1 where it is kept itself.
    jaccard
        Of both.
    full
        Buckets that held more kept documents than were looked at.
    """

    witness: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    full: int
