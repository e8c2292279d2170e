"""Arrow: files (Feather 2), and streams as Hugging Face's datasets keep them; record batches a few at a time.

Both are a stream of messages, of which a file has a table of contents behind it. It is not read: so a file that is torn
gives all that is before the tear, and a stream can be cut as a file can. The layout of messages is that of the Arrow
columnar format, version 1.5, "Serialization and Interprocess Communication".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import store

from . import arrays
from .base import Bad, BadRow, Kind, Part, Rows, Texts, columns, likely, once
from .streams import UNREADABLE

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")

MAGIC, FEATHER_1 = b"ARROW1", b"FEA1"
GROUP_BYTES = 8 << 20
"""Messages read together, unless one is larger."""

HEAD_TIMES = 4
"""Messages read together are at least so many times what must be read before them, schema and dictionaries."""

WALK_BYTES = 4096
"""Read at once by a reader that goes from header to header."""

LONGEST_HEADER = 64 << 20
SCHEMA, DICTIONARY, BATCH = 1, 2, 3
"""Kinds of messages."""

BROKEN = "record batch that cannot be read"


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a stream: where it begins and ends in the file, what it is, and how many rows a batch has."""

    begin: int
    end: int
    kind: int
    rows: int


@dataclass(frozen=True, slots=True)
class Group:
    """Record batches that are read together, and the number of their first row."""

    batches: tuple[Message, ...]
    heads: tuple[Message, ...]
    first: int

    @property
    def rows(self) -> int:
        """How many rows they have."""
        return sum(each.rows for each in self.batches)


class Arrow:
    """A file or stream of Arrow.

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
        self._place = 0
        self._known: tuple[Group, ...] = ()
        try:
            self.column = self._found(column)
        except (OSError, ValueError):
            raise
        except arrays.unreadable() as error:
            raise OSError(str(error)) from error

    def _open(self) -> BinaryIO:
        """The file for a reading of it all: headers are looked at before what is behind them is read."""
        if store.is_remote(self.path):
            return store.opened(self.path, cache="blockcache")
        return store.opened(self.path, WALK_BYTES)

    def _found(self, column: str) -> str:
        """The column of documents."""
        import pyarrow as pa

        with self._open() as file:
            heads = next(_messages(file, _start(file)), None)
            if heads is None or heads.kind != SCHEMA:
                raise ValueError("no Arrow: it does not begin with a schema")
            schema = pa.ipc.open_stream(pa.BufferReader(_bytes(file, heads.begin, heads.end))).schema
            kinds = {field.name: field.type for field in schema}
            once(self.path, column, schema.names)
            if column and (column not in kinds or not arrays.may_hold(kinds[column])):
                raise ValueError(f"column {column} {'is no text' if column in kinds else 'is not there'}")
            places = [
                place
                for place, field in enumerate(schema)
                if arrays.may_hold(field.type) and field.name == (column or field.name)
            ]
            found = self._sampled(file, places)
        if not column:
            sizes = {name: own for name, (own, _) in found.items()}
            self.columns = columns(sizes)
            column = once(self.path, likely(sizes), schema.names)
        if column in found:
            self.kind = found[column][1]
        self._place = schema.get_field_index(column) if column else 0
        return column

    def _sampled(self, file: BinaryIO, places: list[int]) -> dict[str, tuple[list[int], Kind]]:
        """Sizes of the documents in the first batch that has any, by column, and what they are."""
        for group in _groups(file, lambda *_: None) if places else ():
            for batch in _decoded(file, group, places):
                if isinstance(batch, Exception) or not batch.num_rows:
                    continue
                try:
                    return arrays.sampled(batch.slice(0, arrays.LOOKED_AT))
                except arrays.unreadable():
                    continue
        return {}

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; of a record batch that cannot be read all rows are bad."""
        return self._read(self._documents(bad), first)

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its rows with all columns; dictionaries stay."""
        return self._read(arrays.Take(None, _sound_rows, bad), first)

    def parts(self) -> tuple[Part, ...]:
        """Record batches of about 8 MB; their messages are walked through, and their bytes not read."""
        with store.opened(self.path, WALK_BYTES) as file:
            self._known = tuple(_groups(file, lambda *_: None))
        return tuple(
            Part(number, each.batches[-1].end - each.batches[0].begin, each.rows, each.first)
            for number, each in enumerate(self._known)
        )

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of some record batches."""
        try:
            if part.number >= len(self._known):
                self.parts()
            with store.opened(self.path, WALK_BYTES) as file:
                yield from self._group(file, self._known[part.number], self._documents(bad))
        except (OSError, IndexError) as error:
            sample = str(error).encode()[:200]
            bad(BadRow(self.path, part.first or 0, BROKEN, sample, rows=max(1, part.rows or 0)))

    def _torn(self, bad: Bad, error: Exception, row: int, first: int) -> None:
        if row >= first:
            bad(BadRow(self.path, row, UNREADABLE, str(error).encode()[:200]))

    def _read(self, take: arrays.Take[T], first: int) -> Iterator[T]:
        """What is made of its rows, from one on."""
        try:
            with self._open() as file:
                for group in _groups(file, lambda error, row: self._torn(take.bad, error, row, first)):
                    if group.first + group.rows > first:
                        yield from self._group(file, group, take, first)
                    self.at = group.batches[-1].end
        except OSError as error:
            take.bad(BadRow(self.path, first, UNREADABLE, str(error).encode()[:200]))
        self.at = self.stored_byte

    def _documents(self, bad: Bad) -> arrays.Take[Texts]:
        """What makes documents of rows."""

        def made(batch: pa.RecordBatch, rows: NDArray[np.int64]) -> Iterator[Texts]:
            if not self.column:
                return arrays.none(self.path, rows, bad)
            return arrays.documents(batch.column(0), self.kind, self.path, rows, bad)

        return arrays.Take([self._place], made, bad)

    def _group(self, file: BinaryIO, group: Group, take: arrays.Take[T], first: int = 0) -> Iterator[T]:
        """What is made of the rows of a group, from a row of the file on."""
        row = group.first
        for message, batch in zip(group.batches, _decoded(file, group, take.columns), strict=True):
            at, row = row, row + message.rows
            if row <= first:
                continue
            try:
                if isinstance(batch, Exception):
                    raise batch
                batch.validate()
                step = arrays.batch_rows(batch.nbytes, batch.num_rows)
                while at < row:
                    begin = max(at, first)
                    end = min(row, begin + step)
                    own = batch.slice(begin - row + message.rows, end - begin)
                    yield from take.made(own, np.arange(begin, end))
                    at = end
            except arrays.unreadable() as error:
                lost = max(at, first)
                take.bad(BadRow(self.path, lost, BROKEN, str(error).encode()[:200], rows=max(1, row - lost)))
            self.at = message.end


