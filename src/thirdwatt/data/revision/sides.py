"""One of two revisions: its files, and what is known of each of its documents after it was read once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from thirdwatt.data import exact, reading, scan, store, tokens
from thirdwatt.data.columns import Column
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import Source, Texts
from thirdwatt.data.near.find import only
from thirdwatt.data.reading import Place, Progress
from thirdwatt.data.together import ROWS, Together, together

from .lines import counted

_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """A revision.

    Attributes
    ----------
    path, above
        As it was given, and what the paths of its files begin with.
    paths, sizes
        Its files, and what each takes as it is stored.
    sources
        Readers of its texts; small files are read together.
    unread
        Files of no known format.
    columns
        Where its documents are.
    images
        Files and columns of images: none of their documents is compared.
    bad
        Rows that are no documents.
    """

    path: str
    above: str
    paths: tuple[str, ...]
    sizes: tuple[int, ...]
    sources: tuple[Source, ...]
    unread: tuple[str, ...]
    columns: tuple[str, ...]
    images: int
    bad: Bad

    @property
    def text_stored_byte(self) -> int:
        """What the files with texts take as they are stored."""
        return sum(each.stored_byte for each in self.sources)

    def relative(self, path: str) -> str:
        """A file by its place within the revision."""
        return path.removeprefix(self.above)


def above(paths: Sequence[str], where: str) -> str:
    """What is before the names of files within a revision: all of it for a single file, that may be renamed."""
    if len(paths) == 1 and paths[0] == where:
        return where
    wild = _WILD.search(where)
    found = where[: where.rfind("/", 0, wild.start()) + 1] if wild else where.rstrip("/") + "/"
    if all(each.startswith(found) for each in paths):
        return found
    # An address may be given in another form than its files have.
    first, last = min(paths), max(paths)
    same = next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))
    return first[: first.rfind("/", 0, same) + 1]


def opened(path: str, column: str) -> Side:
    """A revision, its files opened and none of its documents read.

    Raises
    ------
    EmptyError
        If it holds no file, or none with texts that can be read.
    OSError
        If an address cannot be reached.
    """
    found = files(path)
    if not found.paths:
        raise EmptyError("holds no files", "name a file, a folder, an address, or a pattern in quotes")
    bad = Bad()
    sources, unread = scan.opened(found.paths, column, bad)
    texts = [each for each in sources if each.kind == "text"]
    if not texts:
        named = [*unread, *(each.path for each in sources)][:3]
        why = [f"{each.file}: {each.sample.decode('utf-8', 'replace')}" for each in bad.first[:1]]
        what = "; ".join([*why, ", ".join(named)] if named else why)
        raise EmptyError(f"holds no text that can be read ({what})", "name texts, or their --column")
    columns = tuple(sorted({each.column for each in texts if each.column}))
    return Side(
        path=path,
        above=above(found.paths, store.local(path)),
        paths=found.paths,
        sizes=found.sizes,
        sources=tuple(together(texts)),
        unread=tuple(unread),
        columns=columns,
        images=len(sources) - len(texts),
        bad=bad,
    )


@dataclass(slots=True)
class Documents:
    """What is known of each document of a revision, in files.

    Attributes
    ----------
    hashes
        128 bits of its bytes.
    byte, lines, rows
        Its bytes and lines, and its row in its source.
    places
        64 bits of the name of the file that it is in.
    firsts
        Number of the first document of each source, and of the one behind the last.
    sampled
        Pieces of text, to be counted in tokens.
    """

    side: Side
    hashes: Column
    byte: Column
    lines: Column
    rows: Column
    places: Column
    sampled: tokens.Sampled
    firsts: list[int] = field(default_factory=lambda: [0])
    text_byte: int = 0
    text_lines: int = 0

    def __len__(self) -> int:
        return len(self.hashes)

    def close(self) -> None:
        """Let go of the files."""
        for column in (self.hashes, self.byte, self.lines, self.rows, self.places):
            column.close()

    def again(
        self, some: NDArray[np.int64], progress: Progress, before_byte: int
    ) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64]]]:
        """Some documents, read once more: their numbers, their bytes one behind the other, and where each begins.

        Raises
        ------
        ChangedError
            If they are not as they were.
        """
        seen = 0
        batches = reading.wanted(self.side.sources, Place(), some, self.firsts, self.rows, progress, before_byte)
        for first, texts in batches:
            last = first + len(texts.rows)
            if last > len(self) or not np.array_equal(self.byte.part(first, last), np.diff(texts.offsets)):
                raise ChangedError("the documents changed while they were read")
            mine = some[np.searchsorted(some, first) : np.searchsorted(some, last)]
            seen += len(mine)
            yield mine, *only(texts.data, texts.offsets, mine - first)
        if seen != len(some):
            raise ChangedError(f"the documents changed while they were read: {len(some):,}, then {seen:,}")


def read(side: Side, progress: Progress, before_byte: int, seed: int, stream: int, pieces: int) -> Documents:
    """Read all documents of a revision once."""
    found = Documents(
        side,
        hashes=Column("", "", np.uint64, 2),
        byte=Column("", "", np.uint32),
        lines=Column("", "", np.uint32),
        rows=Column("", "", np.int64),
        places=Column("", "", np.uint64),
        sampled=tokens.Sampled(seed, stream, pieces),
    )
    place = Place()
    for texts in reading.batches(side.sources, place, side.bad, progress, before_byte):
        while len(found.firsts) <= place.file:
            found.firsts.append(len(found))
        found.hashes.append(exact.hashes(texts.data, texts.offsets))
        found.byte.append(np.diff(texts.offsets))
        found.rows.append(texts.rows)
        lines = counted(texts.data, texts.offsets)
        found.lines.append(lines)
        found.text_lines += int(lines.sum())
        found.places.append(_places(side, side.sources[place.file], texts))
        found.sampled.add(texts.data, texts.offsets)
        found.text_byte += int(texts.offsets[-1] - texts.offsets[0])
    while len(found.firsts) <= len(side.sources):
        found.firsts.append(len(found))
    return found


def _places(side: Side, source: Source, texts: Texts) -> NDArray[np.uint64]:
    """64 bits of the name of each document's file."""
    if not isinstance(source, Together):
        return np.full(len(texts.rows), _named(side, source.path), np.uint64)
    numbers, place = np.unique(texts.rows // ROWS, return_inverse=True)
    names = [_named(side, source.place(each * ROWS)[0]) for each in numbers.tolist()]
    return np.array(names, np.uint64)[place]


def _named(side: Side, path: str) -> int:
    return xxh3_64_intdigest(side.relative(path).encode("utf-8", "surrogateescape"))
