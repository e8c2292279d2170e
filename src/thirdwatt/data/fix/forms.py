"""Formats of a result: how its files end, what writes them, what reads them back. One line a format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from thirdwatt.data import store
from thirdwatt.data.formats import READERS
from thirdwatt.data.formats.arrow import Arrow
from thirdwatt.data.formats.base import Source
from thirdwatt.data.formats.jsonl import JsonLines
from thirdwatt.data.formats.objects import json_file
from thirdwatt.data.formats.parquet import Parquet
from thirdwatt.data.formats.webdataset import WebDataset

from .tars import TarWriter
from .written import GROUP_BYTES, ArrowWriter, JsonLinesWriter, ParquetWriter, Writer

NATURAL = {
    "jsonl": tuple(ending for ending, reader in READERS.items() if reader in (JsonLines, json_file)),
    "webdataset": tuple(ending for ending, reader in READERS.items() if reader is WebDataset),
}
"""Formats that go on as they are, and how their files end."""


@dataclass(frozen=True, slots=True)
class Options:
    """How files are written; what a format does not know it passes over.

    Attributes
    ----------
    codec, level
        By which Parquet is compressed.
    group_byte
        Bytes of rows of a row group, as they are in memory.
    column
        Where the documents are.
    """

    codec: str = "zstd"
    level: int = 3
    group_byte: int = GROUP_BYTES
    column: str = ""


class Form(NamedTuple):
    """A format."""

    ending: str
    writer: Callable[[str, Options], Writer]
    reader: Callable[[str, str], Source]


def _parquet(path: str, how: Options) -> Writer:
    return ParquetWriter(path, codec=how.codec, level=how.level, group_byte=how.group_byte)


FORMS = {
    "parquet": Form("parquet", _parquet, Parquet),
    "arrow": Form("arrow", lambda path, _: ArrowWriter(path), Arrow),
    "jsonl": Form("jsonl", lambda path, _: JsonLinesWriter(path), JsonLines),
    "webdataset": Form("tar", lambda path, how: TarWriter(path, how.column), WebDataset),
}


def natural(paths: Sequence[str]) -> str:
    """The format in which files go on: JSON lines where all are JSON, tars where all are tars, Parquet otherwise."""
    names = [store.name(each).lower() for each in paths]
    return next((form for form, endings in NATURAL.items() if all(each.endswith(endings) for each in names)), "parquet")
