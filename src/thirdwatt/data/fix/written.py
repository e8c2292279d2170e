"""Writers of whole rows: Parquet, Arrow and JSON lines.

The same rows in the same order give the same file, byte by byte, however they were batched: row groups are cut where
the rows themselves say so, and what is written of each depends on nothing but its rows and those before.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.formats.base import Rows

from . import shapes

if TYPE_CHECKING:
    import pyarrow as pa

GROUP_BYTES = 64 << 20
"""Bytes of rows, as they are in memory, at which a row group is full."""

ARROW_BYTES = 8 << 20
"""The same of what is given to a stream of Arrow at once."""

GROUP_ROWS = 1 << 20
"""Rows of the largest row group."""

BATCH_ROWS = 1000
"""Rows of a record batch of a stream, as Hugging Face's datasets write them."""

LEVELLED = ("zstd", "gzip", "brotli")
"""Codecs that know levels."""


@dataclass(frozen=True, slots=True)
class Wrote:
    """What is in a file that was written.

    Attributes
    ----------
    rows, byte
        How many rows it has, and how large it is.
    nan
        Numbers that are none or infinite, in whose place JSON has ``null``.
    """

    rows: int
    byte: int
    nan: int = 0


class Writer(Protocol):
    """Writes a file of rows to a path; beside it, their names longer, may be files until the end."""

    def write(self, rows: Rows) -> None:
        """Take in rows.

        Raises
        ------
        shapes.ShapeError
            If the format cannot hold them.
        OSError
            If they cannot be written.
        """

    def close(self) -> Wrote:
        """Write what is left; the file is then on the disk. Raises as :meth:`write` does."""

    def give_up(self) -> None:
        """Leave nothing behind."""


