"""What a revision brings: both sets put beside each other, as plain data that can be written as JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data import store, telling, tokens
from thirdwatt.data.columns import Column
from thirdwatt.data.errors import EmptyError
from thirdwatt.data.findings import Range
from thirdwatt.data.kernels import Kernels
from thirdwatt.data.reading import Progress

from . import alike, chunks, documents, lines
from .chunks import Chunks
from .documents import Class
from .lines import Difference, Lines
from .looked import BLOCKS, Looked, looked
from .sides import Documents, Side, read
from .stamps import Stamps, stamps

SCHEMA = "thirdwatt/diff/1"

EDITED_SHARE = 0.5
"""Of its bytes, what must stand in lines of OLD for a document to be an old one, edited."""

PIECES = 600
"""Of each sample that is tokenised."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a diff.

    Attributes
    ----------
    tokenizer
        By which documents and new lines are counted in tokens.
    memory_byte
        About so much is used.
    seed
        Of the samples that are tokenised.
    """

    tokenizer: tokens.Tokenizer | None = None
    memory_byte: int = 2_000_000_000
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """Lines of the documents that stand for none of the other side.

    Attributes
    ----------
    olds, news
        Numbers of these documents.
    old_class, new_class
        What has become of all documents.
    jaccard
        Of those of NEW, with the old one that each is like; 0 where its lines tell.
    stamps
        Lines that are new in many old documents.
    """

    found: Difference
    olds: Numbers
    news: Numbers
    old_class: documents.Classes
    new_class: documents.Classes
    jaccard: NDArray[np.float64]
    stamps: Stamps


def diff(
    old: Side, new: Side, wish: Wish, kernels: Kernels, told: Callable[[Progress], None] | None = None
) -> dict[str, Any]:
    """Say what a revision brings.

    Parameters
    ----------
    old, new
        Both revisions, opened.
    wish
        What is asked.
    kernels
        What it is done with.
    told
        Told how far it is.

    Raises
    ------
    EmptyError
        If rows of a set are there, and none of them is a document.
    ChangedError
        If files changed while they were read.
    OSError
        If something cannot be read, or there is no room.
    """
    began = time.perf_counter(), time.process_time()
    texts = old.text_stored_byte + new.text_stored_byte
    local = not any(store.is_remote(each) for each in (*old.paths, *new.paths))
    progress = Progress(2 * texts + (sum(old.sizes) + sum(new.sizes)) * local, told=told)
    with ExitStack() as stack:
        progress.begin("reading", 0)
        olds = stack.enter_context(closing(read(old, progress, 0, wish.seed, 0, PIECES)))
        news = stack.enter_context(closing(read(new, progress, old.text_stored_byte, wish.seed, 1, PIECES)))
        _check(olds)
        _check(news)
        progress.begin("reading what differs", texts)
        made = _lines(olds, news, wish, kernels, progress, stack)
        samples = looked(
            made.found, made.news, news, [each.key for each in made.stamps.top], progress,
            blocks=BLOCKS if wish.tokenizer else 0, seed=wish.seed, memory_byte=wish.memory_byte // 2,
        )  # fmt: skip
        progress.begin("cutting files into chunks", 2 * texts)
        transfer = _transfer(old, new, kernels, wish, progress, 2 * texts) if local else None
        said = _said(olds, news, made, samples, wish)
    said["file_hashes"], said["transfer"] = transfer or (None, None)
    said["kernels"] = kernels.near.NAME
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    byte = said["old"]["bytes"] + said["new"]["bytes"]
    said["cost"] = {"wall_s": wall, "cpu_s": cpu, "text_byte_per_cpu_s": byte / cpu if cpu else None}
    return said


def _check(of: Documents) -> None:
    """A set of which no row is a document is a mistake, and no empty set: all of the other one would be new.

    Raises
    ------
    EmptyError
        If it is one.
    """
    reasons = of.side.bad.counts
    if not len(of) and reasons:
        reason, count = reasons.most_common(1)[0]
        raise EmptyError(f"{of.side.path}: no row is a document ({count:,} × {reason})", "name their --column")


# --- lines and classes ------------------------------------------------------------------------------------------------


def _lines(
    old: Documents, new: Documents, wish: Wish, kernels: Kernels, progress: Progress, stack: ExitStack
) -> _Lines:
    """Lines of what is not the same, and what each document is."""
    memory = wish.memory_byte // 2
    old_class, new_class = documents.classes(old, new, memory)
    olds, news = (np.flatnonzero(~np.isin(each, documents.SETTLED)) for each in (old_class, new_class))
    before = old.side.text_stored_byte + new.side.text_stored_byte
    old_lines, new_lines = (stack.enter_context(closing(Lines())) for _ in range(2))
    for side, some, into, passed in (
        (old, olds, old_lines, before), (new, news, new_lines, before + old.side.text_stored_byte)
    ):  # fmt: skip
        for _, data, offsets in side.again(some, progress, passed):
            into.add(data, offsets)
    progress.begin("comparing lines", 2 * before)
    known = np.isin(new.places.take(news), old.places.take(olds))
    found = stack.enter_context(closing(lines.difference(old_lines, new_lines, memory, known)))
    old_byte, new_byte = _byte(old)[olds], _byte(new)[news]
    is_new = new_class[news] == Class.NEW
    edited = is_new & (new_byte - found.fresh_byte >= EDITED_SHARE * new_byte) & (new_byte > 0)
    left = is_new & ~edited & (new_byte > 0)
    gone = (old_byte > 0) & (old_byte - found.gone_byte < EDITED_SHARE * old_byte)
    jaccard = np.zeros(len(news))
    if left.any() and gone.any():
        signatures = [
            stack.enter_context(closing(alike.Signatures(kernels.near, side.again(some, progress, before))))
            for side, some in ((old, olds[gone]), (new, news[left]))
        ]
        jaccard[left], witness = alike.alike(*signatures)
        gone[np.flatnonzero(gone)[witness[witness >= 0]]] = False
    new_class[news[edited | (jaccard > 0)]] = Class.EDITED
    old_class[olds[~gone & (old_byte > 0)]] = Class.REPLACED
    made = stamps(found, new_class[news] == Class.EDITED, len(new))
    # Of a document that was edited in nothing but its stamp, nothing else is new.
    stamped = (made.byte > 0) & (made.byte == found.fresh_byte)
    new_class[news[stamped]] = Class.STAMPED
    return _Lines(found, olds, news, old_class, new_class, jaccard, made)


def _byte(of: Documents) -> Numbers:
    return of.byte.all().astype(np.int64)


# --- tokens of what is new --------------------------------------------------------------------------------------------


def _denser(samples: Looked, ratio: tokens.Ratio, wish: Wish) -> tokens.Span:
    """Tokens a byte of new lines, as a multiple of those of all: 1 where nobody counted, and both as sure as either."""
    if wish.tokenizer is None or not samples.texts:
        return tokens.Span(1.0, ratio.low / ratio.value, ratio.high / ratio.value)
    texts = [each.decode("utf-8", "replace") for each in samples.texts]
    counted = wish.tokenizer.counts(texts)
    byte = np.array([len(each) for each in samples.texts], np.int64)
    if not counted.sum():
        return tokens.Span(1.0, ratio.low / ratio.value, ratio.high / ratio.value)
    own = tokens.estimate(byte, counted, samples.of)
    return tokens.Span(ratio.value / own.value, ratio.low / own.high, ratio.high / own.low)


# --- files ------------------------------------------------------------------------------------------------------------


def _transfer(
    old: Side, new: Side, kernels: Kernels, wish: Wish, progress: Progress, passed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What hashes of files say, and what is sent of whole files and of chunks."""
    held = []
    with ExitStack() as stack:
        for side in (old, new):
            made = stack.enter_context(closing(Chunks()))
            for path in side.paths:
                passed += made.add(path, kernels.cuts)
                progress.say(passed)
            held.append(made)
        before, after = held
        whole = chunks.sent(before.files, after.files, after.file_byte, wish.memory_byte // 2)
        parts = chunks.sent(before.chunks, after.chunks, after.chunk_byte, wish.memory_byte // 2)
        total = int(after.file_byte.all().sum())
        count = len(after.files)
    hashes = {
        "files": count, "bytes": total, "changed_files": whole.number, "changed_bytes": whole.byte,
        "changed_files_share": whole.number / count if count else 0.0,
        "changed_bytes_share": whole.byte / total if total else 0.0,
    }  # fmt: skip
    return hashes, {
        "whole_files_bytes": whole.once_byte, "chunks_bytes": parts.once_byte, "chunks": parts.number,
        "least_chunk_bytes": chunks.LEAST_BYTES, "most_chunk_bytes": chunks.MOST_BYTES,
        "unread_files": [*before.unread, *after.unread],
    }  # fmt: skip


# --- what it comes to -------------------------------------------------------------------------------------------------


def _said(old: Documents, new: Documents, made: _Lines, samples: Looked, wish: Wish) -> dict[str, Any]:
    ratios = tokens.ratio(old.sampled, wish.tokenizer), tokens.ratio(new.sampled, wish.tokenizer)
    shown = [_set(each, ratio) for each, ratio in zip((old, new), ratios, strict=True)]
    rows = {
        each.name.lower(): _class(old, made.old_class == each, ratios[0])
        if each >= Class.REPLACED else _class(new, made.new_class == each, ratios[1])
        for each in Class
    }  # fmt: skip
    share = _share(new, made, _denser(samples, ratios[1], wish), wish)
    fresh, stamps, gone = (int(each.sum()) for each in (made.found.fresh_byte, made.stamps.byte, made.found.gone_byte))
    source = f"diff of {old.side.path} and {new.side.path}: lines that are not in the old one as often"
    observed = telling.row("new_token_share", share["value"], share["low"], share["high"], "1", share["kind"], source)
    return {
        "schema": SCHEMA,
        "tokenizer": wish.tokenizer.name if wish.tokenizer else None,
        "seed": wish.seed,
        "old": shown[0],
        "new": shown[1],
        "documents": rows,
        "lines": {
            "new": made.found.fresh,
            "new_bytes": fresh,
            "new_share": fresh / new.text_byte if new.text_byte else 0.0,
            "stamps": made.stamps.lines,
            "stamp_bytes": stamps,
            "removed": made.found.gone,
            "removed_bytes": gone,
            "removed_share": gone / old.text_byte if old.text_byte else 0.0,
            "top_stamps": [
                {
                    "line": samples.stamps.get(each.key),
                    "documents": each.documents,
                    "times": each.times,
                    "bytes": each.byte,
                }
                for each in made.stamps.top
            ],
        },
        "new_token_share": share,
        "new_tokens": _of(share, shown[1]["tokens"]),
        "removed_tokens": telling.token_count(gone, ratios[0]),
        "observations": [observed],
    }


def _share(new: Documents, made: _Lines, denser: tokens.Span, wish: Wish) -> dict[str, Any]:
    """Share of the tokens of NEW that are in new lines, and between what it lies by what one takes to be new."""
    fresh, byte = made.found.fresh_byte, _byte(new)[made.news]
    kind = made.new_class[made.news]
    total = max(1, new.text_byte)
    own = fresh - made.stamps.byte
    own[kind == Class.COPIED] = 0
    # Of two documents of as many runs, so much of one is not in the other by their Jaccard.
    least = own * np.where(made.jaccard > 0, (1 - made.jaccard) / (1 + made.jaccard), 1.0)
    whole = np.where(own > 0, byte, fresh)
    lines_share, low, high = (float(each.sum()) / total for each in (fresh, least, whole))
    value, low, most = (min(1.0, each) for each in (lines_share * denser.value, low * denser.low,
                                                    lines_share * denser.high))  # fmt: skip
    if lines_share == 1.0:
        value = most = 1.0  # all of it is new: so are its tokens
        low = low if least.sum() < total else 1.0
    measured = wish.tokenizer is not None
    return {
        **telling.figure(Range(value, min(low, value), max(most, high, value), "measured" if measured else "modelled",
                               f"new lines, by {wish.tokenizer.name}" if wish.tokenizer
                               else "bytes of new lines, by bytes a token alike for all")),
        "unit": "1",
        "lines": lines_share,
        "without_stamps_and_copies": float(own.sum()) / total,
        "whole_documents": high,
        "tokens_per_byte_ratio": {"value": denser.value, "low": denser.low, "high": denser.high},
    }  # fmt: skip


def _of(share: dict[str, Any], tokens: dict[str, Any]) -> dict[str, Any]:
    """A share of tokens in tokens."""
    value, low, high = (share[end] * tokens[end] for end in ("value", "low", "high"))
    return telling.figure(Range(value, low, high, "modelled", share["source"]))


def _set(of: Documents, ratio: tokens.Ratio) -> dict[str, Any]:
    side = of.side
    return {
        "path": side.path,
        "files": len(side.paths),
        "stored_bytes": sum(side.sizes),
        "columns": list(side.columns),
        "rows": len(of),
        "bytes": of.text_byte,
        "lines": of.text_lines,
        "tokens": telling.token_count(of.text_byte, ratio),
        "bytes_per_token": telling.figure(Range(ratio.value, ratio.low, ratio.high, ratio.kind, ratio.source)),
        "image_files": side.images,
        "unread_files": list(side.unread),
        "bad_rows": telling.bad_rows(side.bad),
    }


def _class(of: Documents, which: NDArray[np.bool_], ratio: tokens.Ratio) -> dict[str, Any]:
    """Rows, bytes and tokens of a class, and its shares of the set that it is in."""
    rows, byte, lines_of = (int(each) for each in (which.sum(), _summed(of.byte, which), _summed(of.lines, which)))
    return {
        "rows": rows,
        "bytes": byte,
        "lines": lines_of,
        "tokens": telling.token_count(byte, ratio),
        "rows_share": rows / len(of) if len(of) else 0.0,
        "bytes_share": byte / of.text_byte if of.text_byte else 0.0,
        "lines_share": lines_of / of.text_lines if of.text_lines else 0.0,
    }


def _summed(column: Column, which: NDArray[np.bool_]) -> int:
    """Sum of some rows."""
    return sum(int(rows[which[first : first + len(rows)]].sum(dtype=np.int64)) for first, rows in column.chunks())
