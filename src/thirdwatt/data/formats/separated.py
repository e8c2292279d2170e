"""CSV and its kin (RFC 4180): fields between commas, tabs, semicolons or bars, some in quotes with newlines in them.

Blocks whose quotes stand where they should are read by pyarrow; the rest of a block that has others, record by record,
by the standard library, which is five times slower. Both read the same.
"""

from __future__ import annotations

import contextlib
import csv
import io
from collections import Counter, deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import store

from . import arrays, streams
from .base import BATCH_BYTES, BATCH_ROWS, Bad, BadRow, Kind, Packer, Part, Rows, Texts, columns, likely, once, whole
from .jsonl import is_no_text

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Made = TypeVar("Made", covariant=True)

READ_BYTES = 2 << 20
PARSED_BYTES = 256 << 10
"""Parsed at once by pyarrow: three times as fast as the whole of what was read, since fresh memory costs."""

LONGEST_RECORD = 16 << 20
"""A longer record is a bad row: most likely a quote was never closed. What is in its lines is read as records."""

LOOKED_AT_BYTES = 1 << 20
LOOKED_AT = 100
"""Records by which delimiter and column are found."""

NOWHERE = -1
"""Place of a column that is not there."""

DELIMITERS = ",\t;|"
QUOTE, NEWLINE = 34, 10

FIELDS = "another number of fields"
QUOTES = "quotes that do not match"
LONG = "longer than 16 MB: a quote may not be closed"


@dataclass(frozen=True, slots=True)
class Head:
    """What the first records say: names of the columns, and the byte at which the records behind them begin."""

    delimiter: str
    names: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]
    end: int


