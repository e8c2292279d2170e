"""What the readers of all formats give: documents as bytes, batch by batch, whole rows, and the rows that are none.

A row that cannot be read never stops a scan and never vanishes: it is counted, with its place and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.errors import ColumnTwiceError

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 1024
"""Documents of a batch: small batches reuse memory, where large ones cost a page fault for every fresh page."""

BATCH_BYTES = 8 << 20
"""Bytes at which a batch of long documents ends early."""

LONGEST_BYTES = 256 << 20
"""A longer document is a bad row: it is a file put into a field, and would have to be in memory whole."""

PREFERRED = ("text", "content", "raw_content", "document", "body", "markdown")
"""Names of columns that hold documents, the likeliest first."""

SAID = ("content", "value", "text")
"""What the words of a turn are called in conversations, the likeliest first."""

Kind = Literal["text", "image"]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Documents of one batch.

    Attributes
    ----------
    data, offsets
        Their bytes one behind the other, and where each begins, with the end of the last.
    file
        Where they are from.
    rows
        Number of the row of each in its file, from 0; in its part, where a part does not know its first row.
    """

    data: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    file: str
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Whole rows of a file, with all their columns.

    Attributes
    ----------
    numbers
        Number of the row of each in its file, as :attr:`Texts.rows` counts them.
    table
        Their columns, where the file has columns or members that are none of JSON; ``None`` where there are lines.
    lines
        Objects of JSON, one a row, without the newline: as they stand in a file of lines, written anew from a list.
        Empty where there is a table.
    """

    numbers: NDArray[np.int64]
    table: pa.Table | None = None
    lines: tuple[bytes, ...] = ()

    def taken(self, places: NDArray[np.int64]) -> Rows:
        """Some of them, by their places in ascending order."""
        if len(places) == len(self.numbers):
            return self
        numbers = self.numbers[places]
        if self.table is None:
            return Rows(numbers, None, tuple(self.lines[each] for each in places.tolist()))
        if len(places) and places[-1] - places[0] == len(places) - 1:
            return Rows(numbers, self.table.slice(int(places[0]), len(places)))
        import pyarrow as pa

        views = (pa.string_view(), pa.binary_view())
        if any(each in views for each in self.table.schema.types):  # pyarrow takes none of these
            return Rows(numbers, pa.concat_tables([self.table.slice(each, 1) for each in places.tolist()]))
        return Rows(numbers, self.table.take(places))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no document, or the rest of a file that cannot be read.

    Attributes
    ----------
    row
        Its number in its file, from 0.
    reason
        What is wrong, in words that are alike for alike rows.
    sample
        The beginning of what stands there.
    rows
        How many rows it stands for: a group of rows that cannot be read is told once.
    behind_byte
        Where in the file its rows are counted from: not the beginning in a part that does not know its first row.
    """

    file: str
    row: int
    reason: str
    sample: bytes
    rows: int = 1
    behind_byte: int = 0


Bad = Callable[[BadRow], None]
"""Takes in bad rows as they are met."""


def untold(_: BadRow, /) -> None:
    """Takes in bad rows of a file whose documents were read before, and told then."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a file can be read without the rest of it.

    Attributes
    ----------
    number
        From 0, in the order of the file.
    stored_byte
        What it takes in the file; those of all parts together are the file but for its frame.
    rows
        How many rows it has; ``None`` where only reading tells.
    first
        Number of its first row in the file; ``None`` where that is not known, and rows are counted from the part.
    whole
        Whether it is the file, which cannot be cut.
    """

    number: int
    stored_byte: int
    rows: int | None = None
    first: int | None = None
    whole: bool = False


