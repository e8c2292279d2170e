"""What a fix did, as plain data: what was read, what went and why, what was written, and that it adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from thirdwatt.data import telling
from thirdwatt.data.files import Files
from thirdwatt.data.findings import BAD_SAMPLES, Bad, Finding, Range
from thirdwatt.data.tokens import Ratio

from . import inputs
from .choice import Choice
from .result import ReckoningError, json_bytes

if TYPE_CHECKING:
    from .dedup import Wish

SCHEMA = "thirdwatt/dedup/1"

FINDINGS = {
    "exact": ("exact_duplicates", "documents that are the same, byte by byte, as one that stays"),
    "near": ("near_duplicates", "documents that share three quarters of their runs of five words with one that stays"),
    "empty": ("empty_documents", "documents without a byte"),
    "overlap": ("overlap", "documents that hold one of a second set"),
    "lines": ("repeated_lines", "lines of 20 bytes and more that stand in what stays before"),
}
"""What goes, as a scan calls it, and in words."""

CEILING = (
    "The first that is met stays, and every other is held against those that stay: of a chain A, B, C in which B goes "
    "for A, C stays where it is like B alone. On planted sets (benchmarks/truth.py, four seeds) 97.0 % of the pairs of "
    "a Jaccard of 0.8 and more end under one that stays, and comparing all pairs reaches 97.2 %; of others it is not "
    "known."
)


def facts(bad: Bad, kernels: str | None, full: int, ratio: Ratio | None) -> dict[str, Any]:
    """What is to be known of a choice beside it.

    Parameters
    ----------
    kernels
        By which near duplicates were found; none where they were not looked for.
    full
        Buckets that held more than was looked at.
    ratio
        Bytes a token; none where there is no text.
    """
    return {
        "bad": telling.bad_rows(bad),
        "kernels": kernels,
        "full_buckets": full,
        "bytes_per_token": telling.figure(Range(ratio.value, ratio.low, ratio.high, ratio.kind, ratio.source))
        if ratio else None,
    }  # fmt: skip


def together(found: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Bad rows of several files as one."""
    reasons: Counter[str] = Counter()
    samples: list[Any] = []
    for each in found:
        samples += [row for row in each["samples"] if reasons[row["reason"]] < BAD_SAMPLES]
        reasons.update(each["reasons"])
    return {"count": sum(reasons.values()), "reasons": dict(reasons), "samples": samples}


def bad_lines(found: Mapping[str, Any]) -> Iterator[bytes]:
    """Bad rows, the first of each reason, as lines of JSON."""
    for each in found["samples"]:
        row = {"file": each["file"], "row": each["row"], "rows": each["rows"], "why": f"bad row: {each['reason']}"}
        yield json_bytes(row)


def said(
    wish: Wish, found: Files, choice: Choice, facts: Mapping[str, Any], names: Sequence[str],
    notes: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """The report.

    Raises
    ------
    ReckoningError
        If what was read is not what was written and what went.
    """
    count, byte = len(choice.why), int(choice.byte.sum(dtype=np.int64))
    gone = choice.counted()
    lines = {name: sum(each[name] for each in notes) for name in ("edited", "emptied", "lines", "lines_bytes")}
    if lines["lines"]:
        gone["lines"] = {"rows": lines["emptied"], "bytes": lines["lines_bytes"]}
    rows_out, byte_out = (sum(each[name] for each in notes) for name in ("rows", "bytes"))
    made = [{"name": name, "rows": each["rows"], "bytes": each["bytes"]}
            for name, each in zip(names, notes, strict=True) if each["rows"]]  # fmt: skip
    if count != rows_out + sum(each["rows"] for each in gone.values()):
        raise ReckoningError(f"{count:,} documents were read, {rows_out:,} written: the rest is not all of what went")
    if byte != byte_out + sum(each["bytes"] for each in gone.values()):
        raise ReckoningError(f"{byte:,} bytes were read, {byte_out:,} written: the rest is not all of what went")
    ratio = facts["bytes_per_token"]
    bad = facts["bad"]
    return {
        "schema": SCHEMA,
        "thirdwatt": version("thirdwatt"),
        "path": wish.path,
        "how": sorted(wish.how),
        "keep": wish.keep,
        "against": wish.against or None,
        "kernels": facts["kernels"],
        "full_buckets": facts["full_buckets"],
        "ceiling": CEILING if "near" in wish.how else None,
        "before": {
            "rows": count, "bytes": byte, "stored_bytes": found.byte, "files": len(found.paths),
            "bad_rows": bad["count"], "tokens": _tokens(byte, ratio), "bytes_per_token": ratio,
            "findings": [_finding(name, each, count, byte, ratio) for name, each in gone.items()],
        },
        "removed": gone,
        "edited_rows": lines["edited"] - lines["emptied"],
        "after": {"rows": rows_out, "bytes": byte_out, "files": len(made), "tokens": _tokens(byte_out, ratio)},
        "files": made,
        "proof": "every file was read back: documents, bytes and the sum of their 128-bit digests are those of what "
                 "was to stay, and with what went they add up to what was read",
        "splits": inputs.splits(found),
        "bad_rows": bad,
    }  # fmt: skip


def removed(
    work: Path, names: Sequence[str], notes: Sequence[Mapping[str, Any]], facts: Mapping[str, Any]
) -> Iterator[bytes]:
    """What went, a line each: documents in their order, then the rows that are none, of each reason the first.

    Raises
    ------
    ReckoningError
        If there are not as many as were noted.
    """
    for name, note in zip(names, notes, strict=True):
        count = 0
        with (work / f"removed.{name}.jsonl").open("rb") as file:
            for count, line in enumerate(file, 1):  # noqa: B007 - the last one counts
                yield line
        if count != note["told"]:
            raise ReckoningError(f"{count:,} rows went where {note['told']:,} were noted")
    yield from bad_lines(facts["bad"])


def exactly(tokens: int) -> dict[str, Any]:
    """Tokens that were counted one by one."""
    return telling.figure(Range(tokens, tokens, tokens, "measured", "counted by the tokenizer"))


def _tokens(byte: int, ratio: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if ratio is None:
        return None
    low, high = byte / (ratio["high"] or ratio["value"]), byte / (ratio["low"] or ratio["value"])
    kind = "modelled" if ratio["kind"] == "measured" else ratio["kind"]
    return telling.figure(Range(byte / ratio["value"], low, high, kind, ratio["source"]))


def _finding(
    name: str, gone: Mapping[str, int], rows: int, byte: int, ratio: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What went, as a scan's finding: so it has a price."""
    id, what = FINDINGS[name]
    share, of = (value / total if total else 0.0 for value, total in ((gone["bytes"], byte), (gone["rows"], rows)))
    tokens = Range(share, share, share, "modelled", "bytes, by bytes a token alike for all") if ratio else None
    return telling.finding(
        Finding(id, what, True, gone["rows"], gone["bytes"], Range(of, of, of), Range(share, share, share), tokens)
    )
