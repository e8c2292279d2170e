"""Numbers by document, in files: what a scan knows of a billion documents is more than memory holds.

A file without a name stands in where no folder is given, so that small scans and large ones go the same way.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

CHUNK_BYTES = 16 << 20
"""What is read of a column at a time."""

NEAR_BYTES = 64 << 10
"""What lies between two rows that are wanted, up to which they are read together."""


class Column:
    """Rows of numbers that grow at the end.

    Parameters
    ----------
    folder
        Where its file is; where the system keeps temporary ones if empty.
    name
        The file's; without one it is gone with the process.
    dtype, width
        Of a row: so many numbers of that type.

    Raises
    ------
    OSError
        If there is no room, or no right to write.
    """

    def __init__(self, folder: str, name: str, dtype: DTypeLike, width: int = 1) -> None:
        self.dtype, self.width = np.dtype(dtype), width
        self._row = self.dtype.itemsize * width
        self._fd = _opened(folder, name)
        self._count = os.fstat(self._fd).st_size // self._row

    def __len__(self) -> int:
        return self._count

    @property
    def byte(self) -> int:
        """What it takes on disk."""
        return self._count * self._row

    def append(self, rows: NDArray[Any]) -> None:
        """Put rows at the end."""
        data = np.ascontiguousarray(rows, self.dtype).reshape(-1).view(np.uint8).data
        at = self._count * self._row
        done = 0
        while done < len(data):
            done += os.pwrite(self._fd, data[done:], at + done)
        self._count += len(data) // self._row

    def sync(self) -> None:
        """Bring all rows to the disk."""
        os.fsync(self._fd)

    def cut(self, count: int) -> None:
        """Leave the first rows alone.

        Raises
        ------
        ValueError
            If there are fewer.
        """
        if count > self._count:
            raise ValueError(f"{self._count} rows where there were {count}")
        os.ftruncate(self._fd, count * self._row)
        self._count = count

    def part(self, first: int, last: int) -> NDArray[Any]:
        """Rows from one up to another, shape (rows,) or (rows, width)."""
        found = np.empty((max(0, last - first), self.width), self.dtype)
        view = found.reshape(-1).view(np.uint8).data
        at, done = first * self._row, 0
        while done < len(view):
            got = os.preadv(self._fd, [view[done:]], at + done)
            if not got:
                raise OSError(f"a column ends at row {(at + done) // self._row}")
            done += got
        return found if self.width > 1 else found[:, 0]

    def all(self) -> NDArray[Any]:
        """All rows."""
        return self.part(0, self._count)

    def chunks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """All rows, some at a time, each with the number of its first."""
        step = max(1, CHUNK_BYTES // self._row)
        for first in range(0, self._count, step):
            yield first, self.part(first, min(self._count, first + step))

    def take(self, numbers: NDArray[np.int64]) -> NDArray[Any]:
        """Some rows, by their numbers in ascending order."""
        found = np.empty((len(numbers), self.width), self.dtype)
        if not len(numbers):
            return found if self.width > 1 else found[:, 0]
        limit = max(1, CHUNK_BYTES // self._row)
        breaks = np.flatnonzero(np.diff(numbers) > max(1, NEAR_BYTES // self._row)) + 1
        for begin, end in zip([0, *breaks.tolist()], [*breaks.tolist(), len(numbers)], strict=True):
            at = begin
            while at < end:
                stop = int(np.searchsorted(numbers[at:end], numbers[at] + limit)) + at
                first = int(numbers[at])
                rows = self.part(first, int(numbers[stop - 1]) + 1).reshape(-1, self.width)
                found[at:stop] = rows[numbers[at:stop] - first]
                at = stop
        return found if self.width > 1 else found[:, 0]

    def mapped(self) -> Mapped:
        """All rows as an array that the system pages in and out."""
        return Mapped(self._fd, (self._count, self.width) if self.width > 1 else (self._count,), self.dtype)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._fd)


class Mapped:
    """An array in a file: what of it is in memory may be given back at any time.

    Attributes
    ----------
    array
        The numbers.
    """

    def __init__(self, fd: int, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        size = int(np.prod(shape)) * dtype.itemsize
        self._map = mmap.mmap(fd, size) if size else None
        self.array: NDArray[Any] = np.frombuffer(self._map or b"", dtype).reshape(shape)

    def release(self) -> None:
        """Give back the memory; what was written is in the file."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)


class Room:
    """Where arrays are made that may be larger than memory: in files without names, beside the columns."""

    def __init__(self, folder: str = "") -> None:
        self._folder = folder
        self._maps: list[Mapped] = []

    def zeros(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        """An array of zeros; one of less than a chunk is in memory as any other."""
        kind = np.dtype(dtype)
        size = int(np.prod(shape)) * kind.itemsize
        if size <= CHUNK_BYTES:
            return np.zeros(shape, kind)
        fd = _opened(self._folder)
        os.ftruncate(fd, size)
        found = Mapped(fd, shape, kind)
        os.close(fd)
        return self.holds(found)

    def holds(self, mapped: Mapped) -> NDArray[Any]:
        """The array of a map, whose memory is given back with that of the others."""
        self._maps.append(mapped)
        return mapped.array

    def release(self) -> None:
        """Give back the memory of all of them."""
        for each in self._maps:
            each.release()


def _opened(folder: str, name: str = "") -> int:
    if folder and name:
        return os.open(os.path.join(folder, name), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)  # noqa: PTH118
    with tempfile.TemporaryFile(dir=folder or None) as file:
        return os.dup(file.fileno())
