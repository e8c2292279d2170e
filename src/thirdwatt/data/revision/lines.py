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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.columns import Column
from thirdwatt.data.lines import BLANKS

from . import match
from .match import Groups
from .often import NONE, Often, often

AT_ONCE_BYTES = 1 << 20
"""Text that is cut into lines at once, as far as lines are no longer: a line takes more memory than its bytes."""

SHARE = 8
"""Lines that would take more than such a part of what is put in order at once are passed through as they come."""

NEWLINE = 10

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def hashed(data: Bytes, offsets: Numbers) -> Iterator[tuple[Hashes, Numbers, Numbers]]:
    """All lines of documents, some at a time: hashes, bytes with blanks and newline, and the document of each."""
    from xxhash import xxh3_64_intdigest

    held: list[bytes] = []
    counts: list[int] = []
    owners: list[int] = []
    unended: list[int] = []
    byte = 0

    def rows() -> tuple[Hashes, Numbers, Numbers]:
        sizes = np.fromiter(map(len, held), np.int64, len(held)) + 1
        sizes[unended] -= 1
        hashes = np.fromiter((xxh3_64_intdigest(each.strip(BLANKS)) for each in held), np.uint64, len(held))
        return hashes, sizes, np.repeat(np.array(owners, np.int64), counts)

    for number, (begin, end) in enumerate(pairwise(offsets.tolist())):
        for first, last in _whole(data, begin, end):
            own = data[first:last].tobytes().split(b"\n")
            if not own[-1]:
                own.pop()
            else:
                unended.append(len(held) + len(own) - 1)
            held += own
            counts.append(len(own))
            owners.append(number)
            byte += last - first
            if byte >= AT_ONCE_BYTES:
                yield rows()
                held, counts, owners, unended, byte = [], [], [], [], 0
    if held:
        yield rows()