def _sound_rows(batch: pa.RecordBatch, numbers: NDArray[np.int64]) -> Iterator[Rows]:
    """Whole rows, once all offsets are known to stay within their bytes: who writes them looks no more.

    Raises
    ------
    pyarrow.ArrowInvalid
        If some do not.
    """
    import pyarrow as pa

    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:  # texts that are no UTF-8 can be written all the same
        for column in batch.columns:
            column.view(_as_bytes(column.type)).validate(full=True)
    yield from arrays.whole_rows(batch, numbers)


def _as_bytes(kind: Any) -> Any:
    """A type with bytes where it has texts."""
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.binary()
    if pa.types.is_large_string(kind):
        return pa.large_binary()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_as_bytes(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_as_bytes(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([each.with_type(_as_bytes(each.type)) for each in kind])
    return kind


def _start(file: BinaryIO) -> int:
    """Where the messages begin: behind the magic of a file, at once in a stream.

    Raises
    ------
    ValueError
        If it is Feather of version 1, which Arrow itself has given up.
    """
    file.seek(0)
    magic = file.read(8)
    if magic.startswith(FEATHER_1):
        raise ValueError("Feather of version 1: write it again with pyarrow.feather.write_feather")
    return 8 if magic.startswith(MAGIC) else 0


def _messages(file: BinaryIO, begin: int) -> Iterator[Message]:
    """The messages of a stream; their bodies are passed over.

    Raises
    ------
    ValueError
        If it is torn or is no stream.
    """
    total = file.seek(0, 2)
    while begin < total:
        file.seek(begin)
        prefix = file.read(8)
        length, ahead = struct.unpack_from("<i", prefix, 4)[0] if len(prefix) == 8 else -1, 8
        if len(prefix) >= 4 and prefix[:4] != b"\xff\xff\xff\xff":  # of Arrow before 0.15
            (length,), ahead = struct.unpack_from("<i", prefix), 4
        if length == 0:
            return
        if not 0 < length <= LONGEST_HEADER:
            raise ValueError("the stream is torn, or no stream of Arrow")
        file.seek(begin + ahead)
        kind, rows, body = _header(file.read(length))
        end = begin + ahead + length + body
        if end > total:
            raise ValueError("the file ends within a message of Arrow")
        yield Message(begin, end, kind, rows)
        begin = end


def _header(data: bytes) -> tuple[int, int, int]:
    """Kind, rows and bytes of the body of a message, by its Flatbuffer.

    Raises
    ------
    ValueError
        If it is none.
    """
    try:
        table = struct.unpack_from("<I", data)[0]
        kind = _scalar(data, table, 1, "<B")
        body = _scalar(data, table, 3, "<q")
        rows = 0
        if kind == BATCH and (place := _place(data, table, 2)):
            rows = _scalar(data, place + struct.unpack_from("<I", data, place)[0], 0, "<q")
    except struct.error as error:
        raise ValueError("the header of a message of Arrow is torn") from error
    if body < 0 or rows < 0:
        raise ValueError("the header of a message of Arrow is torn")
    return kind, rows, body


def _scalar(data: bytes, table: int, number: int, form: str) -> int:
    """A scalar of a table of Flatbuffers; 0 where it is left out."""
    place = _place(data, table, number)
    return int(struct.unpack_from(form, data, place)[0]) if place else 0


def _place(data: bytes, table: int, number: int) -> int:
    """Where a field of a table of Flatbuffers is; 0 where it is left out."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    if vtable < 0:
        raise struct.error("a table of fields before the data")
    size = struct.unpack_from("<H", data, vtable)[0]
    offset = struct.unpack_from("<H", data, vtable + 4 + 2 * number)[0] if 4 + 2 * number < size else 0
    return table + int(offset) if offset else 0


def _groups(file: BinaryIO, torn: Any) -> Iterator[Group]:
    """Record batches together, each with what must be read before them; a torn end is told with the row it is at."""
    heads: list[Message] = []
    batches: list[Message] = []
    row = byte = 0
    error: Exception | None = None
    messages = _messages(file, _start(file))
    while True:
        try:
            message = next(messages, None)
        except (OSError, ValueError) as found:
            message, error = None, found
        new_head = message is not None and message.kind != BATCH
        full = byte >= max(GROUP_BYTES, HEAD_TIMES * sum(each.end - each.begin for each in heads))
        if batches and (message is None or new_head or full):
            group = Group(tuple(batches), tuple(heads), row)
            yield group
            row, byte, batches = row + group.rows, 0, []
        if message is None:
            break
        if new_head:
            heads.append(message)
        else:
            batches.append(message)
            byte += message.end - message.begin
    if error is not None:
        torn(error, row)


def _decoded(file: BinaryIO, group: Group, places: list[int] | None) -> Iterator[pa.RecordBatch | Exception]:
    """The batches of a group with some of their columns or all, or why one cannot be read."""
    import pyarrow as pa

    begin, end = group.batches[0].begin, group.batches[-1].end
    head = b"".join(_bytes(file, each.begin, each.end) for each in group.heads)
    reader: Any = None
    failed: Exception | None = None
    try:
        # One buffer of Arrow's own pool, which gives it out again: fresh pages cost more than what is read into them.
        held = pa.allocate_buffer(len(head) + end - begin)
        view = memoryview(held).cast("B")
        view[: len(head)] = head
        file.seek(begin)
        filled = _into(file, view[len(head) :])
        if filled < end - begin:
            raise EOFError("the file has become shorter")
        options = pa.ipc.IpcReadOptions(included_fields=places, use_threads=False)
        reader = pa.ipc.open_stream(pa.BufferReader(held), options=options)
    except arrays.unreadable() as error:
        failed = error
    for _ in group.batches:
        if failed is not None:
            yield failed
            continue
        try:
            found = next(reader, None)
            yield ValueError("no record batch") if found is None else found
        except arrays.unreadable() as error:
            yield error


def _bytes(file: BinaryIO, begin: int, end: int) -> bytes:
    file.seek(begin)
    return file.read(end - begin)


def _into(file: Any, view: memoryview) -> int:
    """Read until a buffer is full; how full it became."""
    done = 0
    while done < len(view) and (count := file.readinto(view[done:])):
        done += count
    return done
