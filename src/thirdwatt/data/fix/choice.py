"""What of a dataset stays and what goes, and why: decided once, and kept for whoever goes on."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.formats.base import Source
from thirdwatt.data.scan import Documents
from thirdwatt.data.together import Together

from .repeats import Repeats
from .result import json_bytes, replaced

REASONS = ("", "exact", "near", "empty", "overlap", "lines")
"""Why a document goes, by its number; the first one stays."""
STAYS, EXACT, NEAR, EMPTY, OVERLAP, LINES = range(len(REASONS))

NAME = "choice"


class Reasons(NamedTuple):
    """Why documents go, and for what; as of :class:`Choice`."""

    why: NDArray[np.uint8]
    witness: NDArray[np.int64]
    like: NDArray[np.float32]


def reasons(
    found: Documents, how: frozenset[str], held: NDArray[np.int64], share: NDArray[np.float32] | None
) -> Reasons:
    """Why each document goes.

    Parameters
    ----------
    found
        What a scan found.
    how
        Of ``exact`` and ``near``: what goes for being alike; else all of them stay.
    held, share
        Of each document the one of a second set that it holds, -1 for none, and how much of it: these go.
    """
    count = len(found.byte)
    why, witness, like = np.full(count, STAYS, np.uint8), np.full(count, -1, np.int64), np.zeros(count, np.float32)
    if how & {"exact", "near"}:
        if found.alike is not None:
            near = found.alike.verified
            why[near], witness[near], like[near] = NEAR, found.alike.witness[near], found.alike.jaccard[near]
        copies = found.copies
        why[copies], witness[copies], like[copies] = EXACT, found.first[copies], 1
        moved = np.flatnonzero(copies)[why[witness[copies]] == NEAR]  # the same as one that went itself
        like[moved], witness[moved] = like[witness[moved]], witness[witness[moved]]
        empty = found.byte == 0
        why[empty], witness[empty], like[empty] = EMPTY, -1, 0
    if share is not None:
        holds = held >= 0
        why[holds], witness[holds], like[holds] = OVERLAP, held[holds], share[holds]
    return Reasons(why, witness, like)


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What stays and what goes.

    Attributes
    ----------
    why
        Of each document one of :data:`REASONS`, by its number.
    witness
        Of each that goes the document that stays for it, or that it holds; -1 where there is none.
    like
        How like they are: Jaccard of their runs of words, 1 for the same bytes.
    byte, row
        Of each document: bytes, and its row in its file.
    digest
        128 bits of each, shape (documents, 2).
    files
        Number of the first document of each file, and of the one behind the last.
    line_counts, line_again
        As of :class:`.repeats.Repeats`; empty where lines were not looked at.
    """

    why: NDArray[np.uint8]
    witness: NDArray[np.int64]
    like: NDArray[np.float32]
    byte: NDArray[np.uint32]
    row: NDArray[np.int64]
    digest: NDArray[np.uint64]
    files: NDArray[np.int64]
    line_counts: NDArray[np.uint32]
    line_again: NDArray[np.bool_]

    @property
    def stays(self) -> NDArray[np.bool_]:
        """Whether each stays."""
        found: NDArray[np.bool_] = self.why == STAYS
        return found

    @property
    def repeats(self) -> Repeats:
        """Lines that are there again."""
        return Repeats(self.line_counts, self.line_again)

    def places(self, numbers: NDArray[np.int64], sources: Sequence[Source]) -> list[tuple[str, int]]:
        """The files of some documents, and their rows in there; an empty name where the number is none."""
        files = (np.searchsorted(self.files, numbers, side="right") - 1).tolist()
        found = []
        for number, file, row in zip(numbers.tolist(), files, self.row[numbers].tolist(), strict=True):
            source = sources[file]
            found.append(source.place(row) if isinstance(source, Together) else (source.path, row))
            if number < 0:
                found[-1] = "", -1
        return found

    def counted(self) -> dict[str, dict[str, int]]:
        """Documents and their bytes by why they go."""
        found = {}
        for number, reason in enumerate(REASONS[1:], 1):
            which = self.why == number
            if which.any():
                found[reason] = {"rows": int(which.sum()), "bytes": int(self.byte[which].sum(dtype=np.int64))}
        return found

    def save(self, folder: Path, said: dict[str, Any]) -> None:
        """Keep it, and what is to be known with it, in a folder that is there whole or not at all."""
        aside = folder / f"{NAME}.part"
        aside.mkdir(exist_ok=True)
        for each in fields(self):
            with (aside / f"{each.name}.npy").open("wb") as file:
                np.save(file, getattr(self, each.name))
                file.flush()
                os.fsync(file.fileno())
        replaced(aside / "said.json", json_bytes(said))
        aside.rename(folder / NAME)

    @classmethod
    def load(cls, folder: Path) -> tuple[Choice, dict[str, Any]] | None:
        """What was kept; nothing where that is nothing."""
        kept = folder / NAME
        if not kept.is_dir():
            return None
        arrays = {each.name: np.load(kept / f"{each.name}.npy", mmap_mode="r") for each in fields(cls)}
        return cls(**arrays), json.loads((kept / "said.json").read_text(encoding="utf-8"))
