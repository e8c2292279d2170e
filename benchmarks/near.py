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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.data.near import bands, reference
from thirdwatt.data.near.rule import Candidates, Rule

TURNS = 5
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


def scan(
    form: Any, data: NDArray[np.uint8], offsets: NDArray[np.int64], how: bands.Bands
) -> tuple[Any, dict[str, float]]:
    """Witnesses of all documents, and CPU seconds of every stage."""
    times = {}

    def stage(name: str, since: float) -> float:
        now = time.process_time()
        times[name] = now - since
        return now

    at = time.process_time()
    signatures, _ = form.signatures(data, offsets, how.bins)
    at = stage("sign", at)
    numbers, total = bands.buckets(bands.keys(signatures, how))
    some = np.flatnonzero((numbers >= 0).any(axis=1))
    at = stage("bands", at)
    # as a second reading of the files would give them: the candidates alone, one behind the other
    parts = [data[offsets[each] : offsets[each + 1]] for each in some]
    lengths = offsets[some + 1] - offsets[some]
    hashes, starts = form.distinct(
        np.concatenate(parts) if parts else data[:0], np.concatenate(([0], np.cumsum(lengths)))
    )
    at = stage("again", at)
    removed = form.greedy(numbers[some], total, Candidates(signatures[some], hashes, starts), Rule())
    stage("verify", at)
    witness = np.full(len(offsets) - 1, -1)
    witness[some] = np.where(removed.witness >= 0, some[removed.witness], -1)
    return witness, times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--words", type=int, default=250, help="of a document, in the median")
    given = parser.parse_args()
    texts, pairs = corpus(given.documents, given.words, 1)
    data = np.frombuffer(b"".join(texts), dtype=np.uint8)
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    truth = {pair: reference.jaccard(texts[pair[0]], texts[pair[1]]) for pair in pairs}
    print(f"{given.documents:,} documents, {len(data) / 1e6:.1f} MB, {len(pairs):,} planted copies")
    for name in ("words_numba", "words_numpy"):
        try:
            form = importlib.import_module(f"thirdwatt.data.near.{name}")
        except ImportError as error:
            print(f"{name}: left out, {error}")
            continue
        for how in (bands.DEFAULT, bands.DATATROVE):
            scan(form, data[: offsets[100]], offsets[:101], how)
            runs = [scan(form, data, offsets, how) for _ in range(TURNS)]
            witness = runs[0][0]
            totals = [sum(times.values()) for _, times in runs]
            middle = statistics.median(totals)
            kept = np.where(witness >= 0, witness, np.arange(len(witness)))
            alike = [kept[one] == kept[other] for (one, other), jaccard in truth.items() if jaccard >= 0.8]
            removed = np.flatnonzero(witness >= 0)
            true = [
                reference.jaccard(texts[each], texts[witness[each]]) >= 0.7
                for each in removed[:: max(1, len(removed) // 1000)]
            ]
            stages = ", ".join(
                f"{stage} {statistics.median(times[stage] for _, times in runs):.3f}" for stage in runs[0][1]
            )
            print(
                f"{form.NAME:6} {how.bands} x {how.rows}: {len(data) / 1e6 / middle:6.1f} MB/CPU-s "
                f"[{len(data) / 1e6 / max(totals):.0f} to {len(data) / 1e6 / min(totals):.0f}], "
                f"{given.documents / middle:,.0f} documents/CPU-s, recall at J >= 0.8 {np.mean(alike):.4f}, "
                f"precision at J >= 0.7 {np.mean(true):.4f} ({stages})",
                flush=True,
            )


if __name__ == "__main__":
    main()
