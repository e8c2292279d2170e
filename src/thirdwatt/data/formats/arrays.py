"""Columns of Arrow as documents: texts of every type, conversations, images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from .base import BATCH_BYTES, BATCH_ROWS, LONGEST_BYTES, SAID, Bad, BadRow, Kind, Rows, Texts, is_image
from .jsonl import is_no_text

if TYPE_CHECKING:
    import pyarrow as pa

LOOKED_AT = 64
"""Rows by which the column of documents is found."""

NO_COLUMN = "no column of text"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Take(Generic[T]):
    """What is made of the rows of a file: documents, or whole rows.

    Attributes
    ----------
    columns
        Names or places of the columns that are needed; ``None`` for all.
    made
        Of a record batch of these columns and the numbers of its rows.
    bad
        Told of rows that cannot be read.
    """

    columns: list[Any] | None
    made: Callable[[pa.RecordBatch, NDArray[np.int64]], Iterator[T]]
    bad: Bad


def unreadable() -> tuple[type[Exception], ...]:
    """What reading damaged files of Arrow or Parquet raises."""
    import pyarrow as pa

    return OSError, ValueError, MemoryError, OverflowError, KeyError, EOFError, pa.ArrowException


def is_text(kind: Any) -> bool:
    """Whether a type holds texts: strings, or lists of strings or of turns of a conversation."""
    import pyarrow as pa

    kind = _inner(kind)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return True
    return is_list(kind) and _is_turn(kind.value_type)


def may_hold(kind: Any) -> bool:
    """Whether a type may hold documents: text, an image, or bytes that are either."""
    return is_text(kind) or _is_picture(kind) or _is_binary(_inner(kind))


def sizes(column: pa.Array) -> tuple[list[int], Kind]:
    """Bytes of the documents in a column, 0 for each where it holds none, and what they are."""
    import pyarrow.compute as pc

    column = _flat(column)
    if _is_binary(column.type):
        some = [each for each in column.to_pylist() if each]
        if some and all(map(is_image, some)):
            return list(map(len, some)), "image"
        return ([] if any(map(is_no_text, some)) else list(map(len, some))), "text"
    return pc.fill_null(pc.binary_length(column), 0).to_pylist(), "text"


def sampled(batch: pa.RecordBatch) -> dict[str, tuple[list[int], Kind]]:
    """Sizes of the documents in each column of a batch, and what they are; columns of one name together."""
    found: dict[str, tuple[list[int], Kind]] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        own, kind = sizes(column) if may_hold(column.type) else ([], "text")
        before, known = found.get(name, ([], kind))
        found[name] = before + own, known
    return found


def documents(column: pa.Array, kind: Kind, path: str, rows: NDArray[np.int64], bad: Bad) -> Iterator[Texts]:
    """The documents of a column whose rows have numbers; those that are none are bad rows.

    The bytes are not copied where all are good.

    Raises
    ------
    pyarrow.ArrowInvalid
        If its offsets lead out of its bytes.
    """
    import pyarrow as pa

    column = _flat(column)
    text = kind == "text"
    keep = np.ones(len(column), dtype=bool)
    if column.null_count:
        keep = ~np.asarray(column.is_null())
        for row in rows[~keep].tolist():
            bad(BadRow(path, row, f"no {kind}", b""))
    offsets, data = _buffers(column)
    valid = True
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        valid = False
    if not valid or (text and _is_binary(column.type)):
        for each in np.flatnonzero(keep).tolist():
            own = data[offsets[each] : offsets[each + 1]].tobytes()
            if text and is_no_text(own):
                bad(BadRow(path, int(rows[each]), "invalid UTF-8", own[:200]))
                keep[each] = False
    for each in np.flatnonzero(keep & (np.diff(offsets) > LONGEST_BYTES)).tolist():
        sample = data[offsets[each] : offsets[each] + 200].tobytes()
        bad(BadRow(path, int(rows[each]), "longer than 256 MB", sample))
        keep[each] = False
    if keep.all():
        if len(rows):
            yield Texts(data, offsets, path, rows)
        return
    parts = [data[offsets[each] : offsets[each + 1]] for each in np.flatnonzero(keep).tolist()]
    if parts:
        lengths = np.diff(offsets)[keep]
        packed = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        yield Texts(np.concatenate(parts), packed, path, rows[keep])


def none(path: str, rows: NDArray[np.int64], bad: Bad) -> Iterator[Texts]:
    """The documents of rows none of whose columns holds any: all are bad rows."""
    if len(rows):
        bad(BadRow(path, int(rows[0]), NO_COLUMN, b"", rows=len(rows)))
    return iter(())


def whole_rows(batch: pa.RecordBatch, numbers: NDArray[np.int64]) -> Iterator[Rows]:
    """The rows of a record batch, with all its columns."""
    import pyarrow as pa

    if len(numbers):
        yield Rows(numbers, pa.Table.from_batches([batch]))


def check_text(data: bytes) -> None:
    """Check that bytes are UTF-8, ten times as fast as decoding them.

    Raises
    ------
    pyarrow.ArrowInvalid
        If they are not.
    """
    import pyarrow as pa

    ends = pa.py_buffer(np.array([0, len(data)], np.int64))
    pa.Array.from_buffers(pa.large_string(), 1, [None, ends, pa.py_buffer(data)]).validate(full=True)


def batch_rows(byte: int, rows: int) -> int:
    """Rows that a batch may have, so that batches of long documents stay small."""
    return max(1, min(BATCH_ROWS, BATCH_BYTES * rows // max(byte, 1)))


def _flat(column: pa.Array) -> pa.Array:
    """A column of strings or bytes, whatever it was."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_picture(column.type):
        column = pc.struct_field(column, "bytes")
    if is_list(column.type):
        column = _joined(column)
    if pa.types.is_string_view(column.type):
        column = column.cast(pa.large_string())
    if pa.types.is_binary_view(column.type) or pa.types.is_fixed_size_binary(column.type):
        column = column.cast(pa.large_binary())
    return column