class Separated:
    """A file of separated values with a header.

    Raises
    ------
    ValueError
        If it has no header in UTF-8, or the column that was asked for is not there.
    ColumnTwiceError
        If the column of documents is there twice: by its name alone it cannot be told from the other.
    """

    jumps = False

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.kind: Kind = "text"
        self.at = 0
        self.stored_byte = store.size(path)
        self.columns: dict[str, int] = {}
        with streams.opened(path) as stream:
            data, _ = streams.filled(stream.file, LOOKED_AT_BYTES)
        self._head = _head(data, "\t" if store.name(path).lower().split(".")[-1] == "tsv" else "")
        names, unlikes = self._head.names, unlike(self._head.names)
        if column in unlikes:
            once(path, column, names)
        elif column:
            raise ValueError(f"column {column} is not there")
        else:
            sizes: dict[str, list[int]] = {}
            for record in self._head.records:
                for name, value in zip(names, record, strict=False):
                    sizes.setdefault(name, []).append(0 if _is_number(value) else len(value))
            self.columns = columns(sizes)
            column = once(path, likely(sizes), names)
        self.column = column
        self._place = unlikes.index(column) if column else NOWHERE

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; records that have another number of fields than the header are bad rows."""
        return self._read(_Documents(self.path, self._place, bad, first))

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its records, all fields as text; those of another number of fields than the header are left out."""
        return self._read(_Whole(self.path, self._head.names, bad, first))

    def _read(self, take: _Take[T]) -> Iterator[T]:
        """What is made of its records."""
        with streams.told(self.path, take.bad, take.first), streams.opened(self.path) as stream:
            for batch in self._made(stream.file, take):
                self.at = stream.at
                yield batch
        self.at = self.stored_byte

    def parts(self) -> tuple[Part, ...]:
        """Blocks of lines, where it is plain and no record of its first block goes over several lines.

        If one far behind does all the same, the rows in which it is cut are bad.
        """
        with streams.opened(self.path) as stream:
            data, error = streams.filled(stream.file, streams.BLOCK_BYTES)
            if not stream.packed and error is None:
                data += stream.file.readline(LONGEST_RECORD)  # the last line is whole, too
            within = any(line.count(b'"') % 2 for line in data.split(b"\n")) if b'"' in data else False
            return whole(self.stored_byte) if stream.packed or within else streams.blocks(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of the lines that begin in a block; rows are counted from its first record."""
        if part.whole:
            yield from self.texts(bad)
            return
        begin = part.number * streams.BLOCK_BYTES
        data = b""
        with streams.told(self.path, bad, 0, begin), streams.opened(self.path) as stream:
            lines = streams.lines(self.path, stream.file, bad, 0, begin, begin + streams.BLOCK_BYTES)
            data = b"".join(line for _, line in lines)
        yield from self._made(io.BytesIO(data), _Documents(self.path, self._place, bad, 0, begin), begin)
        self.at = begin + part.stored_byte

    def _made(self, file: Any, take: _Take[T], begin: int = 0) -> Iterator[T]:
        """What is made of the records of a file from its beginning on, or of a piece of it whose place is given."""
        held, error = streams.filled(file, self._head.end) if not begin else (b"", None)
        held, row, want, last = b"", 0, READ_BYTES, False
        while not last and error is None:
            data, error = streams.filled(file, want - len(held))
            last = len(data) < want - len(held)
            data = held + data
            cut, clean = conforming(data, self._head.delimiter, last=last and error is None)
            found = None
            with contextlib.suppress(*arrays.unreadable()):
                found = self._table(data[:cut], take.places) if cut else None
            if found is not None:
                row = yield from self._quick(*found, row, take)
            elif cut:
                cut, clean = 0, False
            held, want = data[cut:], READ_BYTES
            if clean and len(held) <= LONGEST_RECORD:
                want = max(want, 2 * len(held))
            elif error is None:
                row, error = yield from self._slow(held, file, row, take)
                held = b""
            else:
                row, _ = yield from self._slow(held[: held.rfind(b"\n") + 1], io.BytesIO(), row, take)
        if error is not None:
            take.told(row, streams.UNREADABLE, str(error).encode())

    def _quick(
        self, table: pa.Table, missed: list[tuple[int, str]], row: int, take: _Take[T]
    ) -> Generator[T, None, int]:
        """What is made of a table of records; the number of the row behind them."""
        count = len(table) + len(missed)
        for number, text in missed:
            take.told(row + number, FIELDS, text.encode("utf-8", "surrogateescape"))
        rows = np.delete(np.arange(row, row + count), [number for number, _ in missed])
        begin = int(np.searchsorted(rows, take.first))
        for batch in table.to_batches():
            step = arrays.batch_rows(batch.nbytes, len(batch))
            for at in range(0, len(batch), step):
                some = batch.slice(at, step)
                own_rows, rows = rows[: len(some)], rows[len(some) :]
                past, begin = min(begin, len(some)), max(0, begin - len(some))
                if past < len(some):
                    yield from take.batch(some.slice(past), own_rows[past:])
        return row + count

    def _table(self, data: bytes, places: tuple[int, ...]) -> tuple[pa.Table, list[tuple[int, str]]]:
        """Some columns of whole records, and the numbers and texts of those that have other fields."""
        import pyarrow as pa
        from pyarrow import csv as reader

        arrays.check_text(data)  # pyarrow passes over what is told of rows with other bytes
        own = list(map(str, places))
        for block in (PARSED_BYTES, len(data) + 1):
            missed: list[tuple[int, str]] = []

            def handle(found: Any, missed: list[tuple[int, str]] = missed) -> str:
                missed.append((found.number - 1, found.text))
                return "skip"

            try:
                return reader.read_csv(
                    pa.BufferReader(data),
                    read_options=reader.ReadOptions(
                        use_threads=False,
                        block_size=block,
                        column_names=[str(each) for each in range(len(self._head.names))],
                    ),
                    parse_options=reader.ParseOptions(
                        delimiter=self._head.delimiter, newlines_in_values=True, invalid_row_handler=handle
                    ),
                    convert_options=reader.ConvertOptions(
                        include_columns=own, column_types=dict.fromkeys(own, pa.string()), check_utf8=False
                    ),
                ), missed
            except pa.ArrowInvalid:  # a record is longer than a block
                if block > len(data):
                    raise
        raise AssertionError

    def _slow(
        self, data: bytes, file: Any, row: int, take: _Take[T]
    ) -> Generator[T, None, tuple[int, Exception | None]]:
        """What is made of records that begin in some bytes; the row behind them, and why the file ends there."""
        feed = _Feed(data, file)
        while feed.more():
            try:
                record = feed.record(self._head.delimiter)
            except (csv.Error, OverflowError) as error:
                take.told(row, LONG if isinstance(error, OverflowError) else QUOTES, feed.give_back())
                row += 1
                continue
            except streams.torn() as error:
                yield from filter(None, [take.rest()])
                return row, error
            if not record:
                continue
            if len(record) != len(self._head.names):
                take.told(row, FIELDS, feed.sample)
            elif row >= take.first and (full := take.record(row, record)):
                yield full
            row += 1
        yield from filter(None, [take.rest()])
        return row, None


class _Take(Protocol[Made]):
    """What is made of records: documents, or whole rows.

    Attributes
    ----------
    places
        Of the columns that are needed.
    first
        Number of the first record that is.
    bad
        Told of rows that cannot be read.
    """

    places: tuple[int, ...]
    first: int
    bad: Bad

    def told(self, row: int, reason: str, sample: bytes) -> None:
        """Take in a record that is none, wherever it is."""

    def batch(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> Iterator[Made]:
        """What is made of the columns of some records."""

    def record(self, row: int, record: list[str]) -> Made | None:
        """Take in a record; what is made of those that were taken in, if they are enough."""

    def rest(self) -> Made | None:
        """What is made of the others."""


class _Documents:
    """Makes documents of records."""

    def __init__(self, path: str, place: int, bad: Bad, first: int, begin: int = 0) -> None:
        self.places: tuple[int, ...] = (max(place, 0),)
        self._is_nowhere = place == NOWHERE
        self.first, self.bad = first, bad
        self._path, self._begin = path, begin
        self._packer = Packer(path)

    def told(self, row: int, reason: str, sample: bytes, rows: int = 1) -> None:
        if row >= self.first:
            self.bad(BadRow(self._path, row, reason, sample[:200], rows, self._begin))

    def batch(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> Iterator[Texts]:
        def bad(each: BadRow) -> None:
            self.told(each.row, each.reason, each.sample, each.rows)

        if self._is_nowhere:
            return arrays.none(self._path, rows, bad)
        return arrays.documents(batch.column(0), "text", self._path, rows, bad)

    def record(self, row: int, record: list[str]) -> Texts | None:
        if self._is_nowhere:
            self.told(row, arrays.NO_COLUMN, b"")
            return None
        text = record[self.places[0]].encode("utf-8", "surrogateescape")
        if is_no_text(text):
            self.told(row, "invalid UTF-8", text)
            return None
        return self._packer.add(row, text)

    def rest(self) -> Texts | None:
        return self._packer.rest()


class _Whole:
    """Makes whole rows of records."""

    def __init__(self, path: str, names: tuple[str, ...], bad: Bad, first: int) -> None:
        self.places, self.bad, self.first = tuple(range(len(names))), bad, first
        self._path = path
        self._names = unlike(names)
        self._records: list[list[bytes]] = []
        self._rows: list[int] = []
        self._byte = 0

    def told(self, row: int, reason: str, sample: bytes) -> None:
        if row >= self.first:
            self.bad(BadRow(self._path, row, reason, sample[:200]))

    def batch(self, batch: pa.RecordBatch, rows: NDArray[np.int64]) -> Iterator[Rows]:
        import pyarrow as pa

        yield Rows(rows, pa.Table.from_arrays(batch.columns, self._names))

    def record(self, row: int, record: list[str]) -> Rows | None:
        own = [each.encode("utf-8", "surrogateescape") for each in record]
        self._records.append(own)
        self._rows.append(row)
        self._byte += sum(map(len, own))
        return self.rest() if len(self._rows) >= BATCH_ROWS or self._byte >= BATCH_BYTES else None

    def rest(self) -> Rows | None:
        import pyarrow as pa

        if not self._rows:
            return None
        # As they stand: whether they are UTF-8 is known of the documents alone.
        fields = [pa.array(each, pa.binary()).view(pa.string()) for each in zip(*self._records, strict=True)]
        found = Rows(np.array(self._rows, dtype=np.int64), pa.Table.from_arrays(fields, self._names))
        self._records, self._rows, self._byte = [], [], 0
        return found


def unlike(names: tuple[str, ...]) -> list[str]:
    """Names of columns of which each is there once: the second of a name has ``.2`` behind it."""
    found: list[str] = []
    for each in names:
        number, name = 1, each
        while name in found or (number > 1 and name in names):
            number += 1
            name = f"{each}.{number}"
        found.append(name)
    return found


class _Feed:
    """Lines for the standard library's reader, which can be given back: those of a record that is none."""

    def __init__(self, data: bytes, file: Any) -> None:
        lines = data.split(b"\n")
        self._open = lines.pop()  # its end is still in the file
        self._lines = deque(each + b"\n" for each in lines)
        self._file = file
        self._own: list[bytes] = []
        self._byte = 0
        self._reader: Any = None

    @property
    def sample(self) -> bytes:
        """The beginning of the record that was read."""
        return self._own[0] if self._own else b""

    def more(self) -> bool:
        """Whether there are lines left of those it began with, or that were given back."""
        return bool(self._lines or self._open)

    def record(self, delimiter: str) -> list[str]:
        """The next record; empty for an empty line.

        Raises
        ------
        csv.Error
            If its quotes do not match.
        OverflowError
            If it is too long.
        """
        self._own, self._byte = [], 0
        if self._reader is None:
            self._reader = csv.reader(self._next(), delimiter=delimiter, strict=True)
        others = csv.field_size_limit(2 * LONGEST_RECORD)  # it is the whole process's
        try:
            return next(self._reader, [])
        finally:
            csv.field_size_limit(others)

    def give_back(self) -> bytes:
        """All lines but the first of a record that cannot be read come again; the first."""
        self._reader = None
        if not self._own:
            return b""
        self._lines.extendleft(reversed(self._own[1:]))
        return self._own[0]

    def _next(self) -> Iterator[str]:
        while True:
            if self._lines:
                line = self._lines.popleft()
            else:
                line, self._open = self._open, b""
                line += self._file.readline(LONGEST_RECORD)
            if not line:
                return
            self._own.append(line)
            self._byte += len(line)
            if self._byte > LONGEST_RECORD:
                raise OverflowError
            yield line.decode("utf-8", "surrogateescape")


def conforming(data: bytes, delimiter: str, *, last: bool) -> tuple[int, bool]:
    """How many bytes are whole records whose quotes stand where RFC 4180 wants them, and whether all quotes do.

    Parameters
    ----------
    data
        Begins with a record.
    last
        Whether the file ends behind it.
    """
    if b'"' not in data:
        return (len(data) if last else data.rfind(b"\n") + 1), True
    letters = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(letters == QUOTE)
    # They open behind, and close before, a delimiter or an end of a line; two in a row are one in text.
    edge = np.zeros(256, bool)
    edge[[QUOTE, NEWLINE, 13, ord(delimiter)]] = True
    opens, closes = quotes[0::2], quotes[1::2]
    wrong = ~edge[letters[np.maximum(opens - 1, 0)]] & (opens > 0)
    behind = np.minimum(closes + 1, len(data) - 1)
    wrong_end = ~edge[letters[behind]] & (closes + 1 < len(data))
    stray = min(
        int(opens[wrong.argmax()]) if wrong.any() else len(data),
        int(closes[wrong_end.argmax()]) if wrong_end.any() else len(data),
    )
    clean = stray == len(data)
    if clean and last:
        if len(quotes) % 2 == 0:
            return len(data), True
        clean = False
    end = data.rfind(b"\n", 0, stray)
    while end >= 0:
        before = int(np.searchsorted(quotes, end))
        if before % 2 == 0:
            break
        end = data.rfind(b"\n", 0, int(quotes[before - 1]))
    return end + 1, clean


def _head(data: bytes, delimiter: str) -> Head:
    """Delimiter, names and first records of the beginning of a file."""
    bom = len(streams.BOM) if data.startswith(streams.BOM) else 0
    found = [_parsed(data[bom:], each) for each in (delimiter or DELIMITERS)]
    records, end = max(found, key=lambda each: _agreement(each[0]))
    place = found.index((records, end))
    if not records or is_no_text(data[bom : bom + end]) or "\0" in "".join(records[0]):
        raise ValueError("no header in UTF-8")
    return Head(delimiter or DELIMITERS[place], tuple(records[0]), tuple(map(tuple, records[1:])), bom + end)


def _parsed(data: bytes, delimiter: str) -> tuple[list[list[str]], int]:
    """The first records, and where the first of them ends."""
    feed = _Feed(data, io.BytesIO())
    records: list[list[str]] = []
    end = 0
    while feed.more() and len(records) < LOOKED_AT:
        try:
            record = feed.record(delimiter)
        except (csv.Error, OverflowError):
            feed.give_back()
            continue
        if not records:
            end += sum(map(len, feed._own))
        if record:
            records.append(record)
    return records, end


def _agreement(records: list[list[str]]) -> tuple[float, int]:
    """How many of the records have as many fields as most, and how many that is; a single field says nothing."""
    counts = Counter(map(len, records))
    if not counts:
        return 0.0, 0
    fields, times = counts.most_common(1)[0]
    return (times / len(records) if fields > 1 else 0.0), fields


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True
