"""What the readers of all formats give: documents as bytes, batch by batch, and the rows that are none.

A row that cannot be read never stops a scan and never vanishes: it is counted, with its place and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

BATCH_ROWS = 1024
"""Documents of a batch: small batches reuse memory, where large ones cost a page fault for every fresh page."""

BATCH_BYTES = 8 << 20
"""Bytes at which a batch of long documents ends early."""

LONGEST_BYTES = 256 << 20
"""A longer document is a bad row: it is a file put into a field, and would have to be in memory whole."""

PREFERRED = ("text", "content", "raw_content", "document", "body", "markdown")
"""Names of columns that hold documents, the likeliest first."""


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Documents of one batch.

    Attributes
    ----------
    data, offsets
        Their bytes one behind the other, and where each begins, with the end of the last.
    file
        Where they are from.
    rows
        Number of the row of each in its file, from 0.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    file: str
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no document, or the rest of a file that cannot be read.

    Attributes
    ----------
    row
        Its number in its file, from 0.
    reason
        What is wrong, in words that are alike for alike rows.
    sample
        The beginning of what stands there.
    """

    file: str
    row: int
    reason: str
    sample: bytes


Bad = Callable[[BadRow], None]
"""Takes in bad rows as they are met."""


class Source(Protocol):
    """A file of documents."""

    path: str
    column: str
    """Where its documents are; empty where the file is one."""

    def texts(self, bad: Bad) -> Iterator[Texts]:
        """Its documents in order; each call reads it anew."""


class Packer:
    """Puts documents together into batches."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._parts: list[bytes] = []
        self._rows: list[int] = []
        self._bytes = 0

    def add(self, row: int, text: bytes) -> Texts | None:
        """Take in a document; a batch, if it is full."""
        self._parts.append(text)
        self._rows.append(row)
        self._bytes += len(text)
        return self.rest() if len(self._parts) >= BATCH_ROWS or self._bytes >= BATCH_BYTES else None

    def rest(self) -> Texts | None:
        """What has not been given yet; nothing where that is nothing."""
        if not self._parts:
            return None
        lengths = np.fromiter(map(len, self._parts), np.int64, len(self._parts))
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        found = Texts(np.frombuffer(b"".join(self._parts), np.uint8), offsets, self.file, np.array(self._rows))
        self._parts, self._rows, self._bytes = [], [], 0
        return found


def likely(sizes: dict[str, list[int]]) -> str:
    """The column that holds documents, by the sizes of the texts seen in each; empty if none has any.

    A name that is used for documents decides; otherwise the column with the most text does.
    """
    some = {name: sum(each) for name, each in sizes.items() if any(each)}
    for name in PREFERRED:
        for each in some:
            if each.lower() == name:
                return each
    return max(some, key=lambda name: some[name], default="")
