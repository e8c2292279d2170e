"""Marks of a training process in a file that it maps: what was written survives whatever kills the process.

A header page with a table of names stands before a ring of records of eight 64-bit numbers::

    name, begin, end, tokens, marks of this name so far, their ns, their tokens, sequence

``pack_into`` clears a record before it fills it, and the sequence number is its last field, so a record that was
being written when the process died has none. Every record carries the running totals of its name, and the table
takes them over before the ring can come round: an overflow loses detail, never a total.
"""

# Paths are text here: pathlib costs an import 5 ms.
from __future__ import annotations

import mmap
import os
import sys
import time
from itertools import count
from struct import Struct

MAGIC = b"TWRING1\n"
HEAD = Struct("<8sqqqqqq")  # magic, capacity, names, pid, begin (monotonic), rank, size of a record
NAME = Struct("<40sqqq")  # name, marks, ns, tokens
RECORD = Struct("<8q")
PAGE = 8192
NAMES = (PAGE - HEAD.size) // NAME.size
CAPACITY = 32_768
MOST_MARKS = 1 << 62
MOST_TOKENS = 1 << 44

_now = time.monotonic_ns
_pack = RECORD.pack_into


class Ring:
    """Where marks go. After :meth:`stop`, and in a child of the process, they go nowhere."""

    __slots__ = ("_names", "_own", "buffer", "capacity", "fd", "path", "mask", "next", "flush_at", "series")  # noqa: RUF023

    def __init__(self, fd: int, path: str, began_ns: int, rank: int = 0, capacity: int = CAPACITY) -> None:
        self.fd, self.path, self.capacity, self.mask = fd, path, capacity, capacity - 1
        size = PAGE + capacity * RECORD.size
        self.buffer: mmap.mmap | bytearray
        if fd < 0:
            self.buffer = bytearray(size)
        else:
            reserved(fd, size)
            self.buffer = mmap.mmap(fd, size)
        self._own = identity(fd)
        HEAD.pack_into(self.buffer, 0, MAGIC, capacity, 0, os.getpid(), began_ns, rank, RECORD.size)
        self.next = count(1).__next__
        self.flush_at = capacity // 2
        self.series: dict[str, Series] = {}
        self._names: list[Series] = []

    def of(self, name: str) -> Series:
        """The series of a name, made when it is first used; those that find no place share the last one."""
        name = str(name)
        found = self.series.get(name)
        if found is None:
            cut = _cut(name)
            if len(self._names) >= NAMES - 1:
                name, cut = "(other)", b"(other)"
                found = self.series.get(name)
            if found is None:
                found = Series(self, len(self._names), name)
                self._names.append(found)
                NAME.pack_into(self.buffer, HEAD.size + found.number * NAME.size, cut, 0, 0, 0)
                HEAD.pack_into(self.buffer, 0, *HEAD.unpack_from(self.buffer, 0)[:2], len(self._names),
                               *HEAD.unpack_from(self.buffer, 0)[3:])  # fmt: skip
            self.series[name] = found
        return found

    def flush(self) -> None:
        """Write the totals of every name into the table."""
        for each in self._names:
            if each.number < NAMES and len(self.buffer) >= PAGE:
                at = HEAD.size + each.number * NAME.size
                NAME.pack_into(self.buffer, at, _cut(each.name), each.marks, each.ns, each.tokens)

    def stop(self, flush: bool = True) -> None:
        """Take no more marks; a file gives back the place that it did not need."""
        if flush:
            self.flush()
        self.flush_at = MOST_MARKS
        self.mask = 0  # before the buffer: whoever reads both in between stays within either
        fd, self.fd = self.fd, -1
        if fd >= 0 and identity(fd) != self._own:
            KEPT.append(self.buffer)  # somebody closed what is ours: its numbers may be files of theirs by now
            fd = -1
        self.buffer = bytearray(PAGE + RECORD.size)
        if fd < 0:
            return
        used = self.next() - 1
        if flush and used < self.capacity and _one_at_a_time():
            os.ftruncate(fd, PAGE + used * RECORD.size)
        os.close(fd)


class Series:
    """Marks of one name, with their totals so far."""

    __slots__ = ("last", "marks", "name", "ns", "number", "ring", "tokens")

    def __init__(self, ring: Ring, number: int, name: str) -> None:
        self.ring, self.number, self.name = ring, number, name
        self.marks = self.ns = self.tokens = self.last = 0

    def mark(self, begin_ns: int, end_ns: int, tokens: int = 0) -> None:
        """One mark. Threads may share a series: between two calls the interpreter does not change threads."""
        if type(tokens) is not int or not 0 <= tokens < MOST_TOKENS:
            tokens = whole(tokens)
        ring = self.ring
        sequence = ring.next()
        marks = self.marks = self.marks + 1
        ns = self.ns = self.ns + end_ns - begin_ns
        total = self.tokens = self.tokens + tokens
        at = PAGE + ((sequence - 1) & ring.mask) * 64
        _pack(ring.buffer, at, self.number, begin_ns, end_ns, tokens, marks, ns, total, sequence)
        if sequence >= ring.flush_at:
            ring.flush_at = sequence + ring.capacity // 2
            ring.flush()


