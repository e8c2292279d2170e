"""Lines that stand in what stays before: found in one more reading, taken out of texts as they are written.

Lines are those of :mod:`thirdwatt.data.lines`: of 20 bytes and more without blanks at their ends. The first of each
stays. They are known by 64 bits: among a billion lines two different ones are taken for one with a chance of 3 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import reading
from thirdwatt.data.columns import Column, Room
from thirdwatt.data.formats.base import BadRow, Source
from thirdwatt.data.lines import Kernel

SORT_BYTES = 32
"""Memory that putting lines in order takes for each."""


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Lines of what stays that stand in what stays before.

    Attributes
    ----------
    counts
        Of each document how many of its lines count; none of one that goes.
    again
        Of each line that counts, whether it is there again; shape (all of them,).
    """

    counts: NDArray[np.uint32]
    again: NDArray[np.bool_]

    @classmethod
    def found(
        cls, sources: Sequence[Source], stays: NDArray[np.bool_], kernel: Kernel, folder: str, memory_byte: int,
        progress: reading.Progress,
    ) -> Repeats:  # fmt: skip
        """Read what stays, and find its lines that are there again.

        Parameters
        ----------
        stays
            Of each document.
        kernel
            Hashes lines.
        folder
            Where numbers by line lie.
        memory_byte
            About so much is used beside the answer.
        """
        counts = np.zeros(len(stays), np.uint32)
        hashes = Column(folder, "", np.uint64)
        try:
            first = 0
            for texts in reading.batches(sources, reading.Place(), _nothing, progress):
                own, begins, _, _ = kernel(texts.data, texts.offsets)
                last = first + len(texts.rows)
                of = np.searchsorted(texts.offsets, begins, side="right") - 1
                mine = stays[first:last][of]
                hashes.append(own[mine])
                counts[first:last] = np.bincount(of[mine], minlength=last - first)
                first = last
            return cls(counts, _again(hashes, folder, memory_byte))
        finally:
            hashes.close()

    def stretch(self, first: int, last: int) -> Callable[[int], NDArray[np.bool_]]:
        """What says of each document of a stretch which of its lines are there again."""
        before = int(self.counts[:first].sum(dtype=np.int64))
        starts = before + np.concatenate((np.zeros(1, np.int64), np.cumsum(self.counts[first:last], dtype=np.int64)))

        def of(number: int) -> NDArray[np.bool_]:
            return self.again[starts[number - first] : starts[number - first + 1]]

        return of


NONE = Repeats(np.empty(0, np.uint32), np.empty(0, np.bool_))


def _again(hashes: Column, folder: str, memory_byte: int) -> NDArray[np.bool_]:
    """Whether each hash was there before."""
    room = Room(folder)
    found: NDArray[np.bool_] = room.zeros((len(hashes),), np.bool_)
    turns = max(1, -(-len(hashes) * SORT_BYTES // max(memory_byte, 1)))
    for turn in range(turns):
        places, parts = [], []
        for first, some in hashes.chunks():
            mine = np.flatnonzero(some % np.uint64(turns) == turn) if turns > 1 else np.arange(len(some))
            places.append(mine + first)
            parts.append(some[mine])
        if not parts:
            break
        keys, place = np.concatenate(parts), np.concatenate(places)
        order = np.argsort(keys, kind="stable")
        again = keys[order[1:]] == keys[order[:-1]]
        found[place[order[1:][again]]] = True
        room.release()
    return found


def _nothing(_: BadRow) -> None:
    pass
