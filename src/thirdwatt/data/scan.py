"""A scan: what is in a dataset, and what of it is there twice.

It is read twice: the first time for lengths, exact copies and signatures, the second time for the runs of words of the
documents that may be alike. What is held in memory is about 300 bytes a document.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import formats
from .formats.base import BadRow, Source
from .near.find import Batch, Form, Found, find

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
SAMPLES = 100
"""Bad rows of which a scan keeps where they are and how they begin."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A waste: how many rows and bytes it is, and their share of all.

    Attributes
    ----------
    verified
        Whether every row of it was checked against one that stays; otherwise it says where to look, and no saving.
    """

    id: str
    what: str
    rows: int
    byte: int
    rows_share: float
    bytes_share: float
    verified: bool


@dataclass(slots=True)
class Bad:
    """Bad rows: how many of each reason, and the first of them."""

    counts: Counter[str] = field(default_factory=Counter)
    first: list[BadRow] = field(default_factory=list)

    def __call__(self, row: BadRow) -> None:
        """Take in one."""
        self.counts[row.reason] += 1
        if len(self.first) < SAMPLES:
            self.first.append(row)


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """What a scan found."""

    rows: int
    byte: int
    bad: Bad
    unread: tuple[str, ...]
    columns: tuple[str, ...]
    lengths: dict[str, int]
    findings: tuple[Finding, ...]
    kernels: str
    full: int


def scan(
    paths: Sequence[str], form: Form, column: str = "", progress: Callable[[str, int], None] | None = None
) -> Scan:
    """Scan files.

    Parameters
    ----------
    paths
        Files; those of no known format are named and passed over.
    form
        Kernels of near duplicates.
    column
        Where the documents are; found in each file where it is not given.
    progress
        Told the path of every file and the bytes of text in it, once for each reading.
    """
    bad = Bad()
    sources: list[Source] = []
    unread: list[str] = []
    for path in paths:
        try:
            found = formats.source(path, column)
        except (OSError, ValueError) as error:
            bad(BadRow(path, 0, "file that cannot be read", str(error).encode()[:200]))
            continue
        if found is None:
            unread.append(path)
        elif not found.column and not path.lower().endswith(formats.PLAIN):
            bad(BadRow(path, 0, "file without a column of text", b""))
        else:
            sources.append(found)
    exact = Exact()
    turn = 0

    def read() -> Iterator[Batch]:
        nonlocal turn
        turn += 1
        for source in sources:
            size = 0
            for texts in source.texts(bad if turn == 1 else _nothing):
                if turn == 1:
                    exact.add(texts.data, texts.offsets)
                size += int(texts.offsets[-1] - texts.offsets[0])
                yield texts.data, texts.offsets
            if progress:
                progress(source.path, size)

    alike = find(read, form)
    columns = tuple(sorted({each.column for each in sources if each.column}))
    return Scan(
        rows=len(alike.byte),
        byte=int(alike.byte.sum()),
        bad=bad,
        unread=tuple(unread),
        columns=columns,
        lengths=_lengths(alike.byte),
        findings=_findings(alike, exact.copies()),
        kernels=form.NAME,
        full=alike.full,
    )


class Exact:
    """128 bits of every document, by which exact copies are found."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint64]] = []

    def add(self, data: NDArray[np.uint8], offsets: NDArray[np.int64]) -> None:
        """Take in a batch of documents."""
        from xxhash import xxh3_128_digest

        view = data.data
        digests = [xxh3_128_digest(view[begin:end]) for begin, end in pairwise(offsets.tolist())]
        self._parts.append(np.frombuffer(b"".join(digests), dtype=np.uint64).reshape(-1, 2))

    def copies(self) -> NDArray[np.bool_]:
        """Whether a document is the same as one before it."""
        hashes = np.concatenate(self._parts) if self._parts else np.empty((0, 2), np.uint64)
        order = np.lexsort((hashes[:, 1], hashes[:, 0]))  # stable: of equal ones the first stays first
        ordered = hashes[order]
        same = np.zeros(len(hashes), dtype=bool)
        same[order[1:]] = (ordered[1:] == ordered[:-1]).all(axis=1)
        return same


def _findings(alike: Found, copies: NDArray[np.bool_]) -> tuple[Finding, ...]:
    empty = alike.byte == 0
    near = alike.verified & ~copies
    rows = [
        ("exact_duplicates", "documents that are the same, byte by byte, as one before them", copies & ~empty, True),
        ("near_duplicates", "documents that share three quarters of their runs of five words with one that stays, and "
         "are not the same", near, True),
        ("flagged_duplicates", "documents that are chained to others by common hashes: not all are alike",
         alike.flagged | copies & ~empty, False),
        ("empty_documents", "documents without a byte", empty, True),
    ]  # fmt: skip
    return tuple(
        Finding(name, what, int(which.sum()), int(alike.byte[which].sum()), alike.share(which),
                alike.share(which, alike.byte), verified)
        for name, what, which, verified in rows
    )  # fmt: skip


def _lengths(byte: NDArray[np.int64]) -> dict[str, int]:
    """Quantiles of the bytes of documents."""
    if not len(byte):
        return {}
    found = np.quantile(byte, QUANTILES, method="inverted_cdf")
    return {f"p{100 * each:g}": int(value) for each, value in zip(QUANTILES, found, strict=True)}


def _nothing(_: Any) -> None:
    """Bad rows are counted at the first reading."""