class Phase:
    """A stretch of work: a mark when it ends. One object a use, so phases may nest and threads may share a name."""

    __slots__ = ("_begin", "_series")

    def __init__(self, series: Series) -> None:
        self._series = series

    def __enter__(self) -> Phase:
        self._begin = _now()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:  # not *_: that makes a tuple
        end = _now()
        begin = self._begin
        series = self._series
        ring = series.ring
        sequence = ring.next()
        marks = series.marks = series.marks + 1
        ns = series.ns = series.ns + end - begin
        _pack(
            ring.buffer, PAGE + ((sequence - 1) & ring.mask) * 64,
            series.number, begin, end, 0, marks, ns, series.tokens, sequence,
        )  # fmt: skip
        if sequence >= ring.flush_at:
            ring.flush_at = sequence + ring.capacity // 2
            try:  # noqa: SIM105 - contextlib costs an import more
                ring.flush()
            except Exception:  # noqa: S110 - training goes on; the records have the totals too
                pass


def _one_at_a_time() -> bool:
    """Whether no thread can be writing a mark while another runs: cutting off a mapped file would kill it."""
    ask = getattr(sys, "_is_gil_enabled", None)
    return ask is None or bool(ask())


KEPT: list[object] = []
"""Maps that live as long as the process: to unmap one would close a descriptor that may be another's by now."""


def identity(fd: int) -> tuple[int, int]:
    """What a descriptor stands for; two zeros if for nothing."""
    try:
        found = os.fstat(fd)
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def whole(tokens: object) -> int:
    """A count as it may be stored; 0 for what is none."""
    try:
        number = int(tokens)  # type: ignore[call-overload]
    except Exception:
        return 0
    return number if 0 <= number < MOST_TOKENS else 0


def reserved(fd: int, size: int) -> None:
    """Give a file its size and its place on the disk: a map into a file without one kills who writes into it."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, size)
    else:
        written = 0
        while written < size:
            written += os.pwrite(fd, b"\0" * min(65536, size - written), written)


def _cut(name: str) -> bytes:
    return name.encode("utf-8", "replace")[:40].decode("utf-8", "ignore").encode("utf-8")


# --- reading ------------------------------------------------------------------------------------------------------


class Marks:
    """A ring as read: totals of every name, and the records that are still there, oldest first.

    Attributes
    ----------
    totals
        Marks, nanoseconds and tokens by name.
    records
        (name, begin, end, tokens, sequence).
    lost
        Marks whose detail was overwritten or torn; their totals are there.
    """

    def __init__(self) -> None:
        self.totals: dict[str, tuple[int, int, int]] = {}
        self.records: list[tuple[str, int, int, int, int]] = []
        self.pid = self.began_ns = self.rank = self.lost = 0
        self.ok = False

    @property
    def last_ns(self) -> int:
        """When the last mark ended."""
        return max((record[2] for record in self.records), default=0)


def parsed(data: bytes) -> Marks:
    """Marks in the bytes of a ring, whatever they are."""
    marks = Marks()
    if len(data) < PAGE or data[:8] != MAGIC:
        return marks
    _, capacity, names, marks.pid, marks.began_ns, marks.rank, size = HEAD.unpack_from(data, 0)
    if size != RECORD.size or not 0 < capacity <= 1 << 26 or not 0 <= names <= NAMES:
        return marks
    marks.ok = True
    table: list[str] = []
    for number in range(names):
        raw, *totals = NAME.unpack_from(data, HEAD.size + number * NAME.size)
        name = raw.rstrip(b"\0").decode("utf-8", "replace") or f"name-{number}"
        if name in marks.totals:  # cut to the same beginning
            name = f"{name}… ({number})"
        table.append(name)
        marks.totals[name] = tuple(totals)
    found: list[tuple[int, tuple[int, ...]]] = []
    room = min(capacity, (len(data) - PAGE) // RECORD.size)
    for slot, record in enumerate(RECORD.iter_unpack(data[PAGE : PAGE + room * RECORD.size])):
        sequence = record[7]
        if sequence > 0 and (sequence - 1) % capacity == slot and 0 <= record[0] < names and record[2] >= record[1]:
            found.append((sequence, record))
    found.sort()
    newest = found[-1][0] if found else 0
    for sequence, row in found:
        if sequence <= newest - capacity:
            continue
        name = table[row[0]]
        marks.records.append((name, row[1], row[2], row[3], sequence))
        if row[4] > marks.totals[name][0]:
            marks.totals[name] = (row[4], row[5], row[6])
    marks.lost = sum(total[0] for total in marks.totals.values()) - len(marks.records)
    return marks


def read(path: str) -> Marks:
    """Marks of a ring's file; none if there is no such file."""
    from .clock import content

    try:
        return parsed(content(path))
    except OSError:
        return Marks()
