"""What was found, as findings and as plain data that can be written as JSON."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import caching, packing, tokens
from .against import LEVELS, Overlap
from .findings import Bad, Finding, Range
from .formats.base import BadRow
from .lines import Repeats
from .scan import QUANTILES
from .wish import BATCH, CONTEXT, Wish

OVERLAP = LEVELS[1]


def line_findings(found: Repeats, wish: Wish) -> list[Finding]:
    """Repeated lines, and page chrome."""
    where = shlex.quote(wish.path)

    def share(of: Any) -> Range:
        each = found.share(of)
        kind = "measured" if found.exact else "modelled"
        return Range(
            each.value, each.low, each.high, kind, "all lines" if found.exact else "a table and a sample of lines"
        )

    rows = [
        ("repeated_lines", "lines of 20 bytes and more that stand in a document before, copies of whole documents "
         "included: they add to no other finding", found.elsewhere_byte),
        ("page_chrome", f"lines that stand in {found.chrome_documents:,} documents and more, as menus and footers do",
         found.chrome_byte),
    ]  # fmt: skip
    return [
        Finding(name, what, True, None, round(of.value), None, share(of),
                share(of)._replace(kind="modelled", source="bytes, by bytes a token alike for all"),
                f"thirdwatt data dedup {where} --lines --out DIR" if of.value else "")
        for name, what, of in rows
    ]  # fmt: skip


def overlap_finding(found: Overlap, wish: Wish) -> Finding:
    """Documents of a second set that stand in the scanned one."""
    count = found.reached(OVERLAP)
    total = len(found.share)
    value = count / total if total else 0.0
    spread = 1.645 * math.sqrt(value * (1 - value) / total) if total and found.judged < found.documents else 0.0
    byte = int(found.byte[found.share >= OVERLAP].sum())
    what = (f"documents of {wish.against} of whose runs of five words {OVERLAP:.0%} and more stand in {wish.path}; "
            f"shares are of those of {wish.against} that are long enough to tell")  # fmt: skip
    share = Range(value, max(0.0, value - spread), min(1.0, value + spread))
    fix = (
        f"thirdwatt data dedup {shlex.quote(wish.path)} --against {shlex.quote(wish.against)} --out DIR"
        if count
        else ""
    )
    return Finding("overlap", what, True, count, byte, share, None, None, fix)


def overlap(found: Overlap) -> dict[str, Any]:
    """The same in figures."""
    return {
        "documents": found.documents,
        "judged": found.judged,
        "too_short": found.short,
        "reached": {f"{level:g}": found.reached(level) for level in LEVELS},
    }


def chrome(found: Repeats) -> dict[str, Any]:
    """Lines in figures, and those that take most."""
    return {
        "lines": found.lines,
        "counted_lines": found.counted_lines,
        "exact": found.exact,
        "top": [{"line": each.sample, "documents": each.documents, "times": each.count, "bytes": each.byte}
                for each in found.top],
    }  # fmt: skip


def token_lengths(byte: NDArray[np.uint32], ratio: tokens.Ratio) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lengths of documents in tokens, and how many have each."""
    lengths, counts = np.unique(byte, return_counts=True)
    return tokens.lengths(lengths.astype(np.int64), ratio), counts


def token_count(byte: int, ratio: tokens.Ratio) -> dict[str, Any]:
    """Tokens of so many bytes."""
    kind = "modelled" if ratio.kind == "measured" else ratio.kind
    return figure(Range(byte / ratio.value, byte / ratio.high, byte / ratio.low, kind, ratio.source))


def quantiles(found: packing.Histogram) -> dict[str, int]:
    """Quantiles of the tokens of documents."""
    if not found.documents:
        return {}
    passed = np.cumsum(found.counts)
    places = [math.ceil(each * found.documents) for each in QUANTILES]
    at = np.minimum(np.searchsorted(passed, places), len(passed) - 1)
    return {f"p{100 * each:g}": int(found.lengths[place]) for each, place in zip(QUANTILES, at, strict=True)}


