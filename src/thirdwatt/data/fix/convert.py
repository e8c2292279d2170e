"""A dataset in another format: all rows that can be read, with all columns, in one reading.

Files are cut where their rows are so large, whatever is read together. Each is read back: the documents that were met
must be there, by their digests. Where the next file begins is noted, so that a run that was killed goes on there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import telling
from thirdwatt.data.errors import ChangedError
from thirdwatt.data.files import Files, files
from thirdwatt.data.findings import Bad, Finding
from thirdwatt.data.formats import arrays
from thirdwatt.data.formats.base import BadRow, Packer, Rows, Source, Texts, untold
from thirdwatt.data.formats.jsonl import document, is_no_text, loaded
from thirdwatt.data.formats.webdataset import KEY
from thirdwatt.data.reading import Progress
from thirdwatt.data.together import Together

from . import inputs, report, shapes
from .forms import FORMS, Options
from .proof import InOrder, in_order
from .result import DATA, ReckoningError, Result
from .stretches import Stream
from .uniform import uniform

SCHEMA = "thirdwatt/convert/1"
FILE_BYTES = 512_000_000
"""Rows of a file of the result, as they are in memory."""

PROOF = (
    "every file was read back: as many rows, and the documents, their lengths and the 128-bit digest of all of them in "
    "order are those that were read"
)

Place = tuple[int, int]
"""Number of a file, and of a row in it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a conversion.

    Attributes
    ----------
    path, out
        The dataset, and where the result is to be.
    form
        Of :data:`.forms.FORMS`.
    options
        How it is written.
    file_byte
        Rows of a file, as they are in memory.
    column
        Where the documents are, by which it is proved; found where it is not named.
    """

    path: str
    out: str
    form: str = "parquet"
    options: Options = field(default_factory=Options)
    file_byte: int = FILE_BYTES
    column: str = ""


def convert(wish: Wish, say: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Write a dataset in another format.

    Parameters
    ----------
    wish
        What is asked.
    say
        Told how far it is.

    Returns
    -------
    dict
        The report, as it stands in the result.

    Raises
    ------
    EmptyError
        If there is nothing to read.
    ThereError
        If something stands where the result is to be.
    shapes.ShapeError
        If the format cannot hold a row.
    ChangedError
        If files changed while they were read.
    ReckoningError
        If what was written does not add up; the result does not appear.
    OSError
        If something cannot be read or written.
    """
    inputs.apart(wish.out, wish.path)
    found = files(wish.path)
    opened = Bad()
    sources = inputs.sources(found, wish.column, opened)
    signatures = inputs.signatures(wish.path)
    key = json.dumps([SCHEMA, wish.path, wish.form, asdict(wish.options), wish.file_byte, wish.column, signatures])
    with closing(Result(wish.out, key)) as result:
        reader = _Reader(sources, Progress(sum(each.stored_byte for each in sources), told=say, what="writing"))
        names: list[str] = []
        notes: list[dict[str, Any]] = []
        place: Place | None = (0, 0)
        while place is not None:
            names.append(f"{len(names):05}.{FORMS[wish.form].ending}")
            notes.append(result.file(names[-1], partial(_write, wish, reader, place)))
            following = notes[-1]["next"]
            place = (following[0], following[1]) if following else None
        if signatures != inputs.signatures(wish.path):
            raise ChangedError(f"{wish.path} changed while it was read")
        how = replace(wish.options, column=inputs.column_of(sources[0]))
        uniform(wish.form, [str(result.made / DATA / each) for each in names], how)
        stored = sum((result.made / DATA / each).stat().st_size for each in names)
        said = _report(wish, found, opened, names, notes, stored)
        result.finish(said, report.bad_lines(said["bad_rows"]), names)
    return said


# --- what is read -----------------------------------------------------------------------------------------------------


class _Reader:
    """All rows of some files, and what of them cannot be read."""

    def __init__(self, sources: Sequence[Source], progress: Progress) -> None:
        self._stream = Stream(sources, self._told)
        self._progress = progress
        self._bad: dict[Place, BadRow] = {}
        self._passed = np.cumsum([0, *(each.stored_byte for each in sources)]).tolist()

    def source(self, file: int) -> Source:
        """A file by its number."""
        return self._stream.sources[file]

    def next(self, place: Place) -> tuple[int, Rows] | None:
        """The next rows from a place on, and the number of their file; nothing at the end."""
        file, row = place
        while file < len(self._stream.sources):
            rows = self._stream.next(file, row)
            if rows is None:
                file, row = file + 1, 0
                continue
            sound = self._sound(file, rows)
            if len(sound.numbers):
                return file, sound
            row = int(rows.numbers[-1]) + 1
        return None

    def say(self, file: int, byte: int) -> None:
        """Say how far it is, and how much of rows was written."""
        self._progress.say(min(self._passed[file] + self.source(file).at, self._passed[-1]), byte)

    def give_back(self, rows: Rows) -> None:
        """Have some of the last rows come again."""
        self._stream.give_back(rows)

    def bad(self, place: Place | None) -> Bad:
        """What could not be read before a place, all of it at the end; what was told is not told again."""
        found = Bad()
        for at in sorted(self._bad):
            if place is None or at < place:
                found(self._bad.pop(at))
        return found

    def _told(self, file: int, row: BadRow) -> None:
        source = self.source(file)
        number = source.number(row.file, row.row) if isinstance(source, Together) else row.row
        self._bad[file, number] = row

    def _sound(self, file: int, rows: Rows) -> Rows:
        """Those of lines that are objects; the others are told."""
        if rows.table is not None:
            return rows
        keep = []
        for place, line in enumerate(rows.lines):
            try:
                reason = "" if isinstance(loaded(line), dict) else "no object"
            except ValueError:
                reason = "invalid UTF-8" if is_no_text(line) else "broken JSON"
            if not reason:
                keep.append(place)
                continue
            source, number = self.source(file), int(rows.numbers[place])
            path, own = source.place(number) if isinstance(source, Together) else (source.path, number)
            self._bad[file, number] = BadRow(path, own, reason, line[:200])
        return rows.taken(np.array(keep, np.int64))


