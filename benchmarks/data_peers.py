"""A scan beside other tools: near and exact duplicates from Parquet, per CPU-second, in one run on one machine.

``python benchmarks/data_peers.py --peers PYTHON [--corpora DIR]`` where PYTHON is an interpreter with daft,
datasketch, duckdb and pyarrow, and DIR is what ``benchmarks/corpora.py`` made. Every tool runs in a process of its
own; imports and a first small run are left out, and the median of the turns counts. Planted sets have copies whose
Jaccard is known.

What is compared: ours compares exactly and verifies. Daft's and datasketch's figures are for signatures
of the same 64 hashes of runs of five words, and, with datasketch, its buckets: neither verifies anything. Duckdb counts
distinct hashes and the lengths.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from near import corpus

TURNS = 3

OURS = """
import json, sys, tempfile, time, resource
from thirdwatt.data import scan
from thirdwatt.data.findings import Bad
form = {forms}
def once(path):
    bad = Bad()
    sources, _ = scan.opened([path], "text", bad)
    with tempfile.TemporaryDirectory() as work:
        return scan.scan(scan.Plan(tuple(sources), form, folder=work + "/w"), bad)
once(sys.argv[2])
since = time.process_time()
found = once(sys.argv[1])
took = time.process_time() - since
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps(dict(cpu_s=took, peak=peak, documents=len(found.byte), byte=int(found.byte.sum(dtype="i8")),
      first=found.first.tolist(), witness=found.alike.witness.tolist() if found.alike else None)))
"""

PEERS = {
    "daft minhash, 64 hashes": """
import daft, json, sys, time
def once(path):
    text = daft.col("text").normalize(remove_punct=True, lowercase=True, nfd_unicode=False, white_space=True)
    frame = daft.read_parquet(path).select(text.minhash(num_hashes=64, ngram_size=5, seed=1).alias("m"))
    return frame.collect()
once(sys.argv[2])
since = time.process_time()
once(sys.argv[1])
print(json.dumps(dict(cpu_s=time.process_time() - since)))
""",
    "datasketch, 64 hashes, LSH": """
import json, re, sys, time
import pyarrow.parquet as pq
from datasketch import MinHash, MinHashLSH
WORD = re.compile(r"\\\\w+")
def once(path):
    lsh = MinHashLSH(num_perm=64, params=(12, 5))
    for batch in pq.ParquetFile(path).iter_batches(1024, columns=["text"]):
        for number, text in enumerate(batch.column(0).to_pylist()):
            words = WORD.findall(text.lower())
            runs = {" ".join(words[at : at + 5]).encode() for at in range(max(1, len(words) - 4))}
            made = MinHash(num_perm=64)
            made.update_batch(list(runs))
            lsh.query(made)
            lsh.insert(f"{id(batch)}.{number}", made, check_duplication=False)
once(sys.argv[2])
since = time.process_time()
once(sys.argv[1])
print(json.dumps(dict(cpu_s=time.process_time() - since)))
""",
    "duckdb, distinct hashes and lengths": """
import duckdb, json, sys, time
def once(path):
    return duckdb.connect().execute(
        f"select count(distinct hash(text)), sum(strlen(text)), min(strlen(text)), max(strlen(text)) from '{path}'"
    ).fetchone()