def histogram(found: packing.Histogram) -> dict[str, Any] | None:
    """Documents and their tokens by length, in steps of a doubling."""
    if not found.documents:
        return None
    steps = 2 ** np.arange(0, int(found.longest).bit_length() + 1)
    of = np.searchsorted(steps, found.lengths, side="right") - 1
    return {
        "from_tokens": steps.tolist(),
        "documents": np.bincount(of, found.counts, len(steps)).astype(np.int64).tolist(),
        "tokens": np.bincount(of, found.counts * found.lengths, len(steps)).astype(np.int64).tolist(),
    }


def padding(byte: NDArray[np.uint32], ratio: tokens.Ratio, wish: Wish) -> dict[str, Any] | None:
    """Batching strategies; their intervals hold what is not known of bytes a token too."""
    context, batch = wish.context or CONTEXT, wish.batch or BATCH
    ends = {
        ratio.value: ratio,
        ratio.low: replace(ratio, value=ratio.low),
        ratio.high: replace(ratio, value=ratio.high),
    }
    tables = [
        packing.table(packing.histogram(*token_lengths(byte, each)), context, batch, seed=wish.seed)
        for each in ends.values()
    ]
    if not tables[0] or not len(byte):
        return None
    return {
        "context": context,
        "batch": batch,
        "stated": {"context": bool(wish.context), "batch": bool(wish.batch)},
        "strategies": [
            {
                "id": each.id,
                "what": each.what,
                "padding_share": figure(Range(
                    each.padding_share, min(each.padding_low for each in same), max(each.padding_high for each in same),
                    "modelled", f"lengths of {ratio.kind} bytes a token, {each.how}")),
                "sequences": each.sequences,
                "processed_tokens": each.processed_tokens,
                "useful_tokens": each.useful_tokens,
                "truncated_documents": each.truncated_documents,
                "lost_tokens": each.lost_tokens,
                "split_documents": each.split_documents,
            }
            for each, *same in ((row[0], *row) for row in zip(*tables, strict=True))
        ],
    }  # fmt: skip


def strategy(padding: dict[str, Any] | None, name: str) -> dict[str, Any] | None:
    """A batching strategy by its name."""
    return next((each for each in padding["strategies"] if each["id"] == name), None) if padding else None


def tokenise(byte: int, ratio: tokens.Ratio, wish: Wish) -> dict[str, Any] | None:
    """What it takes to tokenise all of it, where that was measured."""
    each = ratio.cpu_s_per_token
    if each is None or wish.tokenizer is None:
        return None
    source = f"{wish.tokenizer.name}, one core of this machine"
    count = byte / ratio.value
    found = caching.tokenise(count, byte, each.value, wish.epochs or 1.0, wish.tokenizer.vocabulary)
    return {
        "tokenizer": wish.tokenizer.name,
        "vocabulary": wish.tokenizer.vocabulary,
        "cpu_s_per_token": figure(Range(each.value, each.low, each.high, "measured", source)),
        "core_hours_per_epoch": found.work_cpu_h,
        "cache_bytes": found.cache_byte,
    }


def other_findings(padding: dict[str, Any] | None, tokenise: dict[str, Any] | None, wish: Wish) -> list[Finding]:
    """Findings that are made of no rows."""
    found = []
    where = shlex.quote(wish.path)
    tokenizer = f" --tokenizer {shlex.quote(wish.tokenizer.name)}" if wish.tokenizer else " --tokenizer NAME"
    present = strategy(padding, wish.batching) if wish.batching else None
    if present and padding:
        share = Range(**present["padding_share"])
        what = f"padding among all tokens that are processed: {present['what']}, at a context of {padding['context']:,}"
        fix = f"thirdwatt data pack {where} --context {padding['context']}{tokenizer} --out DIR"
        found.append(Finding("padding", what, True, tokens_share=share, fix=fix if share.value > 0.005 else ""))
    if tokenise:
        what = (f"text that is tokenised again in each epoch takes {tokenise['core_hours_per_epoch']:.3g} core-hours "
                "each time, and a cache of tokens none of them")  # fmt: skip
        fix = f"thirdwatt data convert {where} --to tokens{tokenizer} --out DIR"
        found.append(Finding("tokenised_each_epoch", what, True, fix=fix))
    return found


