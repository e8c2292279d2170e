"""A diff's document as tests take it: every class, stamps, bad rows, what was not read."""

from __future__ import annotations

from typing import Any

CLASSES = {
    "unchanged": 0.30, "moved": 0.05, "copied": 0.01, "stamped": 0.55, "edited": 0.04, "new": 0.05, "replaced": 0.60,
    "removed": 0.05,
}  # fmt: skip


def figure(value: float, low: float | None = None, high: float | None = None, kind: str = "modelled") -> dict[str, Any]:
    """A figure with its interval."""
    return {"value": value, "low": value if low is None else low, "high": value if high is None else high,
            "kind": kind, "source": "a tokenizer on a sample"}  # fmt: skip


def side(name: str, bad: int) -> dict[str, Any]:
    """One of two revisions."""
    sample = {"file": f"{name}/a.jsonl", "row": 12, "rows": 1, "behind_byte": None, "reason": "broken JSON",
              "sample": '{"text": "<b>'}  # fmt: skip
    return {
        "path": name, "files": 100, "stored_bytes": 1_500_000_000, "columns": ["text"], "rows": 1_000_000,
        "bytes": 4_000_000_000, "lines": 90_000_000, "tokens": figure(1e9, 0.98e9, 1.02e9),
        "bytes_per_token": figure(4.0, 3.9, 4.1, "measured"), "image_files": bad, "unread_files": ["x.xyz"] * bad,
        "bad_rows": {"count": bad, "reasons": {"broken JSON": bad} if bad else {}, "samples": [sample] * bad},
    }  # fmt: skip


def documents(share: float) -> dict[str, Any]:
    """Documents with which the same has happened."""
    return {
        "rows": round(share * 1e6), "bytes": round(share * 4e9), "lines": round(share * 9e7),
        "tokens": figure(share * 1e9), "rows_share": share, "bytes_share": share, "lines_share": share,
    }  # fmt: skip


def diff(**changes: Any) -> dict[str, Any]:
    """The document, with some of its keys changed."""
    document = {
        "schema": "thirdwatt/diff/1",
        "facts_digest": "0" * 12,
        "tokenizer": "tokenizer.json",
        "seed": 0,
        "old": side("corpus-10/", 0),
        "new": side("corpus-11/", 1),
        "documents": {name: documents(share) for name, share in CLASSES.items()},
        "lines": {
            "new": 1_900_000, "new_bytes": 5_200_000, "new_share": 0.0013, "stamps": 550_000, "stamp_bytes": 4_700_000,
            "removed": 700_000, "removed_bytes": 8_000_000, "removed_share": 0.002,
            "top_stamps": [{"line": "Built on <i>June 2</i>", "documents": 550_000, "times": 550_000,
                            "bytes": 4_700_000}],
        },
        "new_token_share": {
            **figure(0.0013, 0.00007, 0.61, "measured"), "unit": "1", "lines": 0.0013,
            "without_stamps_and_copies": 0.00011, "whole_documents": 0.60,
            "tokens_per_byte_ratio": {"value": 1.0, "low": 0.98, "high": 1.02},
        },
        "new_tokens": figure(1.3e6, 7e4, 6.1e8),
        "removed_tokens": figure(2e6),
        "observations": [],
        "file_hashes": {"files": 100, "bytes": 1_500_000_000, "changed_files": 98, "changed_bytes": 1_480_000_000,
                        "changed_files_share": 0.98, "changed_bytes_share": 0.987},
        "transfer": {"whole_files_bytes": 1_480_000_000, "chunks_bytes": 700_000_000, "chunks": 10_000,
                     "least_chunk_bytes": 16 << 10, "most_chunk_bytes": 256 << 10, "unread_files": []},
        "kernels": "numba",
        "cost": {"wall_s": 120.0, "cpu_s": 140.0, "text_byte_per_cpu_s": 5.7e7},
    }  # fmt: skip
    return {**document, **changes}
