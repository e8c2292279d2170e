"""Files as they were before they were compressed, by their first bytes, and their lines."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from thirdwatt.data import store

from .base import LONGEST_BYTES, Bad, BadRow, Part

READ_BYTES = 1 << 20
BLOCK_BYTES = 8 << 20
"""What a part of a file of lines takes: enough that to seek costs nothing, few enough for many parts."""

GZIP, ZSTD, BZIP2, XZ = b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0"
"""How such files begin."""

BOM = b"\xef\xbb\xbf"
UNREADABLE = "rest of the file cannot be read"


@dataclass(frozen=True, slots=True)
class Stream:
    """A file that is being read.

    Attributes
    ----------
    raw
        As it is stored.
    file
        As it was before it was compressed: the same where it is not.
    """

    raw: BinaryIO
    file: BinaryIO

    @property
    def packed(self) -> bool:
        """Whether it is compressed: then it cannot be cut."""
        return self.raw is not self.file

    @property
    def at(self) -> int:
        """How many bytes as they are stored have been read."""
        return self.raw.tell()


@contextmanager
def opened(path: str) -> Iterator[Stream]:
    """A file, by its first bytes.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    with store.opened(path) as raw:
        magic = cast("io.BufferedReader", raw).peek(6)[:6]
        file = raw
        if magic.startswith(GZIP):
            file = cast("BinaryIO", gzip.GzipFile(fileobj=raw, mode="rb"))
        elif magic.startswith(ZSTD):
            file = cast("BinaryIO", io.BufferedReader(_Zstd(raw), READ_BYTES))
        elif magic.startswith(BZIP2):
            file = cast("BinaryIO", bz2.BZ2File(raw))
        elif magic.startswith(XZ):
            file = cast("BinaryIO", lzma.LZMAFile(raw))  # noqa: SIM115 - closed below
        try:
            yield Stream(raw, file)
        finally:
            if file is not raw:
                file.close()


@contextmanager
def told(path: str, bad: Bad, row: int, behind_byte: int = 0) -> Iterator[None]:
    """Tells of a file that can no longer be opened or reached."""
    try:
        yield
    except OSError as error:
        bad(BadRow(path, row, UNREADABLE, str(error).encode()[:200], behind_byte=behind_byte))


def torn() -> tuple[type[Exception], ...]:
    """What a torn file raises, by how it is compressed."""
    import zstandard

    return EOFError, OSError, zlib.error, lzma.LZMAError, zstandard.ZstdError, ValueError


def lines(
    path: str, file: BinaryIO, bad: Bad, first: int = 0, begin: int = 0, end: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, those before the first not.

    Lines that are too long are passed over, and an end that is torn is told.

    Parameters
    ----------
    first
        Number of the first line to give.
    begin, end
        Bytes of the file: the lines that begin between them are given, numbered from the first of them. The file must
        allow to be sought in.
    """
    row = 0
    try:
        if begin:
            file.seek(begin - 1)
            _rest(file)  # of the line that is being written there
        left = None if end is None else end - file.tell()
        while left is None or left > 0:
            line = file.readline(LONGEST_BYTES + 1)
            if not line:
                return
            length = len(line)
            if length > LONGEST_BYTES and not line.endswith(b"\n"):
                if row >= first:
                    bad(BadRow(path, row, "longer than 256 MB", line[:200], behind_byte=begin))
                del line
                length += _rest(file)
            elif row >= first:
                yield row, line.removeprefix(BOM) if not row and not begin else line
            row += 1
            left = None if left is None else left - length
    except torn() as error:
        if row >= first:
            bad(BadRow(path, row, UNREADABLE, str(error).encode()[:200], behind_byte=begin))


def _rest(file: BinaryIO) -> int:
    """Read to the end of a line; how much that was."""
    count = 0
    while line := file.readline(READ_BYTES):
        count += len(line)
        if line.endswith(b"\n"):
            break
    return count


def filled(file: Any, count: int) -> tuple[bytes, Exception | None]:
    """So many bytes, fewer at the end; where the file is torn, what is before the tear, and what it is.

    Parameters
    ----------
    file
        Of any kind that :func:`opened` gives: their ``read`` loses what it had when a tear is met.
    """
    found: list[bytes] = []
    while count > 0:
        try:
            data = file.read1(count)
        except torn() as error:
            return b"".join(found), error
        if not data:
            break
        found.append(data)
        count -= len(data)
    return found[0] if len(found) == 1 else b"".join(found), None


def blocks(stored_byte: int) -> tuple[Part, ...]:
    """Parts of a file of lines: a line belongs to the block in which it begins."""
    begins = range(0, max(stored_byte, 1), BLOCK_BYTES)
    return tuple(
        Part(number, min(BLOCK_BYTES, stored_byte - begin), first=None if number else 0)
        for number, begin in enumerate(begins)
    )


class _Zstd(io.RawIOBase):
    """A file of zstd as it was before, of one frame or several; unlike the library's own it tells of a torn end."""

    def __init__(self, file: BinaryIO) -> None:
        import zstandard

        self._new = zstandard.ZstdDecompressor().decompressobj
        self._frame = self._new()
        self._file = file
        self._held, self._used, self._within = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while self._used == len(self._held):
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame, self._within = self._new(), False
            data = data or self._file.read(READ_BYTES // 8)
            if not data:
                if self._within:
                    raise EOFError("the file ends within a frame of zstd")
                return 0
            self._held, self._used, self._within = self._frame.decompress(data), 0, True
            if self._frame.eof and not self._frame.unused_data:
                self._frame, self._within = self._new(), False
        count = min(len(buffer), len(self._held) - self._used)
        buffer[:count] = memoryview(self._held)[self._used : self._used + count]
        self._used += count
        return count
