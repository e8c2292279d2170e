"""Near duplicates beside the truth: ``python benchmarks/truth.py [FILE.parquet …] [--documents 2000]``.

Documents are compared each with each, by the exact Jaccard of their runs of words, and the first of those that are
alike is kept. The same documents are searched by hashes. What the search leaves out is what no bucket showed. First
planted sets, whose copies are known: a copy of a copy may be like what it was copied from and not like what was kept of
that, so comparing all pairs misses some too. Then random documents of files.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from near import corpus
from thirdwatt.data.near import bands, reference, words_numpy
from thirdwatt.data.near.find import Found, find
from thirdwatt.data.near.rule import Rule


def exact(hashes: NDArray[np.uint64], starts: NDArray[np.int64], least: float) -> NDArray[np.int64]:
    """For each document the first that is kept and alike, -1 where it is kept itself; all pairs are counted."""
    _, run = np.unique(hashes, return_inverse=True)
    order = np.argsort(run, kind="stable")
    of = np.repeat(np.arange(len(starts) - 1), np.diff(starts))[order]
    begins = np.concatenate(([0], np.cumsum(np.bincount(run))))
    sizes = np.diff(starts)
    witness = np.full(len(sizes), -1)
    for number in range(len(sizes)):
        own = run[starts[number] : starts[number + 1]]
        met = [of[begins[each] : begins[each + 1]] for each in own]
        common = np.bincount(np.concatenate(met), minlength=len(sizes)) if met else np.zeros(len(sizes))
        jaccard = common / np.maximum(1, sizes + sizes[number] - common)
        alike = np.flatnonzero((jaccard[:number] >= least) & (witness[:number] < 0))
        if len(alike) and sizes[number]:
            witness[number] = alike[0]
    return witness


def searched(some: list[bytes], how: bands.Bands) -> tuple[Found, NDArray[np.int64]]:
    """What a search finds, and what comparing all pairs does."""
    data = np.frombuffer(b"".join(some), np.uint8)
    offsets = np.cumsum([0, *map(len, some)], dtype=np.int64)
    found = find(lambda: [(data, offsets)], words_numpy, how)
    hashes, starts = words_numpy.distinct(*words_numpy.runs(data, offsets), np.arange(len(some)))
    return found, exact(hashes, starts, Rule().jaccard)


def planted(seed: int, count: int) -> str:
    """Recall of planted pairs by a search, and by comparing all pairs; precision of what the search removed."""
    texts, pairs = corpus(count, 250, seed)
    high = [pair for pair in pairs if reference.jaccard(texts[pair[0]], texts[pair[1]]) >= 0.8]
    found, witness = searched(texts, bands.DEFAULT)

    def under_one(witness: NDArray[np.int64]) -> float:
        kept = np.where(witness >= 0, witness, np.arange(count))
        return float(np.mean([kept[one] == kept[other] for one, other in high]))

    gone = np.flatnonzero(found.verified)
    right = np.mean([reference.jaccard(texts[each], texts[found.witness[each]]) >= 0.7 for each in gone])
    both = float(found.verified[witness >= 0].mean())
    return (
        f"planted, seed {seed}: of {len(high):,} pairs of J >= 0.8 {under_one(found.witness):.4f} are under one that "
        f"stays, {under_one(witness):.4f} if all pairs are compared; of what that removes {both:.4f} is removed; "
        f"precision at J >= 0.7 {right:.4f} of {len(gone):,}"
    )


def main() -> None:
    import pyarrow.parquet as pq

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="*", metavar="FILE")
    parser.add_argument("--documents", type=int, default=2000)
    given = parser.parse_args()
    for seed in range(100, 104):
        print(planted(seed, 5 * given.documents), flush=True)
    for path in given.files:
        texts = pq.read_table(path, columns=["text"]).column(0).to_pylist()
        for seed in range(3):
            draw = np.random.default_rng(seed)
            some = [texts[each].encode() for each in np.sort(draw.permutation(len(texts))[: given.documents])]
            count, size = len(some), np.array(list(map(len, some)))
            for how in (bands.DEFAULT, bands.DATATROVE):
                found, witness = searched(some, how)
                truth = witness >= 0
                rate, true = found.verified.mean(), truth.mean()
                spread = 1.96 * np.sqrt(true * (1 - true) / count)
                bytes_rate, bytes_true = (size[each].sum() / size.sum() for each in (found.verified, truth))
                print(
                    f"{path.stem}, seed {seed}, {how.bands} x {how.rows}: flagged {found.flagged.mean():.1%}, verified "
                    f"{rate:.2%} of documents and {bytes_rate:.2%} of bytes; truth {true:.2%} (± {spread:.2%}) and "
                    f"{bytes_true:.2%}; differs by {rate - true:+.2%}",
                    flush=True,
                )


if __name__ == "__main__":
    main()
