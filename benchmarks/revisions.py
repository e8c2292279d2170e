"""What ``thirdwatt data diff`` says of real revisions, beside a brute force and beside hashes of files.

``python benchmarks/revisions.py DIR [--runs N]``

Two pairs of Debian's packages, fetched by apt and unpacked below DIR; nothing is installed, and nothing of them belongs
to this project. Each revision is a folder of its ``.html`` and ``.txt`` files, and the same as Parquet. The truth is
the multiset difference of all lines of all these files by ``collections.Counter``: lines are cut at newlines and are
the same if all their bytes are. Time is CPU time of one process after a first run, so without imports and compiling;
medians.
"""

from __future__ import annotations

import argparse
import multiprocessing
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PAIRS = (
    ("python-django-doc", "3:3.2.25-0+deb12u3", "3:3.2.25-0+deb12u7"),
    ("python3.11-doc", "3.11.2-6+deb12u8", "3.11.2-6+deb12u9"),
)
ENDINGS = (".html", ".txt")
CLOSE = 0.2
"""Of the truth, how far the share of new content may be off."""


def texts(root: Path) -> Iterator[tuple[str, bytes]]:
    """Files of text below a folder, links left out."""
    for path in sorted(root.rglob("*")):
        if path.suffix in ENDINGS and path.is_file() and not path.is_symlink():
            yield str(path.relative_to(root)), path.read_bytes()


def fetched(package: str, version: str, into: Path) -> Path:
    """A folder of the texts of a package, made where it is not there."""
    target = into / f"{package}-{version.replace(':', '_')}"
    if target.exists():
        return target
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as place:
        subprocess.run(
            ["apt-get", "download", "-q", f"{package}={version}"], cwd=place, check=True, stdout=subprocess.DEVNULL
        )
        [archive] = Path(place).glob("*.deb")
        subprocess.run(["dpkg", "-x", str(archive), f"{place}/root"], check=True)
        aside = Path(place) / "aside"
        for name, data in texts(Path(place) / "root"):
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).write_bytes(data)
        shutil.move(aside, target)
    return target


def parquet(folder: Path) -> Path:
    """The same texts as a table of paths and texts."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = folder.with_name(f"{folder.name}.parquet")
    if not target.exists():
        rows = [(name, data.decode("utf-8", "replace")) for name, data in texts(folder)]
        table = pa.table({"path": [name for name, _ in rows], "text": [text for _, text in rows]})
        pq.write_table(table, target, compression="zstd", row_group_size=256)
    return target


def truth(old: Path, new: Path) -> dict[str, float]:
    """Lines and hashes of files by a brute force in plain Python."""
    before, after = dict(texts(old)), dict(texts(new))
    lines = [Counter(line for text in each.values() for line in text.split(b"\n")) for each in (before, after)]
    fresh = lines[1] - lines[0]
    total = sum(map(len, after.values()))
    changed = [name for name, text in after.items() if before.get(name) != text]
    return {
        "new_share": sum(len(line) * times for line, times in fresh.items()) / total,
        # A line that is new on ten pages and more is not what anybody wrote for one of them.
        "new_share_but_often": sum(len(line) * times for line, times in fresh.items() if times < 10) / total,
        "changed_files": len(changed) / len(after),
        "changed_bytes": sum(len(after[name]) for name in changed) / total,
        "bytes": total,
    }


def measured(old: str, new: str, runs: int, *, numba: bool) -> dict[str, Any]:
    """A diff in a process of its own: what it says, median speed, peak of memory."""
    from thirdwatt.data.kernels import Kernels, compiled
    from thirdwatt.data.revision import diff, sides

    kernels = compiled() if numba else Kernels()
    rates, found = [], {}
    for run in range(runs + 1):
        began_s = time.process_time()
        found = diff.diff(sides.opened(old, ""), sides.opened(new, ""), diff.Wish(), kernels)
        took_s = time.process_time() - began_s
        if run:
            rates.append((found["old"]["bytes"] + found["new"]["bytes"]) / 1e6 / took_s)
    [peak] = [each.split()[1] for each in Path("/proc/self/status").read_text().splitlines() if each[:5] == "VmHWM"]
    peak_mb = int(peak) * 1024 / 1e6  # of this process alone: what getrusage says may be its parent's
    return {"found": found, "mb_per_cpu_s": statistics.median(rates), "peak_mb": peak_mb}


def shown(found: dict[str, Any], true: dict[str, float]) -> bool:
    """Print what a diff says beside the truth; whether it is close to it."""
    share, documents = found["new_token_share"], found["documents"]
    off = share["value"] / true["new_share"] - 1
    rows = ", ".join(f"{name} {each['rows']:,}" for name, each in documents.items() if each["rows"])
    transfer = found["transfer"]
    print(f"    new tokens {share['value']:.4%} ({share['low']:.4%} to {share['high']:.4%}); off by {off:+.1%}; "
          f"without stamps {share['without_stamps_and_copies']:.4%}")  # fmt: skip
    print(f"    {rows}; stamps {found['lines']['top_stamps'][:1]}")
    print(f"    hashes of files: {found['file_hashes']['changed_files_share']:.1%} of files; whole files "
          f"{transfer['whole_files_bytes'] / 1e6:.1f} MB, chunks {transfer['chunks_bytes'] / 1e6:.1f} MB")  # fmt: skip
    return bool(abs(off) <= CLOSE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path, metavar="DIR")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    close = True
    for package, *versions in PAIRS:
        old, new = (fetched(package, version, given.into) for version in versions)
        true = truth(old, new)
        print(f"{package} {' -> '.join(versions)}: {true['bytes'] / 1e6:.1f} MB")
        often = true["new_share_but_often"]
        print(
            f"  by a brute force {true['new_share']:.4%} in new lines, {often:.4%} in those that "
            "are new fewer than ten times"
        )
        print(f"  {true['changed_files']:.1%} of files and {true['changed_bytes']:.1%} of bytes changed")
        for kind, pair in (("folder", (old, new)), ("Parquet", (parquet(old), parquet(new)))):
            for numba in (True, False):
                with context.Pool(1) as pool:
                    done = pool.apply(measured, (*map(str, pair), given.runs), {"numba": numba})
                print(f"  {kind}, {'numba' if numba else 'numpy'}: {done['mb_per_cpu_s']:.0f} MB/CPU-s of both sets, "
                      f"peak {done['peak_mb']:.0f} MB")  # fmt: skip
                close &= shown(done["found"], true)
    print("all are within 20 % of the truth" if close else "some are further off the truth than 20 %")
    raise SystemExit(0 if close else 1)


if __name__ == "__main__":
    main()
