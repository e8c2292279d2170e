"""What a fix reads: files that can be read, and how they are now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from thirdwatt.data import formats, scan, store
from thirdwatt.data.errors import EmptyError
from thirdwatt.data.files import Files, files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import BadRow, Source
from thirdwatt.data.formats.plain import Alone
from thirdwatt.data.together import Together, together

from .proof import Held
from .result import ThereError


def sources(found: Files, column: str, bad: Bad) -> list[Source]:
    """Readers of the files, of one kind and one column; small ones read as one.

    Parameters
    ----------
    column
        Where the documents are; found where it is empty.
    bad
        Told of files that cannot be read.

    Raises
    ------
    EmptyError
        If there is none, or they differ.
    """
    if not found.paths:
        raise EmptyError("holds no files", "name a file, a folder, an address, or a pattern in quotes")
    opened, unread = scan.opened(found.paths, column, bad)
    if not opened:
        told = [f"{each.file}: {each.sample.decode('utf-8', 'replace')}" for each in bad.first]
        names = ", ".join([*told, *unread][:3])
        raise EmptyError(f"holds no file that can be read ({names})", "Parquet, Arrow, JSON, CSV, text, tar or images")
    for path in unread:
        bad(BadRow(path, 0, "file of no known format", b""))
    kinds, columns = ({getattr(each, of) for each in opened} for of in ("kind", "column"))
    if "" in columns and len(columns) > 1:  # of files without a text, as empty ones are
        columns -= {""}
        if len(columns) == 1:
            opened = [_named(each, min(columns)) for each in opened]
    if len(kinds) > 1:
        raise EmptyError("holds text and images", "name those of one kind by a pattern in quotes")
    if len(columns) > 1:
        raise EmptyError(f"has its documents in several columns ({', '.join(sorted(columns))})", "name one: --column")
    _name([each for each in opened if isinstance(each, Alone)])
    return together(opened)


def _name(alone: Sequence[Alone]) -> None:
    """Name files that are a document each by their paths below the folder that all are in."""
    folders = [each.path.split("/")[:-1] for each in alone]
    deep = 0
    for parts in zip(*folders, strict=False):
        if len(set(parts)) > 1:
            break
        deep += 1
    for each in alone:
        each.name = "/".join([*each.path.split("/")[deep:-1], store.name(each.path)])


def between(sources: Sequence[Source], first: tuple[int, int], last: tuple[int, int]) -> str:
    """The files from one row to another, in words; rows by the numbers of their files and their own."""
    ends = []
    for file, row in (first, last):
        source = sources[file]
        ends.append(source.place(row)[0] if isinstance(source, Together) else source.path)
    return " to ".join(dict.fromkeys(ends))


def _named(source: Source, column: str) -> Source:
    """A file that showed no text, read by the column that the others have, if it has it."""
    if source.column:
        return source
    try:
        return formats.source(source.path, column) or source
    except (OSError, ValueError):
        return source


SPLIT = re.compile(r"(train|test|valid|validation|val|dev|eval)(?=[-_.]|$)")


def splits(found: Files) -> list[str]:
    """Splits of a dataset, by how its files or their folders are called; none where there is but one."""
    names = {match[1] for path in found.paths for name in path.split("/")[-2:] if (match := SPLIT.match(name.lower()))}
    return sorted(names) if len(names) > 1 else []


def texts(found: Files, column: str, bad: Bad, lacks: str) -> list[Source]:
    """The same, of text alone.

    Parameters
    ----------
    lacks
        What images have none of.
    """
    opened = sources(found, column, bad)
    if opened[0].kind != "text":
        raise EmptyError(f"holds images, which have no {lacks}", "name its texts by a pattern in quotes")
    return opened


def apart(out: str, *places: str) -> None:
    """See that a result does not come to lie within what it is made of, where the next reading would find both.

    Raises
    ------
    ThereError
        If it does.
    """
    if store.is_remote(out):
        raise ThereError(f"{out} is an address")
    target = Path(out).resolve()
    for where in places:
        if (
            where
            and not store.is_remote(where)
            and Path(where).is_dir()
            and target.is_relative_to(Path(where).resolve())
        ):
            raise ThereError(f"{out} lies within {where}, whose next reading would find both")


def signatures(*places: str) -> list[Any]:
    """The files of some datasets as they are, by size and time."""
    return [[path, *store.signature(path)] for where in places if where for path in files(where).paths]


def held(source: Source) -> Held:
    """Where the documents of a file are among its whole rows; files that are a document each have it by its kind."""
    return Held(source.column or source.kind, source.kind)
