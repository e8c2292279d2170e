"""Files that are a document each: text, or an image as it is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from thirdwatt.data import store

from . import streams
from .base import LONGEST_BYTES, Bad, BadRow, Kind, Part, Rows, Texts, is_image, whole
from .jsonl import is_no_text

if TYPE_CHECKING:
    import pyarrow as pa

FEATURES = {"file": {"dtype": "string", "_type": "Value"}, "image": {"_type": "Image"}}
"""What Hugging Face's datasets know rows of images by."""


class Alone:
    """A file that is a document.

    Attributes
    ----------
    name
        What it is called in its row; who reads several sees that they stay apart.
    """

    jumps = False

    kind: Kind = "text"

    def __init__(self, path: str, column: str = "") -> None:  # noqa: ARG002 - there are no columns
        self.path, self.column = path, ""
        self.name = store.name(path)
        self.columns: dict[str, int] = {}
        self.at = 0
        self.stored_byte = store.size(path)

    def texts(self, bad: Bad, first: int = 0) -> Iterator[Texts]:
        """The document, if it is one."""
        if first:
            return
        data, reason = self._read()
        if reason:
            bad(BadRow(self.path, 0, reason, data[:200]))
            return
        yield Texts(np.frombuffer(data, np.uint8), np.array([0, len(data)]), self.path, np.zeros(1, np.int64))

    def rows(self, bad: Bad, first: int = 0) -> Iterator[Rows]:
        """One row, of the name of the file and the document, if it is one."""
        if first:
            return
        data, reason = self._read()
        if reason:
            bad(BadRow(self.path, 0, reason, data[:200]))
        else:
            name = self.name.encode("utf-8", "backslashreplace").decode()
            yield Rows(np.zeros(1, np.int64), self._table(name, data))

    def parts(self) -> tuple[Part, ...]:
        """The file."""
        return whole(self.stored_byte)

    def part(self, part: Part, bad: Bad) -> Iterator[Texts]:  # noqa: ARG002 - there is but one
        """The document."""
        yield from self.texts(bad)

    def _read(self) -> tuple[bytes, str]:
        """What is in the file, and why that is no document; empty if it is one."""
        data, reason = b"", "longer than 256 MB"
        if self.stored_byte <= LONGEST_BYTES:
            try:
                with store.opened(self.path) as file:
                    data = file.read()
                reason = self._wrong(data)
            except OSError as error:
                data, reason = str(error).encode(), streams.UNREADABLE
        self.at = self.stored_byte
        return data, reason

    def _wrong(self, data: bytes) -> str:
        """Why bytes are no document; empty if they are."""
        return "invalid UTF-8" if is_no_text(data) else ""

    def _table(self, name: str, data: bytes) -> pa.Table:
        """The document as a row."""
        import pyarrow as pa

        return pa.table({"file": [name], "text": pa.array([data], pa.binary()).view(pa.string())})


class Plain(Alone):
    """A file of text."""


class Image(Alone):
    """A file that is an image. Whether it can be decoded is seen when it is (:mod:`thirdwatt.data.images`)."""

    kind: Kind = "image"

    def _wrong(self, data: bytes) -> str:
        return "" if is_image(data) else "no image"

    def _table(self, name: str, data: bytes) -> pa.Table:
        import pyarrow as pa

        kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        told = {"huggingface": json.dumps({"info": {"features": FEATURES}})}
        schema = pa.schema([("file", pa.string()), ("image", kind)], metadata=told)
        return pa.table({"file": [name], "image": [{"bytes": data, "path": name}]}, schema=schema)
