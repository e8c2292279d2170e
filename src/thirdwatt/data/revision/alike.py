"""Documents of NEW that are near one of OLD by runs of five words, where their lines do not tell: a line may be long.

Signatures are compared, and no runs: it is told what a document is, and nothing is to go by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column
from thirdwatt.data.near import bands
from thirdwatt.data.near.find import Form

HOW = bands.Bands(20, 3)
"""A pair of Jaccard 0.5 shares a bucket with a probability of 0.93."""

LEAST_JACCARD = 0.5
"""From which on a document is said to be an old one, edited."""

FEW_RUNS = 8
"""A document of fewer is like others by chance."""

MOST = 16
"""Documents of OLD that one of NEW is compared with in a bucket."""

AT_ONCE = 1 << 14

LONG_BYTES = 1 << 20
"""From which on a document is looked at in pieces: its runs take eight times its bytes."""

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Signatures:
    """Signatures of some documents, in files."""

    def __init__(self, form: Form, read: Iterable[tuple[Numbers, Bytes, Numbers]]) -> None:
        self.values = Column("", "", np.uint32, HOW.bins)
        self.runs = Column("", "", np.uint32)
        for _, data, offsets in read:
            for part in _parts(offsets):
                hashes, counts = _runs(form, data, part)
                starts = np.concatenate((np.zeros(1, np.int64), np.cumsum([len(each) for each in hashes])))
                self.values.append(form.signatures(np.concatenate(hashes), starts, HOW.bins))
                self.runs.append(counts)

    def __len__(self) -> int:
        return len(self.values)

    def close(self) -> None:
        """Let go of the files."""
        self.values.close()
        self.runs.close()


def _parts(offsets: Numbers) -> Iterator[Numbers]:
    """Documents that are looked at together: a long one alone."""
    first = 0
    for at in np.flatnonzero(np.diff(offsets) > LONG_BYTES).tolist():
        if at > first:
            yield offsets[first : at + 1]
        yield offsets[at : at + 2]
        first = at + 1
    if first < len(offsets) - 1:
        yield offsets[first:]


def _runs(form: Form, data: Bytes, offsets: Numbers) -> tuple[list[NDArray[np.uint64]], Numbers]:
    """Runs of documents, as far as signatures need them, and how many each document has."""
    if offsets[-1] - offsets[0] <= LONG_BYTES or len(offsets) > 2:
        hashes, starts = form.runs(data, offsets)
        return [hashes[begin:end] for begin, end in pairwise(starts.tolist())], np.diff(starts)
    found, count = [], 0
    for first in range(int(offsets[0]), int(offsets[1]), LONG_BYTES):  # runs across a seam are missed: few
        hashes, _ = form.runs(data, np.array([first, min(first + LONG_BYTES, int(offsets[1]))]))
        found.append(least(hashes))
        count += len(hashes)
    return [np.concatenate(found)], np.array([count])


def least(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Those of some runs that make their signature: of each bin, which the upper half tells, the least lower half."""
    place = ((hashes >> np.uint64(32)) * np.uint64(HOW.bins)) >> np.uint64(32)
    order = np.lexsort((hashes.astype(np.uint32), place))
    found: NDArray[np.uint64] = hashes[order[np.append(True, np.diff(place[order]) > 0)[: len(order)]]]
    return found


def alike(old: Signatures, new: Signatures) -> tuple[NDArray[np.float64], Numbers]:
    """Jaccard of each document of NEW with the one of OLD that it is most like, and which that is.

    It is 0, and the other one -1, where that is too little to tell.

    Memory holds 16 bytes of each document of OLD, and as much as is compared at once.
    """
    found, witness = np.zeros(len(new)), np.full(len(new), -1, np.int64)
    if not len(old):
        return found, witness
    long = new.runs.all() >= FEW_RUNS
    for band in range(HOW.bands):
        keys = np.concatenate([bands.keys(rows, HOW)[:, band] for _, rows in old.values.chunks()])
        order = np.argsort(keys, kind="stable")
        keys = keys[order]
        for first in range(0, len(new), AT_ONCE):
            values = new.values.part(first, min(first + AT_ONCE, len(new)))
            own = bands.keys(values, HOW)[:, band]
            at = np.searchsorted(keys, own)
            for step in range(MOST):
                place = np.minimum(at + step, len(keys) - 1)
                some = np.flatnonzero((keys[place] == own) & (at + step < len(keys)) & (own != 0)
                                      & long[first : first + len(own)])  # fmt: skip
                if not len(some):
                    break
                others, back = np.unique(order[place[some]], return_inverse=True)
                same = (old.values.take(others)[back] == values[some]).mean(axis=1)
                better = (same > found[first + some]) & (same >= LEAST_JACCARD)
                found[first + some[better]] = same[better]
                witness[first + some[better]] = order[place[some[better]]]
    return found, witness
