"""What looks at documents as they pass at the first reading, each in the form that a scan calls and can go on with."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import images
from .formats.base import Bad, Texts
from .lines import Lines
from .tokens import Sampled

EXCERPT_BYTES = 32_000_000
"""Of documents next to each other, on which formats are tried."""

STRETCH_BYTES = 2_000_000
"""Of one stretch of an excerpt."""


class LinesLook:
    """Lines that are there again."""

    name = "lines"

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def take(self, texts: Texts) -> None:
        """Look at a batch."""
        self.lines.add(texts.data, texts.offsets)

    def state(self) -> dict[str, NDArray[Any]]:
        """What is known of lines."""
        return self.lines.state()

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one knew."""
        self.lines.restore(arrays)


class PiecesLook:
    """A sample of pieces, to be counted in tokens."""

    name = "pieces"

    def __init__(self, sampled: Sampled) -> None:
        self.sampled = sampled

    def take(self, texts: Texts) -> None:
        """Look at a batch."""
        self.sampled.add(texts.data, texts.offsets)

    def state(self) -> dict[str, NDArray[Any]]:
        """The sample so far."""
        return self.sampled.state()

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one knew."""
        self.sampled.restore(arrays)


class ExcerptsLook:
    """Stretches of documents next to each other, drawn at random: what a format makes of neighbours counts."""

    name = "excerpts"

    def __init__(self, seed: int = 0, most_byte: int = EXCERPT_BYTES) -> None:
        self._draw = np.random.default_rng(seed)
        self._most = most_byte
        self._limit = 1.0
        self._held: list[tuple[float, list[bytes]]] = []
        self._open: list[bytes] = []
        self._open_byte = self._held_byte = 0

    def take(self, texts: Texts) -> None:
        """Look at a batch."""
        if not self._open:
            self._rank = float(self._draw.random())
        if self._rank < self._limit:
            view = texts.data.data
            self._open += [bytes(view[begin:end]) for begin, end in pairwise(texts.offsets.tolist())]
        else:
            self._open.append(b"")  # a stretch that is not kept is as long as one that is
        self._open_byte += int(texts.offsets[-1] - texts.offsets[0])
        if self._open_byte >= STRETCH_BYTES:
            self._close()

    def _close(self) -> None:
        if self._open and self._rank < self._limit:
            self._held.append((self._rank, self._open))
            self._held_byte += self._open_byte
            self._held.sort(key=lambda each: each[0])
            while self._held_byte > self._most and len(self._held) > 1:
                self._limit, gone = self._held.pop()
                self._held_byte -= sum(map(len, gone))
        self._open, self._open_byte = [], 0

    def documents(self) -> list[bytes]:
        """Documents of all stretches."""
        self._close()
        return [each for _, stretch in self._held for each in stretch]

    def state(self) -> dict[str, NDArray[Any]]:
        """What was drawn so far; a stretch that is open ends here."""
        self._close()
        documents = self.documents()
        return {
            "ranks": np.array([self._limit, *(rank for rank, _ in self._held)]),
            "counts": np.array([len(stretch) for _, stretch in self._held], np.int64),
            "sizes": np.array([len(each) for each in documents], np.int64),
            "bytes": np.frombuffer(b"".join(documents), np.uint8),
        }

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one knew."""
        self._limit, *ranks = arrays["ranks"].tolist()
        ends = np.cumsum(arrays["sizes"]).tolist()
        data = arrays["bytes"].tobytes()
        texts = iter([data[end - size : end] for size, end in zip(arrays["sizes"].tolist(), ends, strict=True)])
        self._held = [
            (rank, [next(texts) for _ in range(count)])
            for rank, count in zip(ranks, arrays["counts"].tolist(), strict=True)
        ]
        self._held_byte = len(data)
        self._draw = np.random.default_rng([len(data), len(ranks)])


class ImagesLook:
    """How images look, and what it takes to decode them.

    Attributes
    ----------
    available
        Whether there is a library that decodes them.
    decoded, decode_s
        How many were, and the CPU-seconds of it.
    """

    name = "images"

    def __init__(self, bad: Bad) -> None:
        self._bad = bad
        self._hashes: list[NDArray[np.uint64]] = []
        self._known: list[NDArray[np.bool_]] = []
        self.available = True
        self.decoded, self.decode_s = 0, 0.0

    def take(self, texts: Texts) -> None:
        """Look at a batch."""
        found = images.hashes(texts, self._bad)
        if found is None:
            self.available = False
            return
        self._hashes.append(found.hash)
        self._known.append(found.known)
        self.decoded += found.decoded
        self.decode_s += found.decode_s

    def near_copies(self) -> NDArray[np.int64]:
        """For each image an earlier one that stays and looks like it; -1 where it stays."""
        if not self._hashes:
            return np.empty(0, np.int64)
        return images.near_copies(np.concatenate(self._hashes), np.concatenate(self._known))

    def state(self) -> dict[str, NDArray[Any]]:
        """Hashes so far."""
        return {
            "hashes": np.concatenate([np.empty(0, np.uint64), *self._hashes]),
            "known": np.concatenate([np.empty(0, bool), *self._known]),
            "figures": np.array([self.available, self.decoded, self.decode_s], np.float64),
        }

    def restore(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Know what another one knew."""
        self._hashes, self._known = [arrays["hashes"]], [arrays["known"]]
        available, decoded, self.decode_s = arrays["figures"].tolist()
        self.available, self.decoded = bool(available), int(decoded)
