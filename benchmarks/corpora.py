"""Real documents from Debian's packages: fetched by apt, unpacked, written as Parquet.

``python benchmarks/corpora.py DIR [PACKAGE…]``

Nothing is installed, and nothing of it belongs to this project. Each package becomes ``DIR/<package>.parquet`` with the
columns ``path`` and ``text``: files of 0.2 to 256 kB that are text in UTF-8, in the order of their names, up to 250 MB.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

PACKAGES = ("rust-doc", "linux-doc-6.1", "qtbase5-doc-html", "python3.11-doc", "python-django-doc",
            "libreoffice-help-en-us")  # fmt: skip
SHORTEST, LONGEST, MOST = 200, 256_000, 250_000_000
ROWS = 1024
"""Rows of a row group."""


def texts(root: Path) -> Iterator[tuple[str, str]]:
    """Text files below a folder, links left out."""
    total = 0
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or not SHORTEST <= path.stat().st_size <= LONGEST:
            continue
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            continue
        total += len(text)
        if total > MOST:
            return
        yield str(path.relative_to(root)), text


def fetched(package: str, into: Path) -> Path:
    """The Parquet file of a package, made where it is not there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    target = into / f"{package}.parquet"
    if target.exists():
        return target
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=into) as place:
        subprocess.run(["apt-get", "download", "-q", package], cwd=place, check=True, stdout=subprocess.DEVNULL)
        [archive] = Path(place).glob("*.deb")
        subprocess.run(["dpkg", "-x", str(archive), f"{place}/root"], check=True)
        rows = list(texts(Path(place) / "root"))
        table = pa.table({"path": [path for path, _ in rows], "text": [text for _, text in rows]})
        aside = target.with_suffix(".part")
        pq.write_table(table, aside, compression="zstd", row_group_size=ROWS)
        aside.rename(target)
    return target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path, metavar="DIR")
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    given = parser.parse_args()
    for package in given.packages:
        try:
            found = fetched(package, given.into)
        except subprocess.CalledProcessError as error:
            print(f"{package}: cannot be fetched ({error})", file=sys.stderr)
            continue
        print(f"{found}  {found.stat().st_size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
