"""JSON that is one value: a list of objects, alone or as a member of an object (``{"data": [...]}``).

It is read as a stream, an object at a time: nothing but the largest of them is in memory whole.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from thirdwatt.data import store

from . import streams
from .base import (
    LONGEST_BYTES,
    Bad,
    BadRow,
    Kind,
    LinePacker,
    Packer,
    Part,
    Rows,
    Source,
    Texts,
    columns,
    likely,
    whole,
)
from .jsonl import HALF, JsonLines, document, dumped, is_halved, lack, sized

READ_BYTES = 1 << 20
HEAD_BYTES = 1 << 20
"""By which lines are told from one value."""

LOOKED_AT = 100
LONGEST_HEAD = 64 << 20
"""What may stand before the list."""

NEAR_END = 64
"""Characters at the end of what was read within which an error may be due to that end."""

SPACE = re.compile(r"[ \t\r\n]*")
BREAK = re.compile(r"[ \t]*[\r\n][ \t\r\n]*")
BETWEEN = re.compile(r"[ \t\r\n,]*")
NEXT = re.compile(r"[}\]][ \t\r\n]*,[ \t\r\n]*(?=\{)")
"""Where an object may begin behind one that is broken."""


def json_file(path: str, column: str = "") -> Source:
    """A reader of a file called JSON, by how it begins: one of lines, or of one value.

    Raises
    ------
    ValueError
        If it is neither lines of objects nor holds a list of objects.
    """
    with streams.opened(path) as stream:
        head, _ = streams.filled(stream.file, HEAD_BYTES)
    head = head.removeprefix(streams.BOM).lstrip()
    first, _, rest = head.partition(b"\n")
    try:
        found = json.loads(first)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and (rest.strip() or not any(map(_is_rows, found.values()))):
        return JsonLines(path, column)
    try:
        return Objects(path, column)
    except ValueError:
        if not head.startswith(b"{"):
            raise
        return JsonLines(path, column)  # its first line may be longer than what was looked at


class Objects:
    """A file that holds a list of objects.

    Raises
    ------
    ValueError
        If there is no such list.
    """

    jumps = False

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.kind: Kind = "text"
        self.at = 0
        self.stored_byte = store.size(path)
        sizes: dict[str, list[int]] = {}
        with streams.opened(path) as stream:
            feed = _Feed(stream)
            feed.enter()
            for number, value in enumerate(feed.values(lambda *_: None, _any)):
                if number >= LOOKED_AT:
                    break
                sized(value, sizes)
        self.columns = {} if column else columns(sizes)
        self.column = column or likely(sizes)

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; rows before the first are looked through, since nothing tells where one ends."""
        packer = Packer(self.path)

        def told(row: int, reason: str, sample: str) -> None:
            if row >= first:
                bad(BadRow(self.path, row, reason, sample[:200].encode("utf-8", "replace")))

        for feed, value in self._values(told, first):
            text, reason = _document(value, self.column) if feed.is_text else (None, "invalid UTF-8")
            if text is None:
                told(feed.row, reason, feed.sample)
            elif full := packer.add(feed.row, text):
                yield full
        yield from filter(None, [packer.rest()])

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its objects as lines: letter by letter but for the breaks within them."""
        packer = LinePacker()

        def told(row: int, reason: str, sample: str) -> None:
            if row >= first:
                bad(BadRow(self.path, row, reason, sample[:200].encode("utf-8", "replace")))

        for feed, value in self._values(told, first):
            if full := packer.add(feed.row, feed.line(value)):
                yield full
        yield from filter(None, [packer.rest()])

    def _values(self, told: Callable[[int, str, str], None], first: int) -> Iterator[tuple[_Feed, Any]]:
        """Its values from one on, each with what it was read by."""
        try:
            with streams.opened(self.path) as stream:
                feed = _Feed(stream)
                feed.enter()
                for value in feed.values(told, lambda each: document(each, self.column) is not None):
                    if feed.row >= first:
                        self.at = stream.at
                        yield feed, value
        except (OSError, ValueError) as error:
            told(first, streams.UNREADABLE, str(error))
        self.at = self.stored_byte

    def parts(self) -> tuple[Part, ...]:
        """The file: it cannot be cut."""
        return whole(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:  # noqa: ARG002 - there is but one
        """The documents."""
        yield from self.texts(bad)


class _Feed:
    """A file as characters, of which the front is parsed and given up.

    Attributes
    ----------
    row
        Number of the value that was given last.
    """

    def __init__(self, stream: streams.Stream) -> None:
        self._file = stream.file
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self._parse = json.JSONDecoder().raw_decode
        self._parse_loosely = json.JSONDecoder(strict=False).raw_decode
        self._loose = False
        self._text = ""
        self._begin = self._at = 0  # what is before the first is given up when more is read
        self._ended = False
        self._torn: Exception | None = None
        self.row = -1
        self._more(READ_BYTES)
        self._text = self._text.removeprefix("\ufeff")

    @property
    def sample(self) -> str:
        """The beginning of the value that was given last."""
        return self._text[self._begin : min(self._begin + 200, self._at)]

    @property
    def is_text(self) -> bool:
        """Whether the value that was given last is UTF-8 as it stands."""
        own = self._text[self._begin : self._at]
        try:
            own.encode()
        except UnicodeEncodeError:  # the decoder has put halves of characters where bytes are none
            return False
        return True

    def line(self, value: Any) -> bytes:
        """The value that was given last, as a line: as it stands, so that no number becomes another."""
        if self._loose:  # breaks may be within texts
            return dumped(value)
        return BREAK.sub(" ", self._text[self._begin : self._at]).encode("utf-8", "surrogateescape")

    def enter(self) -> None:
        """Go to the first row of the list.

        Raises
        ------
        ValueError
            If there is none.
        """
        letter = self._skip(SPACE)
        if letter == "{":
            self._member()
        elif letter != "[":
            raise ValueError("neither a list nor an object")
        self._at += 1
        self._begin = self._at
        if self._skip(SPACE) not in ("{", "]", ""):
            raise ValueError("no list of objects")

    def values(self, told: Callable[[int, str, str], None], fits: Callable[[Any], bool]) -> Iterator[Any]:
        """The values of the list.

        Parameters
        ----------
        told
            Takes in those that are none: row, reason, and how they begin.
        fits
            Behind a broken value what does not fit is taken for a piece of it.
        """
        whole = True
        while True:
            self._begin = self._at
            letter = self._skip(BETWEEN)
            self._begin = self._at
            if letter == "]" and whole:
                return
            if not letter:
                if whole:
                    told(self.row + 1, streams.UNREADABLE, str(self._torn or "the list does not end"))
                return
            try:
                value = self._value(LONGEST_BYTES)
            except (ValueError, OverflowError) as error:
                reason = "longer than 256 MB" if isinstance(error, OverflowError) else "broken JSON"
                sample = self._text[self._begin : self._begin + 200]
                past = len(self._text) if isinstance(error, OverflowError) else self._begin + 1
                more = self._resume(getattr(error, "pos", past))
                if whole:
                    self.row += 1
                    told(self.row, reason if more else streams.UNREADABLE, sample)
                whole = False
                if not more:
                    return
                continue
            if whole or fits(value):
                self.row, whole = self.row + 1, True
                yield value

    def _more(self, count: int) -> bool:
        """Read on; whether there was anything."""
        if self._ended:
            return False
        data, self._torn = streams.filled(self._file, count)
        self._ended = len(data) < count or self._torn is not None
        self._text = self._text[self._begin :] + self._decoder.decode(data, final=self._ended and self._torn is None)
        self._at, self._begin = self._at - self._begin, 0
        return bool(data)

    def _skip(self, what: re.Pattern[str]) -> str:
        """The character behind spaces; empty at the end."""
        while True:
            found = what.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(READ_BYTES):
                return ""

    def _value(self, longest: int) -> Any:
        """The value that begins here.

        Raises
        ------
        ValueError
            If it is broken or torn.
        OverflowError
            If it is too long.
        """
        self._begin = self._at
        while True:
            try:
                value, self._at = self._parsed()
            except RecursionError as error:
                raise ValueError("nested too deeply") from error
            except json.JSONDecodeError as error:
                # At the end of what was read it is not broken, but not all there.
                cut = error.pos >= len(self._text) - NEAR_END or error.msg.startswith("Unterminated string")
                if cut and len(self._text) - self._begin > longest:
                    raise OverflowError from error
                if cut and self._more(max(READ_BYTES, len(self._text) - self._begin)):
                    continue
                raise
            return value

    def _parsed(self) -> tuple[Any, int]:
        """The value that begins here, and where it ends; breaks and tabs within texts are taken as they are."""
        self._loose = False
        try:
            return self._parse(self._text, self._begin)
        except json.JSONDecodeError as error:
            if not error.msg.startswith("Invalid control character"):
                raise
        self._loose = True
        return self._parse_loosely(self._text, self._begin)

    def _resume(self, position: int) -> bool:
        """Go to where a value may begin behind a broken one; whether there is such a place."""
        while True:
            found = NEXT.search(self._text, position)
            if found:
                self._at = self._begin = found.end()
                return True
            self._at = self._begin = max(position, len(self._text) - NEAR_END)
            if not self._more(READ_BYTES):
                return False
            position = self._at

    def _member(self) -> None:
        """Go to the first member of an object that is a list of objects.

        Raises
        ------
        ValueError
            If there is none.
        """
        while self._step() == '"':
            self._value(LONGEST_HEAD)
            if self._skip(SPACE) != ":":
                break
            if self._step() == "[":
                self._begin = self._at
                behind = self._step()
                self._at = self._begin
                if behind == "{":
                    return
            self._value(LONGEST_HEAD)
            if self._skip(SPACE) != ",":
                break
        raise ValueError("no member is a list of objects")

    def _step(self) -> str:
        """The character behind the next, and spaces."""
        self._at += 1
        return self._skip(SPACE)


def _any(_: Any) -> bool:
    return True


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _document(value: Any, column: str) -> tuple[bytes | None, str]:
    """The document of an object, or why it has none."""
    text = document(value, column)
    if text is None:
        return None, lack(value, column)
    return (None, HALF) if is_halved(text) else (text, "")
