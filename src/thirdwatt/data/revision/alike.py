"""Documents of NEW that are near one of OLD by runs of five words, where their lines do not tell: a line may be long.

Signatures are compared, and no runs: it is told what a document is, and nothing is to go by it.
"""

from __future__ import annotations

from collections.abc import Iterable

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

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Signatures:
    """Signatures of some documents, in files."""

    def __init__(self, form: Form, read: Iterable[tuple[Numbers, Bytes, Numbers]]) -> None:
        self.values = Column("", "", np.uint32, HOW.bins)
        self.runs = Column("", "", np.uint32)
        for _, data, offsets in read:
            hashes, starts = form.runs(data, offsets)
            self.values.append(form.signatures(hashes, starts, HOW.bins))
            self.runs.append(np.diff(starts))

    def __len__(self) -> int:
        return len(self.values)

    def close(self) -> None:
        """Let go of the files."""
        self.values.close()
        self.runs.close()


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
