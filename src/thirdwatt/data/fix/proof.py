"""What a file that was written holds, by the reader that everybody else uses."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import exact
from thirdwatt.data.formats.base import BadRow, Texts, untold

from .forms import FORMS
from .result import ReckoningError

Digests = NDArray[np.uint64]


@dataclass(slots=True)
class Reckoning:
    """Documents, their bytes, and the sum of their digests: the same for the same documents in any order.

    Attributes
    ----------
    rows, byte
        How many, and how much.
    sums
        Of both halves of the digests, modulo 2⁶⁴.
    """

    rows: int = 0
    byte: int = 0
    sums: Digests = field(default_factory=lambda: np.zeros(2, np.uint64))

    def add(self, digests: Digests, byte: int) -> None:
        """Take in documents."""
        self.rows += len(digests)
        self.byte += byte
        self.sums += digests.sum(axis=0, dtype=np.uint64)

    def same(self, other: Reckoning) -> bool:
        """Whether another one is of the same documents."""
        return (self.rows, self.byte, self.sums.tolist()) == (other.rows, other.byte, other.sums.tolist())


class InOrder:
    """Documents in their order: how many, their bytes, and a digest of all bytes and all lengths, however batched.

    Attributes
    ----------
    rows, byte
        How many, and how much.
    """

    def __init__(self) -> None:
        from xxhash import xxh3_128

        self.rows = self.byte = 0
        self._text, self._lengths = xxh3_128(), xxh3_128()

    def add(self, texts: Texts) -> None:
        """Take in documents."""
        lengths = np.diff(texts.offsets)
        self.rows += len(lengths)
        self.byte += int(lengths.sum())
        self._text.update(np.ascontiguousarray(texts.data[texts.offsets[0] : texts.offsets[-1]]).data)
        self._lengths.update(lengths.data)

    def same(self, other: InOrder) -> bool:
        """Whether another one is of the same documents in the same order."""
        known = [(each.rows, each._text.digest(), each._lengths.digest()) for each in (self, other)]
        return known[0] == known[1]


def proof(path: str, form: str, column: str) -> Reckoning:
    """What a file that was written holds, by reading it."""
    found = Reckoning()
    bad: list[BadRow] = []
    for texts in FORMS[form].reader(path, column).texts(bad.append):
        found.add(exact.hashes(texts.data, texts.offsets), int(texts.offsets[-1] - texts.offsets[0]))
    if bad:
        raise ReckoningError(f"{path} cannot be read: row {bad[0].row}: {bad[0].reason}")
    return found


def in_order(path: str, form: str, column: str) -> InOrder:
    """The documents of a file; rows without any are none."""
    found = InOrder()
    for texts in FORMS[form].reader(path, column).texts(untold):
        found.add(texts)
    return found
