"""Parquet and Arrow: a column of texts, a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .base import BATCH_ROWS, LONGEST_BYTES, Bad, BadRow, Texts, likely

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 64
"""Rows by which the column of documents is found."""


class Parquet:
    """A file of Parquet."""

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.column = column if self._has(column) else self._found()

    def _has(self, column: str) -> bool:
        """Whether a column was asked for.

        Raises
        ------
        ValueError
            If there is none of that name, or it holds no text.
        """
        if not column:
            return False
        with self._open() as file:
            kinds = {field.name: field.type for field in file.schema_arrow}
        if column not in kinds or not _is_text(kinds[column]):
            raise ValueError(f"column {column} {'is no text' if column in kinds else 'is not there'}")
        return True

    def _open(self) -> Any:
        import pyarrow.parquet as pq

        return pq.ParquetFile(self.path, pre_buffer=False)

    def _found(self) -> str:
        """The column of documents."""
        import pyarrow as pa

        with self._open() as file:
            names = [field.name for field in file.schema_arrow if _is_text(field.type)]
            for group in range(file.num_row_groups if names else 0):
                try:
                    first = next(file.iter_batches(LOOKED_AT, row_groups=[group], columns=names))
                except (OSError, pa.ArrowException, StopIteration):  # the next group may be whole, or not empty
                    continue
                return likely({name: [len(each or "") for each in first.column(name).to_pylist()] for name in names})
        return ""

    def texts(self, bad: Bad) -> Iterator[Texts]:
        """Its documents; a row group that cannot be read is one bad row for each of its rows."""
        import pyarrow as pa

        with self._open() as file:
            first = 0
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                try:
                    at = first
                    for batch in file.iter_batches(
                        BATCH_ROWS, row_groups=[group], columns=[self.column], use_threads=False
                    ):
                        yield from self._batch(batch.column(0), at, bad)
                        at += batch.num_rows
                except (OSError, pa.ArrowException) as error:
                    for row in range(at, first + count):
                        bad(BadRow(self.path, row, "row group that cannot be read", str(error).encode()[:200]))
                first += count

    def _batch(self, column: pa.Array, first: int, bad: Bad) -> Iterator[Texts]:
        import pyarrow as pa

        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        rows = np.arange(first, first + len(column))
        keep = np.ones(len(column), dtype=bool)
        if column.null_count:
            keep = ~np.asarray(column.is_null())
            for row in rows[~keep].tolist():
                bad(BadRow(self.path, row, "no text", b""))
        offsets, data = _buffers(column)
        long = np.flatnonzero(keep & (np.diff(offsets) > LONGEST_BYTES))
        for each in long.tolist():
            sample = data[offsets[each] : offsets[each] + 200].tobytes()
            bad(BadRow(self.path, int(rows[each]), "longer than 256 MB", sample))
            keep[each] = False
        if keep.all():
            yield Texts(data, offsets, self.path, rows)
            return
        parts = [data[offsets[each] : offsets[each + 1]] for each in np.flatnonzero(keep).tolist()]
        if parts:
            lengths = np.diff(offsets)[keep]
            packed = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
            yield Texts(np.concatenate(parts), packed, self.path, rows[keep])


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _buffers(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Offsets and bytes of an array of strings, without a copy of the bytes."""
    import pyarrow as pa

    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    _, places, held = column.buffers()
    if places is None:
        return np.zeros(len(column) + 1, np.int64), np.empty(0, np.uint8)
    all_of_them = np.frombuffer(places, dtype=np.int64 if wide else np.int32)
    offsets = all_of_them[column.offset : column.offset + len(column) + 1].astype(np.int64)
    return offsets, np.frombuffer(held, dtype=np.uint8) if held is not None else np.empty(0, np.uint8)
