"""Small files read as one: a set that is a file a document would otherwise cost each kernel a call a document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .formats.base import BATCH_BYTES, Bad, BadRow, Kind, Packer, Part, Source, Texts, whole

SMALL_BYTES = 256 << 10
"""Smaller files are read together."""

MOST_FILES = 1024
"""Files that are read together."""


class Together:
    """Files in order, as one source whose rows are the documents of all of them.

    Attributes
    ----------
    reached
        Number of the row that comes next, bad ones counted too.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        first = self._sources[0]
        self.path, self.column = first.path, first.column
        self.kind: Kind = first.kind
        self.columns: dict[str, int] = {}
        self.stored_byte, self.at = sum(each.stored_byte for each in sources), 0
        self.reached = 0

    def file(self, row: int) -> str:
        """The file that has a row."""
        return self._sources[row // ROWS].path

    def where(self, row: int) -> str:
        """The file that has a row, and its number in there."""
        return f"{self.file(row)}, row {row % ROWS:,}"

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Their documents from a row on; rows of the file with number n count from n times :data:`ROWS`."""
        packer = Packer(self.path)
        begin = first // ROWS
        self.reached, self.at = first, sum(each.stored_byte for each in self._sources[:begin])
        for number, source in enumerate(self._sources[begin:], begin):
            base = number * ROWS

            def tell(row: BadRow, base: int = base) -> None:
                self.reached = base + row.row + row.rows
                bad(row)

            for texts in source.texts(tell, max(0, first - base)):
                view = texts.data.data
                places = texts.offsets.tolist()
                for place, row in enumerate(texts.rows.tolist()):
                    made = packer.add(base + row, bytes(view[places[place] : places[place + 1]]))
                    if made is not None:
                        self.reached = base + row + 1
                        yield made
            self.at += source.stored_byte
        rest = packer.rest()
        self.reached = len(self._sources) * ROWS
        if rest is not None:
            yield rest

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


def _full(held: Sequence[Source]) -> bool:
    return len(held) >= MOST_FILES or sum(each.stored_byte for each in held) >= BATCH_BYTES
