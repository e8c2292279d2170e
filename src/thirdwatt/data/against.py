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


class Second:
    """The runs of a second set.

    Parameters
    ----------
    batches
        Its documents.
    form
        Kernels of runs of words.
    memory_byte
        About so much is used at most.
    seed
        Of the part that is looked for, where all of it would be too much.

    Attributes
    ----------
    documents
        How many it has.
    counts, sizes
        Distinct runs and bytes of each that is looked for.
    places
        File and row of each of these.
    runs, of
        All runs, sorted; of each run of each document in turn, its number among them.
    """

    def __init__(self, batches: Iterable[Texts], form: Form, memory_byte: int, seed: int = 0) -> None:
        draw = np.random.default_rng(seed)
        most = max(1, memory_byte // RUN_BYTES)
        kept: list[_Part] = []
        held: list[tuple[str, int]] = []
        limit, self.documents = 1.0, 0
        for texts in batches:
            hashes, starts = form.distinct(*form.runs(texts.data, texts.offsets), np.arange(len(texts.rows)))
            rank = draw.random(len(texts.rows))
            numbers = np.arange(self.documents, self.documents + len(rank))
            self.documents += len(rank)
            held += [(texts.file, row) for row in texts.rows.tolist()]
            kept.append(_below(limit, hashes, np.diff(starts), np.diff(texts.offsets), rank, numbers))
            while sum(len(hashes) for hashes, *_ in kept) > most:
                limit /= 2
                kept = [_below(limit, *part) for part in kept]
        parts: list[NDArray[Any]] = [np.concatenate(part) for part in zip(*kept, strict=True)] or [np.empty(0)] * 5
        self.counts, self.sizes = parts[1].astype(np.int64), parts[2].astype(np.int64)
        self.places = [held[each] for each in parts[4].astype(np.int64).tolist()]
        self.runs, self.of = np.unique(parts[0].astype(np.uint64), return_inverse=True)
        bits = min(30, max(10, (SLOTS * len(self.runs)).bit_length()))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, bool)
        self._table[self.runs >> self._shift] = True

    def met(self, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Places of the runs that the set has, among some, and their numbers in it."""
        some = np.flatnonzero(self._table[hashes >> self._shift])
        if not len(some) or not len(self.runs):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        number = np.minimum(np.searchsorted(self.runs, hashes[some]), len(self.runs) - 1)
        same = self.runs[number] == hashes[some]
        return some[same], number[same]


class Against:
    """Looks for the documents of a second set, and says how much of each is seen."""

    name = "overlap"

    def __init__(self, second: Second, form: Form) -> None:
        self._second, self._form, self._spare = second, form, Spare()
        self._seen = np.zeros(len(second.runs), bool)

    def take(self, texts: Texts) -> None:
        """Look at a batch of the scanned set."""
        room = self._spare.room(int(texts.offsets[-1] - texts.offsets[0]))
        hashes, _ = self._form.runs(texts.data, texts.offsets, room)
        self._seen[self._second.met(hashes)[1]] = True

    def state(self) -> dict[str, NDArray[Any]]:
        """Which runs were seen, bit by bit."""
        return {"seen": np.packbits(self._seen)}

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one had seen."""
        self._seen = np.unpackbits(arrays["seen"], count=len(self._seen)).astype(bool)

    def overlap(self) -> Overlap:
        """What of the second set was seen."""
        second = self._second
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(second.counts)))
        seen = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._seen[second.of])))
        long = second.counts >= FEW_RUNS
        share = (seen[starts[1:]] - seen[starts[:-1]])[long] / second.counts[long]
        return Overlap(second.documents, len(second.counts), int((~long).sum()), share, second.sizes[long])


class Holders:
    """Looks which documents hold one of a second set: at least a share of its runs of words."""

    name = "holders"

    def __init__(self, second: Second, form: Form, level: float = LEVELS[1]) -> None:
        self._second, self._form, self._level = second, form, level
        by_run = np.argsort(second.of, kind="stable")
        self._documents = np.repeat(np.arange(len(second.counts)), second.counts)[by_run]
        ends = np.cumsum(np.bincount(second.of, minlength=len(second.runs)))
        self._starts = np.concatenate((np.zeros(1, np.int64), ends))
        self._held: list[NDArray[np.int64]] = []
        self._share: list[NDArray[np.float32]] = []

    def take(self, texts: Texts) -> None:
        """Look at a batch of the scanned set."""
        count = len(texts.rows)
        held, share = np.full(count, -1, np.int64), np.zeros(count, np.float32)
        hashes, starts = self._form.distinct(*self._form.runs(texts.data, texts.offsets), np.arange(count))
        places, runs = self._second.met(hashes)
        if len(places):
            begins, sizes = self._starts[runs], np.diff(self._starts)[runs]
            owner = np.repeat(np.searchsorted(starts, places, side="right") - 1, sizes)
            steps = np.arange(len(owner)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            other = self._documents[np.repeat(begins, sizes) + steps]
            pairs, common = np.unique(owner * len(self._second.counts) + other, return_counts=True)
            owner, other = np.divmod(pairs, len(self._second.counts))
            of = common / self._second.counts[other]
            holds = (of >= self._level) & (self._second.counts[other] >= FEW_RUNS)
            order = np.argsort(of[holds], kind="stable")  # the one of which it holds most is written last
            held[owner[holds][order]] = other[holds][order]
            share[owner[holds][order]] = of[holds][order]
        self._held.append(held)
        self._share.append(share)

    def found(self) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Of each document the one of the second set that it holds, -1 for none, and how much of it."""
        state = self.state()
        return state["held"], state["share"]

    def state(self) -> dict[str, NDArray[Any]]:
        """What was found so far."""
        return {
            "held": np.concatenate([np.empty(0, np.int64), *self._held]),
            "share": np.concatenate([np.empty(0, np.float32), *self._share]),
        }

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one had found."""
        self._held, self._share = [arrays["held"]], [arrays["share"]]


_Part = tuple[
    NDArray[np.uint64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]
]  # fmt: skip


def _below(
    limit: float, hashes: NDArray[np.uint64], counts: NDArray[np.int64], sizes: NDArray[np.int64],
    rank: NDArray[np.float64], numbers: NDArray[np.int64],
) -> _Part:  # fmt: skip
    """The documents whose rank, drawn at random, is below a limit: runs, how many, sizes, ranks and numbers."""
    keep = rank < limit
    return hashes[np.repeat(keep, counts)], counts[keep], sizes[keep], rank[keep], numbers[keep]
