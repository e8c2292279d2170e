"""Chunks of files that are cut by what they hold: what a transfer takes that sends no chunk twice.

A gear hash (Xia and others 2014) of the last 32 bytes decides where a chunk ends, by the rule of FastCDC (Xia and
others 2016): never before 16 kB, seldom before 52 kB, often behind them, and at 256 kB at last. So most chunks stay
the same where bytes are put in or taken out elsewhere in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_128, xxh3_128_digest

from thirdwatt.data import store
from thirdwatt.data.columns import Column

from . import match

LEAST_BYTES, TURN_BYTES, MOST_BYTES = 16 << 10, 52 << 10, 256 << 10
"""From the turn on chunks end often: so that those of random bytes have 64 kB on average."""

WINDOW = 32
"""Bytes that decide: what is before them is shifted out of 32 bits."""

SELDOM, OFTEN = np.uint32(0xFFFF_C000), np.uint32(0xFFFC_0000)
"""Bits that must be 0 before the turn (one place in 2¹⁸) and behind it (one in 2¹⁴)."""

BLOCK_BYTES = 4 << 20
PIECE_BYTES = 64 << 10
"""What is looked at together: what is made of it stays in a processor's cache."""

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Cuts = Callable[[Bytes], tuple[Numbers, NDArray[np.bool_]]]
"""See :func:`cuts`."""


def _gear() -> NDArray[np.uint32]:
    """A random number for each byte: the finisher of SplitMix64 (Steele, Lea and Flood 2014)."""
    numbers = np.arange(1, 257, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ numbers >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ numbers >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return (numbers >> np.uint64(32)).astype(np.uint32)


GEAR = _gear()


def cuts(data: Bytes) -> tuple[Numbers, NDArray[np.bool_]]:
    """Places behind which a chunk may end, and whether one may seldom, before the turn, too.

    The first 31 bytes say nothing, since what is before them counts: no chunk ends there.
    """
    places, seldom = [np.empty(0, np.int64)], [np.empty(0, bool)]
    for first in range(0, len(data), PIECE_BYTES):
        begin = max(0, first - WINDOW + 1)
        hashes = GEAR[data[begin : first + PIECE_BYTES]]
        for step in (1, 2, 4, 8, 16):  # of so many bytes, then of twice as many
            hashes[step:] += hashes[:-step] << np.uint32(step)
        own = hashes[first - begin :]
        some = np.flatnonzero(own & OFTEN == 0)
        places.append(some + first + 1)
        seldom.append(own[some] & SELDOM == 0)
    found = np.concatenate(places)
    late = found >= WINDOW
    return found[late], np.concatenate(seldom)[late]


def lengths(data: Bytes, cut: Cuts, *, ended: bool) -> Iterator[int]:
    """Bytes of the chunks of what begins with one; without the last ones, of which more may come, if it goes on."""
    places, seldom = cut(data)
    begin = 0
    while begin < len(data):
        most = begin + MOST_BYTES
        if most > len(data) and not ended:
            return
        at, middle, last = np.searchsorted(places, (begin + LEAST_BYTES, begin + TURN_BYTES, most), side="left")
        strict = np.flatnonzero(seldom[at:middle])
        if len(strict):
            end = int(places[at + strict[0]])
        else:
            end = int(places[middle]) if middle < last else min(most, len(data))
        yield end - begin
        begin = end


def _chunks(file: BinaryIO, cut: Cuts) -> Iterator[bytes]:
    """Chunks of a file."""
    rest = b""
    while True:
        block = file.read(BLOCK_BYTES)
        data = rest + block
        begin = 0
        for length in lengths(np.frombuffer(data, np.uint8), cut, ended=not block):
            yield data[begin : begin + length]
            begin += length
        if not block:
            return
        rest = data[begin:]


class Chunks:
    """Files of a revision, and the chunks of each, by their hashes.

    Attributes
    ----------
    files, file_byte
        128 bits of each file, and its bytes.
    chunks, chunk_byte
        The same of chunks.
    unread
        Files that could not be read.
    """

    def __init__(self) -> None:
        self.files, self.file_byte = Column("", "", np.uint64, 2), Column("", "", np.uint64)
        self.chunks, self.chunk_byte = Column("", "", np.uint64, 2), Column("", "", np.uint32)
        self.unread: list[str] = []

    def add(self, path: str, cut: Cuts) -> int:
        """Take in a file: its bytes."""
        whole = xxh3_128()
        digests, sizes = [], []
        try:
            with store.opened(path) as file:
                for chunk in _chunks(file, cut):
                    whole.update(chunk)
                    digests.append(xxh3_128_digest(chunk))
                    sizes.append(len(chunk))
        except OSError:
            self.unread.append(path)
            return 0
        self.files.append(np.frombuffer(whole.digest(), np.uint64))
        self.file_byte.append(np.array([sum(sizes)]))
        self.chunks.append(np.frombuffer(b"".join(digests), np.uint64))
        self.chunk_byte.append(np.array(sizes, np.uint32))
        return sum(sizes)

    def close(self) -> None:
        """Let go of the files."""
        for column in (self.files, self.file_byte, self.chunks, self.chunk_byte):
            column.close()


class Sent(NamedTuple):
    """What of NEW is nowhere in OLD: how many and their bytes, each time, and each different one once."""

    number: int
    byte: int
    once_byte: int


def sent(old: Column, new: Column, byte: Column, memory_byte: int) -> Sent:
    """What of NEW has to be sent, by the hashes of either and the bytes of those of NEW."""
    count = total = once = 0
    for group, is_new, number in match.groups(old, new, memory_byte):
        before, _ = match.counts(group, is_new)
        absent = is_new & (before == 0)[group]
        mine = number[absent]
        order = np.argsort(mine)
        sizes = byte.take(mine[order]).astype(np.int64)
        firsts = np.unique(group[absent][order], return_index=True)[1]
        count, total, once = count + len(mine), total + int(sizes.sum()), once + int(sizes[firsts].sum())
    return Sent(count, total, once)
