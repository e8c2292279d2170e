"""What a file that was written holds, by the reader that everybody else uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import exact
from thirdwatt.data.formats import arrays
from thirdwatt.data.formats.base import Bad, BadRow, Kind, Packer, Rows, Texts, untold
from thirdwatt.data.formats.jsonl import document, is_halved, loaded
from thirdwatt.data.formats.webdataset import JSON, KEY

from . import tars
from .forms import FORMS
from .result import ReckoningError

Digests = NDArray[np.uint64]

INSIDE = f"{JSON}."
"""How columns are called that are members of the objects that samples have."""


@dataclass(slots=True)
class Reckoning:
    """Documents, their bytes, and the sum of their digests: the same for the same documents in any order.

    Attributes
    ----------
    rows, byte
        How many, and how much.
    sums
        Of both halves of the digests, modulo 2⁶⁴.
    """

    rows: int = 0
    byte: int = 0
    sums: Digests = field(default_factory=lambda: np.zeros(2, np.uint64))

    def add(self, digests: Digests, byte: int) -> None:
        """Take in documents."""
        self.rows += len(digests)
        self.byte += byte
        self.sums += digests.sum(axis=0, dtype=np.uint64)

    def same(self, other: Reckoning) -> bool:
        """Whether another one is of the same documents."""
        return (self.rows, self.byte, self.sums.tolist()) == (other.rows, other.byte, other.sums.tolist())


class InOrder:
    """Documents in their order: how many, their bytes, and a digest of all bytes and all lengths, however batched.

    Attributes
    ----------
    rows, byte
        How many, and how much.
    """

    def __init__(self) -> None:
        from xxhash import xxh3_128

        self.rows = self.byte = 0
        self._text, self._lengths = xxh3_128(), xxh3_128()

    def add(self, texts: Texts) -> None:
        """Take in documents."""
        lengths = np.diff(texts.offsets)
        self.rows += len(lengths)
        self.byte += int(lengths.sum())
        self._text.update(np.ascontiguousarray(texts.data[texts.offsets[0] : texts.offsets[-1]]).data)
        self._lengths.update(lengths.data)

    def same(self, other: InOrder) -> bool:
        """Whether another one is of the same documents in the same order."""
        known = [(each.rows, each._text.digest(), each._lengths.digest()) for each in (self, other)]
        return known[0] == known[1]


@dataclass(frozen=True, slots=True)
class Held:
    """Where documents are among whole rows.

    Attributes
    ----------
    column
        Its name; ``json.caption`` is a member of the objects that samples have as ``json``.
    kind
        What they are.
    keyed
        Whether samples keep the keys that they had, and so the names of their members.
    """

    column: str
    kind: Kind = "text"
    keyed: bool = False


def is_keyed(rows: Rows) -> bool:
    """Whether rows have keys of samples."""
    return rows.table is not None and KEY in rows.table.column_names


def documents(rows: Rows, held: Held) -> Iterator[Texts]:
    """The documents of whole rows; of rows without any nothing."""
    column = held.column
    if rows.table is None:
        yield from _packed(rows, (_of_object(loaded(line), column) for line in rows.lines))
    elif column in rows.table.column_names:
        if not arrays.may_hold(rows.table.schema.field(column).type):
            return
        at = 0
        for chunk in rows.table.column(column).chunks:
            yield from arrays.documents(chunk, held.kind, "", rows.numbers[at : at + len(chunk)], untold)
            at += len(chunk)
    elif column.startswith(INSIDE) and {KEY, JSON} <= set(rows.table.column_names):
        import pyarrow as pa

        objects = rows.table.column(JSON).cast(pa.large_binary()).to_pylist()
        yield from _packed(rows, (_inside(each, column) for each in objects))


def read(path: str, form: str, held: Held, bad: Bad = untold) -> Iterator[Texts]:
    """The documents of a file that was written, by the reader that everybody else uses."""
    if form == "webdataset":
        for rows in FORMS[form].reader(path, "").rows(bad):
            if held.keyed or rows.table is None:
                yield from documents(rows, held)
            else:
                yield from _packed(rows, tars.documents(rows.table, held.column, held.kind))
    elif held.column.startswith(INSIDE):
        for rows in FORMS[form].reader(path, "").rows(bad):
            yield from documents(rows, held)
    else:
        yield from FORMS[form].reader(path, held.column).texts(bad)


def _packed(rows: Rows, found: Iterable[bytes | None]) -> Iterator[Texts]:
    packer = Packer("")
    for number, text in zip(rows.numbers.tolist(), found, strict=True):
        if text is not None and (full := packer.add(number, text)):
            yield full
    yield from filter(None, [packer.rest()])


def _of_object(found: Any, column: str) -> bytes | None:
    if isinstance(found, dict) and column not in found and column.startswith(INSIDE) and KEY in found:
        own = found.get(JSON)
        return _inside(own.encode() if isinstance(own, str) else None, column)
    text = document(found, column)
    return None if text is None or is_halved(text) else text


def _inside(data: bytes | None, column: str) -> bytes | None:
    """The document in an object that is a text."""
    try:
        text = document(loaded(data), column.removeprefix(INSIDE)) if data is not None else None
    except ValueError:
        return None
    return None if text is None or is_halved(text) else text


def proof(path: str, form: str, held: Held) -> Reckoning:
    """What a file that was written holds, by reading it."""
    found = Reckoning()
    bad: list[BadRow] = []
    for texts in read(path, form, held, bad.append):
        found.add(exact.hashes(texts.data, texts.offsets), int(texts.offsets[-1] - texts.offsets[0]))
    if bad:
        raise ReckoningError(f"{path} cannot be read: row {bad[0].row}: {bad[0].reason}")
    return found


def in_order(path: str, form: str, held: Held) -> InOrder:
    """The documents of a file; rows without any are none."""
    found = InOrder()
    for texts in read(path, form, held):
        found.add(texts)
    return found
