"""Overlap with a second set: documents of a test set that stand in the training set, whole or for the most part.

A document counts by its runs of five words: how many of them occur anywhere in the set that is scanned. So a question
that stands within a long page is found, which no likeness of whole documents would tell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .formats.base import Texts
from .near.find import Form
from .near.kept import Spare

LEVELS = (0.5, 0.8, 1.0)
"""Shares of a document's runs of which a scan counts who reaches them; the middle one is called overlap."""

FEW_RUNS = 4
"""Documents of fewer runs are common phrases as often as copies: they are counted apart."""

RUN_BYTES = 40
"""Memory that each run of the second set takes."""

SLOTS = 8
"""Places of the table that is looked at first, for each run."""


@dataclass(frozen=True, slots=True, eq=False)
class Overlap:
    """What of the second set stands in the first.

    Attributes
    ----------
    documents, judged
        How many it has, and how many of these were looked for: a random part where it is too large for memory.
    short
        Of those that were looked for, documents too short to tell.
    share
        Of the runs of each that is long enough, what occurs in the scanned set.
    byte
        Of each of these.
    """

    documents: int
    judged: int
    short: int
    share: NDArray[np.float64]
    byte: NDArray[np.int64]

    def reached(self, level: float) -> int:
        """Documents of which so much occurs."""
        return int((self.share >= level).sum())


class Against:
    """Looks for the documents of a second set.

    Parameters
    ----------
    batches
        The documents of the second set.
    form
        Kernels of runs of words.
    memory_byte
        About so much is used at most.
    seed
        Of the part that is looked for, where all of it would be too much.
    """

    name = "overlap"

    def __init__(self, batches: Iterable[Texts], form: Form, memory_byte: int, seed: int = 0) -> None:
        self._form, self._spare = form, Spare()
        draw = np.random.default_rng(seed)
        most = max(1, memory_byte // RUN_BYTES)
        kept: list[_Part] = []
        limit, self.documents = 1.0, 0
        for texts in batches:
            hashes, starts = form.distinct(*form.runs(texts.data, texts.offsets), np.arange(len(texts.rows)))
            rank = draw.random(len(texts.rows))
            self.documents += len(rank)
            kept.append(_below(limit, hashes, np.diff(starts), np.diff(texts.offsets), rank))
            while sum(len(hashes) for hashes, *_ in kept) > most:
                limit /= 2
                kept = [_below(limit, *part) for part in kept]
        held: list[NDArray[Any]] = [np.concatenate(part) for part in zip(*kept, strict=True)] or [np.empty(0)] * 4
        self._counts, self._sizes = held[1].astype(np.int64), held[2].astype(np.int64)
        self._runs, self._of = np.unique(held[0].astype(np.uint64), return_inverse=True)
        self._seen = np.zeros(len(self._runs), bool)
        bits = min(30, max(10, (SLOTS * len(self._runs)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, bool)
        self._table[self._runs >> self._shift] = True

    def take(self, texts: Texts) -> None:
        """Look at a batch of the scanned set."""
        hashes, _ = self._form.runs(
            texts.data, texts.offsets, self._spare.room(int(texts.offsets[-1] - texts.offsets[0]))
        )
        hashes = hashes[self._table[hashes >> self._shift]]
        if not len(hashes) or not len(self._runs):
            return
        place = np.minimum(np.searchsorted(self._runs, hashes), len(self._runs) - 1)
        self._seen[place[self._runs[place] == hashes]] = True

    def state(self) -> dict[str, NDArray[Any]]:
        """Which runs were seen, bit by bit."""
        return {"seen": np.packbits(self._seen)}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one had seen."""
        self._seen = np.unpackbits(arrays["seen"], count=len(self._runs)).astype(bool)

    def overlap(self) -> Overlap:
        """What of the second set was seen."""
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._counts)))
        seen = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._seen[self._of])))
        long = self._counts >= FEW_RUNS
        share = (seen[starts[1:]] - seen[starts[:-1]])[long] / self._counts[long]
        return Overlap(self.documents, len(self._counts), int((~long).sum()), share, self._sizes[long])


_Part = tuple[NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _below(
    limit: float, hashes: NDArray[np.uint64], counts: NDArray[np.int64], sizes: NDArray[np.int64],
    rank: NDArray[np.float64],
) -> _Part:  # fmt: skip
    """The documents whose rank, drawn at random, is below a limit: their runs, how many, their sizes, their ranks."""
    keep = rank < limit
    return hashes[np.repeat(keep, counts)], counts[keep], sizes[keep], rank[keep]