class JsonLinesWriter:
    """Writes JSON lines: lines as they are, and of tables an object a row, with points in time as in ISO 8601."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file = open(path, "wb")  # noqa: SIM115, PTH123 - closed at the end
        self._rows = self._nan = 0

    def write(self, rows: Rows) -> None:
        """Take in rows."""
        lines = rows.lines
        if rows.table is not None:
            found, nan = shapes.objects(rows.table, self._path)
            lines, self._nan = tuple(found), self._nan + nan
        if lines:
            self._file.write(b"\n".join(lines) + b"\n")
        self._rows += len(lines)

    def close(self) -> Wrote:
        """Write what is left."""
        self._file.close()
        return Wrote(self._rows, synced(self._path), self._nan)

    def give_up(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        Path(self._path).unlink(missing_ok=True)


class _Typed(ABC):
    """Writes files whose columns have types.

    Types become known as rows come. Where they become others than those of what is written, a new file is begun beside
    it, and at the end all are put together: so nothing is in memory but a row group.
    """

    def __init__(self, path: str, group_byte: int) -> None:
        self._path = path
        self._groups = _Groups(group_byte)
        self._shape: pa.Schema | None = None
        self._files: list[str] = []
        self._out: Any = None
        self._rows = 0

    def write(self, rows: Rows) -> None:
        """Take in rows."""
        for group in self._groups.add(rows):
            self._group(group)

    def close(self) -> Wrote:
        """Write what is left."""
        self._group(self._groups.rest())
        if self._out is None:  # no rows
            self._begin(shapes.nothing())
        self._out.close()
        self._out = None
        if len(self._files) > 1:
            self._join()
        return Wrote(self._rows, synced(self._path))

    def give_up(self) -> None:
        """Leave nothing behind."""
        if self._out is not None:
            self._out.close()
            self._out = None
        for each in (*self._files, self._whole):
            Path(each).unlink(missing_ok=True)

    @property
    def _whole(self) -> str:
        return f"{self._path}.whole"

    def _group(self, group: list[Rows]) -> None:
        """Write a group of rows."""
        if not group:
            return
        tables = []
        for is_lines, some in groupby(group, lambda each: each.table is None):
            if is_lines:
                tables.append(shapes.table([line for each in some for line in each.lines], self._shape, self._path))
            else:
                tables += [each.table for each in some]
        shape = tables[0].schema if self._shape is None else self._shape
        for each in tables:
            shape = shapes.united(shape, each.schema, self._path)
        if shape is not self._shape:
            self._begin(shape)
        self._put(self._out, shapes.fitted(tables, shape, self._path))
        self._rows += sum(len(each.numbers) for each in group)

    def _begin(self, shape: pa.Schema) -> None:
        """Begin a file of such columns."""
        self._check(shape)
        if self._out is not None:
            self._out.close()
        self._files.append(f"{self._path}.{len(self._files)}" if self._files else self._path)
        self._out, self._shape = self._opened(self._files[-1], shape), shape

    def _join(self) -> None:
        """Put all files together, with the types that are known at the end."""
        whole = self._out = self._opened(self._whole, self._shape)
        for each in self._files:
            for table in self._tables(each):
                self._put(whole, shapes.fitted([table], self._shape, self._path))
        whole.close()
        self._out = None
        Path(self._whole).replace(self._path)
        for each in self._files[1:]:
            Path(each).unlink()

    @abstractmethod
    def _check(self, shape: pa.Schema) -> None:
        """See whether the format has such types."""

    @abstractmethod
    def _opened(self, path: str, shape: pa.Schema) -> Any:
        """A file for writing."""

    @abstractmethod
    def _put(self, out: Any, table: pa.Table) -> None:
        """Write a group."""

    @abstractmethod
    def _tables(self, path: str) -> Iterator[pa.Table]:
        """What was put into a file, one at a time."""


class ParquetWriter(_Typed):
    """Writes Parquet.

    Parameters
    ----------
    path
        Of the file.
    codec, level
        By which it is compressed; the level counts for codecs that have some.
    group_byte
        Bytes of rows, as they are in memory, at which a row group is full.
    """

    def __init__(self, path: str, *, codec: str = "zstd", level: int = 3, group_byte: int = GROUP_BYTES) -> None:
        super().__init__(path, group_byte)
        self._codec, self._level = codec, level if codec in LEVELLED else None

    def _check(self, shape: pa.Schema) -> None:
        shapes.check_parquet(shape, self._path)

    def _opened(self, path: str, shape: pa.Schema) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetWriter(path, shape, compression=self._codec, compression_level=self._level)

    def _put(self, out: Any, table: pa.Table) -> None:
        out.write_table(table, row_group_size=max(1, len(table)))

    def _tables(self, path: str) -> Iterator[pa.Table]:
        import pyarrow.parquet as pq

        with pq.ParquetFile(path, pre_buffer=False) as file:
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, use_threads=False)


class ArrowWriter(_Typed):
    """Writes a stream of Arrow, as Hugging Face's datasets keep them.

    Parameters
    ----------
    path
        Of the file.
    group_byte
        Bytes of rows that are in memory before they are written.
    """

    def __init__(self, path: str, *, group_byte: int = ARROW_BYTES) -> None:
        super().__init__(path, group_byte)

    def _check(self, shape: pa.Schema) -> None:
        """It has all."""

    def _opened(self, path: str, shape: pa.Schema) -> Any:
        return _Stream(path, shape)

    def _put(self, out: Any, table: pa.Table) -> None:
        # Copied, since a slice takes along what is around it in memory.
        out.write_table(table.take(np.arange(len(table))))

    def _tables(self, path: str) -> Iterator[pa.Table]:
        import pyarrow as pa

        with pa.OSFile(path) as file, pa.ipc.open_stream(file) as stream:
            for batch in stream:
                yield pa.Table.from_batches([batch])


class _Stream:
    """A stream of Arrow with the file that it is in."""

    def __init__(self, path: str, shape: pa.Schema) -> None:
        import pyarrow as pa

        self._file = pa.OSFile(path, "wb")
        self._stream = pa.ipc.new_stream(self._file, shape)

    def write_table(self, table: pa.Table) -> None:
        self._stream.write_table(table, BATCH_ROWS)

    def close(self) -> None:
        self._stream.close()
        self._file.close()


class _Groups:
    """Rows of a row group that is not full yet."""

    def __init__(self, most_byte: int) -> None:
        self._most = most_byte
        self._held: list[Rows] = []
        self._byte = self._count = 0

    def add(self, rows: Rows) -> Iterator[list[Rows]]:
        """Take in rows; the groups that they fill."""
        byte = shapes.sizes(rows.table) if rows.table is not None else _lengths(rows.lines)
        at = 0
        while at < len(byte):
            ends = self._byte + np.cumsum(byte[at:])
            count = min(int(np.searchsorted(ends, self._most)) + 1, GROUP_ROWS - self._count)
            some = min(count, len(byte) - at)
            self._held.append(_part(rows, at, at + some))
            self._byte, self._count, at = int(ends[some - 1]), self._count + some, at + some
            if some == count:
                yield self.rest()

    def rest(self) -> list[Rows]:
        """What no full group has."""
        found, self._held, self._byte, self._count = self._held, [], 0, 0
        return found


def _part(rows: Rows, begin: int, end: int) -> Rows:
    """Rows between two of a batch."""
    if rows.table is None:
        return Rows(rows.numbers[begin:end], lines=rows.lines[begin:end])
    return Rows(rows.numbers[begin:end], rows.table.slice(begin, end - begin))


def _lengths(lines: Iterable[bytes]) -> NDArray[np.int64]:
    return np.fromiter(map(len, lines), np.int64) + shapes.ROW_BYTES


def synced(path: str) -> int:
    """See that a file is on the disk; its size."""
    with open(path, "rb+") as file:  # noqa: PTH123
        os.fsync(file.fileno())
        return os.fstat(file.fileno()).st_size
