"""A dataset as tokens, made once: one behind the other in a file, and how many each document has.

Who packs rows or writes shards of tokens reads them from here, in any order. The work can be interrupted: what it has
come to is noted now and then, and what stands in the files behind the note is made again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import caching, reading, store, telling, tokens
from thirdwatt.data.columns import Column
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.files import Files, files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import BadRow, Source, Texts
from thirdwatt.data.journal import Journal
from thirdwatt.data.reading import Place, Progress
from thirdwatt.data.together import Together

from . import inputs, report
from .result import Result, json_bytes

NAME = "tokens"
"""Of the folder in which it is made."""

SAVE_S = 10.0
"""Time between two notes; longer where to write one takes more than a twentieth of it."""

CHUNK_DOCUMENTS = 1 << 20
"""Documents whose lengths are looked at together."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Tokens that stand for no text.

    Attributes
    ----------
    end
        Put behind each document; none where nothing is.
    pad
        Its number fills up rows.
    """

    end: tuple[str, int] | None
    pad: tuple[str, int]

    def said(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "end": {"token": self.end[0], "id": self.end[1]} if self.end else None,
            "pad": {"token": self.pad[0], "id": self.pad[1]},
        }


def marks(tokenizer: tokens.Encoder, named: str = "") -> Marks:
    """The tokens that end documents and fill up rows: its own padding, else its end, else token 0.

    Raises
    ------
    ValueError
        If it has no end of that name.
    """
    end = tokens.end(tokenizer, named)
    return Marks(end, tokens.pad(tokenizer) or end or tokens.end(tokenizer) or ("", 0))


@dataclass(frozen=True, slots=True, eq=False)
class Tokenised:
    """Documents as tokens.

    Attributes
    ----------
    ids
        Their tokens one behind the other, ends among them: 16 bits each where the vocabulary allows it, else 32.
    lengths
        Tokens of each document, its end among them. Documents without a token are left out.
    empty
        Those: file and row of each, by the numbers of the sources.
    marks, vocabulary
        Of the tokenizer.
    byte
        Of all texts.
    bad
        Rows that were none.
    resumed
        Whether an interrupted work was gone on with.
    """

    ids: Column
    lengths: Column
    empty: Column
    marks: Marks
    vocabulary: int
    byte: int
    bad: Bad
    resumed: bool

    @property
    def documents(self) -> int:
        """How many have tokens."""
        return len(self.lengths)

    @property
    def tokens(self) -> int:
        """Tokens of all, ends among them."""
        return len(self.ids)

    @property
    def ends(self) -> int:
        """Tokens among them that end documents."""
        return len(self.lengths) if self.marks.end else 0

    def spans(self) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.int64]]]:
        """Documents, some at a time: the number of the first, where each begins, and its tokens."""
        begin = 0
        for first in range(0, len(self.lengths), CHUNK_DOCUMENTS):
            lengths = self.lengths.part(first, min(len(self.lengths), first + CHUNK_DOCUMENTS)).astype(np.int64)
            ends = begin + np.cumsum(lengths)
            yield first, ends - lengths, lengths
            begin = int(ends[-1])

    def close(self) -> None:
        """Let go of the files."""
        for each in (self.ids, self.lengths, self.empty):
            each.close()


def tokenised(
    sources: Sequence[Source], tokenizer: tokens.Encoder, own: Marks, folder: Path, key: str,
    say: Callable[[Progress], None] | None = None,
) -> Tokenised:  # fmt: skip
    """Make tokens of all documents, or take those that were made.

    Documents are cut before a space after about a MiB each (:data:`.tokens.LOAD_BYTES`), as where they are counted:
    that may cost a token at each cut.

    Parameters
    ----------
    sources
        What is read.
    tokenizer, own
        By which tokens, and what is put behind each document.
    folder, key
        Where it is made, in a folder of its own, and what must be the same to go on there.
    say
        Told how far it is.

    Raises
    ------
    ValueError
        If the tokenizer knows no token for a text, or gives one that its vocabulary does not have.
    OSError
        If there is no room, or something else makes it.
    """
    journal = Journal(str(folder / NAME))
    with closing(_Leaving(journal)):
        work = _Work(sources, tokenizer, own, journal, key)
        try:
            return work.run(say)
        except BaseException:
            work.close()
            raise


class _Leaving:
    """Lets go of a folder at the end, and leaves it there."""

    def __init__(self, journal: Journal) -> None:
        self.close = journal.leave


class _Work:
    """Making tokens: the columns, how far it is, and what is written down."""

    def __init__(
        self, sources: Sequence[Source], tokenizer: tokens.Encoder, own: Marks, journal: Journal, key: str
    ) -> None:
        self._sources, self._tokenizer, self._marks = sources, tokenizer, own
        self._journal, self._key = journal, key
        kept = journal.load()
        if kept is None or kept[0].get("key") != key:
            journal.clear()
            kept = None
        size = caching.token_byte(tokenizer.vocabulary)
        self._ids = Column(journal.folder, "ids", np.uint16 if size == 2 else np.uint32)
        self._lengths = Column(journal.folder, "lengths", np.uint32)
        self._empty = Column(journal.folder, "empty", np.int64, 2)
        self._columns = {"ids": self._ids, "lengths": self._lengths, "empty": self._empty}
        self._bad, self._place, self._byte = Bad(), Place(), 0
        self._next_save_s = time.monotonic() + SAVE_S
        # A machine that lost its power may have the note, and not the columns.
        self._resumed = kept is not None and all(len(each) >= kept[0][name] for name, each in self._columns.items())
        if kept is not None and self._resumed:
            self._restore(kept[0])
        else:
            for each in self._columns.values():
                each.cut(0)

    def close(self) -> None:
        for each in self._columns.values():
            each.close()

    def run(self, say: Callable[[Progress], None] | None) -> Tokenised:
        progress = Progress(sum(each.stored_byte for each in self._sources), told=say, what="tokenising")
        for batch in reading.batches(self._sources, self._place, self._bad, progress):
            self._take(batch)
            self._save()
        self._save(always=True)
        return Tokenised(self._ids, self._lengths, self._empty, self._marks, self._tokenizer.vocabulary, self._byte,
                         self._bad, self._resumed)  # fmt: skip

    def _take(self, batch: Texts) -> None:
        ids, counts = tokens.encoded(self._tokenizer, (batch.data, batch.offsets))
        if len(ids) and int(ids.max()) >= self._tokenizer.vocabulary:
            raise ValueError(f"{self._tokenizer.name} gives token {int(ids.max()):,}, which its vocabulary lacks")
        some = counts > 0
        lengths = counts[some]
        if self._marks.end:
            ids = np.insert(ids, np.cumsum(lengths), np.uint32(self._marks.end[1]))
            lengths = lengths + 1
        self._ids.append(ids)
        self._lengths.append(lengths)
        rows = batch.rows[~some]
        self._empty.append(np.stack((np.full(len(rows), self._place.file), rows), axis=1))
        self._byte += int(batch.offsets[-1] - batch.offsets[0])

    def _save(self, *, always: bool = False) -> None:
        now = time.monotonic()
        if not always and now < self._next_save_s:
            return
        for each in self._columns.values():
            each.sync()  # what the note knows of is on the disk before it
        self._journal.save({
            "key": self._key,
            "file": self._place.file,
            "row": self._place.row,
            "byte": self._byte,
            **{name: len(each) for name, each in self._columns.items()},
            "bad": dict(self._bad.counts),
            "samples": [{**asdict(each), "sample": each.sample.hex()} for each in self._bad.first],
        }, {})  # fmt: skip
        self._next_save_s = now + max(SAVE_S, 20 * (time.monotonic() - now))

    def _restore(self, known: dict[str, Any]) -> None:
        for name, each in self._columns.items():
            each.cut(known[name])
        self._place, self._byte = Place(known["file"], known["row"]), known["byte"]
        self._bad.counts.update(known["bad"])
        self._bad.first += [BadRow(**{**each, "sample": bytes.fromhex(each["sample"])}) for each in known["samples"]]


# --- what pack and files of tokens have in common ---------------------------------------------------------------------


class Asked(Protocol):
    """What is asked of who makes tokens."""

    @property
    def path(self) -> str:
        """The dataset."""

    @property
    def out(self) -> str:
        """Where the result is to be."""

    @property
    def column(self) -> str:
        """Where the documents are; found where it is empty."""

    @property
    def tokenizer(self) -> tokens.Encoder:
        """By which documents become tokens."""

    @property
    def end(self) -> str:
        """The token behind each document; the tokenizer's own where it is empty, none where it is ``none``."""

    @property
    def workers(self) -> int:
        """Threads of the tokenizer."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A result that is made of tokens.

    Attributes
    ----------
    result, made
        It, and the tokens.
    found
        The files that were read.
    bad
        What is none, as plain data.
    """

    result: Result
    made: Tokenised
    found: Files
    bad: dict[str, Any]
    _sources: Sequence[Source]

    def finish(self, said: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
        """Bring the result to its place, with its report, which it gives, and what has no tokens."""
        return self.result.finish(said, left_out(self.made, self.bad, self._sources), names)


@contextmanager
def begun(wish: Asked, asked: Sequence[Any], say: Callable[[Progress], None] | None = None) -> Iterator[Begun]:
    """Make the tokens of a dataset for a result.

    Parameters
    ----------
    wish
        What is read, and where the result goes.
    asked
        What else the result depends on: work that was begun for something else is thrown away.
    say
        Told how far it is.

    Raises
    ------
    EmptyError
        If there is nothing to read, or nothing of it has tokens.
    ChangedError
        If files changed while they were read.
    """
    own = marks(wish.tokenizer, wish.end)
    inputs.apart(wish.out, wish.path)
    found, unread = files(wish.path), Bad()
    before = inputs.signatures(wish.path)
    sources = inputs.texts(found, wish.column, unread, "tokens")
    read = json.dumps([wish.path, wish.column, identity(wish.tokenizer), own.said(), before])
    with closing(Result(wish.out, json.dumps([read, *asked]))) as result:
        with tokens.threads(wish.workers):
            made = tokenised(sources, wish.tokenizer, own, result.work, read, say)
        with closing(made):
            if inputs.signatures(wish.path) != before:
                raise ChangedError(f"{wish.path} changed while it was read")
            if not made.documents:
                raise EmptyError("holds no document with a token", "scan it to see what is in it")
            bad = report.together([telling.bad_rows(unread), telling.bad_rows(made.bad)])
            yield Begun(result, made, found, bad, sources)


def identity(tokenizer: tokens.Encoder) -> list[Any]:
    """By what a tokenizer is known to be the same."""
    path = Path(tokenizer.name)
    path = path / "tokenizer.json" if path.is_dir() else path
    return [tokenizer.name, tokenizer.vocabulary, *(store.signature(str(path)) if path.is_file() else ())]


def left_out(made: Tokenised, bad: Mapping[str, Any], sources: Sequence[Source]) -> Iterator[bytes]:
    """What has no tokens, as lines of JSON: documents, then rows and files that are none, of each reason the first."""
    for _, some in made.empty.chunks():
        for file, row in some.tolist():
            source = sources[file]
            path, own = source.place(row) if isinstance(source, Together) else (source.path, row)
            yield json_bytes({"file": path, "row": own, "why": "empty"})
    yield from report.bad_lines(bad)
