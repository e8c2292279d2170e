"""Formats of datasets: each reads a file of its own kind by the protocol of :mod:`.base`; this alone knows them all.

A format is one file, with one line in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable

from thirdwatt.data import store

from .arrow import Arrow
from .base import Source
from .jsonl import JsonLines
from .objects import json_file
from .parquet import Parquet
from .plain import Image, Plain
from .separated import Separated
from .webdataset import WebDataset

PACKED = ("", ".gz", ".zst", ".bz2", ".xz")
"""How compressed files end; how they are compressed is seen by how they begin."""

PLAIN = (".txt", ".md", ".rst", ".html", ".htm")
"""Files that are a text each."""

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
"""Files that are an image each."""

ALONE = PLAIN + IMAGES
"""Files that are a document each: they have no columns."""

READERS: dict[str, Callable[[str, str], Source]] = {
    ".parquet": Parquet,
    ".arrow": Arrow,
    ".feather": Arrow,
    ".ipc": Arrow,
    **dict.fromkeys([kind + how for kind in (".jsonl", ".ndjson") for how in PACKED], JsonLines),
    **dict.fromkeys([kind + how for kind in (".csv", ".tsv") for how in PACKED], Separated),
    **dict.fromkeys([".json" + how for how in PACKED], json_file),
    **dict.fromkeys([*(".tar" + how for how in PACKED), ".tgz"], WebDataset),
    **dict.fromkeys(PLAIN, Plain),
    **dict.fromkeys(IMAGES, Image),
}
"""How a file is read, by how its name ends."""


def source(path: str, column: str = "") -> Source | None:
    """A reader of a file; ``None`` for one of no known kind.

    Parameters
    ----------
    path
        A file of this machine or an address.
    column
        Where its documents are; found by names and sizes where it is not given.

    Raises
    ------
    OSError, ValueError
        If the file is none of what its name says, or lacks the column.
    ImportError
        If a library is missing; it names it.
    """
    own = store.name(path).lower()
    for ending in sorted(READERS, key=len, reverse=True):
        if own.endswith(ending):
            return READERS[ending](path, column)
    return None
