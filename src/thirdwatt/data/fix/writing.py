"""The files of a result: whole rows of what stays, each file read back and held against what it was to hold."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from thirdwatt.data.formats.base import Rows, Source
from thirdwatt.data.reading import Progress

from . import edits, inputs, shapes
from .choice import LINES, OVERLAP, REASONS, STAYS, Choice
from .forms import FORMS, Options
from .proof import Held, Reckoning, is_keyed, proof
from .result import ReckoningError, Result, json_bytes
from .stretches import Numbers, Stream, whole_rows
from .written import Writer

if TYPE_CHECKING:
    import pyarrow as pa

IDS = ("id", "uuid", "_id", "doc_id", "document_id", "__key__", "url")
"""Columns by which people know a row, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What it takes to write the files of a result.

    Attributes
    ----------
    form
        Of :data:`.forms.FORMS`.
    sources, choice
        What is read, and what of it stays.
    result
        Where it goes.
    held
        File and row of documents of a second set, by their numbers.
    """

    form: str
    sources: Sequence[Source]
    choice: Choice
    result: Result
    held: Mapping[str, Sequence[Any]]
    _own: threading.local = field(default_factory=threading.local)
    _streams: list[Stream] = field(default_factory=list)

    def all(
        self, parts: Sequence[tuple[int, int]], workers: int, say: Callable[[Progress], None] | None
    ) -> tuple[list[str], list[dict[str, Any]]]:
        """Write files of documents from one up to another: their names, and what is known of each."""
        names = [f"{number:05}.{FORMS[self.form].ending}" for number in range(len(parts))]
        progress = Progress(int(self.choice.byte.sum(dtype=np.int64)), told=say, what="writing")
        tasks = [(name, partial(self._write, progress, name, *part)) for name, part in zip(names, parts, strict=True)]
        try:
            return names, self.result.files(tasks, workers)
        finally:
            for each in self._streams:
                each.close()

    def _write(self, progress: Progress, name: str, first: int, last: int, path: str) -> dict[str, Any]:
        writer = FORMS[self.form].writer(path, Options(column=inputs.held(self.sources[0]).column))
        try:
            with (
                shapes.read_from(partial(self.between, first, last)),
                Told(self.result.work / f"removed.{name}.jsonl") as tell,
            ):
                wrote = self._rows(progress, first, last, writer, tell)
                writer.close()
        except BaseException:
            writer.give_up()
            raise
        expected = wrote.expected
        found = proof(path, self.form, wrote.held) if expected.rows else Reckoning()
        if not found.same(expected):
            raise ReckoningError(
                f"{path} holds {found.rows:,} documents of {found.byte:,} bytes where {expected.rows:,} of "
                f"{expected.byte:,} were to be written, or others"
            )
        return {"rows": found.rows, "bytes": found.byte, "told": tell.count, **wrote.changes.said()}

    def _rows(self, progress: Progress, first: int, last: int, writer: Writer, tell: Told) -> _Wrote:
        """Write what stays of documents from one up to another, and tell of the others."""
        choice, held = self.choice, inputs.held(self.sources[0])
        again = choice.repeats.stretch(first, last) if len(choice.line_counts) else None
        expected, changes = Reckoning(), edits.Tally()
        for numbers, rows in whole_rows(self._stream(), choice.files.tolist(), choice.row, first, last):
            self.result.check()
            passed = int(choice.byte[numbers].sum(dtype=np.int64))
            goes = choice.why[numbers] != STAYS
            tell(self._removed(numbers[goes], _ids(rows, np.flatnonzero(goes))))
            numbers, rows = numbers[~goes], rows.taken(np.flatnonzero(~goes))
            digests, byte = choice.digest[numbers], int(choice.byte[numbers].sum(dtype=np.int64))
            if again is not None:
                made = edits.without_lines(rows, numbers, held.column, again)
                tell(self._edited(made.edits))
                rows, digests, byte = made.rows, made.digests(digests), byte - made.lost_byte
                changes.add(made)
            if len(rows.numbers):
                writer.write(rows)
                held = replace(held, keyed=is_keyed(rows))
                expected.add(digests, byte)
            progress.say(progress.done_byte + passed, passed)
        return _Wrote(expected, changes, held)

    def between(self, first: int, last: int) -> str:
        """The files that documents from one up to another are from, in words."""
        places = self.choice.places(np.array([first, last - 1], np.int64), self.sources)
        return " to ".join(dict.fromkeys(path for path, _ in places))

    def _stream(self) -> Stream:
        """The rows that this worker reads, open from one file to the next."""
        if not hasattr(self._own, "stream"):
            self._own.stream = Stream(self.sources)
            self._streams.append(self._own.stream)
        found: Stream = self._own.stream
        return found

    def _removed(self, numbers: Numbers, ids: Sequence[Any]) -> Iterator[dict[str, Any]]:
        choice = self.choice
        witness = choice.witness[numbers]
        why, like = choice.why[numbers], choice.like[numbers].astype(np.float64).round(4)
        others = choice.places(np.where(why == OVERLAP, -1, witness), self.sources)
        for place, (file, row) in enumerate(choice.places(numbers, self.sources)):
            said: dict[str, Any] = {"file": file, "row": row}
            if ids[place] is not None:
                said["id"] = ids[place]
            said["why"] = REASONS[why[place]]
            if witness[place] >= 0:
                other = self.held[str(witness[place])] if why[place] == OVERLAP else others[place]
                said["witness"] = {"file": other[0], "row": other[1]}
                said["similarity"] = float(like[place])
            yield said

    def _edited(self, found: Sequence[edits.Edit]) -> Iterator[dict[str, Any]]:
        numbers = np.array([each.number for each in found], np.int64)
        for each, (file, row) in zip(found, self.choice.places(numbers, self.sources), strict=True):
            said = {"file": file, "row": row, "why": REASONS[LINES], "lines": each.lines, "bytes": each.byte}
            yield said if each.empty else {**said, "stays": True}


class _Wrote(NamedTuple):
    """What a file is to hold, what of it was edited, and where its documents are."""

    expected: Reckoning
    changes: edits.Tally
    held: Held


class Told:
    """A file of lines of JSON, there whole or not at all.

    Attributes
    ----------
    count
        How many there are.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._part = path, path.with_name(f"{path.name}.part")
        self.count = 0

    def __enter__(self) -> Told:
        self._file = self._part.open("wb")
        return self

    def __call__(self, rows: Iterable[dict[str, Any]]) -> None:
        """Take in rows."""
        for row in rows:
            self._file.write(_line(row))
            self.count += 1

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        if kind is None:
            self._part.replace(self._path)


def _line(row: dict[str, Any]) -> bytes:
    import orjson

    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a number of more than 64 bits, a name of a file that is no UTF-8
        return json_bytes(row)


def _ids(rows: Rows, places: Numbers) -> list[str | int | None]:
    """By what people know some rows: the first of its columns that is a text or a whole number."""
    if not len(places):
        return []
    some = rows.taken(places)
    if some.table is None:
        found = [json.loads(line) for line in some.lines]
        return [next((each[name] for name in IDS if _is_id(each.get(name))), None) for each in found]
    columns = [_column(some.table, name) for name in IDS if some.table.column_names.count(name) == 1]
    return [next(filter(_is_id, each), None) for each in zip(*columns, strict=True)] or [None] * len(places)


def _is_id(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _column(table: pa.Table, name: str) -> list[Any]:
    """The values of a column; of texts that are no UTF-8 what can be read."""
    import pyarrow as pa

    column = table.column(name)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return [
            each if each is None else each.decode("utf-8", "replace")
            for each in column.cast(pa.large_binary()).to_pylist()
        ]
    return column.to_pylist() if pa.types.is_integer(column.type) else [None] * len(table)
