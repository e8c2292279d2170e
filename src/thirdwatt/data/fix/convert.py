"""A dataset in another format: all rows that can be read, with all columns, in one reading.

Files are cut where their rows are so large, whatever is read together. Each is read back: the documents that were met
must be there, by their digests. Where the next file begins is noted, so that a run that was killed goes on there.
"""

from __future__ import annotations

import bisect
import json
import sys
from collections.abc import Callable, Mapping, Sequence
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
from thirdwatt.data.formats.base import BadRow, Rows, Source
from thirdwatt.data.formats.jsonl import is_no_text, loaded
from thirdwatt.data.reading import Progress
from thirdwatt.data.together import Together

from . import inputs, report, shapes
from .forms import FORMS, Options
from .proof import InOrder, documents, in_order, is_keyed
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
        names: list[str] = []
        notes: list[dict[str, Any]] = []
        place: Place | None = (0, 0)
        progress = Progress(sum(each.stored_byte for each in sources), told=say, what="writing")
        with closing(_Reader(sources, progress)) as reader:
            while place is not None:
                names.append(f"{len(names):05}.{FORMS[wish.form].ending}")
                notes.append(result.file(names[-1], partial(_write, wish, reader, place)))
                following = notes[-1]["next"]
                place = (following[0], following[1]) if following else None
        if signatures != inputs.signatures(wish.path):
            raise ChangedError(f"{wish.path} changed while it was read")
        made = {str(result.made / DATA / name): note["from"] for name, note in zip(names, notes, strict=True)}
        uniform(wish.form, made, wish.options, inputs.held(sources[0]))
        stored = sum((result.made / DATA / each).stat().st_size for each in names)
        said = _report(wish, found, opened, names, notes, stored)
        return result.finish(said, report.bad_lines(said["bad_rows"]), names)


# --- what is read -----------------------------------------------------------------------------------------------------


class _Reader:
    """All rows of some files, and what of them cannot be read."""

    def __init__(self, sources: Sequence[Source], progress: Progress) -> None:
        self._stream = Stream(sources, self._told)
        self._progress = progress
        self._untold, self._at = Untold(), (0, 0)
        self._passed = np.cumsum([0, *(each.stored_byte for each in sources)]).tolist()

    def close(self) -> None:
        """Let go of the file that is read."""
        self._stream.close()

    @property
    def sources(self) -> Sequence[Source]:
        """The files."""
        return self._stream.sources

    def source(self, file: int) -> Source:
        """A file by its number."""
        return self.sources[file]

    def next(self, place: Place) -> tuple[int, Rows] | None:
        """The next rows from a place on, and the number of their file; nothing at the end."""
        # Rows between a place and where the stream is were read, and told of.
        file, row = max(place, self._at) if place[0] == self._at[0] else place
        while file < len(self._stream.sources):
            rows = self._stream.next(file, row)
            if rows is None:
                file, row = file + 1, 0
                self._untold.settle((file, row))
                continue
            sound = self._sound(file, rows)
            row = int(rows.numbers[-1]) + 1
            self._at = file, row
            if len(sound.numbers):
                return file, sound
            self._untold.settle((file, row))
        return None

    def say(self, file: int, byte: int) -> None:
        """Say how far it is, and how much of rows was written."""
        self._progress.say(min(self._passed[file] + self.source(file).at, self._passed[-1]), byte)

    def give_back(self, rows: Rows) -> None:
        """Have some of the last rows come again."""
        self._stream.give_back(rows)
        self._at = self._at[0], int(rows.numbers[0])

    def settle(self, place: Place) -> None:
        """Have what cannot be read before a place be of the file that is written."""
        self._untold.settle(place)

    def bad(self, place: Place | None) -> Bad:
        """What could not be read before a place, all of it at the end; what was told is not told again."""
        return self._untold.taken(place)

    def _told(self, file: int, row: BadRow) -> None:
        source = self.source(file)
        number = source.number(row.file, row.row) if isinstance(source, Together) else row.row
        self._untold.add((file, number), row)

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
            self._untold.add((file, number), BadRow(path, own, reason, line[:200]))
        return rows.taken(np.array(keep, np.int64))


class Untold:
    """Rows that cannot be read, until it is known which file of the result they stand before.

    Rows one behind the other are kept as one: none that can be read is among them. So memory holds as much as there are
    gaps in the rows that were read ahead, and not each of them.
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        self._settled = Bad()

    def add(self, place: Place, row: BadRow) -> None:
        """Take in one, in any order, but none twice."""
        at = bisect.bisect_right(self._runs, place, key=lambda each: each.first)
        behind = place[0], place[1] + row.rows
        if at and place <= self._runs[at - 1].behind:
            run = self._runs[at - 1]
            run.behind = max(run.behind, behind)
        else:
            run = _Run(place, behind, Bad())
            self._runs.insert(at, run)
        run.bad(row)

    def settle(self, place: Place) -> None:
        """Have those before a place, at which no run of them goes on, belong to the present file."""
        count = bisect.bisect_left(self._runs, place, key=lambda each: each.first)
        for run in self._runs[:count]:
            self._settled.join(run.bad)
        del self._runs[:count]

    def taken(self, place: Place | None) -> Bad:
        """Those of the present file, which ends before a place, or at the end."""
        self.settle(place or (sys.maxsize, 0))
        found, self._settled = self._settled, Bad()
        return found


@dataclass(slots=True)
class _Run:
    """Rows one behind the other: the first, the one behind the last, and what they are."""

    first: Place
    behind: Place
    bad: Bad


# --- what is written --------------------------------------------------------------------------------------------------


def _write(wish: Wish, reader: _Reader, place: Place, path: str) -> dict[str, Any]:
    """Write a file of the rows from a place on: what is known of it."""
    first = last = place
    held = inputs.held(reader.source(0))
    writer = FORMS[wish.form].writer(path, replace(wish.options, column=held.column))
    expected, count, size = InOrder(), 0, 0
    try:
        while size < wish.file_byte and (found := reader.next(place)) is not None:
            file, rows = found
            first = first if count else (file, int(rows.numbers[0]))
            passed = size + np.cumsum(_sizes(rows))
            some = min(len(rows.numbers), int(np.searchsorted(passed, wish.file_byte)) + 1)
            if some < len(rows.numbers):
                reader.give_back(rows.taken(np.arange(some, len(rows.numbers))))
                rows = rows.taken(np.arange(some))
            last = file, int(rows.numbers[-1])
            with shapes.read_from(partial(inputs.between, reader.sources, first, last)):
                writer.write(rows)
            held = replace(held, keyed=is_keyed(rows))
            for texts in documents(rows, held):
                expected.add(texts)
            reader.say(file, int(passed[some - 1]) - size)
            count, size, place = count + some, int(passed[some - 1]), (file, last[1] + 1)
            reader.settle(place)
        with shapes.read_from(partial(inputs.between, reader.sources, first, last)):
            wrote = writer.close()
    except BaseException:
        writer.give_up()
        raise
    there = in_order(path, wish.form, held) if expected.rows else InOrder()
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
    return {
        "rows": count, "documents": expected.rows, "bytes": expected.byte, "nan": wrote.nan, "next": following,
        "from": inputs.between(reader.sources, first, last), "bad": telling.bad_rows(bad),
    }  # fmt: skip


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
