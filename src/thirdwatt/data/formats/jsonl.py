"""JSON lines, plain or compressed: one object a line, a member of which is the document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any

from thirdwatt.data import store

from . import streams
from .base import Bad, BadRow, Kind, LinePacker, Packer, Part, Rows, Texts, columns, likely, spoken, whole

LOOKED_AT = 100
"""Lines by which the member with the documents is found."""

HALF = "half a character: a surrogate alone"
HALVES = b"\xed"
"""How halves of characters begin where they are written as bytes; some whole characters do, too."""


class JsonLines:
    """A file of JSON lines.

    Raises
    ------
    ValueError
        If none of the first lines is an object, as in a file that is one large value.
    """

    jumps = False

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.kind: Kind = "text"
        self.at = 0
        self.stored_byte = store.size(path)
        self.columns: dict[str, int] = {}
        self.column = column or self._found()

    def _found(self) -> str:
        """The member that holds documents."""
        sizes: dict[str, list[int]] = {}
        number, objects = -1, 0
        with streams.opened(self.path) as stream:
            for number, (_, line) in enumerate(streams.lines(self.path, stream.file, lambda _: None)):
                if number >= LOOKED_AT:
                    break
                try:
                    objects += sized(loaded(line), sizes)
                except ValueError:
                    continue
        if number >= 0 and not objects:
            raise ValueError("no line is a JSON object")
        self.columns = columns(sizes)
        return likely(sizes)

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """Its documents; lines that are no objects, or have no text there, are bad rows."""
        with streams.told(self.path, bad, first), streams.opened(self.path) as stream:
            found = streams.lines(self.path, stream.file, bad, first)
            for batch in self._documents(found, bad):
                self.at = stream.at
                yield batch
        self.at = self.stored_byte

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """Its lines as they stand, empty ones left out; they are not parsed again."""
        packer = LinePacker()
        with streams.told(self.path, bad, first), streams.opened(self.path) as stream:
            for row, line in streams.lines(self.path, stream.file, bad, first):
                if not line.isspace() and (full := packer.add(row, line.rstrip(b"\r\n"))):
                    self.at = stream.at
                    yield full
        self.at = self.stored_byte
        yield from filter(None, [packer.rest()])

    def parts(self) -> tuple[Part, ...]:
        """Blocks of lines; the whole file if it is compressed."""
        with streams.opened(self.path) as stream:
            return whole(self.stored_byte) if stream.packed else streams.blocks(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:
        """The documents of the lines that begin in a block; rows are counted from its first line."""
        if part.whole:
            yield from self.texts(bad)
            return
        begin = part.number * streams.BLOCK_BYTES
        with streams.told(self.path, bad, 0, begin), streams.opened(self.path) as stream:
            found = streams.lines(self.path, stream.file, bad, 0, begin, begin + streams.BLOCK_BYTES)
            for batch in self._documents(found, bad, begin):
                self.at = min(stream.at, begin + part.stored_byte)
                yield batch

    def _documents(self, lines: Iterable[tuple[int, bytes]], bad: Bad, begin: int = 0) -> Iterator[Texts]:
        packer = Packer(self.path)
        for row, line in lines:
            if line.isspace():
                continue
            try:
                found = loaded(line)
            except ValueError:
                reason = "invalid UTF-8" if is_no_text(line) else "broken JSON"
                bad(BadRow(self.path, row, reason, line[:200], behind_byte=begin))
                continue
            text = document(found, self.column)
            reason = lack(found, self.column) if text is None else HALF if is_halved(text) else ""
            if text is None or reason:
                bad(BadRow(self.path, row, reason, line[:200], behind_byte=begin))
                continue
            full = packer.add(row, text)
            if full is not None:
                yield full
        rest = packer.rest()
        if rest is not None:
            yield rest


def sized(found: Any, sizes: dict[str, list[int]]) -> bool:
    """Take in how much text the members of an object have; whether it is one."""
    if not isinstance(found, dict):
        return False
    for name, value in found.items():
        text = spoken(value)
        if text is not None:
            sizes.setdefault(name, []).append(len(text))
    return True


def document(found: Any, column: str) -> bytes | None:
    """The text of a member of an object; ``None`` if it is no object, or has none there.

    Halves of characters are in it as bytes that are no UTF-8: :func:`is_halved` tells.
    """
    value = found.get(column) if isinstance(found, dict) else None
    text = value if isinstance(value, str) else spoken(value)
    return None if text is None else text.encode("utf-8", "surrogatepass")


def lack(found: Any, column: str) -> str:
    """Why there is no document."""
    if not isinstance(found, dict):
        return "no object"
    return "no text" if column in found else f"no member {column}"


def is_halved(text: bytes) -> bool:
    """Whether there is half a character in a text of JSON: the only thing in one that UTF-8 has not."""
    return HALVES in text and is_no_text(text)


def is_no_text(data: bytes) -> bool:
    """Whether bytes are invalid UTF-8."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def loaded(line: bytes) -> Any:
    """The value of a line.

    What JSON does not have but its writers write is taken as it is meant: NaN and infinities, numbers beyond 64 bits,
    halves of characters. Whole numbers beyond 64 bits may come as floating ones.

    Raises
    ------
    ValueError
        If it is none.
    """
    import orjson

    try:
        return orjson.loads(line)
    except ValueError:
        try:
            return json.loads(line.decode("utf-8"))
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def exactly(line: bytes) -> Any:
    """The same for who writes it anew: with all digits of whole numbers. Takes several times as long.

    Raises
    ------
    ValueError
        If it is none, or a number in it is larger than floating ones can be.
    """
    try:
        return _exactly(line.decode("utf-8"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _finite(number: str) -> float:
    found = float(number)
    if math.isinf(found):
        raise ValueError(f"{number[:30]} is too large for a number of 64 bits")
    return found


_exactly = json.JSONDecoder(parse_float=_finite).decode


def dumped(value: Any) -> bytes:
    """A value as a line, so that :func:`exactly` gives the same of it."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # halves of characters
        return json.dumps(value).encode()
