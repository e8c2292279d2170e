"""WebDataset: a tar whose members are samples, their names alike up to the first dot, and what is behind it the column.

``0001.jpg 0001.json 0001.txt 0002.jpg …`` has the columns ``jpg``, ``json.caption`` (a text in an object) and ``txt``.
Headers are found by their checksums (POSIX.1-1988 ustar): so a tar can be read on behind a damaged place, and be cut.
"""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from thirdwatt.data import store

from . import streams
from .base import (
    BATCH_BYTES,
    BATCH_ROWS,
    LONGEST_BYTES,
    Bad,
    BadRow,
    Kind,
    Packer,
    Part,
    Rows,
    Texts,
    columns,
    is_image,
    likely,
    whole,
)
from .jsonl import HALF, document, is_halved, is_no_text, loaded, sized

BLOCK = 512
LOOKED_AT = 100
"""Samples by which the column is found."""

TEXTS = ("txt", "text", "md", "html", "htm", "caption")
IMAGES = ("jpg", "jpeg", "png", "webp", "gif", "bmp", "tif", "tiff")
JSON = "json"
WORDS = frozenset((*TEXTS, JSON, "jsonl", "cls", "cls2", "index", "inx", "id", "csv", "tsv", "xml", "yaml", "yml"))
"""Last endings of members that are columns of text in whole rows; others are bytes."""

KEY, BARE = "__key__", "__file__"
"""Columns of whole rows: what the members of a sample have in common, and a member that has no ending."""

DAMAGED, LONG, TWICE = "damaged place in a tar", "longer than 256 MB", "two members of one ending in a sample"
LONGEST_NAME = 1 << 20
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a tar: its name, where its header begins, and how long it is."""

    name: str
    begin: int
    size: int

    @property
    def key(self) -> str:
        """What the members of its sample have in common."""
        folder, _, own = self.name.rpartition("/")
        return f"{folder}/{own.split('.')[0]}"

    @property
    def ending(self) -> str:
        """Its column."""
        return self.name.rpartition("/")[2].partition(".")[2].lower()


@dataclass(frozen=True, slots=True)
class Header:
    """What a block of a tar says of what is behind it; the type is as in :mod:`tarfile`."""

    name: str
    size: int
    type: bytes


@dataclass(slots=True)
class Sample:
    """Members of one name.

    Attributes
    ----------
    last
        Where the header of its last member begins.
    members
        What those that were wanted hold, by their columns.
    long
        Columns of those that were too long to be read.
    endings
        Columns of all.
    twice
        Whether two have the same.
    """

    key: str
    last: int
    members: dict[str, bytes] = field(default_factory=dict)
    long: set[str] = field(default_factory=set)
    endings: set[str] = field(default_factory=set)
    twice: bool = False


class WebDataset:
    """A tar of samples, plain or compressed.

    Of images with captions the images are the documents, unless the column is named.

    Raises
    ------
    ValueError
        If it holds no header of a tar, or not the column that was asked for.
    """

    jumps = False

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.at = 0
        self.stored_byte = store.size(path)
        sizes: dict[str, list[int]] = {}
        samples = 0
        with streams.opened(path) as stream:
            for samples, sample in enumerate(_samples(_Tar(stream, self.stored_byte, lambda *_: None), _may_hold), 1):
                _sized(sample, sizes)
                if samples >= LOOKED_AT:
                    break
        if self.stored_byte and not samples:
            raise ValueError("no tar: there is no header in it")
        if column and column not in sizes:
            raise ValueError(f"column {column} is not there")
        self.columns = {} if column else columns(sizes)
        self.column = column or likely(sizes)
        self.kind: Kind = "image" if self.column.rpartition(".")[2] in IMAGES else "text"

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; a sample without the column is a bad row, and so is each damaged place."""
        with streams.told(self.path, bad, first), streams.opened(self.path) as stream:
            for batch in self._documents(stream, bad, first, 0, None):
                self.at = stream.at
                yield batch
        self.at = self.stored_byte

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its samples with all their members; those with one that is too long are left out."""
        packer = _RowPacker()
        with streams.told(self.path, bad, first), streams.opened(self.path) as stream:
            row = 0

            def damaged(reason: str, sample: bytes) -> None:
                if row >= first:
                    bad(BadRow(self.path, row, reason, sample[:200]))

            tar = _Tar(stream, self.stored_byte, damaged)

            def needed(_: Member) -> bool:
                return row >= first

            for sample in _samples(tar, needed):
                reason = TWICE if sample.twice else LONG if sample.long else ""
                if reason and row >= first:
                    bad(BadRow(self.path, row, reason, sample.key.encode("utf-8", "replace")[:200]))
                full = packer.add(row, sample) if row >= first and not reason else None
                row += 1
                if full is not None:
                    self.at = stream.at
                    yield full
        self.at = self.stored_byte
        yield from filter(None, [packer.rest()])

    def parts(self) -> tuple[Part, ...]:
        """Blocks of bytes, each with the samples that begin in it but for the first, which its forerunner has."""
        with streams.opened(self.path) as stream:
            return whole(self.stored_byte) if stream.packed else streams.blocks(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of a block; rows are counted from its first sample."""
        if part.whole:
            yield from self.texts(bad)
            return
        begin = part.number * streams.BLOCK_BYTES
        with streams.told(self.path, bad, 0, begin), streams.opened(self.path) as stream:
            for batch in self._documents(stream, bad, 0, begin, begin + part.stored_byte):
                self.at = min(stream.at, begin + part.stored_byte)
                yield batch

    def _documents(self, stream: streams.Stream, bad: Bad, first: int, begin: int, end: int | None) -> Iterator[Texts]:
        """Samples that begin between two places."""
        packer = Packer(self.path)
        row = 0

        def damaged(reason: str, sample: bytes) -> None:
            if row >= first:
                bad(BadRow(self.path, row, reason, sample[:200], behind_byte=begin))

        wanted = JSON if self.column.startswith(f"{JSON}.") else self.column

        def needed(member: Member) -> bool:
            return row >= first and member.ending == wanted

        tar = _Tar(stream, self.stored_byte, damaged, begin)
        for number, sample in enumerate(_samples(tar, needed)):
            known = bool(number) or not begin  # else it may have begun in the block before, which has it then
            if known and row >= first:
                text, reason = _document(sample, self.column, wanted, self.kind)
                if text is not None:
                    full = packer.add(row, text)
                    if full is not None:
                        yield full
                elif not tar.torn:
                    bad(BadRow(self.path, row, reason, sample.key.encode("utf-8", "replace")[:200], behind_byte=begin))
            row += known
            if end is not None and sample.last >= end:
                break
        rest = packer.rest()
        if rest is not None:
            yield rest


