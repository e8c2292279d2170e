"""Documents packed into rows as long as the context: almost no padding, and none of them cut that fits.

The documents are made into tokens once. Their lengths say how rows are filled (:mod:`thirdwatt.data.packing`), a seed
which of the documents of one length goes where and in which order the rows stand. Rows are then gathered from the file
of tokens, and each file that is written is read back. Neither workers nor batches change a byte of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import packing, tokens
from thirdwatt.data.columns import Mapped
from thirdwatt.data.reading import Progress

from . import inputs, packed, tokenised
from .arrange import PIECE_BYTES, Pieces, Rows, dealt, pieces, plan
from .packed import Block, Reckoning
from .result import ReckoningError, Result
from .tokenised import Begun, Tokenised

SCHEMA = "thirdwatt/pack/1"

FILE_BYTES = 512_000_000
"""Tokens of a file of the result, padding among them."""

BLOCK_TOKENS = 1 << 21
"""Tokens of rows that are gathered together: what a row group has."""

PROOF = (
    "every file was read back: positions, segments and padding are those of its lengths, and tokens, pieces and the "
    "sum of the 128-bit digests of pieces over all files are those of the file of tokens that was made of the documents"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of packing.

    Attributes
    ----------
    path, out
        The dataset, and where the result is to be.
    context
        Tokens of a row.
    tokenizer
        By which documents become tokens.
    end
        The token behind each document; the tokenizer's own where it is empty, none where it is ``none``.
    seed
        Of what goes where.
    column
        Where the documents are; found where it is not named.
    form
        Of :data:`.packed.FORMS`.
    file_byte, memory_byte
        Tokens of a file of the result; what may be taken: beyond that documents are packed in several lots.
    workers
        Files that are written at a time, and threads of the tokenizer.
    """

    path: str
    out: str
    context: int
    tokenizer: tokens.Encoder
    end: str = ""
    seed: int = 0
    column: str = ""
    form: str = "parquet"
    file_byte: int = FILE_BYTES
    memory_byte: int = 2_000_000_000
    workers: int = 1


def pack(wish: Wish, say: Callable[[Progress], None] | None = None) -> dict[str, Any]:
    """Write a dataset as rows of tokens.

    Parameters
    ----------
    wish
        What is asked.
    say
        Told how far it is.

    Returns
    -------
    dict
        The report, as it stands in the result.

    Raises
    ------
    EmptyError
        If there is nothing to read, or nothing of it has tokens.
    ThereError
        If something stands where the result is to be.
    ChangedError
        If files changed while they were read.
    ReckoningError
        If what was written does not add up; the result does not appear.
    ValueError
        If the context is less than 1, there is no such end, or a text has no tokens.
    OSError
        If something cannot be read or written.
    """
    if wish.context < 1:
        raise ValueError(f"a context of {wish.context} holds no token")
    asked = [SCHEMA, wish.context, wish.seed, wish.form, wish.file_byte, wish.memory_byte]
    with tokenised.begun(wish, asked, say) as begun:
        names, notes = _Packing(wish, begun.made, begun.result).all(say)
        return begun.finish(_said(wish, begun, names, notes), names)


# --- rows ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Lot:
    """Pieces that are packed together, and their rows."""

    pieces: Pieces
    rows: Rows