def observations(
    findings: Sequence[Finding], padding: dict[str, Any] | None, tokenise: dict[str, Any] | None, wish: Wish
) -> list[dict[str, Any]]:
    """What an estimate rests on instead of what it would assume."""
    rows = []
    shares = [each.tokens_share for each in findings if each.id in ("exact_duplicates", "near_duplicates")]
    known = [each for each in shares if each is not None]
    if known:
        value = 1 - sum(each.value for each in known)
        low, high = 1 - sum(each.high for each in known), 1 - sum(each.low for each in known)
        source = f"scan of {wish.path}: what is not verified to be a copy"
        rows.append(row("unique_token_share", value, max(low, 1e-9), min(high, 1.0), "1", "modelled", source))
    exact = next((each.tokens_share for each in findings if each.id == "exact_duplicates"), None)
    if exact is not None:
        low, high = max(1 - exact.high, 1e-9), min(1 - exact.low, 1.0)
        source = f"scan of {wish.path}: what is no exact copy"
        rows.append(row("exact_unique_token_share", 1 - exact.value, low, high, "1", "modelled", source))
    present = strategy(padding, wish.batching) if wish.batching else None
    if present:
        share = present["padding_share"]
        source = f"scan of {wish.path}: {present['what']}"
        rows.append(row("padding_share", share["value"], share["low"], share["high"], "1", "modelled", source))
    if tokenise:
        each = tokenise["cpu_s_per_token"]
        rows.append(row("tokenise_cpu_s_per_token", each["value"], each["low"], each["high"], "s/token", each["kind"],
                         each["source"]))  # fmt: skip
    return rows


def row(quantity: str, value: float, low: float, high: float, unit: str, kind: str, source: str) -> dict[str, Any]:
    """An observation."""
    return {"quantity": quantity, "value": value, "low": low, "high": high, "unit": unit, "kind": kind,
            "source": source, "scope": "rate"}  # fmt: skip


def finding(found: Finding) -> dict[str, Any]:
    """A finding as plain data."""
    names = ("rows_share", "bytes_share", "tokens_share", "extrapolated")
    return {
        "id": found.id,
        "what": found.what,
        "verified": found.verified,
        "rows": found.rows,
        "bytes": found.byte,
        **{name: figure(each) if (each := getattr(found, name)) else None for name in names},
        "fix": found.fix or None,
        "examples": list(found.examples),
    }


def bad_rows(found: Bad) -> dict[str, Any]:
    """Bad rows as plain data: how many of each reason, and the first."""
    return {
        "count": sum(found.counts.values()),
        "reasons": dict(found.counts),
        "samples": [bad_row(each) for each in found.first],
    }


def bad_row(row: BadRow) -> dict[str, Any]:
    """A bad row as plain data."""
    return {
        "file": row.file,
        "row": row.row,
        "rows": row.rows,
        "behind_byte": row.behind_byte,
        "reason": row.reason,
        "sample": row.sample.decode("utf-8", "replace"),
    }


def figure(found: Range) -> dict[str, Any]:
    """A figure as plain data; an end that is not known is none."""
    return {name: None if isinstance(each, float) and not math.isfinite(each) else each
            for name, each in found._asdict().items()}  # fmt: skip


def rank(found: dict[str, Any]) -> tuple[bool, float]:
    """Order of findings: what is verified first, and the largest share."""
    share = found["tokens_share"] or found["bytes_share"] or found["rows_share"] or {"value": 0.0}
    return not found["verified"], -share["value"]