class _Tar:
    """The members of a tar, one behind the other.

    Attributes
    ----------
    torn
        Whether the file ended within a member, or without the zeros that end a tar.
    """

    def __init__(self, stream: streams.Stream, stored_byte: int, damaged: Callable[[str, bytes], None], begin: int = 0):
        self._file = stream.file
        self._size = None if stream.packed else stored_byte
        self._damaged = damaged
        self._at = begin = -(-begin // BLOCK) * BLOCK
        self._lost = begin > 0
        self._left = 0
        self._ended = begin > 0
        self.torn = False
        if begin:
            self._file.seek(begin)

    def members(self) -> Iterator[Member]:
        """Its files; each can be read until the next is asked for."""
        name, size = "", -1
        while True:
            self._skip(self._left)
            begin, head = self._at, self._read(BLOCK)
            if not head:
                if not self._ended:
                    self._tear("the tar has no end")
                return
            if self.torn:
                return
            self._ended = not head.strip(b"\0")
            info = self._header(head)
            if info is None:
                name, size = "", -1
                continue
            if info.type in (tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE):
                self._left = _whole(info.size)
                data = self._read(min(self._left, LONGEST_NAME))[: info.size]
                if info.type == tarfile.GNUTYPE_LONGNAME:
                    name = data.rstrip(b"\0").decode("utf-8", "surrogateescape")
                else:
                    said = dict(_records(data))
                    name, size = said.get("path", name), int(said.get("size", size))
                continue
            own = Member(name or info.name, begin, info.size if size < 0 else size)
            name, size = "", -1
            self._left = _whole(own.size)
            if self._size is not None and self._at + own.size > self._size:
                self._tear("the file ends within a member")
                return
            if info.type in tarfile.REGULAR_TYPES:
                yield own

    def read(self, member: Member) -> bytes:
        """What a member holds."""
        return self._read(member.size)

    def _header(self, head: bytes) -> Header | None:
        """A header; nothing for a block that is none."""
        found = None
        with contextlib.suppress(ValueError):
            found = _header(head)
        if found is not None:
            self._lost = False
        elif not self._lost and head.strip(b"\0"):  # zeros are the end, or that of the first of several
            self._damaged(DAMAGED, head)
            self._lost = True
        return found

    def _read(self, count: int) -> bytes:
        data, error = streams.filled(self._file, count)
        self._at += len(data)
        self._left = max(0, self._left - len(data))
        if error is not None:
            self._tear(str(error))
        elif len(data) < count and (data or self._left):
            self._tear("the file ends within a member")
        return data

    def _skip(self, count: int) -> None:
        if self._size is not None and count:
            self._at += count
            self._file.seek(self._at)
            self._left = 0
            return
        while count > 0 and not self.torn:
            count -= len(self._read(min(count, READ_BYTES)))

    def _tear(self, why: str) -> None:
        if not self.torn:
            self._damaged(streams.UNREADABLE, why.encode())
        self.torn = True


def _samples(tar: _Tar, wanted: Callable[[Member], bool]) -> Iterator[Sample]:
    """Members of one name together."""
    sample: Sample | None = None
    for member in tar.members():
        if sample is not None and member.key != sample.key:
            yield sample
            sample = None
        sample = sample or Sample(member.key, member.begin)
        sample.last = member.begin
        sample.twice = sample.twice or member.ending in sample.endings
        sample.endings.add(member.ending)
        if wanted(member):
            if member.size > LONGEST_BYTES:
                sample.long.add(member.ending)
                continue
            data = tar.read(member)
            if not tar.torn:
                sample.members.setdefault(member.ending, data)
    if sample is not None:
        yield sample


class _RowPacker:
    """Puts samples together into tables."""

    def __init__(self) -> None:
        self._samples: list[Sample] = []
        self._rows: list[int] = []
        self._byte = 0

    def add(self, row: int, sample: Sample) -> Rows | None:
        """Take in a sample; a batch, if it is full."""
        self._samples.append(sample)
        self._rows.append(row)
        self._byte += sum(map(len, sample.members.values()))
        return self.rest() if len(self._rows) >= BATCH_ROWS or self._byte >= BATCH_BYTES else None

    def rest(self) -> Rows | None:
        """What has not been given yet; nothing where that is nothing."""
        import pyarrow as pa

        if not self._rows:
            return None
        held = self._samples
        endings = list(dict.fromkeys(each for sample in held for each in sample.members))
        found = {KEY: pa.array([_clean(sample.key.removeprefix("/")) for sample in held], pa.string())}
        for ending in endings:
            own = pa.array([sample.members.get(ending) for sample in held], pa.binary())
            is_words = ending.rpartition(".")[2] in WORDS
            found[_clean(ending or BARE)] = own.view(pa.string()) if is_words else own
        rows = Rows(np.array(self._rows, dtype=np.int64), pa.table(found))
        self._samples, self._rows, self._byte = [], [], 0
        return rows


def _clean(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _document(sample: Sample, column: str, wanted: str, kind: Kind) -> tuple[bytes | None, str]:
    """The document of a sample, or why it has none."""
    if sample.twice:
        return None, TWICE
    if wanted in sample.long:
        return None, LONG
    data = sample.members.get(wanted)
    if data is None:
        return None, f"no member {wanted}"
    if wanted == JSON and wanted != column:
        try:
            text = document(loaded(data), column.partition(".")[2])
        except ValueError:
            return None, "invalid UTF-8" if is_no_text(data) else "broken JSON"
        if text is not None and is_halved(text):
            return None, HALF
        return text, "" if text is not None else f"no member {column}"
    if kind == "image":
        return (data, "") if is_image(data) else (None, "no image")
    return (None, "invalid UTF-8") if is_no_text(data) else (data, "")


def _may_hold(member: Member) -> bool:
    """Whether a member may hold a document."""
    last = member.ending.rpartition(".")[2]
    return member.size <= LONGEST_BYTES and (member.ending == JSON or last in TEXTS or last in IMAGES)


def _sized(sample: Sample, sizes: dict[str, list[int]]) -> None:
    """Take in the bytes of the members of a sample that may be documents."""
    for ending, data in sample.members.items():
        if ending != JSON:
            sizes.setdefault(ending, []).append(len(data))
            continue
        own: dict[str, list[int]] = {}
        with contextlib.suppress(ValueError):
            sized(loaded(data), own)
        for name, each in own.items():
            sizes.setdefault(f"{JSON}.{name}", []).extend(each)


def _header(head: bytes) -> Header | None:
    """The header of a member of ustar, GNU's included; nothing for a block that is none.

    Raises
    ------
    ValueError
        If its numbers are none.
    """
    if head[257:262] != b"ustar":
        return None
    # The sum is taken with spaces in its own place.
    if sum(head) - sum(head[148:156]) + 8 * 32 != int(head[148:156].strip(b" \0") or b"0", 8):
        return None
    octal = head[124:136].strip(b" \0") or b"0"
    size = int.from_bytes(head[125:136], "big") if head[124] == 0x80 else int(octal, 8)
    own = head[:100].partition(b"\0")[0]
    above = head[345:500].partition(b"\0")[0] if head[257:263] == b"ustar\0" else b""
    name = (above + b"/" + own if above else own).decode("utf-8", "surrogateescape")
    return Header(name, size, head[156:157])


def _whole(size: int) -> int:
    """Bytes with what fills up their last block."""
    return -(-size // BLOCK) * BLOCK


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """Names and values of an extended header (POSIX.1-2001 pax)."""
    while data:
        length, _, rest = data.partition(b" ")
        if not length.isdigit() or not 0 < int(length) - len(length) - 1 <= len(rest):
            return
        own, data = rest[: int(length) - len(length) - 2], data[int(length) :]
        name, _, value = own.decode("utf-8", "surrogateescape").partition("=")
        if name != "size" or value.isdigit():
            yield name, value
