"""Plain text: a file is a document."""

from __future__ import annotations

import os
from collections.abc import Iterator

from .base import LONGEST_BYTES, Bad, BadRow, Packer, Texts


class Plain:
    """A file of text."""

    def __init__(self, path: str, column: str = "") -> None:  # noqa: ARG002 - there are no columns
        self.path, self.column = path, ""

    def texts(self, bad: Bad) -> Iterator[Texts]:
        """The document, if it is one."""
        if os.path.getsize(self.path) > LONGEST_BYTES:  # noqa: PTH202
            bad(BadRow(self.path, 0, "longer than 256 MB", b""))
            return
        with open(self.path, "rb") as file:  # noqa: PTH123
            text = file.read()
        try:
            text.decode("utf-8")
        except UnicodeDecodeError:
            bad(BadRow(self.path, 0, "invalid UTF-8", text[:200]))
            return
        packer = Packer(self.path)
        packer.add(0, text)
        rest = packer.rest()
        if rest is not None:
            yield rest
