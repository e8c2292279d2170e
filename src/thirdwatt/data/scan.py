"""A scan: what is in a dataset, and what of it is waste.

The documents are read for lengths, copies, lines, samples and signatures. Those that may be alike are read again for
their runs of words, but for the first ones, whose runs memory holds: of a small set none is. What is known of each
document lies in files (about 400 bytes each, gone afterwards); memory holds some 40 bytes a document beside what is
asked for. Interrupted, a scan goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from . import exact, formats, reading
from .columns import Column
from .findings import Bad
from .formats.base import BadRow, Source, Texts
from .journal import Journal
from .looks import ImagesLook
from .near.find import Form, Found, Search
from .reading import Place, Progress
from .together import Together

QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
EXAMPLES = 3
SAVE_S = 10.0
"""Time between two notes of how far a scan is; longer where to write one takes more than a twentieth of it."""


class Look(Protocol):
    """Something that looks at all documents as they pass at the first reading."""

    name: str

    def take(self, texts: Texts) -> None:
        """Look at a batch."""

    def state(self) -> dict[str, NDArray[Any]]:
        """What it knows, to go on with after an interruption."""

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one knew."""


Prefer = Callable[[Sequence[int], NDArray[np.int64], NDArray[np.uint32]], NDArray[Any] | None]
"""Of each document a number, the least of which is liked best: by the first documents of the files, rows and bytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is to be scanned, and how.

    Attributes
    ----------
    sources
        Files, or parts of them.
    form
        Kernels of near duplicates; without them none are looked for.
    looks
        What else looks at the documents.
    folder
        Where the scan works; an interrupted one of the same folder goes on.
    key
        What the folder's work must have been for: the files as they are, and what is looked for.
    memory_byte
        About so much is used.
    prefer
        Which of documents that are alike stays; the first, where it says nothing.
    """

    sources: tuple[Source, ...]
    form: Form | None
    looks: tuple[Look, ...] = ()
    folder: str = ""
    key: str = ""
    memory_byte: int = 2_000_000_000
    prefer: Prefer | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Documents:
    """What is known of each document, and what was found.

    Attributes
    ----------
    byte
        Bytes of each.
    digest
        128 bits of each, shape (documents, 2), in a file that is gone with them.
    first
        Number of the document of the same bytes that stays, the first where none is preferred: its own, where it does.
    alike
        Near duplicates; none where they were not looked for.
    files, row
        Number of the first document of each file and of the one behind the last; the row of each document.
    text_byte
        Bytes of all together.
    resumed
        Whether an interrupted scan was gone on with.
    """

    byte: NDArray[np.uint32]
    digest: NDArray[np.uint64]
    first: NDArray[np.int64]
    alike: Found | None
    files: tuple[int, ...]
    row: NDArray[np.int64]
    resumed: bool

    @property
    def copies(self) -> NDArray[np.bool_]:
        """Whether a document is the same as one that stays for it."""
        found: NDArray[np.bool_] = self.first != np.arange(len(self.first))
        return found

    def place(self, number: int, sources: Sequence[Source]) -> str:
        """Where a document is, in words."""
        file = int(np.searchsorted(self.files, number, side="right")) - 1
        source, row = sources[file], int(self.row[number])
        return source.where(row) if isinstance(source, Together) else f"{source.path}, row {row:,}"


@dataclass(slots=True)
class State:
    """How far a scan is, as it is written down."""

    reading: int = 1
    place: Place = field(default_factory=Place)
    firsts: list[int] = field(default_factory=lambda: [0])
    """Number of the first document of each file that was begun."""


def opened(paths: Sequence[str], column: str, bad: Bad) -> tuple[list[Source], list[str]]:
    """Readers of files, and the files of no known format; what cannot be read at all is told to ``bad``."""
    sources: list[Source] = []
    unread: list[str] = []
    for path in paths:
        try:
            found = formats.source(path, column)
        except (OSError, ValueError) as error:
            bad(BadRow(path, 0, "file that cannot be read", str(error).encode()[:200]))
            continue
        if found is None:
            unread.append(path)
        else:
            sources.append(found)
    return sources, unread


def scan(plan: Plan, bad: Bad, progress: Callable[[Progress], None] | None = None) -> Documents:
    """Read all documents and say what is known of each.

    Parameters
    ----------
    plan
        What is to be scanned.
    bad
        Told of rows that are no documents.
    progress
        Told how far it is.

    Raises
    ------
    ChangedError
        If files changed while they were read.
    OSError
        If another scan works in the folder, or there is no room.
    """
    journal = Journal(plan.folder)
    try:
        with closing(_Work(plan, journal, bad, progress)) as work:
            found = work.run()
    except BaseException:
        journal.leave()
        raise
    journal.done()
    return found


