"""JSON lines, plain or compressed by gzip or zstd: one object a line, a member of which is the document."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from .base import LONGEST_BYTES, Bad, BadRow, Packer, Texts, likely

LOOKED_AT = 100
"""Lines by which the member with the documents is found."""

READ_BYTES = 1 << 20
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
"""How such files begin."""


class JsonLines:
    """A file of JSON lines."""

    def __init__(self, path: str, column: str = "") -> None:
        self.path = path
        self.column = column or self._found()

    def _found(self) -> str:
        """The member that holds documents.

        Raises
        ------
        ValueError
            If none of the first lines is an object, as in a file that is one large value.
        """
        sizes: dict[str, list[int]] = {}
        number, objects = -1, 0
        for number, (_, line) in enumerate(self._lines(lambda _: None)):
            if number >= LOOKED_AT:
                break
            try:
                found = _loads(line)
            except ValueError:
                continue
            objects += isinstance(found, dict)
            for name, value in found.items() if isinstance(found, dict) else ():
                if isinstance(value, str):
                    sizes.setdefault(name, []).append(len(value))
        if number >= 0 and not objects:
            raise ValueError("no line is a JSON object")
        return likely(sizes)

    def texts(self, bad: Bad) -> Iterator[Texts]:
        """Its documents; lines that are no objects, or have no text there, are bad rows."""
        packer = Packer(self.path)
        for row, line in self._lines(bad):
            if not line.strip():
                continue
            try:
                found = _loads(line)
            except ValueError as error:
                reason = "invalid UTF-8" if _is_no_text(line) else "broken JSON"
                bad(BadRow(self.path, row, reason, line[:200] or str(error).encode()))
                continue
            text = found.get(self.column) if isinstance(found, dict) else None
            if not isinstance(text, str):
                reason = "no text" if isinstance(found, dict) and self.column in found else f"no member {self.column}"
                bad(BadRow(self.path, row, reason if isinstance(found, dict) else "no object", line[:200]))
                continue
            full = packer.add(row, text.encode("utf-8", "surrogatepass"))
            if full is not None:
                yield full
        rest = packer.rest()
        if rest is not None:
            yield rest

    def _lines(self, bad: Bad) -> Iterator[tuple[int, bytes]]:
        """Lines with their numbers; those that are too long are passed over, and an end that is torn is told."""
        row = 0
        with _opened(self.path) as file:
            while True:
                try:
                    line = file.readline(LONGEST_BYTES + 1)
                except _torn() as error:
                    bad(BadRow(self.path, row, "rest of the file cannot be read", str(error).encode()[:200]))
                    return
                if not line:
                    return
                if len(line) > LONGEST_BYTES and not line.endswith(b"\n"):
                    bad(BadRow(self.path, row, "longer than 256 MB", line[:200]))
                    while line and not line.endswith(b"\n"):
                        line = file.readline(READ_BYTES)
                else:
                    yield row, line
                row += 1


def _opened(path: str) -> BinaryIO:
    """The file as it was before it was compressed, by its first bytes."""
    with open(path, "rb") as file:  # noqa: PTH123
        magic = file.read(4)
    if magic[:2] == GZIP:
        import gzip
        from typing import cast

        return cast("BinaryIO", gzip.open(path, "rb"))
    if magic == ZSTD:
        return io.BufferedReader(_Zstd(path), READ_BYTES)
    return open(path, "rb", buffering=READ_BYTES)  # noqa: PTH123


class _Zstd(io.RawIOBase):
    """A file of zstd as it was before, of one frame or several; unlike the library's own it tells of a torn end."""

    def __init__(self, path: str) -> None:
        import zstandard

        self._new = zstandard.ZstdDecompressor().decompressobj
        self._frame = self._new()
        self._file = open(path, "rb")  # noqa: PTH123, SIM115 - closed with this
        self._held, self._within = b"", False

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            data = self._frame.unused_data if self._frame.eof else b""
            if self._frame.eof:
                self._frame, self._within = self._new(), False
            data = data or self._file.read(READ_BYTES)
            if not data:
                if self._within:
                    raise EOFError("the file ends within a frame of zstd")
                return 0
            self._held, self._within = self._frame.decompress(data), True
            if self._frame.eof and not self._frame.unused_data:
                self._frame, self._within = self._new(), False
        count = min(len(buffer), len(self._held))
        buffer[:count], self._held = self._held[:count], self._held[count:]
        return count


def _torn() -> tuple[type[Exception], ...]:
    """What a torn file raises, by how it is compressed."""
    import zstandard

    return EOFError, OSError, zlib.error, zstandard.ZstdError


def _loads(line: bytes) -> Any:
    import orjson

    return orjson.loads(line)


def _is_no_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
