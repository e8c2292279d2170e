"""Segments: files that only grow, a checked line for each thing that was seen.

A line is ``crc32 kind text``: eight hexadecimal digits, a letter, the rest. Kinds:

``H``  JSON: what recorded this, where, since when, and the channels whose values follow; repeated from time to time
``S``  a sample: number of its header, monotonic time in ns, a value for each channel
``C``  clocks: monotonic, since boot and wall time in ns, at the start and when one of them has jumped
``N``  a note in JSON: something that went wrong
``E``  JSON: how it ended

Each line is written as it is taken, by one call, so whatever kills the writer leaves whole lines and at most one torn
at the end. A reader takes the lines whose checksum holds and counts the others; it never raises, and invents nothing.
A value is ``-`` where there was none, and ``value@offset`` where it was read so many microseconds after the sample.
"""
# Paths are text here: pathlib costs an import 5 ms.
# ruff: noqa: PTH103, PTH120

from __future__ import annotations

import math
import os
from binascii import crc32
from collections import namedtuple
from contextlib import suppress

from .clock import content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

VERSION = 1
SYNC_S = 15.0
"""Time between two calls that make the disk hold what was written: only a loss of power needs them."""

RETRY_S = 10.0
SPARE_BYTES = 8 << 20
"""Memory that samples may take while they cannot be written; then every second one is dropped."""

LONGEST = 1 << 20
"""Bytes of a line beyond which nothing is looked for in it."""

EXACT_NS = 500_000
"""A value read this soon after its sample's time is taken as read at that time."""

Line = namedtuple("Line", ("kind", "text"))
Segment = namedtuple("Segment", ("path", "headers", "samples", "clocks", "notes", "end", "bad"))
"""A segment as read. ``samples`` are (number of header, t_ns, values); ``values`` are (value, t_ns) or ``None``."""


def line(kind: str, text: str) -> bytes:
    """A line as it is written.

    Examples
    --------
    >>> line("S", "0 17 4.5").split(b" ", 1)[1].strip()
    b'S 0 17 4.5'
    """
    body = f"{kind} {text}".encode("utf-8", "replace")
    return b"%08x %b\n" % (crc32(body), body)


def sample(header: int, t_ns: int, values: Sequence[tuple[float | None, int] | None]) -> str:
    """Text of a sample: each value with the time at which it was read."""
    parts = [f"{header} {t_ns}"]
    for each in values:
        value = None if each is None else each[0]
        if each is None or value is None or value != value or value in (float("inf"), float("-inf")):
            parts.append("-")
        elif abs(each[1] - t_ns) < EXACT_NS:
            parts.append(repr(value))
        else:
            parts.append(f"{value!r}@{(each[1] - t_ns) // 1000}")
    return " ".join(parts)


