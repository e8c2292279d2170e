"""Rows of packed documents as they are stored, in Parquet or Arrow, each as long as the context::

    input_ids     tokens of the documents one behind the other, then padding
    position_ids  from 0 in each document, and in the padding
    segment_ids   from 1, which document of the row a token is of; 0 for padding
    lengths       tokens of each document of the row

The same rows give the same file, byte by byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import exact

from .result import ReckoningError

if TYPE_CHECKING:
    import pyarrow as pa

Numbers = NDArray[np.int64]
Ids = NDArray[Any]

FORMS = ("parquet", "arrow")
"""Formats, which are how files end too."""

LARGE_CONTEXT = 1 << 16
"""From so many tokens on positions take 32 bits."""

LEVEL = 1
"""Of zstd: higher ones take longer, and make tokens no smaller."""


@dataclass(slots=True)
class Reckoning:
    """Pieces, their tokens, and the sum of their digests: the same for the same pieces in any order.

    Attributes
    ----------
    pieces, tokens
        How many, and of how many tokens.
    sums
        Of both halves of the digests, modulo 2⁶⁴.
    """

    pieces: int = 0
    tokens: int = 0
    sums: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(2, np.uint64))

    def add(self, ids: Ids, lengths: Numbers, which: NDArray[np.bool_] | None = None) -> None:
        """Take in pieces that stand one behind the other; some of them alone, where that is said."""
        ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        found = exact.hashes(ids.reshape(-1).view(np.uint8), ends * ids.itemsize)
        if which is not None:
            found, lengths = found[which], lengths[which]
        self.pieces += len(found)
        self.tokens += int(lengths.sum())
        self.sums += found.sum(axis=0, dtype=np.uint64)

    def join(self, other: Reckoning) -> None:
        """Take in what another one has."""
        self.pieces, self.tokens, self.sums = (
            self.pieces + other.pieces, self.tokens + other.tokens, self.sums + other.sums
        )  # fmt: skip

    def said(self) -> dict[str, Any]:
        """As plain data."""
        return {"segments": self.pieces, "tokens": self.tokens, "digest": self.sums.tolist()}

    @classmethod
    def of(cls, said: dict[str, Any]) -> Reckoning:
        """From plain data."""
        return cls(said["segments"], said["tokens"], np.array(said["digest"], np.uint64))

    def same(self, other: Reckoning) -> bool:
        """Whether another one is of the same pieces."""
        return self.said() == other.said()


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows.

    Attributes
    ----------
    ids
        Tokens, shape (rows, context).
    lengths
        Tokens of each segment, row by row; none of them 0.
    counts
        Segments of each row.
    """

    ids: Ids
    lengths: Numbers
    counts: Numbers

    def stretches(self) -> tuple[Numbers, NDArray[np.bool_]]:
        """Tokens of all segments and of the padding behind those of each row, in order, and which are segments."""
        rows, context = self.ids.shape
        first = np.cumsum(self.counts) - self.counts
        used = np.add.reduceat(self.lengths, first) if rows else self.lengths
        if (used > context).any():
            raise ReckoningError(f"a row of {int(used.max()):,} tokens where {context:,} fit")
        places = (first + self.counts + np.arange(rows))[used < context]  # of the padding
        total = len(self.lengths) + len(places)
        which = np.ones(total, bool)
        ends = first + self.counts + np.cumsum(used < context) - 1
        which[ends[used < context]] = False
        lengths = np.empty(total, np.int64)
        lengths[which] = self.lengths
        lengths[~which] = (context - used)[used < context]
        return lengths, which

    def places(self) -> tuple[Numbers, Numbers]:
        """Position of each token in its segment, and number of the segment in its row, each of the shape of ``ids``."""
        rows, context = self.ids.shape
        lengths, which = self.stretches()
        begins = np.cumsum(lengths) - lengths
        positions = np.arange(rows * context) - np.repeat(begins, lengths)
        number = np.zeros(len(lengths), np.int64)
        number[which] = np.arange(len(self.lengths)) - np.repeat(np.cumsum(self.counts) - self.counts, self.counts) + 1
        return positions.reshape(rows, context), np.repeat(number, lengths).reshape(rows, context)