once(sys.argv[2])
since = time.process_time()
once(sys.argv[1])
print(json.dumps(dict(cpu_s=time.process_time() - since)))
""",
}

FORMS = {
    "thirdwatt, numba, verified": "__import__('thirdwatt.data.near.words_numba', fromlist=['x'])",
    "thirdwatt, numpy, verified": "__import__('thirdwatt.data.near.words_numpy', fromlist=['x'])",
    "thirdwatt, exact and lengths": "None",
}


def measured(python: str, code: str, path: Path, small: Path, turns: int = TURNS) -> list[dict[str, object]]:
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each), "DAFT_PROGRESS_BAR": "0"}
    found = []
    for _ in range(turns):
        done = subprocess.run(
            [python, "-c", code, str(path), str(small)], env=environ if python == sys.executable else None,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        found.append(json.loads(done.stdout.strip().splitlines()[-1]))
    return found


def written(texts: list[str], path: Path) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": texts}), path, compression="zstd", row_group_size=4096)
    return path


def planted(where: Path, name: str, documents: int, words: int, seed: int) -> tuple[Path, dict[tuple[int, int], float]]:
    """A set with copies, and the Jaccard of each planted pair."""
    from thirdwatt.data.near import reference

    texts, pairs = corpus(documents, words, seed)
    truth = {pair: reference.jaccard(texts[pair[0]], texts[pair[1]]) for pair in pairs}
    return written([each.decode() for each in texts], where / f"{name}.parquet"), truth


def accuracy(found: dict[str, object], truth: dict[tuple[int, int], float], texts: list[bytes]) -> str:
    """Recall of planted pairs, precision of what was removed."""
    from thirdwatt.data.near import reference

    witness, first = np.array(found["witness"]), np.array(found["first"])
    witness = np.where(first != np.arange(len(first)), first, witness)
    kept = np.arange(len(witness))
    for _ in range(3):
        kept = np.where(witness[kept] >= 0, witness[kept], kept)
    high = {pair: jaccard for pair, jaccard in truth.items() if jaccard >= 0.8}
    same = float(np.mean([kept[one] == kept[other] for one, other in high]))
    gone = float(np.mean([witness[other] >= 0 or kept[one] == kept[other] for one, other in high]))
    some = np.flatnonzero(witness >= 0)[:: max(1, int((witness >= 0).sum()) // 1000)]
    right = float(np.mean([reference.jaccard(texts[each], texts[witness[each]]) >= 0.7 for each in some]))
    return f"recall J>=.8: removed {gone:.4f}, under one kept {same:.4f}; precision J>=.7 {right:.4f} of {len(some)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", help="an interpreter that has them")
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--documents", type=int, default=40_000)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--seeds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        where = Path(place)
        sets = {
            "documents of 2.5 kB": planted(where, "long", given.documents, 250, 1),
            "documents of 250 B": planted(where, "short", 4 * given.documents, 25, 2),
        }
        small, _ = planted(where, "small", 500, 250, 3)
        files = {name: path for name, (path, _) in sets.items()}
        for path in sorted(given.corpora.glob("*.parquet")) if given.corpora else ():
            if path.stat().st_size > 5_000_000:
                files[path.stem] = path
        for name, path in files.items():
            rates: dict[str, float] = {}
            size = documents = 0
            for tool, form in FORMS.items():
                found = measured(sys.executable, OURS.replace("{forms}", form), path, small, given.turns)
                size, documents = int(str(found[0]["byte"])), int(str(found[0]["documents"]))
                rates[tool] = statistics.median(float(str(each["cpu_s"])) for each in found)
                peak = max(int(str(each["peak"])) for each in found)
                if tool == next(iter(FORMS)):
                    print(f"\n{name}: {documents:,} documents, {size / 1e6:.0f} MB")
                rate, each = size / 1e6 / rates[tool], documents / rates[tool]
                print(
                    f"  {tool:36} {rate:7.0f} MB/CPU-s {each:12,.0f} documents/CPU-s  peak {peak / 1e6:.0f} MB",
                    flush=True,
                )
            for tool, code in PEERS.items() if given.peers else ():
                try:
                    found = measured(given.peers, code, path, small, 1 if "datasketch" in tool else given.turns)
                except RuntimeError as error:
                    print(f"  {tool}: {str(error).splitlines()[-1]}")
                    continue
                rates[tool] = statistics.median(float(str(each["cpu_s"])) for each in found)
                ours = "thirdwatt, exact and lengths" if "duckdb" in tool else "thirdwatt, numba, verified"
                ratio = rates[tool] / rates[ours]
                other = "" if "duckdb" in tool else f", numpy {rates[tool] / rates['thirdwatt, numpy, verified']:.1f}"
                rate = size / 1e6 / rates[tool]
                print(f"  {tool:36} {rate:7.1f} MB/CPU-s   ours is {ratio:.1f} times that{other}", flush=True)
        for seed in range(given.seeds):
            path, truth = planted(where, "seed", 10_000, 250, 100 + seed)
            texts, _ = corpus(10_000, 250, 100 + seed)
            code = OURS.replace("{forms}", FORMS["thirdwatt, numba, verified"])
            [one] = measured(sys.executable, code, path, small, 1)
            print(f"seed {100 + seed}: {accuracy(one, truth, texts)}", flush=True)


if __name__ == "__main__":
    main()
