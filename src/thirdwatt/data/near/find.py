"""Near duplicates of a set of documents: signatures of all of them, then the runs of those that may be alike.

The runs of as many documents as memory holds are kept from the first reading; only the others are read again.

What shares a bucket is *flagged*; what is truly like a document that is kept is *verified*, and may go. Both are told
apart, since pages of one template chain into clusters of which few are alike: flagged rates promise too much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import CHUNK_BYTES, Column, Room
from thirdwatt.data.errors import ChangedError

from . import bands
from .kept import Kept
from .rule import Candidates, Removed, Rule

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.int64]
Hashes = NDArray[np.uint64]
Batch = tuple[Bytes, Offsets]
"""Documents: their bytes one behind the other, and where each begins, with the end of the last."""


class Form(Protocol):
    """A form of the kernels: :mod:`.words_numpy` or :mod:`.words_numba`."""

    NAME: str

    def runs(self, data: Bytes, offsets: Offsets, out: Hashes | None = None) -> tuple[Hashes, Offsets]:
        """The runs of documents, written where there is room for one a byte, and where those of each begin."""

    def signatures(self, hashes: Hashes, starts: Offsets, bins: int) -> NDArray[np.uint32]:
        """Their signatures, by their runs."""

    def distinct(self, hashes: Hashes, starts: Offsets, wanted: Offsets) -> tuple[Hashes, Offsets]:
        """The distinct runs of some of them, and where those of each begin."""

    def greedy(self, buckets: NDArray[np.int64], candidates: Candidates, rule: Rule, room: Room) -> Removed:
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
    jaccard: NDArray[np.float32]
    flagged: NDArray[np.bool_]
    byte: NDArray[np.uint32]
    runs: NDArray[np.uint32]
    full: int

    @property
    def verified(self) -> NDArray[np.bool_]:
        """Whether a document may go."""
        return self.witness >= 0

    def share(self, which: NDArray[np.bool_], of: NDArray[np.uint32] | None = None) -> float:
        """Share of some documents of all, by their number, or by their bytes or runs."""
        if of is None:
            return float(which.mean()) if len(which) else 0.0
        total = int(of.sum())
        return float(of[which].sum()) / total if total else 0.0


class Search:
    """A search of near duplicates: fed with documents, and again with those of them that are left, then asked.

    Parameters
    ----------
    form
        The kernels.
    how
        Bands and rows of the buckets.
    rule
        When two documents are alike.
    folder
        Where numbers by document are kept, to go on after an interruption; files without names if empty.
    memory_byte
        About so much is used, beside some 40 bytes a document.
    """

    def __init__(
        self, form: Form, how: bands.Bands = bands.DEFAULT, rule: Rule | None = None, folder: str = "",
        memory_byte: int = 1 << 30,
    ) -> None:  # fmt: skip
        self.form, self.how, self.rule = form, how, rule or Rule()
        self._folder, self._memory_byte = folder, memory_byte
        self._kept = Kept(memory_byte // 2)
        self.byte = Column(folder, "byte", np.uint32)
        self.run_count = Column(folder, "runs", np.uint32)
        self._signatures = Column(folder, "signatures", np.uint32, how.bins)
        self._keys = [Column(folder, f"keys.{band}", np.uint64) for band in range(how.bands)]
        self._hashes = Column(folder, "hashes", np.uint64)
        self._counts = Column(folder, "counts", np.uint32)
        self.some: NDArray[np.int64] = np.empty(0, np.int64)
        self._sharing = self.some
        self._shared: list[tuple[int, Column]] = []

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the first reading fills, a row a document."""
        return self.byte, self.run_count, self._signatures, *self._keys

    @property
    def second_columns(self) -> tuple[Column, Column]:
        """What the second reading fills: a row a candidate, a row a run."""
        return self._counts, self._hashes

    def close(self) -> None:
        """Let go of all files."""
        for column in (*self.columns, *self.second_columns, *(part for _, part in self._shared)):
            column.close()
        self._shared = []

    def first(self, data: Bytes, offsets: Offsets) -> None:
        """Take in a batch of the first reading."""
        hashes, starts = self._runs(data, offsets)
        signatures = self.form.signatures(hashes, starts, self.how.bins)
        self._kept.take(len(self.byte), hashes, starts)
        self.byte.append(np.diff(offsets))
        self.run_count.append(np.diff(starts))
        self._signatures.append(signatures)
        for column, keys in zip(self._keys, bands.keys(signatures, self.how).T, strict=True):
            column.append(keys)

    def choose(self, copies: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Numbers of the documents that may be like another, between the two readings.

        Parameters
        ----------
        copies
            Documents known to be the same as one before: neither looked at nor told apart again.
        """
        skip = np.zeros(len(self.byte), bool) if copies is None else copies
        shares, some = np.zeros(len(self.byte), bool), np.zeros(len(self.byte), bool)
        self._shared = []
        agreement = self.rule.agreement(self.how.bins)
        fits = self._signatures.byte <= self._memory_byte // 4
        signatures = self._signatures.all().__getitem__ if fits else self._signatures.take
        for band, column in enumerate(self._keys):
            for pairs in bands.members(column, skip, self._memory_byte // 4):
                shares[pairs[:, 0]] = True
                bands.promising(pairs, some, signatures, agreement)
                self._shared.append((band, self._held(pairs)))
        del signatures
        self._sharing, self.some = np.flatnonzero(shares), np.flatnonzero(some)
        for first, hashes, starts in self._kept.given():
            self._take(hashes, starts, self._wanted(first, first + len(starts) - 1))
        return self.some

    @property
    def left(self) -> NDArray[np.int64]:
        """Those of the chosen ones whose runs are not known yet: the last of them, to be read again in this order."""
        return self.some[len(self._counts) :]

    def second(self, data: Bytes, offsets: Offsets, first: int) -> None:
        """Take in a batch of the second reading, by the number of its first document; others may be left out.

        Raises
        ------
        ChangedError
            If a document is another than at the first reading.
        """
        last = first + len(offsets) - 1
        wanted = self._wanted(first, last)
        if not len(wanted):
            return
        if last > len(self.byte) or not np.array_equal(self.byte.part(first, last), np.diff(offsets)):
            raise ChangedError("the documents changed while they were read")
        data, offsets = only(data, offsets, wanted)
        self._take(*self._runs(data, offsets), np.arange(len(wanted)))

    def found(self, rank: NDArray[Any] | None = None) -> Found:
        """What is alike, after both readings.

        Parameters
        ----------
        rank
            Of all documents: those of the least are looked at first, and stay for others; in order without it.

        Raises
        ------
        ChangedError
            If the second reading left out documents that were chosen.
        """
        some = self.some
        if len(self._counts) != len(some):
            raise ChangedError(f"the documents changed while they were read: {len(some):,}, then {len(self._counts):,}")
        room = Room(self._folder)
        numbers = self._numbers(room)
        starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(self._counts.all(), dtype=np.int64)))
        signatures = room.zeros((len(some), self.how.bins), np.uint32)
        step = max(1, CHUNK_BYTES // (4 * self.how.bins))
        for at in range(0, len(some), step):
            signatures[at : at + step] = self._signatures.take(some[at : at + step])
            room.release()
        order = np.arange(len(some)) if rank is None else np.argsort(rank[some], kind="stable")
        candidates = Candidates(signatures, room.holds(self._hashes.mapped()), starts, order)
        removed = self.form.greedy(numbers, candidates, self.rule, room)
        count = len(self.byte)
        witness, jaccard, flagged = np.full(count, -1, np.int64), np.zeros(count, np.float32), np.zeros(count, bool)
        gone = removed.witness >= 0
        witness[some[gone]] = some[removed.witness[gone]]
        jaccard[some[gone]] = removed.jaccard[gone]
        heads = bands.clusters(len(self._sharing), self._parts)
        flagged[self._sharing] = heads != np.arange(len(self._sharing))
        return Found(self.form.NAME, witness, jaccard, flagged, self.byte.all(), self.run_count.all(), removed.full)

    def _runs(self, data: Bytes, offsets: Offsets) -> tuple[Hashes, Offsets]:
        return self.form.runs(data, offsets, self._kept.room(int(offsets[-1] - offsets[0])))

    def _wanted(self, first: int, last: int) -> NDArray[np.int64]:
        """Which of the documents of a batch are left to be known, by their places in it."""
        left = self.left
        return left[np.searchsorted(left, first) : np.searchsorted(left, last)] - first

    def _take(self, hashes: Hashes, starts: Offsets, wanted: NDArray[np.int64]) -> None:
        """Note the distinct runs of some documents of a batch."""
        hashes, starts = self.form.distinct(hashes, starts, wanted)
        self._hashes.append(hashes)
        self._counts.append(np.diff(starts))

    def _held(self, pairs: NDArray[np.int64]) -> Column:
        found = Column(self._folder, "", np.int64, 2)
        found.append(pairs)
        return found

    def _parts(self) -> Iterator[NDArray[np.int64]]:
        """Who shares buckets, by the place among those that share any."""
        places = _places(self._sharing, len(self.byte))
        for _, part in self._shared:
            pairs = part.all()
            pairs[:, 0] = places[pairs[:, 0]]
            yield pairs

    def _numbers(self, room: Room) -> NDArray[np.int64]:
        """Buckets of each candidate in each band, -1 where it is alone."""
        numbers = room.zeros((len(self.some), self.how.bands), np.int64)
        places = _places(self.some, len(self.byte))
        total = 0
        for band, part in self._shared:
            pairs = part.all()
            total_here = int(pairs[:, 1].max(initial=-1)) + 1
            pairs[:, 0] = places[pairs[:, 0]]
            pairs = pairs[pairs[:, 0] >= 0]
            pairs = pairs[np.argsort(pairs[:, 0])]
            numbers[pairs[:, 0], band] = pairs[:, 1] + total + 1
            total += total_here
            room.release()
        for at in range(0, len(numbers), 1 << 20):
            numbers[at : at + (1 << 20)] -= 1
            room.release()
        return numbers


def _places(numbers: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The place of each document among some of them, -1 where it is not there."""
    found = np.full(count, -1, dtype=np.int64)
    found[numbers] = np.arange(len(numbers))
    return found


def only(data: Bytes, offsets: Offsets, wanted: NDArray[np.int64]) -> Batch:
    """Some documents of a batch, one behind the other."""
    if len(wanted) == len(offsets) - 1:
        return data, offsets
    begins, ends = offsets[wanted], offsets[wanted + 1]
    parts = [data[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)]
    return np.concatenate([data[:0], *parts]), np.concatenate((np.zeros(1, np.int64), np.cumsum(ends - begins)))


def find(
    read: Callable[[], Iterable[Batch]], form: Form, how: bands.Bands = bands.DEFAULT, rule: Rule | None = None,
    memory_byte: int = 1 << 30,
) -> Found:  # fmt: skip
    """Find what is alike.

    Parameters
    ----------
    read
        Gives the documents batch by batch, alike and in one order each time: it is called again where memory does not
        hold the runs of all.
    form
        The kernels.
    how
        Bands and rows of the buckets.
    rule
        When two documents are alike.
    memory_byte
        About so much is used.

    Raises
    ------
    ChangedError
        If the second reading gave other documents than the first.
    """
    with closing(Search(form, how, rule, memory_byte=memory_byte)) as search:
        for data, offsets in read():
            search.first(data, offsets)
        search.choose()
        first = 0
        for data, offsets in read() if len(search.left) else ():
            search.second(data, offsets, first)
            first += len(offsets) - 1
        return search.found()