def lots(made: Tokenised, context: int, memory_byte: int) -> int:
    """In how many lots documents are packed, so that what is known of the pieces of one fits into memory."""
    count = sum(int((-(-lengths // context)).sum()) for _, _, lengths in made.spans())
    return min(made.documents, max(1, -(-count * PIECE_BYTES // max(1, memory_byte // 2))))


def lot(made: Tokenised, context: int, seed: int, number: int, of: int) -> Lot:
    """Every so manieth document as pieces, and their rows."""
    parts = []
    for first, begins, lengths in made.spans():
        mine = slice((number - first) % of, None, of)
        parts.append(pieces(begins[mine], lengths[mine], context))
    own = Pieces(np.concatenate([each.begins for each in parts]), np.concatenate([each.lengths for each in parts]))
    return Lot(own, dealt(own.lengths, plan(own.lengths, context), np.random.default_rng([seed, number])))


def gathered(source: NDArray[Any], held: Lot, first: int, last: int, context: int, pad: int) -> Block:
    """Rows from one up to another, with their tokens."""
    slots = held.rows.begins[first : last + 1]
    numbers = held.rows.pieces[slots[0] : slots[-1]]
    counts = np.diff(slots)
    lengths = held.pieces.lengths[numbers].astype(np.int64)
    begins = held.pieces.begins[numbers]
    passed = np.cumsum(lengths) - lengths
    places = passed + np.repeat(np.arange(last - first) * context - passed[slots[:-1] - slots[0]], counts)
    found = np.full((last - first) * context, pad, source.dtype)
    order = np.argsort(begins, kind="stable")  # as they stand in the file
    for place, begin, size in zip(places[order].tolist(), begins[order].tolist(), lengths[order].tolist(), strict=True):
        found[place : place + size] = source[begin : begin + size]
    return Block(found.reshape(-1, context), lengths, counts)


def reckoned(made: Tokenised, context: int) -> Reckoning:
    """All pieces of all documents, read in order from the file of tokens."""
    found = Reckoning()
    for _, begins, lengths in made.spans():
        own = pieces(begins, lengths, context)
        ends = np.cumsum(own.lengths, dtype=np.int64)
        at = 0
        while at < len(ends):
            passed = int(ends[at - 1]) if at else 0
            to = max(at + 1, int(np.searchsorted(ends, passed + BLOCK_TOKENS, side="right")))
            begin = int(own.begins[at])
            found.add(made.ids.part(begin, begin + int(ends[to - 1]) - passed), own.lengths[at:to].astype(np.int64))
            at = to
    return found


# --- files -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Packing:
    """Writing the files of a result."""

    wish: Wish
    made: Tokenised
    result: Result

    def all(self, say: Callable[[Progress], None] | None) -> tuple[list[str], list[dict[str, Any]]]:
        """Write all files: their names, and what is known of each."""
        wish, made = self.wish, self.made
        size = made.ids.dtype.itemsize
        progress = Progress(made.tokens * size, told=say, what="packing")
        source = made.ids.mapped()
        most = max(1, wish.file_byte // (wish.context * size))
        names: list[str] = []
        notes: list[dict[str, Any]] = []
        of = lots(made, wish.context, wish.memory_byte)
        for number in range(of):
            held = lot(made, wish.context, wish.seed, number, of)
            parts = _even(len(held.rows), most)
            own = [f"{each:05}.{wish.form}" for each in range(len(names), len(names) + len(parts))]
            notes += self.result.files(
                [(name, partial(self._write, held, source, progress, *part))
                 for name, part in zip(own, parts, strict=True)], wish.workers,
            )  # fmt: skip
            names += own
        return names, notes

    def _write(self, held: Lot, source: Mapped, progress: Progress, first: int, last: int, path: str) -> dict[str, Any]:
        wish, pad = self.wish, self.made.marks.pad[1]
        # What torch knows too: 16 bits without a sign, but no 32.
        kind = np.dtype(np.uint16 if source.array.itemsize == 2 else np.int32)
        expected = Reckoning()
        packed.write(path, wish.form, kind, self._blocks(held, source, progress, first, last, expected))
        rows, found = packed.proof(path, wish.form, wish.context, pad)
        if rows != last - first or not found.same(expected):
            raise ReckoningError(
                f"{path} holds {rows:,} rows of {found.pieces:,} pieces where {last - first:,} of {expected.pieces:,} "
                "were to be written, or others"
            )
        return {"rows": rows, **found.said()}

    def _blocks(
        self, held: Lot, source: Mapped, progress: Progress, first: int, last: int, expected: Reckoning
    ) -> Iterator[Block]:
        context = self.wish.context
        step = max(1, BLOCK_TOKENS // context)
        for begin in range(first, last, step):
            self.result.check()
            block = gathered(source.array, held, begin, min(last, begin + step), context, self.made.marks.pad[1])
            lengths, which = block.stretches()
            expected.add(block.ids, lengths, which)
            yield block
            passed = int(block.lengths.sum()) * source.array.itemsize
            progress.say(progress.done_byte + passed, passed)
            source.release()  # rows come from all over the file: it would all be in memory


def _even(count: int, most: int) -> list[tuple[int, int]]:
    """Stretches that are as long as one another, or one longer."""
    number = -(-count // most)
    return list(pairwise(count * each // number for each in range(number + 1)))


# --- what was done ----------------------------------------------------------------------------------------------------


def _said(wish: Wish, begun: Begun, names: Sequence[str], notes: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The report.

    Raises
    ------
    ReckoningError
        If what was written is not what was made into tokens.
    """
    made, found, bad = begun.made, begun.found, begun.bad
    written = Reckoning()
    for each in notes:
        written.join(Reckoning.of(each))
    wanted = reckoned(made, wish.context)
    if not written.same(wanted) or written.tokens != made.tokens:
        raise ReckoningError(
            f"{written.tokens:,} tokens in {written.pieces:,} pieces were written where {made.tokens:,} in "
            f"{wanted.pieces:,} were to be, or others"
        )
    tally = packing.Tally()
    for _, _, lengths in made.spans():
        tally.add(lengths)
    documents = tally.histogram()
    rows = sum(each["rows"] for each in notes)
    bound = packing.lower_bound(packing.fitted(documents, wish.context, "split"), wish.context)
    alone = packing.pad_to_context(documents, wish.context)
    empty = len(made.empty)
    return {
        "schema": SCHEMA,
        "thirdwatt": version("thirdwatt"),
        "path": wish.path,
        "context": wish.context,
        "seed": wish.seed,
        "tokenizer": wish.tokenizer.name,
        "vocabulary": made.vocabulary,
        **made.marks.said(),
        "before": {
            "rows": made.documents + empty, "bytes": made.byte, "stored_bytes": found.byte, "files": len(found.paths),
            "tokens": made.tokens - made.ends, "bad_rows": bad["count"], "empty_rows": empty,
        },
        "removed": {"empty": {"rows": empty}} if empty else {},
        "after": {
            "rows": rows, "documents": made.documents, "segments": written.pieces, "tokens": made.tokens,
            "end_tokens": made.ends, "padding_tokens": rows * wish.context - made.tokens,
            "split_documents": int(documents.counts[documents.lengths > wish.context].sum()), "files": len(names),
        },
        "padding_share": {
            "packed": _padding(rows, wish.context, made.tokens),
            "bound": _padding(bound, wish.context, made.tokens),
            "padded_to_context": alone.padding_share,
        },
        "bound_rows": bound,
        "files": [{"name": name, "rows": each["rows"], "segments": each["segments"], "tokens": each["tokens"]}
                  for name, each in zip(names, notes, strict=True)],
        "proof": PROOF,
        "splits": inputs.splits(found),
        "bad_rows": bad,
    }  # fmt: skip


def _padding(rows: int, context: int, useful: int) -> float:
    return 1 - useful / (rows * context)