# --- what is written --------------------------------------------------------------------------------------------------


def _write(wish: Wish, reader: _Reader, place: Place, path: str) -> dict[str, Any]:
    """Write a file of the rows from a place on: what is known of it."""
    column = inputs.column_of(reader.source(0))
    writer = FORMS[wish.form].writer(path, replace(wish.options, column=column))
    expected, count, size, name = InOrder(), 0, 0, ""
    try:
        while size < wish.file_byte and (found := reader.next(place)) is not None:
            file, rows = found
            passed = size + np.cumsum(_sizes(rows))
            some = min(len(rows.numbers), int(np.searchsorted(passed, wish.file_byte)) + 1)
            if some < len(rows.numbers):
                reader.give_back(rows.taken(np.arange(some, len(rows.numbers))))
                rows = rows.taken(np.arange(some))
            name = name or _column_out(wish.form, column, rows)
            writer.write(rows)
            for texts in documents(rows, column, reader.source(file)):
                expected.add(texts)
            reader.say(file, int(passed[some - 1]) - size)
            count, size, place = count + some, int(passed[some - 1]), (file, int(rows.numbers[-1]) + 1)
        wrote = writer.close()
    except BaseException:
        writer.give_up()
        raise
    there = in_order(path, wish.form, name) if expected.rows else InOrder()
    if wrote.rows != count or not there.same(expected):
        raise ReckoningError(
            f"{path} holds {there.rows:,} documents of {there.byte:,} bytes where {expected.rows:,} of "
            f"{expected.byte:,} were to be written, or others"
        )
    ahead = reader.next(place)
    if ahead is not None:
        reader.give_back(ahead[1])
    following = (ahead[0], int(ahead[1].numbers[0])) if ahead is not None else None
    bad = reader.bad(following)
    return {"rows": count, "documents": expected.rows, "bytes": expected.byte, "nan": wrote.nan,
            "next": following, "bad": telling.bad_rows(bad)}  # fmt: skip


def _column_out(form: str, column: str, rows: Rows) -> str:
    """Where the documents are in what is written."""
    if form != "webdataset" or (rows.table is not None and KEY in rows.table.column_names):
        return column
    if rows.table is None or column not in rows.table.column_names:
        return "txt"
    return "txt" if arrays.is_text(rows.table.schema.field(column).type) else ""


def documents(rows: Rows, column: str, source: Source) -> Iterator[Texts]:
    """The documents of whole rows; nothing where the column is a part of one."""
    if rows.table is None:
        packer = Packer(source.path)
        for number, line in zip(rows.numbers.tolist(), rows.lines, strict=True):
            text = document(loaded(line), column)
            if text is not None and (full := packer.add(number, text)):
                yield full
        yield from filter(None, [packer.rest()])
    elif column in rows.table.column_names and arrays.may_hold(rows.table.schema.field(column).type):
        at = 0
        for chunk in rows.table.column(column).chunks:
            numbers = rows.numbers[at : at + len(chunk)]
            yield from arrays.documents(chunk, source.kind, source.path, numbers, untold)
            at += len(chunk)


def _sizes(rows: Rows) -> NDArray[np.int64]:
    if rows.table is not None:
        return shapes.sizes(rows.table)
    return np.fromiter(map(len, rows.lines), np.int64, len(rows.lines)) + shapes.ROW_BYTES


def _report(
    wish: Wish, found: Files, opened: Bad, names: Sequence[str], notes: Sequence[Mapping[str, Any]], stored_byte: int
) -> dict[str, Any]:
    """The report, with what a scan would say of both formats: so the difference has a price."""
    rows, documents, byte, nan = (sum(each[name] for each in notes) for name in ("rows", "documents", "bytes", "nan"))
    bad = report.together([telling.bad_rows(opened), *(each["bad"] for each in notes)])
    ratios = (found.byte, stored_byte)
    trials = [
        {"id": name, "stored_ratio": each / byte if byte else None}
        for name, each in zip(("before", "after"), ratios, strict=True)
    ]
    what = f"stored in {found.byte:,} bytes; the same rows as {wish.form} take {stored_byte:,}"
    finding = telling.finding(Finding("storage_format", what, True))
    common = {"rows": rows, "bytes": byte, "tokens": None, "documents": documents}
    return {
        "schema": SCHEMA,
        "thirdwatt": version("thirdwatt"),
        "path": wish.path,
        "to": wish.form,
        "options": asdict(wish.options),
        "before": {
            **common, "stored_bytes": found.byte, "files": len(found.paths), "bad_rows": bad["count"],
            "bytes_per_token": None, "findings": [finding] if byte else [],
            "storage": {"trials": trials, "present": "before", "better": "after"},
        },
        "after": {**common, "stored_bytes": stored_byte, "files": len(names)},
        "nan": nan,
        "files": [{"name": name, "rows": each["rows"], "bytes": each["bytes"]}
                  for name, each in zip(names, notes, strict=True)],
        "proof": PROOF if documents else "as many rows as were read",
        "splits": inputs.splits(found),
        "bad_rows": bad,
    }  # fmt: skip