def _joined(column: pa.Array) -> pa.Array:
    """Texts of lists and of turns, line by line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_struct(column.type):  # turns of several schemes have their words under several names
        said = [_joined(pc.struct_field(column, each)) for each in _said(column.type)]
        if len({each.type for each in said}) > 1:
            said = [each.cast(pa.large_string()) for each in said]
        return pc.coalesce(*said)
    if is_list(column.type):
        if not pa.types.is_list(column.type):
            column = column.cast(pa.list_(column.type.value_type))
        offsets = column.offsets
        begin, end = (offsets[0].as_py(), offsets[-1].as_py()) if len(column) else (0, 0)
        words = pc.fill_null(_joined(column.values.slice(begin, end - begin)), "")
        if not pa.types.is_string(words.type):
            words = words.cast(pa.string())
        lists = pa.ListArray.from_arrays(pc.subtract(offsets, begin), words)
        joined = pc.binary_join(lists, "\n")
        return pc.if_else(column.is_null(), pa.scalar(None, pa.string()), joined) if column.null_count else joined
    return column


def _inner(kind: Any) -> Any:
    import pyarrow as pa

    if isinstance(kind, pa.BaseExtensionType):
        kind = kind.storage_type
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _is_binary(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind))


def _is_picture(kind: Any) -> bool:
    """Whether a type is that of images in Hugging Face's datasets."""
    import pyarrow as pa

    if not pa.types.is_struct(kind):
        return False
    return any(each.name == "bytes" and _is_binary(each.type) for each in kind)


def is_list(kind: Any) -> bool:
    """Whether a type is a list, as conversations are."""
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind))


def _is_turn(kind: Any) -> bool:
    import pyarrow as pa

    return is_text(kind) or (pa.types.is_struct(kind) and bool(_said(kind)))


def _said(kind: Any) -> list[str]:
    """The members of a turn that may have its words, the likeliest first."""
    texts = {each.name for each in kind if is_text(each.type)}
    return [each for each in SAID if each in texts]


def _buffers(column: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Offsets and bytes of an array of strings, without a copy of the bytes."""
    import pyarrow as pa

    wide = pa.types.is_large_string(column.type) or pa.types.is_large_binary(column.type)
    _, places, held = column.buffers()
    if places is None or not len(column):
        return np.zeros(len(column) + 1, np.int64), np.empty(0, np.uint8)
    step = np.dtype(np.int64 if wide else np.int32)
    offsets = np.frombuffer(places, step, len(column) + 1, column.offset * step.itemsize).astype(np.int64)
    data = np.frombuffer(held, dtype=np.uint8) if held is not None else np.empty(0, np.uint8)
    if not _in_order(offsets, len(data)):
        raise pa.ArrowInvalid("offsets of texts lead out of their bytes")
    begin = int(offsets[0])
    return offsets - begin, data[begin : offsets[-1]]


def _in_order(offsets: NDArray[np.int64], size: int) -> bool:
    """Whether offsets ascend and stay within bytes."""
    return bool(offsets[0] >= 0 and offsets[-1] <= size and (np.diff(offsets) >= 0).all())
