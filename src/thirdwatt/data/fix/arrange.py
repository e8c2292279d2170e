"""Which piece of a document goes into which row: the plan of a histogram, dealt out to the documents at random.

A document longer than the context is cut into pieces of the context and a rest; all others are one piece. Pieces of
one length are alike for the plan, so a seed says which of them goes where, and in which order the rows stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import packing

Numbers = NDArray[np.int64]

PIECE_BYTES = 72
"""Memory that a piece takes while it is dealt out."""


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Pieces of documents.

    Attributes
    ----------
    begins
        Where each begins among all tokens.
    lengths
        Tokens of each.
    """

    begins: Numbers
    lengths: NDArray[np.uint32]


def pieces(begins: Numbers, lengths: Numbers, context: int) -> Pieces:
    """Documents cut into pieces that fit a row.

    Parameters
    ----------
    begins, lengths
        Where each document begins, and its tokens: at least one.
    context
        Tokens of a row.
    """
    counts = -(-lengths // context)
    if (counts == 1).all():
        return Pieces(begins, lengths.astype(np.uint32))
    passed = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    passed *= context
    left = np.repeat(lengths, counts) - passed
    return Pieces(np.repeat(begins, counts) + passed, np.minimum(left, context).astype(np.uint32))


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of pieces.

    Attributes
    ----------
    pieces
        Numbers of pieces, row by row.
    begins
        Where each row begins among these, and where the last ends.
    """

    pieces: Numbers
    begins: Numbers

    def __len__(self) -> int:
        return len(self.begins) - 1


def plan(lengths: NDArray[np.uint32], context: int) -> packing.Plan:
    """Rows for pieces of these lengths, by best fit, the longest first."""
    tally = packing.Tally()
    tally.add(lengths)
    return packing.best_fit_decreasing(tally.histogram(), context)


def dealt(lengths: NDArray[np.uint32], rows: packing.Plan, draw: np.random.Generator) -> Rows:
    """Pieces by their rows.

    Parameters
    ----------
    lengths
        Tokens of each piece.
    rows
        The plan for them.
    draw
        Says which of the pieces of one length goes where, and the order of the rows.

    Raises
    ------
    ValueError
        If the plan is for others.
    """
    held = rows.patterns()
    sizes = np.fromiter((len(each) for each in held), np.int64, len(held))
    number = np.fromiter(held.values(), np.int64, len(held))
    flat = np.fromiter(chain.from_iterable(chain.from_iterable(held)), np.int64, 2 * int(sizes.sum())).reshape(-1, 2)
    each, alike = flat[:, 1], np.repeat(number, sizes)
    first = np.repeat(np.cumsum(number) - number, sizes)
    # Pieces by length, and what of each pattern is of one length in the same order: both go side by side.
    order = draw.permutation(len(lengths))
    order = order[np.argsort(_narrow(lengths, rows.context)[order], kind="stable")]
    entries = np.argsort(flat[:, 0], kind="stable")
    each, alike, first = each[entries], alike[entries], first[entries]
    taken = each * alike
    if int(taken.sum()) != len(lengths) or not np.array_equal(
        np.repeat(flat[entries, 0], taken).astype(np.uint32), lengths[order]
    ):
        raise ValueError("a plan for other documents than these")
    row = np.arange(len(lengths)) - np.repeat(np.cumsum(taken) - taken, taken)
    row //= np.repeat(each, taken)
    row += np.repeat(first, taken)
    place = draw.permutation(rows.rows)[row]
    del row
    found = order[::-1][np.argsort(place[::-1], kind="stable")]  # the longest of a row first
    counts = np.bincount(place, minlength=rows.rows)
    return Rows(found, np.concatenate((np.zeros(1, np.int64), np.cumsum(counts))))


def _narrow(lengths: NDArray[np.uint32], context: int) -> NDArray[np.unsignedinteger]:
    """Lengths in 16 bits where they fit: these are put in order by counting."""
    return lengths.astype(np.uint16) if context < 1 << 16 else lengths
