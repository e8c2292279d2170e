"""Copies left out: a dataset without its exact and near duplicates, its repeated lines, or what a second set holds.

First it is decided what goes, by a scan; the decision is kept, so that a killed run goes on from it. Then the files of
the result are written, each a stretch of documents that depends on the documents alone: neither batches nor workers
change a byte of it. Each is read back, and held against the digests of what was to stay, before it counts as written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import scan, tokens
from thirdwatt.data.against import Holders, Second
from thirdwatt.data.errors import ChangedError, EmptyError
from thirdwatt.data.files import files
from thirdwatt.data.findings import Bad
from thirdwatt.data.formats.base import Source
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.looks import PiecesLook
from thirdwatt.data.reading import Progress
from thirdwatt.data.survey import PIECES, second_set

from . import inputs, report
from .choice import STAYS, Choice, reasons
from .forms import Options, natural
from .order import last, ranks
from .repeats import NONE, Repeats
from .result import DATA, Result
from .stretches import Numbers, divided
from .uniform import uniform
from .writing import Writing

FILE_BYTES = 512_000_000
"""Text of a file of the result."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a fix.

    Attributes
    ----------
    path, out
        The dataset, and where the result is to be.
    how
        Of ``exact``, ``near`` and ``lines``.
    keep
        Which of those that are alike stays: ``first``, ``longest``, or the one with the most in a column of that name.
    against
        A second set: what holds its documents goes.
    column
        Where the documents are; found where it is not named.
    form
        ``parquet``, ``jsonl`` or ``webdataset``; as the dataset is, where it is empty.
    file_byte, memory_byte
        Text of a file of the result; what may be taken.
    tokenizer
        By which tokens are counted.
    workers
        Files that are written at a time.
    """

    path: str
    out: str
    how: frozenset[str] = frozenset(("exact", "near"))
    keep: str = "first"
    against: str = ""
    column: str = ""
    form: str = ""
    file_byte: int = FILE_BYTES
    memory_byte: int = 2_000_000_000
    tokenizer: tokens.Tokenizer | None = None
    workers: int = 1


def dedup(wish: Wish, kernels: Kernels, say: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Write a dataset without its copies.

    Parameters
    ----------
    wish
        What is asked.
    kernels
        What it is done with.
    say
        Told how far it is.

    Returns
    -------
    dict
        The report, as it stands in the result.

    Raises
    ------
    EmptyError
        If there is nothing to read.
    ThereError
        If something stands where the result is to be.
    ChangedError
        If files changed while they were read.
    ReckoningError
        If what was written does not add up; the result does not appear.
    OSError
        If something cannot be read or written.
    """
    inputs.apart(wish.out, wish.path, wish.against)
    found = files(wish.path)
    bad = Bad()
    sources = inputs.sources(found, wish.column, bad)
    if sources[0].kind == "image" and (wish.how & {"lines"} or wish.against):
        raise EmptyError("holds images, which have neither lines nor words", "leave out --lines and --against")
    signatures = inputs.signatures(wish.path, wish.against)
    result = Result(wish.out, _key(wish, signatures))
    with closing(result):
        kept = Choice.load(result.work)
        choice, facts = kept or _chosen(wish, sources, kernels, result.work, bad, say)
        if kept is None:
            choice.save(result.work, facts)
        if not choice.stays.any():
            raise EmptyError("holds nothing that would stay", "scan it to see what is in it")
        form = wish.form or natural(found.paths)
        parts = divided(choice.byte, choice.stays, wish.file_byte)
        writing = Writing(form, sources, choice, result, facts["held"])
        names, notes = writing.all(parts, wish.workers, say)
        if signatures != inputs.signatures(wish.path, wish.against):
            raise ChangedError(f"{wish.path} changed while it was read")
        said = report.said(wish, found, choice, facts, names, notes)
        made = [each["name"] for each in said["files"]]
        for name in {*names} - {*made}:  # all of its lines stood before
            (result.made / DATA / name).unlink(missing_ok=True)
        origins = {str(result.made / DATA / name): writing.between(*part)
                   for name, part in zip(names, parts, strict=True) if name in made}  # fmt: skip
        uniform(form, origins, Options(), inputs.held(sources[0]))
        return result.finish(said, report.removed(result.work, names, notes, facts), made)


# --- what goes --------------------------------------------------------------------------------------------------------


def _key(wish: Wish, signatures: list[Any]) -> str:
    """What a result that was begun must have been for, to be gone on with."""
    tokenizer = wish.tokenizer.name if wish.tokenizer else ""
    asked = [wish.path, sorted(wish.how), wish.keep, wish.against, wish.column, wish.form, wish.file_byte, tokenizer,
             wish.memory_byte]  # fmt: skip
    return json.dumps([report.SCHEMA, asked, signatures])


def _chosen(
    wish: Wish, sources: Sequence[Source], kernels: Kernels, work: Path, bad: Bad,
    say: Callable[[Progress], None] | None,
) -> tuple[Choice, dict[str, Any]]:  # fmt: skip
    """What goes, and what is to be known of it."""
    text = sources[0].kind == "text"
    pieces = PiecesLook(tokens.Sampled(pieces=PIECES))
    near = kernels.near if "near" in wish.how and text else None
    second = Second(second_set(wish.against, Bad()), kernels.near, wish.memory_byte // 4) if wish.against else None
    if second and len(second.counts) < second.documents:
        raise EmptyError(f"--against {wish.against}: has more runs of words than memory holds", "give more: --memory")
    holders = Holders(second, kernels.near) if second else None

    def prefer(firsts: Sequence[int], row: Numbers, byte: NDArray[np.uint32]) -> NDArray[Any] | None:
        found = ranks(wish.keep, sources, firsts, row, byte, wish.memory_byte // 4, str(work))
        return last(found, holders.found()[0] >= 0) if holders else found

    looks = (*((pieces,) if text else ()), *((holders,) if holders else ()))
    plan = scan.Plan(tuple(sources), near, looks, str(work / "scan"), "", wish.memory_byte, prefer)
    found = scan.scan(plan, bad, say)
    held, share = holders.found() if holders else (np.full(len(found.byte), -1, np.int64), None)
    decided = reasons(found, wish.how, held, share)
    repeats = NONE
    if "lines" in wish.how:
        progress = Progress(sum(each.stored_byte for each in sources), told=say, what="reading lines")
        stays = decided.why == STAYS
        repeats = Repeats.found(sources, stays, kernels.lines, str(work), wish.memory_byte // 2, progress)
    choice = Choice(*decided, found.byte, found.row, found.digest, np.array(found.files, np.int64),
                    repeats.counts, repeats.again)  # fmt: skip
    full = found.alike.full if found.alike else 0
    ratio = tokens.ratio(pieces.sampled, wish.tokenizer) if text else None
    facts = report.facts(bad, near.NAME if near else None, full, ratio)
    places = second.places if second else []
    return choice, facts | {"held": {str(each): list(places[each]) for each in np.unique(held[held >= 0]).tolist()}}