class Writer:
    """A segment that grows. No call raises: what cannot be written is kept in memory and tried again.

    Parameters
    ----------
    path
        The file; empty if there is no place for one, and everything stays in memory.
    spare
        Descriptor of a file in memory that takes what the disk does not; -1 for a list of this process.
    """

    def __init__(self, path: str, spare: int = -1) -> None:
        self.path = path
        self.spare = spare
        self.trouble = ""
        self.dropped = 0
        self._kept: list[bytes] = []
        self._kept_bytes = 0
        self._torn = False
        self._synced = self._tried = 0.0
        self._fd = self._opened()

    def _opened(self) -> int:
        if not self.path:
            self.trouble = self.trouble or "there is no folder that can be written"
            return -1
        try:
            return os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except OSError as error:
            self.trouble = self.trouble or f"{self.path}: {error.strerror}"
            return -1

    def write(self, kind: str, text: str, now_s: float) -> None:
        """Append a line; ``now_s`` is any clock that does not jump."""
        data = line(kind, text)
        if self._kept and now_s - self._tried < RETRY_S:
            self._keep(data)
            return
        if self._kept:
            self._tried = now_s
            self._keep(data)
            self._give_back()
        elif not self._append(data):
            self._tried = now_s
            self._keep(data)
        elif now_s - self._synced >= SYNC_S:
            self._synced = now_s
            self.sync()

    def _append(self, data: bytes) -> bool:
        if self._fd < 0:
            return False
        try:
            done = os.write(self._fd, b"\n" + data if self._torn else data)
        except OSError as error:
            self.trouble = self.trouble or f"{self.path}: {error.strerror}"
            return False
        self._torn = done < len(data)
        if self._torn:
            self.trouble = self.trouble or f"{self.path}: no space left"
        return not self._torn

    def _keep(self, data: bytes) -> None:
        self._kept.append(data)
        self._kept_bytes += len(data)
        if self._kept_bytes > SPARE_BYTES:
            samples = 0
            thinned = []
            for each in self._kept:
                is_sample = each[9:10] == b"S"
                samples += is_sample
                if not is_sample or samples % 2:
                    thinned.append(each)
            self.dropped += len(self._kept) - len(thinned)
            self._kept, self._kept_bytes = thinned, sum(map(len, thinned))
            self._rewrite_spare()
        elif self.spare >= 0:
            with suppress(OSError):  # memory is short too: this process still has it
                os.write(self.spare, data)

    def _rewrite_spare(self) -> None:
        if self.spare < 0:
            return
        with suppress(OSError):
            os.ftruncate(self.spare, 0)
            os.lseek(self.spare, 0, os.SEEK_SET)
            for each in self._kept:
                os.write(self.spare, each)

    def _give_back(self) -> None:
        """Write what was kept, now that there may be space again."""
        if self._fd < 0:
            self._fd = self._opened()
        if self._fd < 0:
            return
        done = 0
        for data in self._kept:
            if not self._append(data):
                break
            done += 1
        if done:
            self._kept = self._kept[done:]
            self._kept_bytes = sum(map(len, self._kept))
            self._rewrite_spare()

    def sync(self) -> None:
        """Make the disk hold what was written, in a file of that name: one that was removed is made anew."""
        if self._fd >= 0:
            try:
                if not os.fstat(self._fd).st_nlink:
                    self._restore()
                os.fdatasync(self._fd) if hasattr(os, "fdatasync") else os.fsync(self._fd)
            except OSError as error:
                self.trouble = self.trouble or f"{self.path}: {error.strerror}"

    def _restore(self) -> None:
        """Write a file whose name is gone once more: what it held is there as long as we have it open."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        removed, self._fd = self._fd, self._opened()
        if self._fd < 0:
            self._fd = removed
            return
        at = 0
        while data := os.pread(removed, 1 << 20, at):
            at += os.write(self._fd, data)
        os.close(removed)

    def torn(self) -> None:
        """Begin the next line anew: the last one in the file may have no end."""
        self._torn = True

    def grown(self) -> bool:
        """Whether somebody else has written into the file since we did."""
        try:
            return self._fd >= 0 and os.fstat(self._fd).st_size > os.lseek(self._fd, 0, os.SEEK_CUR)
        except OSError:
            return False

    def close(self) -> None:
        """Write what is left, if that is possible, and let go of the file."""
        if self._kept:
            self._give_back()
        self.sync()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


# --- reading ------------------------------------------------------------------------------------------------------


def lines(data: bytes) -> Iterator[Line | None]:
    """Lines of a segment whose checksum holds; ``None`` for each that does not."""
    for raw in data.split(b"\n"):
        if not raw:
            continue
        body = raw[9:]
        if len(raw) < 11 or len(raw) > LONGEST or raw[8:9] != b" " or body[1:2] != b" ":
            yield None
            continue
        if raw[:8] != b"%08x" % crc32(body):
            yield None
            continue
        try:
            yield Line(chr(body[0]), body[2:].decode("utf-8"))
        except UnicodeDecodeError:
            yield None


def parsed(data: bytes, path: str = "") -> Segment:
    """A segment from its bytes, whatever they are."""
    headers: dict[int, dict[str, Any]] = {}
    samples: list[tuple[int, int, list[tuple[float, int] | None]]] = []
    clocks: list[tuple[int, int, int]] = []
    notes: list[dict[str, Any]] = []
    end: dict[str, Any] | None = None
    bad = 0
    for each in lines(data):
        if each is None:
            bad += 1
            continue
        try:
            if each.kind == "S":
                samples.append(_sample(each.text))
            elif each.kind == "H":
                header = _table(each.text)
                headers.setdefault(int(header["n"]), header)
            elif each.kind == "C":
                monotonic, boot, wall = each.text.split(" ")
                clocks.append((int(monotonic), int(boot), int(wall)))
            elif each.kind == "N":
                notes.append(_table(each.text))
            elif each.kind == "E":
                end = _table(each.text)
            else:
                bad += 1
        except (ValueError, KeyError, TypeError, RecursionError):
            bad += 1
    return Segment(path, headers, samples, clocks, notes, end, bad)


def _table(text: str) -> dict[str, Any]:
    import json  # here, since a sampler reads its sensors before it first needs this

    found = json.loads(text)
    if not isinstance(found, dict):
        raise TypeError(text)
    return found


def _sample(text: str) -> tuple[int, int, list[tuple[float, int] | None]]:
    number, time, *values = text.split(" ")
    t_ns = int(time)
    found: list[tuple[float, int] | None] = []
    for value in values:
        if value == "-":
            found.append(None)
        else:
            amount, _, offset = value.partition("@")
            found.append((float(amount), t_ns + int(offset) * 1000 if offset else t_ns))
    return int(number), t_ns, found


def read(path: str) -> Segment:
    """A segment from its file; empty if there is none."""
    try:
        data = content(path)
    except OSError:
        data = b""
    return parsed(data, path)


def head(path: str) -> dict[str, Any]:
    """The first header of a segment, by its first line alone; empty where that cannot be read."""
    try:
        first = content(path, 1 << 16).partition(b"\n")[0]
    except OSError:
        return {}
    return parsed(first, path).headers.get(0) or {}


def dumped(document: dict[str, Any]) -> str:
    """JSON of one line."""
    import json

    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), default=str)


def whole(value: object) -> int:
    """A number as a file states it; 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def number_of(value: object, otherwise: float) -> float:
    """A positive number as a file states it."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else otherwise
