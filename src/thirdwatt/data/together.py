"""Small files read as one: a set that is a file a document would otherwise cost each kernel a call a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from .formats.base import BATCH_BYTES, BATCH_ROWS, Bad, Kind, Packer, Part, Rows, Source, Texts, whole

SMALL_BYTES = 256 << 10
"""Smaller files are read together."""

MOST_FILES = 1024
"""Files that are read together."""


class Together:
    """Files in order, as one source whose rows are the documents of all of them."""

    jumps = True

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        first = self._sources[0]
        self.path, self.column = first.path, first.column
        self.kind: Kind = first.kind
        self.columns: dict[str, int] = {}
        self.stored_byte, self.at = sum(each.stored_byte for each in sources), 0
        self._numbers = {each.path: number for number, each in enumerate(sources)}

    def place(self, row: int) -> tuple[str, int]:
        """The file that has a row, and its number in there."""
        return self._sources[row // ROWS].path, row % ROWS

    def number(self, path: str, row: int) -> int:
        """The number that a row of one of the files has here."""
        return self._numbers[path] * ROWS + row

    def where(self, row: int) -> str:
        """The same in words."""
        path, own = self.place(row)
        return f"{path}, row {own:,}"

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Their documents from a row on; rows of the file with number n count from n times :data:`ROWS`."""
        packer = Packer(self.path)
        begin = first // ROWS
        self.at = sum(each.stored_byte for each in self._sources[:begin])
        for number, source in enumerate(self._sources[begin:], begin):
            base = number * ROWS
            for texts in source.texts(bad, max(0, first - base)):
                view = texts.data.data
                places = texts.offsets.tolist()
                for place, row in enumerate(texts.rows.tolist()):
                    made = packer.add(base + row, bytes(view[places[place] : places[place + 1]]))
                    if made is not None:
                        yield made
            self.at += source.stored_byte
        rest = packer.rest()
        if rest is not None:
            yield rest

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Their whole rows from one on, numbered as those of :meth:`texts`; tables of one schema are joined."""
        begin = first // ROWS
        self.at = sum(each.stored_byte for each in self._sources[:begin])
        held: list[Rows] = []
        count = byte = 0
        for number, source in enumerate(self._sources[begin:], begin):
            base = number * ROWS
            for rows in source.rows(bad, max(0, first - base)):
                own = _byte(rows)
                full = count + len(rows.numbers) > BATCH_ROWS or byte + own > BATCH_BYTES
                if held and (full or not _alike(held[0], rows)):
                    yield _joined(held)
                    held, count, byte = [], 0, 0
                held.append(Rows(rows.numbers + base, rows.table, rows.lines))
                count, byte = count + len(rows.numbers), byte + own
            self.at += source.stored_byte
        if held:
            yield _joined(held)

    def parts(self) -> tuple[Part, ...]:
        """All of them."""
        return whole(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:  # noqa: ARG002 - there is one
        """All of them."""
        return self.texts(bad)


ROWS = 1 << 32
"""Rows of a file count from its number times so many."""


def together(sources: Sequence[Source]) -> list[Source]:
    """The same sources in order, neighbours that are small and of one kind read as one."""
    found: list[Source] = []
    held: list[Source] = []
    for source in sources:
        small = source.stored_byte <= SMALL_BYTES
        if held and (not small or source.kind != held[0].kind or _full(held)):
            found += [Together(held)] if len(held) > 1 else held
            held = []
        if small:
            held.append(source)
        else:
            found.append(source)
    return found + ([Together(held)] if len(held) > 1 else held)


def _byte(rows: Rows) -> int:
    return int(rows.table.nbytes) if rows.table is not None else sum(map(len, rows.lines))


def _alike(one: Rows, other: Rows) -> bool:
    """Whether rows can be joined."""
    if one.table is None or other.table is None:
        return one.table is other.table
    return bool(one.table.schema.equals(other.table.schema, check_metadata=True))


def _joined(held: Sequence[Rows]) -> Rows:
    """Rows that are alike, as one."""
    if len(held) == 1:
        return held[0]
    numbers = np.concatenate([each.numbers for each in held])
    if held[0].table is None:
        return Rows(numbers, lines=tuple(line for each in held for line in each.lines))
    import pyarrow as pa

    return Rows(numbers, pa.concat_tables([each.table for each in held]))


def _full(held: Sequence[Source]) -> bool:
    return len(held) >= MOST_FILES or sum(each.stored_byte for each in held) >= BATCH_BYTES
