"""A scan's document as tests take it: every finding, every section, and what is not sure with its interval."""

from __future__ import annotations

from typing import Any


def three(value: float, low: float | None = None, high: float | None = None) -> dict[str, float]:
    """A figure with its interval."""
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high}


def finding(
    name: str, share: float, *, verified: bool = True, fix: str = "", ends: tuple[float, float] | None = None
) -> dict[str, Any]:
    """A finding that is a share of a thousand million tokens."""
    low, high = ends or (share, share)
    return {
        "id": name,
        "what": f"what {name} are",
        "rows": round(share * 1e6),
        "bytes": round(share * 4e9),
        "tokens": share * 1e9,
        "rows_share": three(share),
        "bytes_share": three(share),
        "tokens_share": three(share, low, high),
        "verified": verified,
        "fix": fix,
    }


def strategy(name: str, padding: float, lost: int = 90_000_000, ends: tuple[float, float] | None = None) -> Any:
    """A way to make batches."""
    low, high = ends or (padding, padding)
    return {"id": name, "what": f"batches {name}", "padding_share": three(padding, low, high), "sequences": 1_000_000,
            "truncated_documents": lost // 3000, "lost_tokens": lost}  # fmt: skip


def mended() -> dict[str, Any]:
    """The report of a fix, as a scan of its result has it."""
    findings = [finding("exact_duplicates", 0.10), finding("near_duplicates", 0.08)]
    return {
        "schema": "thirdwatt/dedup/1",
        "path": "corpus-before/",
        "before": {
            "rows": 1_220_000, "bytes": 5_000_000_000, "stored_bytes": 2_000_000_000, "tokens": three(1.25e9),
            "findings": findings,
        },
        "removed": {"exact": {"rows": 122_000, "bytes": 500_000_000}, "near": {"rows": 98_000, "bytes": 400_000_000}},
    }  # fmt: skip


def scan(**changes: Any) -> dict[str, Any]:
    """The document, with some of its keys changed."""
    document = {
        "schema": "thirdwatt/scan/1",
        "facts_digest": "0" * 12,
        "id": "20261129-abc",
        "path": "corpus/",
        "rows": 1_000_000,
        "bytes": 4_000_000_000,
        "tokens": {**three(1e9, 0.98e9, 1.02e9), "kind": "measured", "source": "a tokenizer on a sample"},
        "stored_bytes": 1_500_000_000,
        "links": 2,
        "columns": ["text"],
        "lengths": {"p0": 12, "p5": 180, "p25": 600, "p50": 1900, "p75": 5200, "p95": 21000, "p100": 1_200_000},
        "token_lengths": {"p0": 3, "p50": 500, "p100": 300_000},
        "histogram": {
            "from_tokens": [1, 32, 64, 128, 256, 512, 1024, 2048, 4096],
            "documents": [20_000, 40_000, 90_000, 160_000, 230_000, 220_000, 140_000, 100_000, 0],
            "tokens": [400_000, 2_000_000, 8_000_000, 30_000_000, 90_000_000, 170_000_000, 200_000_000, 499_600_000, 0],
        },
        "bad_rows": {
            "count": 3,
            "reasons": {"broken JSON": 2, "invalid UTF-8": 1},
            "samples": [{"file": "a.jsonl", "row": 12, "reason": "broken JSON", "sample": '{"text": "<b>'}],
        },
        "unread_files": ["notes.xyz"],
        "kernels": "numpy",
        "full_buckets": 1,
        "findings": [
            finding("exact_duplicates", 0.10, fix="thirdwatt data dedup corpus/"),
            finding("near_duplicates", 0.08, fix="thirdwatt data dedup corpus/ --near", ends=(0.06, 0.11)),
            finding("flagged_duplicates", 0.25, verified=False),
            finding("empty_documents", 0.0),
            finding("repeated_lines", 0.05),
            finding("padding", 0.0, fix="thirdwatt data pack corpus/ --context 2048"),
            finding("tokenised_each_epoch", 0.0),
            finding("small_files", 0.01),
            finding("storage_format", 0.0, fix="thirdwatt data convert corpus/ --to parquet"),
        ],
        "padding": {
            "context": 2048,
            "batch": 32,
            "strategies": [
                strategy("context", 0.61),
                strategy("dynamic", 0.42, ends=(0.40, 0.44)),
                strategy("bucketed", 0.05),
                strategy("packed", 0.0005, lost=0),
            ],
        },
        "storage": {
            "trials": [{"id": "jsonl", "stored_ratio": 1.0}, {"id": "parquet-zstd-9", "stored_ratio": 0.4}],
            "present": "jsonl",
            "better": "parquet-zstd-9",
        },
        "tokenise": {"cpu_s_per_token": three(2.8e-6, 2.5e-6, 3.1e-6)},
        "lines": {
            "lines": 9_000_000,
            "counted_lines": 8_000_000,
            "exact": True,
            "top": [{"line": "Copyright <b>1998</b>", "documents": 90_000, "times": 120_000, "bytes": 4_000_000}],
        },
        "observations": [],
    }
    return {**document, **changes}
