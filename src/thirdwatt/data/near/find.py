"""Near duplicates of a set of documents that is read twice: signatures first, then the runs of those that may be alike.

What shares a bucket is *flagged*; what is truly like a document that is kept is *verified*, and may go. Both are told
apart, since pages of one template chain into clusters of which few are alike: flagged rates promise too much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from . import bands
from .rule import Candidates, Removed, Rule

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Batch = tuple[Bytes, Offsets]
"""Documents: their bytes one behind the other, and where each begins, with the end of the last."""


class ChangedError(Exception):
    """The second reading gave other documents than the first."""


class Form(Protocol):
    """A form of the kernels: :mod:`.words_numpy` or :mod:`.words_numba`."""

    NAME: str

    def signatures(self, data: Bytes, offsets: Offsets, bins: int) -> tuple[NDArray[np.uint32], Offsets]:
        """Signatures of documents, and how many runs each has."""

    def distinct(self, data: Bytes, offsets: Offsets) -> tuple[NDArray[np.uint64], Offsets]:
        """Their distinct runs, and where those of each begin."""

    def greedy(self, buckets: Offsets, total: int, candidates: Candidates, rule: Rule) -> Removed:
        """What need not be kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What is alike.

    Attributes
    ----------
    form
        Name of the kernels that were used.
    witness
        Of each document one that is kept and truly like it, -1 where it is kept.
    jaccard
        Of both; 0 where it is kept.
    flagged
        Whether a document is in a cluster of shared buckets, and not the first of it.
    byte
        Bytes of each document.
    runs
        Runs of words of each.
    full
        Buckets that held more kept documents than were looked at: some of what is in them may be alike unseen.
    """

    form: str
    witness: NDArray[np.int64]
    jaccard: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    byte: NDArray[np.int64]
    runs: NDArray[np.int64]
    full: int

    @property
    def verified(self) -> NDArray[np.bool_]:
        """Whether a document may go."""
        return self.witness >= 0

    def share(self, which: NDArray[np.bool_], of: NDArray[np.int64] | None = None) -> float:
        """Share of some documents of all, by their number, or by their bytes or runs."""
        if of is None:
            return float(which.mean()) if len(which) else 0.0
        total = int(of.sum())
        return float(of[which].sum()) / total if total else 0.0


def find(
    read: Callable[[], Iterable[Batch]], form: Form, how: bands.Bands = bands.DEFAULT, rule: Rule | None = None
) -> Found:
    """Find what is alike.

    Parameters
    ----------
    read
        Gives the documents batch by batch, alike and in one order each time: it is called twice.
    form
        The kernels.
    how
        Bands and rows of the buckets.
    rule
        When two documents are alike.

    Raises
    ------
    ChangedError
        If the second reading gave other documents than the first.
    """
    rule = rule or Rule()
    signatures: list[NDArray[np.uint32]] = []
    runs: list[NDArray[np.int64]] = []
    byte: list[NDArray[np.int64]] = []
    for data, offsets in read():
        own, lengths = form.signatures(data, offsets, how.bins)
        signatures.append(own)
        runs.append(lengths)
        byte.append(np.diff(offsets))
    all_of_them = np.concatenate(signatures) if signatures else np.empty((0, how.bins), np.uint32)
    numbers, total = bands.buckets(bands.keys(all_of_them, how))
    some = np.flatnonzero((numbers >= 0).any(axis=1))
    removed = form.greedy(numbers[some], total, _candidates(read, form, some, all_of_them), rule)
    count = len(all_of_them)
    witness, jaccard, flagged = np.full(count, -1, np.int64), np.zeros(count), np.zeros(count, bool)
    gone = removed.witness >= 0
    witness[some[gone]] = some[removed.witness[gone]]
    jaccard[some[gone]] = removed.jaccard[gone]
    flagged[some] = bands.clusters(numbers[some], total) != np.arange(len(some))
    return Found(form.NAME, witness, jaccard, flagged, _joined(byte), _joined(runs), removed.full)


def _candidates(
    read: Callable[[], Iterable[Batch]], form: Form, some: NDArray[np.int64], signatures: NDArray[np.uint32]
) -> Candidates:
    """The runs of the documents that may be alike, by a second reading; batches without any are passed over."""
    hashes: list[NDArray[np.uint64]] = []
    counts: list[NDArray[np.int64]] = [np.zeros(1, np.int64)]
    first = 0
    for data, offsets in read():
        last = first + len(offsets) - 1
        wanted = some[np.searchsorted(some, first) : np.searchsorted(some, last)] - first
        if len(wanted):
            own, starts = form.distinct(*_only(data, offsets, wanted))
            hashes.append(own)
            counts.append(np.diff(starts))
        first = last
    if first != len(signatures):
        raise ChangedError(f"the documents changed while they were read: {len(signatures):,} at first, then {first:,}")
    joined = np.concatenate(hashes) if hashes else np.empty(0, np.uint64)
    return Candidates(signatures[some], joined, np.cumsum(np.concatenate(counts)))


def _only(data: Bytes, offsets: Offsets, wanted: NDArray[np.int64]) -> Batch:
    """Some documents of a batch, one behind the other."""
    begins, ends = offsets[wanted], offsets[wanted + 1]
    parts = [data[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    return np.concatenate(parts), np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - begins)))


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