def table(block: Block, kind: np.dtype[Any]) -> pa.Table:
    """Rows as a table.

    Parameters
    ----------
    kind
        Of tokens.
    """
    import pyarrow as pa

    rows, context = block.ids.shape
    positions, segments = block.places()
    small = np.uint16 if context < LARGE_CONTEXT else np.int32

    def lists(values: NDArray[Any]) -> pa.Array:
        ends = np.arange(rows + 1, dtype=np.int32) * np.int32(context)
        return pa.ListArray.from_arrays(ends, pa.array(values.reshape(-1)))

    ends = np.concatenate((np.zeros(1, np.int32), np.cumsum(block.counts, dtype=np.int32)))
    return pa.table({
        "input_ids": lists(block.ids.astype(kind, copy=False)),
        "position_ids": lists(positions.astype(small)),
        "segment_ids": lists(segments.astype(small)),
        "lengths": pa.ListArray.from_arrays(ends, pa.array(block.lengths.astype(np.int32))),
    })  # fmt: skip


def write(path: str, form: str, kind: np.dtype[Any], blocks: Iterable[Block]) -> None:
    """Write rows, each block a row group or a record batch.

    Raises
    ------
    OSError
        If they cannot be written.
    """
    tables = (table(each, kind) for each in blocks)
    first = next(tables)
    with _writer(path, form, first.schema) as put:
        put(first)
        for each in tables:
            put(each)


@contextmanager
def _writer(path: str, form: str, schema: pa.Schema) -> Iterator[Any]:
    if form == "arrow":
        import pyarrow as pa

        # Not compressed: readers map it into memory as it is.
        with pa.OSFile(path, "wb") as file, pa.ipc.new_stream(file, schema) as into:
            yield into.write_table
        return
    import pyarrow.parquet as pq

    names = [f"{each}.list.element" for each in schema.names]
    # The bytes of tokens apart from one another, and steps in place of positions: sixth to half of what it was.
    how = dict(zip(names, ("BYTE_STREAM_SPLIT", *["DELTA_BINARY_PACKED"] * 3), strict=True))
    with pq.ParquetWriter(
        path, schema, compression="zstd", compression_level=LEVEL, use_dictionary=False, column_encoding=how,
        write_statistics=False,
    ) as into:  # fmt: skip
        yield lambda each: into.write_table(each, row_group_size=max(1, each.num_rows))


def blocks(path: str, form: str) -> Iterator[tuple[Block, Numbers, Numbers]]:
    """What a file holds: rows, with positions and segments as they are stored."""
    for batch in _tables(path, form):
        rows = batch.num_rows
        flat = {name: batch.column(name).combine_chunks().flatten().to_numpy(zero_copy_only=False)
                for name in batch.column_names}  # fmt: skip
        counts = np.diff(batch.column("lengths").combine_chunks().offsets.to_numpy()).astype(np.int64)
        ids, positions, segments = (
            flat[name].reshape(rows, -1) for name in ("input_ids", "position_ids", "segment_ids")
        )
        yield Block(ids, flat["lengths"].astype(np.int64), counts), positions, segments


def _tables(path: str, form: str) -> Iterator[Any]:
    if form == "arrow":
        import pyarrow as pa

        with pa.OSFile(path) as file, pa.ipc.open_stream(file) as into:
            for each in into:
                yield pa.Table.from_batches([each])
        return
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, use_threads=False)


def proof(path: str, form: str, context: int, pad: int) -> tuple[int, Reckoning]:
    """What a file that was written holds, by reading it: rows, and the pieces in them.

    Raises
    ------
    ReckoningError
        If its rows are no rows, or their positions, segments or padding not what their lengths say.
    """
    rows, found = 0, Reckoning()
    for block, positions, segments in blocks(path, form):
        lengths, which = block.stretches()
        places, numbers = block.places()
        sound = (
            block.ids.shape[1] == context and np.array_equal(places, positions) and np.array_equal(numbers, segments)
        )
        if not sound or (block.ids[numbers == 0] != pad).any():
            raise ReckoningError(f"{path} holds rows whose positions, segments or padding are not those of its lengths")
        rows += len(block.ids)
        found.add(block.ids, lengths, which)
    return rows, found
