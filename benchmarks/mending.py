"""Fixes beside a scan, and a conversion beside pyarrow's own: per CPU-second of all threads, in one run on one machine.

``python benchmarks/mending.py [FILE…]``, Parquet with a column of text, as ``benchmarks/corpora.py`` makes it;
planted documents without any. Imports and a first small run are left out, and the median of the turns counts. Results
are written to temporary files and gone.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow.parquet as pq

from data_peers import planted
from thirdwatt.data.fix import convert, dedup
from thirdwatt.data.kernels import compiled
from thirdwatt.data.survey import survey
from thirdwatt.data.wish import FINDS, Wish

KERNELS = compiled()
TURNS = 3
SETS = {"2.5 kB": (40_000, 250, 1), "250 B": (160_000, 25, 1)}
"""Documents, words of each, seed."""


def deduped(path: str) -> None:
    with tempfile.TemporaryDirectory() as where:
        dedup.dedup(dedup.Wish(path, f"{where}/out"), KERNELS)


def scanned(path: str, finds: frozenset[str]) -> None:
    survey(Wish(path, finds=finds), KERNELS)


def converted(path: str) -> None:
    with tempfile.TemporaryDirectory() as where:
        convert.convert(convert.Wish(path, f"{where}/out"))


def by_pyarrow(path: str) -> None:
    """Read and written by pyarrow alone, with the codec and the level of a conversion."""
    with tempfile.TemporaryDirectory() as where:
        table = pq.read_table(path, use_threads=False)
        pq.write_table(table, f"{where}/out.parquet", compression="zstd", compression_level=3)


def cpu_s(what: Callable[[], None]) -> float:
    since = time.process_time()
    what()
    return time.process_time() - since


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    parser.add_argument("--turns", type=int, default=TURNS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        small, _ = planted(Path(place), "small", 500, 250, 3)
        files = given.files or [planted(Path(place), name, *of)[0] for name, of in SETS.items()]
        tools: dict[str, Callable[[str], None]] = {
            "scan, all findings": partial(scanned, finds=frozenset(FINDS)),
            "scan, copies alone": partial(scanned, finds=frozenset(("near",))),
            "dedup, exact and near": deduped,
            "pyarrow, read and write": by_pyarrow,
            "convert": converted,
        }
        for tool in tools.values():
            tool(str(small))
        for path in files:
            text = pq.read_table(path, columns=["text"]).column("text").nbytes
            took: dict[str, list[float]] = {name: [] for name in tools}
            for _ in range(given.turns):
                for name, tool in tools.items():
                    took[name].append(cpu_s(partial(tool, str(path))))
            medians = {name: statistics.median(each) for name, each in took.items()}
            print(f"\n{path.name}: {text / 1e6:.0f} MB of text")
            for name, each in medians.items():
                print(f"  {name:26} {text / 1e6 / each:6.0f} MB/CPU-s")
            dedup_s, convert_s = medians["dedup, exact and near"], medians["convert"]
            print(f"  dedup has {medians['scan, all findings'] / dedup_s:.2f} of the rate of a scan, "
                  f"{medians['scan, copies alone'] / dedup_s:.2f} of one of copies alone; "
                  f"convert {medians['pyarrow, read and write'] / convert_s:.2f} of pyarrow's")  # fmt: skip


if __name__ == "__main__":
    main()
