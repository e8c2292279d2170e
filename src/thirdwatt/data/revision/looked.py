"""A closer look at what is new: blocks of new lines drawn at random, to be counted in tokens, and how stamps read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.lines import SAMPLE_CHARACTERS
from thirdwatt.data.reading import Progress

from . import lines
from .lines import Difference
from .often import ranks
from .sides import Documents

BLOCKS = 2_000
"""Of new lines that are drawn."""

BLOCK_BYTES = 8 << 10
"""Of a block: of a document's new lines one behind the other, the last one shorter."""

ROW_BYTES = 96
"""Memory that a new line of a document takes that is looked at."""

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What was read once more.

    Attributes
    ----------
    texts
        Blocks of new lines.
    of
        How many blocks there are.
    stamps
        How stamps begin, by their hashes.
    """

    texts: tuple[bytes, ...]
    of: int
    stamps: dict[int, str]


def looked(
    found: Difference, numbers: Numbers, new: Documents, keys: Sequence[int], progress: Progress, *, blocks: int,
    seed: int, memory_byte: int,
) -> Looked:  # fmt: skip
    """Read some documents once more, for the text of what is new in them.

    Parameters
    ----------
    found
        New lines of some documents.
    numbers
        Numbers of these documents.
    keys
        Hashes of stamps.
    blocks
        To be drawn.
    memory_byte
        About so much is used.
    """
    each = -(-found.fresh_byte // BLOCK_BYTES)
    ends = np.cumsum(each)
    total = int(ends[-1]) if len(ends) else 0
    drawn = np.sort(np.random.default_rng(seed).choice(total, min(blocks, total), replace=False))
    of = np.searchsorted(ends, drawn, side="right")
    block = drawn - (ends[of] - each[of])
    texts: list[bytes] = []
    for lot in _lots(found, np.unique(of), memory_byte):
        known = _known(found, lot)
        for at, number, data in _again(new, numbers, lot, progress):
            own = block[np.searchsorted(of, number) : np.searchsorted(of, number, side="right")]
            texts += _blocks(_fresh(data, *known[at]), own)
    return Looked(tuple(texts), total, _stamps(found, numbers, new, keys, progress))


def _again(new: Documents, numbers: Numbers, some: Numbers, progress: Progress) -> Iterator[tuple[int, int, Bytes]]:
    """Documents once more: the place of each among those, what it is called in a difference, and its bytes."""
    at = 0
    for mine, data, offsets in new.again(numbers[some], progress, progress.done_byte):
        for place in range(len(mine)):
            yield at, int(some[at]), data[offsets[place] : offsets[place + 1]]
            at += 1


def _lots(found: Difference, some: Numbers, memory_byte: int) -> Iterator[Numbers]:
    """Documents whose new lines are in memory at once: at least one."""
    if not len(some):
        return
    counts = np.zeros(len(some), np.int64)
    for _, _, of in found.each():
        place = np.minimum(np.searchsorted(some, of), len(some) - 1)
        counts += np.bincount(place[some[place] == of], minlength=len(some))
    first, held = 0, 0
    for at, count in enumerate(counts.tolist()):
        if at > first and held + count > memory_byte // ROW_BYTES:
            yield some[first:at]
            first, held = at, 0
        held += count
    yield some[first:]


def _known(found: Difference, some: Numbers) -> list[tuple[Hashes, Numbers]]:
    """Of each document the hashes of its new lines, ascending, and how often it has each."""
    kind = np.min_scalar_type(len(some))  # 2 bytes a line for as many documents as blocks are drawn by default
    keys, owners = [np.empty(0, np.uint64)], [np.empty(0, kind)]
    for hashes, _, of in found.each():
        place = np.minimum(np.searchsorted(some, of), len(some) - 1)
        mine = np.flatnonzero(some[place] == of)
        keys.append(hashes[mine])
        owners.append(place[mine].astype(kind))
    key, owner = np.concatenate(keys), np.concatenate(owners)
    order = np.argsort(owner, kind="stable")
    key, owner = key[order], owner[order]
    bounds = np.searchsorted(owner, np.arange(len(some) + 1))
    return [np.unique(key[begin:end], return_counts=True) for begin, end in pairwise(bounds.tolist())]


def _fresh(data: Bytes, keys: Hashes, counts: Numbers) -> Iterator[Bytes]:
    """The new lines of a document, some at a time one behind the other."""
    seen = np.zeros(len(keys), np.int64)
    for hashes, sizes, begin in _lines(data):
        place = np.minimum(np.searchsorted(keys, hashes), len(keys) - 1)
        mine = np.flatnonzero(keys[place] == hashes)
        mine = mine[ranks(place[mine], seen) < counts[place[mine]]]
        which = np.zeros(len(sizes), bool)
        which[mine] = True
        yield data[begin : begin + int(sizes.sum())][np.repeat(which, sizes)]


def _lines(data: Bytes) -> Iterator[tuple[Hashes, Numbers, int]]:
    """Lines of a document, some at a time: hashes, bytes, and where they begin."""
    begin = 0
    for hashes, sizes, _ in lines.hashed(data, np.array([0, len(data)])):
        yield hashes, sizes, begin
        begin += int(sizes.sum())


def _blocks(parts: Iterator[Bytes], some: Numbers) -> Iterator[bytes]:
    """Some blocks of what comes in parts, by their numbers, ascending."""
    begin, held = 0, b""
    for number in some.tolist():
        while begin + len(held) < (number + 1) * BLOCK_BYTES:
            part = next(parts, None)
            if part is None:
                break
            skip = max(0, number * BLOCK_BYTES - begin)
            held = (held + part.tobytes())[skip:]
            begin += skip
        at = number * BLOCK_BYTES - begin
        yield held[at : at + BLOCK_BYTES]


def _stamps(
    found: Difference, numbers: Numbers, new: Documents, keys: Sequence[int], progress: Progress
) -> dict[int, str]:
    """How stamps begin, each read in a document that has it."""
    where: dict[int, int] = {}
    for hashes, _, of in found.each():
        for key in keys:
            places = np.flatnonzero(hashes == np.uint64(key))
            if key not in where and len(places):
                where[key] = int(of[places[0]])
    said: dict[int, str] = {}
    for _, _, data in _again(new, numbers, np.unique(np.array(list(where.values()), np.int64)), progress):
        for hashes, sizes, begin in _lines(data):
            for key in [each for each in where if each not in said]:
                places = np.flatnonzero(hashes == np.uint64(key))
                if len(places):
                    first = begin + int(sizes[: places[0]].sum())
                    line = data[first : first + int(sizes[places[0]])].tobytes()
                    said[key] = line.decode("utf-8", "replace").strip()[:SAMPLE_CHARACTERS]
    return said
