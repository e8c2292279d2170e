"""Repeated lines: rate per CPU-second and accuracy, ``python benchmarks/lines.py FOLDER [--megabytes 100]``.

Reads the files of text of a folder, one document each, and takes their lines in by every kernel: rates are medians of
three turns of this process, without the reading. Then the bounded table is held against one that all lines fit into.
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from thirdwatt.data import lines

TURNS = 3
BATCH, BATCH_BYTES = 1024, 8 << 20
"""As the readers give them."""

ENDINGS = (".html", ".py", ".txt", ".md", ".rst", ".h", ".c", ".rs")


def batches(folder: Path, most: int) -> list[tuple[lines.Bytes, lines.Numbers]]:
    """Documents of a folder, packed."""
    parts: list[tuple[lines.Bytes, lines.Numbers]] = []
    texts: list[bytes] = []
    size = 0
    for above, folders, names in os.walk(folder):
        folders.sort()
        for path in (Path(above) / name for name in sorted(names)):
            if size < most and path.suffix in ENDINGS and not path.is_symlink():
                texts.append(path.read_bytes())
                size += len(texts[-1])
            if len(texts) == BATCH or sum(map(len, texts)) >= BATCH_BYTES:
                parts.append(packed(texts))
                texts = []
    return [*parts, packed(texts)] if texts else parts


def packed(texts: list[bytes]) -> tuple[lines.Bytes, lines.Numbers]:
    """Documents one behind the other."""
    return np.frombuffer(b"".join(texts), np.uint8), np.cumsum([0, *map(len, texts)], dtype=np.int64)


def taken(function: Callable[[], Any]) -> tuple[list[float], Any]:
    """CPU-seconds of some turns, and what the last one gave."""
    took = []
    for _ in range(TURNS):
        since = time.process_time()
        found = function()
        took.append(time.process_time() - since)
    return took, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=100)
    given = parser.parse_args()
    parts = batches(given.folder, int(given.megabytes * 1e6))

    def whole(kernel: lines.Kernel, rows: int = lines.ROWS) -> lines.Repeats:
        found = lines.Lines(kernel, rows)
        for data, offsets in parts:
            found.add(data, offsets)
        return found.found()

    for name in ("lines", "lines_numba"):
        try:
            kernel: lines.Kernel = importlib.import_module(f"thirdwatt.data.{name}").hashed
        except ImportError as error:
            print(f"{name}: left out, {error}")
            continue
        kernel(*parts[0])  # compiled, or loaded
        hashing, _ = taken(lambda kernel=kernel: [kernel(*each) for each in parts])  # type: ignore[misc]
        all_of_it, found = taken(lambda kernel=kernel: whole(kernel))  # type: ignore[misc]
        size = found.byte / 1e6
        middle, low, high = (size / each for each in (statistics.median(all_of_it), max(all_of_it), min(all_of_it)))
        print(
            f"{name:12} hashes {size / statistics.median(hashing):6.0f} MB/CPU-s, with the table {middle:6.0f} "
            f"[{low:.0f} to {high:.0f}], {found.counted_lines * middle / size:,.0f} lines/CPU-s",
            flush=True,
        )
    print(
        f"{found.documents:,} documents, {size:.1f} MB, {found.lines:,} lines, {found.counted_lines:,} of them counted"
    )
    true = whole(lines.hashed, found.counted_lines + 8)
    for rows in (lines.ROWS, lines.ROWS // 10):
        own = whole(lines.hashed, rows)
        print(f"{rows:,} lines remembered, sample of 1/{1 / own.sampled_share:.0f}, exact: {own.exact}")
        for name in ("again_byte", "elsewhere_byte", "chrome_byte"):
            value, right = own.share(getattr(own, name)), true.share(getattr(true, name)).value
            print(
                f"  {name:15} {value.value:.4f} [{value.low:.4f}, {value.high:.4f}], "
                f"certainly [{value.least:.4f}, {value.most:.4f}], truly {right:.4f}"
            )


if __name__ == "__main__":
    main()
