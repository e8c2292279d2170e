"""Lines of two revisions as multisets: what of NEW is not covered by as many of the same in OLD, and what is gone.

A line ends behind its newline or with its document, so that lines are all of a document and their bytes add up to
its own. Two are the same if they differ in nothing but blanks at their ends (bytes up to 32): line ends of another
system and another indentation are no new content. Short and empty lines count as all others do: one brace more is one
more. A line is known by 64 bits (XXH3, Collet): beside a billion different lines of OLD one of NEW in 2 · 10¹⁰ is taken
for another.

Documents that stand for one another are left out on both sides: that changes no difference of multisets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column
from thirdwatt.data.lines import BLANKS

from . import match
from .match import Groups

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def hashed(data: Bytes, offsets: Numbers) -> tuple[Hashes, Numbers, Numbers]:
    """Hashes of all lines of documents, their bytes with blanks and newline, and how many each document has."""
    from xxhash import xxh3_64_intdigest

    text = data[offsets[0] : offsets[-1]].tobytes()
    lines: list[bytes] = []
    counts, unended = [], []
    for begin, end in pairwise((offsets - offsets[0]).tolist()):
        own = text[begin:end].split(b"\n")
        if not own[-1]:
            own.pop()
        else:
            unended.append(len(lines) + len(own) - 1)
        counts.append(len(own))
        lines += own
    sizes = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    sizes[unended] -= 1
    hashes = np.fromiter((xxh3_64_intdigest(each.strip(BLANKS)) for each in lines), np.uint64, len(lines))
    return hashes, sizes, np.array(counts, np.int64)


class Lines:
    """Lines of some documents of a revision, in files.

    Attributes
    ----------
    keys, byte, of
        Of each line its hash, its bytes, and the number of its document among those.
    documents
        How many documents there are.
    """

    def __init__(self) -> None:
        self.keys = Column("", "", np.uint64)
        self.byte = Column("", "", np.uint32)
        self.of = Column("", "", np.uint32)
        self.documents = 0

    def add(self, data: Bytes, offsets: Numbers) -> None:
        """Take in the documents that come next."""
        hashes, sizes, counts = hashed(data, offsets)
        self.keys.append(hashes)
        self.byte.append(sizes)
        self.of.append(np.repeat(np.arange(self.documents, self.documents + len(counts)), counts))
        self.documents += len(counts)

    def close(self) -> None:
        """Let go of the files."""
        for column in (self.keys, self.byte, self.of):
            column.close()


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Lines of NEW that OLD does not cover.

    Attributes
    ----------
    fresh_byte, gone_byte
        Bytes of such lines of each document of NEW, and of those of OLD that NEW does not cover.
    fresh, gone
        How many such lines there are.
    keys, byte, of
        Of each line of NEW that is not covered, the same ones next to each other within a part.
    parts
        Where parts of these begin, and where the last ends.
    """

    fresh_byte: Numbers
    gone_byte: Numbers
    gone: int
    keys: Column
    byte: Column
    of: Column
    parts: tuple[int, ...]

    @property
    def fresh(self) -> int:
        """How many lines of NEW are not covered."""
        return len(self.keys)

    def each(self) -> Iterator[tuple[Hashes, Numbers, Numbers]]:
        """Lines of NEW that are not covered, a part at a time: their hashes, bytes and documents."""
        for first, last in pairwise(self.parts):
            yield (self.keys.part(first, last), self.byte.part(first, last).astype(np.int64),
                   self.of.part(first, last).astype(np.int64))  # fmt: skip

    def close(self) -> None:
        """Let go of the files."""
        for column in (self.keys, self.byte, self.of):
            column.close()


def difference(old: Lines, new: Lines, memory_byte: int, known: NDArray[np.bool_] | None = None) -> Difference:
    """What lines of NEW are not covered by as many of the same in OLD.

    Where OLD has a line less often than NEW, those of NEW are covered first that stand in documents of which most of
    what is sure is covered: so a menu is new in the page that is new, and not in one that was edited.

    Parameters
    ----------
    memory_byte
        About so much is used beside 16 bytes a document.
    known
        Documents of NEW that are, by their names, old ones that were edited: before the others.
    """
    held: list[Groups] = []

    def turns() -> Iterator[Groups]:
        if held:
            yield from held
            return
        for number, each in enumerate(match.groups(old.keys, new.keys, memory_byte)):
            held[:] = [each] if not number else []
            yield each

    sure, covered = np.zeros(new.documents), np.zeros(new.documents)
    for group, is_new, number in turns():
        before, after = match.counts(group, is_new)
        rows = is_new & ((before == 0) | (before >= after))[group]
        of, byte = _picked(new.of, number[rows]), _picked(new.byte, number[rows])
        sure += np.bincount(of, byte, new.documents)
        covered += np.bincount(of, byte * (before > 0)[group[rows]], new.documents)
    score = np.divide(covered, sure, out=np.full(new.documents, 0.5), where=sure > 0)
    if known is not None:
        score += known
    fresh_byte, gone_byte = np.zeros(new.documents, np.int64), np.zeros(old.documents, np.int64)
    keys, sizes, owners = Column("", "", np.uint64), Column("", "", np.uint32), Column("", "", np.uint32)
    parts, gone = [0], 0
    for group, is_new, number in turns():
        left = ~_covered(group, is_new, number, new, score)
        mine, theirs = number[left & is_new], number[left & ~is_new]
        of, byte = _picked(new.of, mine), _picked(new.byte, mine)
        fresh_byte += np.bincount(of, byte, new.documents).astype(np.int64)
        gone_byte += np.bincount(_picked(old.of, theirs), _picked(old.byte, theirs), old.documents).astype(np.int64)
        gone += len(theirs)
        keys.append(_picked(new.keys, mine))
        sizes.append(byte)
        owners.append(of)
        parts.append(len(keys))
    return Difference(fresh_byte, gone_byte, gone, keys, sizes, owners, tuple(parts))


def _covered(
    group: Numbers, is_new: NDArray[np.bool_], number: Numbers, new: Lines, score: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which lines have one on the other side to stand for."""
    before, after = match.counts(group, is_new)
    found: NDArray[np.bool_] = (before == after)[group]
    rows = np.flatnonzero(((before != after) & (before > 0) & (after > 0))[group])
    preferred = np.zeros(len(rows))
    mine = is_new[rows]
    preferred[mine] = score[_picked(new.of, number[rows[mine]])]
    found[rows] = match.matched(Groups(group[rows], mine, number[rows]), preferred)
    return found


def _picked(column: Column, numbers: Numbers) -> NDArray[np.uint32]:
    """Rows by their numbers in any order."""
    order = np.argsort(numbers)
    rows = column.take(numbers[order])
    found = np.empty_like(rows)
    found[order] = rows
    return found
