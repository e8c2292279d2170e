"""Formats of datasets: each reads a file of its own kind by the protocol of :mod:`.base`; this alone knows them all.

A format is one file, with one line in :data:`READERS`.
"""

from __future__ import annotations

from collections.abc import Callable

from .base import Source
from .jsonl import JsonLines
from .parquet import Parquet
from .plain import Plain

PLAIN = (".txt", ".md", ".rst", ".html")
"""Files that are a document each."""

READERS: dict[str, Callable[[str, str], Source]] = {
    ".parquet": Parquet,
    ".jsonl": JsonLines,
    ".ndjson": JsonLines,
    ".jsonl.gz": JsonLines,
    ".jsonl.zst": JsonLines,
    ".json.gz": JsonLines,
    ".json.zst": JsonLines,
    **dict.fromkeys(PLAIN, Plain),
}
"""How a file is read, by how its name ends."""


def source(path: str, column: str = "") -> Source | None:
    """A reader of a file; ``None`` for one of no known kind.

    Raises
    ------
    OSError
        If the file is none of what its name says.
    """
    for ending in sorted(READERS, key=len, reverse=True):
        if path.lower().endswith(ending):
            return READERS[ending](path, column)
    return None
