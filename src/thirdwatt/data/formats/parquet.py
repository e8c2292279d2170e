"""Parquet: a column of texts or images, or whole rows, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import store

from . import arrays
from .base import Bad, BadRow, Kind, Part, Rows, Texts, columns, likely, once
from .streams import UNREADABLE

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

BUFFER_BYTES = 1 << 20
"""Read at once of a column that is read by pages."""

LARGE_BYTES = 24 << 20
"""Where columns of row groups are larger they are read by pages, and are never in memory as they are stored; below, to
read them at once is a tenth faster."""

FAR_BYTES = 4 << 20
"""The same where each reading is a request to a server."""

AHEAD_BYTES = 1 << 16
"""Read ahead of what is asked for far away: the footer is at the end, and columns lie apart."""

TORN = "row group that cannot be read"


class Parquet:
    """A file of Parquet.

    Raises
    ------
    OSError, ValueError
        If it is none, or the column that was asked for is not there or holds no text.
    ColumnTwiceError
        If the column of documents is there twice.
    """

    jumps = True

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.at = 0
        self.kind: Kind = "text"
        self.stored_byte = store.size(path)
        self.columns: dict[str, int] = {}
        self.column = ""
        self._large = self._large_rows = True
        try:
            with self._open() as file:
                self.column = self._found(file, column)
                self._large = _is_large(file, _places(file, [self.column]))
                self._large_rows = _is_large(file, _places(file, None))
        except (OSError, ValueError):
            raise
        except arrays.unreadable() as error:
            raise OSError(str(error)) from error

    @contextmanager
    def _open(self, *, paged: bool = True) -> Iterator[Any]:
        import pyarrow.parquet as pq

        if store.is_remote(self.path):
            with store.opened(self.path, AHEAD_BYTES) as raw:
                yield pq.ParquetFile(raw, pre_buffer=False, buffer_size=FAR_BYTES)
        else:
            buffer_byte = BUFFER_BYTES if paged else 0
            with pq.ParquetFile(store.local(self.path), pre_buffer=False, buffer_size=buffer_byte) as file:
                yield file

    def _found(self, file: Any, column: str) -> str:
        """The column of documents."""
        schema = file.schema_arrow
        kinds = {field.name: field.type for field in schema}
        once(self.path, column, schema.names)
        if column and (column not in kinds or not arrays.may_hold(kinds[column])):
            raise ValueError(f"column {column} {'is no text' if column in kinds else 'is not there'}")
        if column and arrays.is_text(kinds[column]):
            return column
        may = [field.name for field in schema if arrays.may_hold(field.type)]
        names = [column] if column else list(dict.fromkeys(may))
        for group in range(file.num_row_groups if names else 0):
            try:
                batches = file.iter_batches(arrays.LOOKED_AT, row_groups=[group], columns=names, use_threads=False)
                first = next(batches, None)
                if first is None:  # an empty group
                    continue
                found = arrays.sampled(first)
            except arrays.unreadable():  # the next group may be whole
                continue
            if not column:
                sizes = {name: own for name, (own, _) in found.items()}
                self.columns = columns(sizes)
                column = once(self.path, likely(sizes), schema.names)
            self.kind = found[column][1] if column else "text"
            return column
        return column

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; of a row group that cannot be read all rows are bad."""
        return self._read(self._documents(bad), first, paged=self._large)

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its rows with all columns, and with what its schema says of them."""
        return self._read(arrays.Take(None, arrays.whole_rows, bad), first, paged=self._large_rows)

    def parts(self) -> tuple[Part, ...]:
        """Its row groups; bytes are those of all columns."""
        with self._open() as file:
            return _parts(file)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of a row group."""
        self.at = 0
        try:
            with self._open(paged=self._large) as file:
                yield from self._group(file, part, self._documents(bad))
        except arrays.unreadable() as error:
            bad(BadRow(self.path, part.first or 0, TORN, str(error).encode()[:200], rows=max(1, part.rows or 0)))

    def _read(self, take: arrays.Take[T], first: int, *, paged: bool) -> Iterator[T]:
        """What is made of its rows, from one on."""
        passed_byte = 0
        try:
            with self._open(paged=paged) as file:
                for part in _parts(file):
                    self.at = min(self.stored_byte, passed_byte)
                    if (part.first or 0) + (part.rows or 0) > first:
                        yield from self._group(file, part, take, first)
                    passed_byte += part.stored_byte
        except arrays.unreadable() as error:  # it has changed, or is no longer there
            take.bad(BadRow(self.path, first, UNREADABLE, str(error).encode()[:200]))
        self.at = self.stored_byte

    def _group(self, file: Any, part: Part, take: arrays.Take[T], first: int = 0) -> Iterator[T]:
        """What is made of the rows of a row group, from a row of the file on."""
        begin, count, passed_byte = part.first or 0, part.rows or 0, self.at
        at = begin
        try:
            step = arrays.batch_rows(_byte(file, part.number, _places(file, take.columns)), count)
            for batch in file.iter_batches(step, row_groups=[part.number], columns=take.columns, use_threads=False):
                end = at + batch.num_rows
                if end > first:
                    rows = np.arange(max(at, first), end)
                    yield from take.made(batch.slice(batch.num_rows - len(rows)), rows)
                at = end
                done_byte = int(part.stored_byte * min(1.0, (at - begin) / count))
                self.at = min(self.stored_byte, passed_byte + done_byte)
        except arrays.unreadable() as error:
            lost = max(at, first)
            take.bad(BadRow(self.path, lost, TORN, str(error).encode()[:200], rows=max(1, begin + count - lost)))

    def _documents(self, bad: Bad) -> arrays.Take[Texts]:
        """What makes documents of rows."""

        def made(batch: pa.RecordBatch, rows: NDArray[np.int64]) -> Iterator[Texts]:
            if not self.column:
                return arrays.none(self.path, rows, bad)
            return arrays.documents(batch.column(0), self.kind, self.path, rows, bad)

        return arrays.Take([self.column] if self.column else None, made, bad)


def _places(file: Any, names: list[str] | None) -> list[int]:
    """Which columns of a file, as it is stored, hold some columns of its schema; ``None`` for all."""
    if not file.num_row_groups:
        return []
    group = file.metadata.row_group(0)
    paths = [group.column(each).path_in_schema for each in range(group.num_columns)]
    return [
        place
        for place, path in enumerate(paths)
        if names is None or any(f"{path}.".startswith(f"{each}.") for each in names)
    ]


def _is_large(file: Any, places: list[int]) -> bool:
    """Whether a row group has so much in some columns that they are read by pages."""
    return max((_byte(file, each, places) for each in range(file.num_row_groups)), default=0) >= LARGE_BYTES


def _byte(file: Any, number: int, places: list[int]) -> int:
    """Bytes of some columns of a row group, as they are in memory."""
    group = file.metadata.row_group(number)
    return sum(max(0, group.column(each).total_uncompressed_size) for each in places)


def _parts(file: Any) -> tuple[Part, ...]:
    """Row groups of a file."""
    found, first = [], 0
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        byte = sum(group.column(each).total_compressed_size for each in range(group.num_columns))
        rows = max(0, group.num_rows)
        found.append(Part(number, max(0, byte), rows, first))
        first += rows
    return tuple(found)