class Source(Protocol):
    """A file of documents. Once it is made, nothing that is in the file raises: it is told as bad rows.

    Attributes
    ----------
    column
        Where its documents are; empty where the file is one.
    kind
        What its documents are: text in UTF-8, or images as they are stored.
    columns
        Bytes of text, or of images, in the rows that were looked at, by column, the largest first: what else could have
        been read. Empty where the column was named.
    stored_byte
        Size of the file as it is stored.
    at
        How many of them the present reading has come through.
    jumps
        Whether a row far on is reached without reading what is before it.
    """

    jumps: bool
    path: str
    column: str
    kind: Kind
    columns: dict[str, int]
    stored_byte: int
    at: int

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents in order, from a row on; each call reads it anew.

        What is before that row is passed over as cheaply as the format allows, and not told to ``bad``.
        """

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its whole rows in order, from a row on; each call reads it anew.

        All rows are given whose documents :meth:`texts` gives, unless another of their columns cannot be read. Rows
        that are no documents may be among them: who writes takes those by number that it wants.
        """

    def parts(self) -> tuple[Part, ...]:
        """What can be read alone; all parts together are the file."""

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of a part."""


class Packer:
    """Puts documents together into batches."""

    def __init__(self, file: str, rows: int = BATCH_ROWS) -> None:
        self.file = file
        self._full_rows = rows
        self._parts: list[bytes] = []
        self._rows: list[int] = []
        self._bytes = 0

    def add(self, row: int, text: bytes) -> Texts | None:
        """Take in a document; a batch, if it is full."""
        self._parts.append(text)
        self._rows.append(row)
        self._bytes += len(text)
        return self.rest() if len(self._parts) >= self._full_rows or self._bytes >= BATCH_BYTES else None

    def rest(self) -> Texts | None:
        """What has not been given yet; nothing where that is nothing."""
        if not self._parts:
            return None
        lengths = np.fromiter(map(len, self._parts), np.int64, len(self._parts))
        offsets = np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths)))
        found = Texts(
            np.frombuffer(b"".join(self._parts), np.uint8), offsets, self.file, np.array(self._rows, dtype=np.int64)
        )
        self._parts, self._rows, self._bytes = [], [], 0
        return found


class LinePacker:
    """Puts objects of JSON together into batches of whole rows."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._numbers: list[int] = []
        self._byte = 0

    def add(self, number: int, line: bytes) -> Rows | None:
        """Take in a row; a batch, if it is full."""
        self._lines.append(line)
        self._numbers.append(number)
        self._byte += len(line)
        return self.rest() if len(self._lines) >= BATCH_ROWS or self._byte >= BATCH_BYTES else None

    def rest(self) -> Rows | None:
        """What has not been given yet; nothing where that is nothing."""
        if not self._lines:
            return None
        found = Rows(np.array(self._numbers, dtype=np.int64), lines=tuple(self._lines))
        self._lines, self._numbers, self._byte = [], [], 0
        return found


def likely(sizes: dict[str, list[int]]) -> str:
    """The column that holds documents, by the sizes of the texts seen in each; empty if none has any.

    A name that is used for documents decides; otherwise the column with the most text does.
    """
    some = {name: sum(each) for name, each in sizes.items() if any(each)}
    for name in PREFERRED:
        for each in some or {name: 0 for name, each in sizes.items() if each}:  # empty so far, and all the same it
            if each.lower() == name:
                return each
    return max(some, key=lambda name: some[name], default="")


def columns(sizes: dict[str, list[int]]) -> dict[str, int]:
    """All columns that have text, by its bytes in the rows that were looked at, the largest first."""
    found = {name: sum(each) for name, each in sizes.items() if any(each)}
    return dict(sorted(found.items(), key=lambda each: -each[1]))


def once(path: str, column: str, names: Sequence[str]) -> str:
    """A column that is among the names once.

    Raises
    ------
    ColumnTwiceError
        If it is there twice.
    """
    if names.count(column) > 1:
        raise ColumnTwiceError(path, column)
    return column


def spoken(value: Any) -> str | None:
    """The text of a member of an object: itself, or the words of a conversation line by line; ``None`` for no text.

    A conversation is a list of texts, or of turns with their words under one of the names of :data:`SAID`.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(each is None or isinstance(each, (str, dict, list)) for each in value):
        return "\n".join(_turn(each) or "" for each in value)
    return None


def _turn(value: Any) -> str | None:
    """The words of a turn."""
    if isinstance(value, dict):
        return next((found for each in SAID if (found := spoken(value.get(each))) is not None), None)
    return spoken(value)


def whole(stored_byte: int) -> tuple[Part, ...]:
    """The only part of a file that cannot be cut."""
    return (Part(0, stored_byte, first=0, whole=True),)


IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
"""How images begin."""


def is_image(data: bytes) -> bool:
    """Whether bytes begin as an image does."""
    return data.startswith(IMAGES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
