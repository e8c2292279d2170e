"""``thirdwatt data dedup``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.data.options import (
    FILE_SIZE,
    FIX_GOES_ON,
    WORKERS,
    kernels,
    memory_option,
    mixed,
    problems,
    progress,
    short,
    size_of,
    tokenizer_of,
)
from thirdwatt.cli.options import dumped, json_option

if TYPE_CHECKING:
    from collections.abc import Mapping

HOW = ("exact", "near", "lines")
REASONS = {
    "exact": "exact copies", "near": "near duplicates", "empty": "empty documents", "overlap": "hold a test document",
    "lines": "repeated lines",
}  # fmt: skip


@click.command("dedup")
@click.argument("path")
@click.option("--out", required=True, metavar="DIR", help="Where the result is to be: a folder that is not there.")
@click.option("--exact", "how", flag_value="exact", multiple=True, help="What is the same, byte by byte.")
@click.option("--near", "how", flag_value="near", multiple=True, help="And what is like one that stays.")
@click.option("--lines", "how", flag_value="lines", multiple=True, help="Lines that stand in what stays before.")
@click.option("--keep", default="first", show_default=True, metavar="first|longest|COLUMN",
              help="Which of those that are alike stays; of a column the one with the most.")  # fmt: skip
@click.option("--against", default="", metavar="PATH2", help="What holds a document of a second set goes: a test set.")
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["parquet", "jsonl", "webdataset"]),
    help="JSON stays JSON lines, tars stay tars, all else becomes Parquet.",
)
@click.option("--shard-size", type=FILE_SIZE, default="512MB", show_default=True, help="Text of a file of the result.")
@click.option("--tokenizer", metavar="NAME", help="By which tokens are counted, as for a scan.")
@memory_option
@click.option("--workers", type=click.IntRange(1), default=WORKERS, show_default=True,
              help="Files that are written at a time; they change nothing in them.")  # fmt: skip
@json_option
def command(
    path: str, out: str, how: tuple[str, ...], keep: str, against: str, column: str, form: str | None, shard_size: int,
    tokenizer: str | None, memory: int, workers: int, as_json: bool,
) -> None:  # fmt: skip
    """Write a dataset without its copies: exact and near ones, if nothing else is said.

    DIR/data has what stays, with all columns; DIR/removed.jsonl what went, with its witness and how like they are;
    DIR/report.json what was done. DIR is there when all of it is, read back and added up, and not before. The input
    stays as it is; a command that was killed goes on where it was.
    """
    with problems(path, FIX_GOES_ON):
        from thirdwatt.data.files import files
        from thirdwatt.data.fix.dedup import Wish, dedup

        wish = Wish(
            path=path, out=out, how=_how(how), keep=keep, against=against, column=column, form=form or "",
            file_byte=shard_size, memory_byte=memory, tokenizer=tokenizer_of(tokenizer), workers=workers,
        )  # fmt: skip
        report = dedup(wish, kernels(files(path).byte), progress())
    click.echo(dumped(report) if as_json else _said(report, out))


def _how(given: tuple[str, ...]) -> frozenset[str]:
    """What is looked for: what is the same is alike, too."""
    asked = set(given or ("near",))
    return frozenset(asked | ({"exact"} if "near" in asked else set()))


def _said(report: Mapping[str, Any], out: str) -> str:
    before, after = report["before"], report["after"]
    lines = [
        f"{report['path']}: {before['rows']:,} documents, {size_of(before['bytes'])}{_tokens(before)}",
        f"{out}: {after['rows']:,} documents, {size_of(after['bytes'])}{_tokens(after)}, in {after['files']:,} files",
        "",
        f"{'left out':24} {'rows':>11} {'share':>7} {'bytes':>8} {'share':>7}",
    ]
    for name, each in report["removed"].items():
        rows, byte = (each[of] / before[of] if before[of] else 0.0 for of in ("rows", "bytes"))
        lines.append(f"{REASONS[name]:24} {each['rows']:>11,} {rows:>7.1%} {size_of(each['bytes']):>8} {byte:>7.1%}")
    if not report["removed"]:
        lines.append("nothing")
    if report["edited_rows"]:
        lines.append(f"{report['edited_rows']:,} documents that stay lost lines")
    bad = before["bad_rows"]
    if bad:
        lines.append(f"{bad:,} rows are no documents, and stand in removed.jsonl")
    lines += mixed(report)
    lines += ["", "Read back and added up: what is there and what went is what was read."]
    if report["ceiling"]:
        lines.append("The first stays: a copy of a copy that went may stay though it is like that one.")
    if report["full_buckets"]:
        lines.append(f"{report['full_buckets']:,} buckets were fuller than is looked at: some may be unseen.")
    lines.append(f"thirdwatt data scan {out} --scenario SCENARIO says what that saves.")
    return "\n".join(lines)


def _tokens(of: Mapping[str, Any]) -> str:
    return f", {short(of['tokens']['value'])} tokens" if of["tokens"] else ""