def _whole(data: Bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a document of whole lines, no longer than is looked at, unless a line is."""
    while begin < end:
        most = begin + AT_ONCE_BYTES
        if most >= end:
            stop = end
        else:
            places = np.flatnonzero(data[begin:most] == NEWLINE)
            stop = begin + int(places[-1]) + 1 if len(places) else _behind(data, most, end)
        yield begin, stop
        begin = stop


def _behind(data: Bytes, begin: int, end: int) -> int:
    """The place behind the next newline."""
    for first in range(begin, end, AT_ONCE_BYTES):
        places = np.flatnonzero(data[first : min(end, first + AT_ONCE_BYTES)] == NEWLINE)
        if len(places):
            return first + int(places[0]) + 1
    return end


def counted(data: Bytes, offsets: Numbers) -> Numbers:
    """How many lines each document has."""
    found = np.zeros(len(offsets) - 1, np.int64)
    for first in range(int(offsets[0]), int(offsets[-1]), AT_ONCE_BYTES):
        places = first + np.flatnonzero(data[first : min(first + AT_ONCE_BYTES, int(offsets[-1]))] == NEWLINE)
        found += np.bincount(np.searchsorted(offsets, places, side="right") - 1, minlength=len(found))
    some = offsets[1:] > offsets[:-1]
    found[some] += data[offsets[1:][some] - 1] != NEWLINE
    return found


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
        for hashes, sizes, owners in hashed(data, offsets):
            self.keys.append(hashes)
            self.byte.append(sizes)
            self.of.append(owners + self.documents)
        self.documents += len(offsets) - 1

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
    whole
        Parts at the beginning that have all of each line that they have. Behind them are parts of lines that are there
        very often, in the order of their documents.
    """

    fresh_byte: Numbers
    gone_byte: Numbers
    gone: int
    keys: Column
    byte: Column
    of: Column
    parts: tuple[int, ...]
    whole: int

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
        About so much is used beside 40 bytes a document.
    known
        Documents of NEW that are, by their names, old ones that were edited: before the others.
    """
    rows = memory_byte // match.ROW_BYTES
    fits = len(old.keys) + len(new.keys) <= rows
    many = NONE if fits else often(old.keys, new.keys, rows // SHARE)
    held: list[Groups] = []

    def turns() -> Iterator[Groups]:
        if held:
            yield from held
            return
        for number, each in enumerate(match.groups(old.keys, new.keys, memory_byte, many.keys)):
            held[:] = [each] if not number else []
            yield each

    score = _score(turns(), many, new)
    if known is not None:
        score += known
    made = _Made(new.documents, old.documents)
    for group, is_new, number in turns():
        left = ~_covered(group, is_new, number, new, score)
        mine, theirs = number[left & is_new], number[left & ~is_new]
        made.fresh(_picked(new.keys, mine), _picked(new.byte, mine), _picked(new.of, mine))
        made.gone(_picked(old.of, theirs), _picked(old.byte, theirs))
    held.clear()
    whole = len(made.parts) - 1
    for lot in many.lots():
        for keys, byte, of in lot.fresh(new, score):
            made.fresh(keys, byte, of)
        for of, byte in lot.gone(old):
            made.gone(of, byte)
    return Difference(
        made.fresh_byte, made.gone_byte, made.lines_gone, made.keys, made.byte, made.of, tuple(made.parts), whole
    )


def _score(turns: Iterator[Groups], many: Often, new: Lines) -> NDArray[np.float32]:
    """Share of each document of NEW that is covered, of what is sure: of lines that are all covered, or none."""
    sure, covered = np.zeros(new.documents), np.zeros(new.documents)
    for group, is_new, number in turns:
        before, after = match.counts(group, is_new)
        mine = is_new & ((before == 0) | (before >= after))[group]
        of, byte = _picked(new.of, number[mine]), _picked(new.byte, number[mine])
        sure += np.bincount(of, byte, new.documents)
        covered += np.bincount(of, byte * (before > 0)[group[mine]], new.documents)
    for lot in many.lots():
        is_sure = (lot.before == 0) | (lot.before >= lot.after)
        for which, of, byte in lot.rows(new):
            sure += np.bincount(of, byte * is_sure[which], new.documents)
            covered += np.bincount(of, byte * (is_sure & (lot.before > 0))[which], new.documents)
    found: NDArray[np.float64] = np.divide(covered, sure, out=np.full(new.documents, 0.5), where=sure > 0)
    return found.astype(np.float32)


class _Made:
    """A difference while it is made."""

    def __init__(self, news: int, olds: int) -> None:
        self.fresh_byte, self.gone_byte = np.zeros(news, np.int64), np.zeros(olds, np.int64)
        self.keys, self.byte, self.of = (Column("", "", kind) for kind in (np.uint64, np.uint32, np.uint32))
        self.parts, self.lines_gone = [0], 0

    def fresh(self, keys: Hashes, byte: NDArray[Any], of: NDArray[Any]) -> None:
        """Take in a part of the lines of NEW that are not covered."""
        self.fresh_byte += np.bincount(of, byte, len(self.fresh_byte)).astype(np.int64)
        self.keys.append(keys)
        self.byte.append(byte)
        self.of.append(of)
        self.parts.append(len(self.keys))

    def gone(self, of: NDArray[Any], byte: NDArray[Any]) -> None:
        """Take in lines of OLD that are not covered."""
        self.gone_byte += np.bincount(of, byte, len(self.gone_byte)).astype(np.int64)
        self.lines_gone += len(of)


def _covered(
    group: Numbers, is_new: NDArray[np.bool_], number: Numbers, new: Lines, score: NDArray[np.float32]
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


def _picked(column: Column, numbers: Numbers) -> NDArray[Any]:
    """Rows by their numbers in any order."""
    order = np.argsort(numbers)
    rows = column.take(numbers[order])
    found = np.empty_like(rows)
    found[order] = rows
    return found