class _Work:
    """One scan at work: its columns, where it is, and what it writes down."""

    def __init__(self, plan: Plan, journal: Journal, bad: Bad, told: Callable[[Progress], None] | None) -> None:
        self._plan, self._journal, self._bad = plan, journal, bad
        self._stored = sum(each.stored_byte for each in plan.sources)
        turns = 2 if plan.form else 1
        self._progress = Progress(turns * self._stored, told=told)
        self._state = State()
        kept = journal.load()
        if kept is None or kept[0].get("key") != plan.key:
            journal.clear()
            kept = None
        folder = journal.folder
        self._hashes = Column(folder, "digests", np.uint64, 2)
        self._rows = Column(folder, "rows", np.int64)
        self._byte = Column(folder, "sizes", np.uint32)
        self._search = Search(plan.form, folder=folder, memory_byte=plan.memory_byte // 2) if plan.form else None
        self._columns = (self._hashes, self._rows, self._byte, *(self._search.columns if self._search else ()))
        self._next_save_s = time.monotonic() + SAVE_S
        self.resumed = kept is not None and self._has(kept[0])
        if kept is not None and self.resumed:
            self._restore(*kept)
        else:
            self._empty()

    def close(self) -> None:
        for column in (self._hashes, self._rows, self._byte):
            column.close()
        if self._search:
            self._search.close()

    def run(self) -> Documents:
        state, plan = self._state, self._plan
        if state.reading == 1:
            self._first()
            state.reading, state.place = 2, Place()
            self._save(always=True)
        self._progress.begin("comparing", self._stored)
        first = exact.firsts(self._hashes, plan.memory_byte // 4)
        byte, rows = self._byte.all(), self._rows.all()
        rank = plan.prefer(state.firsts, rows, byte) if plan.prefer else None
        if rank is not None:
            first = exact.chosen(first, rank)
        alike = self._second(self._search, first, rank) if self._search else None
        digest = self._hashes.mapped().array
        return Documents(byte, digest, first, alike, tuple(state.firsts), rows, self.resumed)

    def _first(self) -> None:
        state, sources = self._state, self._plan.sources
        self._progress.begin("reading", 0)
        for texts in reading.batches(sources, state.place, self._bad, self._progress):
            while len(state.firsts) <= state.place.file:
                state.firsts.append(len(self._rows))
            self._hashes.append(exact.hashes(texts.data, texts.offsets))
            self._rows.append(texts.rows)
            self._byte.append(np.diff(texts.offsets))
            if self._search:
                self._search.first(texts.data, texts.offsets)
            for look in self._plan.looks:
                look.take(texts)
            self._save()
        while len(state.firsts) <= len(sources):
            state.firsts.append(len(self._rows))

    def _second(self, search: Search, first: NDArray[np.int64], rank: NDArray[Any] | None) -> Found:
        state = self._state
        search.choose(first != np.arange(len(first)))
        self._save()
        left = search.left
        self._progress.begin("reading what may be alike", self._stored)
        for number, texts in reading.wanted(
            self._plan.sources, state.place, left, state.firsts, self._rows, self._progress, self._stored
        ):
            search.second(texts.data, texts.offsets, number)
            self._save()
        self._progress.begin("comparing", 2 * self._stored)
        return search.found(rank)

    # --- interrupted and gone on with ---------------------------------------------------------------------------

    def _save(self, *, always: bool = False) -> None:
        now = time.monotonic()
        if not always and now < self._next_save_s:
            return
        state, bad = self._state, self._bad
        document = {
            "key": self._plan.key,
            "reading": state.reading,
            "file": state.place.file,
            "row": state.place.row,
            "firsts": state.firsts,
            "documents": len(self._rows),
            "candidates": len(self._search.second_columns[0]) if self._search else 0,
            "text_byte": self._progress.text_byte,
            "bad": dict(bad.counts),
            "samples": [{**asdict(each), "sample": each.sample.hex()} for each in bad.first],
        }
        arrays = {f"{look.name}.{name}": each for look in self._plan.looks for name, each in look.state().items()}
        self._journal.save(document, arrays)
        took = time.monotonic() - now
        self._next_save_s = now + max(SAVE_S, 20 * took)

    def _has(self, document: dict[str, Any]) -> bool:
        """Whether all that was noted is there: a machine that lost its power may have the note and not the columns."""
        if any(len(column) < document["documents"] for column in self._columns):
            return False
        if self._search is None:
            return True
        counts, hashes = self._search.second_columns
        known = document["candidates"] <= len(counts)
        return known and int(counts.part(0, document["candidates"]).sum()) <= len(hashes)

    def _empty(self) -> None:
        for column in (*self._columns, *(self._search.second_columns if self._search else ())):
            column.cut(0)

    def _restore(self, document: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> None:
        self._state = State(document["reading"], Place(document["file"], document["row"]), document["firsts"])
        for column in self._columns:
            column.cut(document["documents"])
        if self._search:
            counts, hashes = self._search.second_columns
            counts.cut(document["candidates"])
            hashes.cut(int(counts.all().sum()))
        for look in self._plan.looks:
            start = f"{look.name}."
            look.restore({name[len(start) :]: each for name, each in arrays.items() if name.startswith(start)})
        self._progress.text_byte = document["text_byte"]
        self._bad.counts.clear()
        self._bad.counts.update(document["bad"])
        self._bad.first[:] = [
            BadRow(**{**each, "sample": bytes.fromhex(each["sample"])}) for each in document["samples"]
        ]


# --- what it comes to -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Documents of a finding.

    Attributes
    ----------
    id, what, fix, examples, verified
        As of a :class:`.findings.Finding`.
    which
        Whether a document is one of them, shape (documents,).
    first
        Of each document the one that it is the same as, or like: what copies in the whole are estimated by.
    """

    id: str
    what: str
    which: NDArray[np.bool_]
    fix: str = ""
    examples: tuple[str, ...] = ()
    verified: bool = True
    first: NDArray[np.int64] | None = None


def masks(found: Documents, sources: Sequence[Source], where: str) -> tuple[Mask, ...]:
    """Copies and likenesses of text, the command that mends each with it."""
    empty = found.byte == 0
    copies = found.copies & ~empty
    told = [
        Mask("exact_duplicates", "documents that are the same, byte by byte, as one before them", copies,
             f"thirdwatt data dedup {where} --exact --out DIR", _examples(copies, found.first, found, sources),
             first=found.first),
        Mask("empty_documents", "documents without a byte", empty, f"thirdwatt data dedup {where} --exact --out DIR"),
    ]  # fmt: skip
    alike = found.alike
    if alike is not None:
        near = alike.verified & ~found.copies
        first = np.where(alike.verified, alike.witness, found.first)
        told += [
            Mask("near_duplicates", "documents that share three quarters of their runs of five words with one "
                 "that stays, and are not the same", near, f"thirdwatt data dedup {where} --near --out DIR",
                 _examples(near, alike.witness, found, sources), first=first),
            Mask("flagged_duplicates", "documents that are chained to others by common hashes: not all are alike",
                 alike.flagged | copies, verified=False),
        ]  # fmt: skip
    return tuple(told)


def image_masks(found: Documents, sources: Sequence[Source], where: str, look: ImagesLook) -> tuple[Mask, ...]:
    """Copies and likenesses of images."""
    copies = found.copies
    told = [
        Mask("exact_duplicate_images", "images that are the same, byte by byte, as one before them", copies,
             f"thirdwatt data dedup {where} --exact --out DIR", _examples(copies, found.first, found, sources),
             first=found.first),
    ]  # fmt: skip
    if look.available:
        witness = look.near_copies()
        near = (witness >= 0) & ~copies
        told.append(
            Mask("like_images", "images whose difference hashes are the same but for four bits of 64, and that are not "
                 "the same: they look alike, small and grey", near, examples=_examples(near, witness, found, sources),
                 verified=False)
        )  # fmt: skip
    return tuple(told)


def _examples(
    which: NDArray[np.bool_], witness: NDArray[np.int64], found: Documents, sources: Sequence[Source]
) -> tuple[str, ...]:
    numbers = np.flatnonzero(which)
    some = numbers[:: max(1, len(numbers) // EXAMPLES)][:EXAMPLES]
    return tuple(f"{found.place(each, sources)} is like {found.place(int(witness[each]), sources)}" for each in some)


def quantiles(byte: NDArray[Any]) -> dict[str, int]:
    """Quantiles of the bytes of documents."""
    if not len(byte):
        return {}
    found = np.quantile(byte, QUANTILES, method="inverted_cdf")
    return {f"p{100 * each:g}": int(value) for each, value in zip(QUANTILES, found, strict=True)}
