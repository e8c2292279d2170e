"""Near duplicates: rate and accuracy on documents with planted copies, ``python benchmarks/near.py [--documents N]``.

Words follow Zipf's law; every fourth document copies another with some of its words changed, so that the exact Jaccard
of each planted pair is known. Rates are per CPU-second of this process, medians of five turns; the reading of
files is not in them yet.
"""

from __future__ import annotations

import argparse
import importlib
import statistics
import time

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.near import bands, reference
from thirdwatt.data.near.find import find

TURNS, BATCH = 5, 1024
VOCABULARY = 50_000


def corpus(count: int, words: int, seed: int) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Documents, and the pairs of which one is a copy of the other."""
    draw = np.random.default_rng(seed)
    vocabulary = [b"%x" % (each * 2654435761 % 2**32) for each in range(VOCABULARY)]
    weights = 1 / np.arange(10, VOCABULARY + 10)
    weights /= weights.sum()
    texts: list[NDArray[np.int64]] = []
    pairs = []
    for number in range(count):
        if number and draw.random() < 0.25:
            source = int(draw.integers(number))
            copy = texts[source].copy()
            changed = draw.random(len(copy)) < draw.uniform(0, 0.08)
            copy[changed] = draw.integers(VOCABULARY, size=int(changed.sum()))
            texts.append(copy)
            pairs.append((source, number))
        else:
            size = int(draw.lognormal(np.log(words), 0.5)) + 5
            texts.append(draw.choice(VOCABULARY, size=size, p=weights))
    return [b" ".join([vocabulary[each] for each in text]) for text in texts], pairs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=250, help="of a document, in the median")
    given = parser.parse_args()
    texts, pairs = corpus(given.documents, given.words, 1)
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    parts = [(data, offsets[first : first + BATCH + 1]) for first in range(0, given.documents, BATCH)]
    truth = {pair: reference.jaccard(texts[pair[0]], texts[pair[1]]) for pair in pairs}
    print(f"{given.documents:,} documents, {len(data) / 1e6:.1f} MB, {len(pairs):,} planted copies")
    for name in ("words_numba", "words_numpy"):
        try:
            form = importlib.import_module(f"thirdwatt.data.near.{name}")
        except ImportError as error:
            print(f"{name}: left out, {error}")
            continue
        for how in (bands.DEFAULT, bands.DATATROVE):
            find(lambda: parts[:1], form, how)  # compiled, or loaded
            took = []
            for _ in range(TURNS):
                since = time.process_time()
                found = find(lambda: parts, form, how)
                took.append(time.process_time() - since)
            middle, size = statistics.median(took), len(data) / 1e6
            kept = np.where(found.verified, found.witness, np.arange(len(found.witness)))
            alike = [kept[one] == kept[other] for (one, other), jaccard in truth.items() if jaccard >= 0.8]
            gone = np.flatnonzero(found.verified)
            some = gone[:: max(1, len(gone) // 1000)]
            right = [reference.jaccard(texts[each], texts[found.witness[each]]) >= 0.7 for each in some]
            print(
                f"{form.NAME:6} {how.bands} x {how.rows}: {size / middle:6.1f} MB/CPU-s "
                f"[{size / max(took):.0f} to {size / min(took):.0f}], {given.documents / middle:,.0f} documents/CPU-s, "
                f"recall at J >= 0.8 {np.mean(alike):.4f}, precision at J >= 0.7 {np.mean(right):.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
