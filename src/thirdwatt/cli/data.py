"""``thirdwatt data``."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.options import dumped, json_option

if TYPE_CHECKING:
    from thirdwatt.data.near.find import Form
    from thirdwatt.data.scan import Scan

SCHEMA = "thirdwatt/scan/1"
SAMPLED = 3
PAYS_BYTES = 32_000_000
"""From about so much on numba saves more than it takes to be loaded: 10 ms a MB, and a third of a second."""


@click.group("data")
def command() -> None:
    """What a dataset wastes."""


@command.command("scan")
@click.argument("path")
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@json_option
def scan(path: str, column: str, as_json: bool) -> None:
    """What is in a dataset, and what of it is there twice: a file, a folder or a pattern.

    Parquet, JSON lines (plain, gzip, zstd) and plain text. Near duplicates share three quarters of their runs of five
    words with a document that stays; each was counted exactly.
    """
    from thirdwatt.data.files import files
    from thirdwatt.scenario.mistakes import InputError, Mistake

    found = files(path)
    if not found.paths:
        raise InputError([Mistake(path, "holds no files", "name a file, a folder or a pattern in quotes")])
    try:
        from thirdwatt.data.near.find import ChangedError
        from thirdwatt.data.scan import scan as scanned
    except ImportError as error:
        raise InputError([Mistake(path, f"needs {error.name}", "pip install 'thirdwatt[data]'")]) from error
    try:
        told = scanned(found.paths, _form(found.byte), column, _progress(2 * len(found.paths)))
    except ImportError as error:
        raise InputError([Mistake(path, f"needs {error.name}", "pip install 'thirdwatt[data]'")]) from error
    except ChangedError as error:
        raise InputError([Mistake(path, str(error), "scan it when nobody writes to it")]) from error
    if not told.rows and not told.bad.counts:
        names = ", ".join(told.unread[:SAMPLED])
        raise InputError([Mistake(path, f"holds no file of a known format ({names})", "Parquet, JSON lines or text")])
    click.echo(dumped(_document(path, found.byte, found.links, told)) if as_json else _said(path, found.byte, told))


def _form(byte: int) -> Form:
    """The fast kernels where numba is there and they pay, else those of numpy: both find the same."""
    from thirdwatt.data.near import words_numpy

    if byte < PAYS_BYTES:
        return words_numpy
    try:
        from thirdwatt.data.near import words_numba
    except ImportError:
        return words_numpy
    return words_numba


def _progress(readings: int) -> Any:
    """A line on a terminal that says how far two readings are, at which rate and for how long still."""
    if not sys.stderr.isatty():
        return None
    began, done, size = time.monotonic(), 0, 0

    def told(_: str, byte: int) -> None:
        nonlocal done, size
        done, size = done + 1, size + byte
        passed_s = time.monotonic() - began
        left_s = passed_s / done * (readings - done)
        rate = size / 1e6 / max(passed_s, 1e-9)
        end = "\n" if done == readings else ""
        sys.stderr.write(f"\r\x1b[K{done / readings:4.0%}  {rate:.0f} MB/s  {left_s:.0f} s left{end}")
        sys.stderr.flush()

    return told


def _document(path: str, stored_byte: int, links: int, told: Scan) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "path": path,
        "rows": told.rows,
        "bytes": told.byte,
        "tokens": None,
        "stored_bytes": stored_byte,
        "links": links,
        "columns": list(told.columns),
        "lengths": told.lengths,
        "bad_rows": {
            "count": sum(told.bad.counts.values()),
            "reasons": dict(told.bad.counts),
            "samples": [{**asdict(row), "sample": row.sample.decode("utf-8", "replace")} for row in told.bad.first],
        },
        "unread_files": list(told.unread),
        "kernels": told.kernels,
        "full_buckets": told.full,
        "findings": [
            {
                "id": each.id, "what": each.what, "rows": each.rows, "bytes": each.byte, "rows_share": each.rows_share,
                "bytes_share": each.bytes_share, "verified": each.verified,
            }
            for each in told.findings
        ],
    }  # fmt: skip


def _said(path: str, stored_byte: int, told: Scan) -> str:
    """A scan for people."""
    lines = [f"{path}: {told.rows:,} documents, {_size(told.byte)} of text in {_size(stored_byte)}"]
    if told.columns:
        lines[0] += f", column {', '.join(told.columns)}"
    if told.lengths:
        lines.append(f"lengths  {', '.join(f'{name} {value:,}' for name, value in told.lengths.items())} bytes")
    lines += ["", f"{'':20} {'documents':>12} {'share':>7} {'bytes':>9} {'share':>7}"]
    for each in sorted(told.findings, key=lambda each: (-each.verified, -each.byte)):
        name = each.id.replace("_", " ")
        lines.append(
            f"{name:20} {each.rows:12,} {100 * each.rows_share:5.1f} % {_size(each.byte):>9} "
            f"{100 * each.bytes_share:5.1f} %{'' if each.verified else '  not verified'}"
        )
    lines.append(f"Kernels: {told.kernels}. Flagged ones share hashes with others; only what is verified may go.")
    if told.full:
        lines.append(f"{told.full:,} buckets were fuller than is looked at: some near duplicates may be unseen.")
    for reason, count in told.bad.counts.most_common():
        lines.append(f"bad rows: {count:,} × {reason}")
    for row in told.bad.first[:SAMPLED]:
        lines.append(f"  {row.file}, row {row.row:,}: {row.reason}: {row.sample[:60]!r}")
    if told.unread:
        lines.append(f"{len(told.unread):,} files of no known format were passed over, such as {told.unread[0]}")
    return "\n".join(lines)


def _size(byte: float) -> str:
    for limit, size, name in ((1e3, 1, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB")):
        if byte < limit:
            return f"{byte / size:.3g} {name}"
    return f"{byte / 1e12:.3g} TB"
