"""``thirdwatt data convert``."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.data.options import (
    FILE_SIZE,
    FIX_GOES_ON,
    WORKERS,
    WRITING_GOES_ON,
    ends_with,
    mixed,
    problems,
    progress,
    short,
    size_of,
    tokenising,
    tokenizer_of,
)
from thirdwatt.cli.options import dumped, json_option

if TYPE_CHECKING:
    from collections.abc import Mapping

TO = ("parquet", "arrow", "jsonl", "webdataset", "tokens", "megatron")
WIDTH = 100
CODECS = ("zstd", "snappy", "lz4", "gzip", "brotli", "none")


@click.command("convert")
@click.argument("path")
@click.option("--out", required=True, metavar="DIR", help="Where the result is to be: a folder that is not there.")
@click.option("--to", "form", type=click.Choice(TO), default="parquet", show_default=True)
@click.option("--codec", type=click.Choice(CODECS), default="zstd", show_default=True, help="Of Parquet.")
@click.option("--level", type=click.IntRange(1, 22), default=3, show_default=True, help="Of zstd, gzip and brotli.")
@click.option(
    "--row-group-size", type=FILE_SIZE, default="64MB", show_default=True, help="Rows of Parquet read at once."
)
@click.option("--shard-size", type=FILE_SIZE, default="512MB", show_default=True, help="Rows of a file, in memory.")
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@click.option("--tokenizer", metavar="NAME", help="Of tokens, megatron, and of a webdataset of tokens.")
@click.option("--end", default="", metavar="TOKEN", help="Behind each document; the tokenizer's own, or none.")
@click.option("--workers", type=click.IntRange(1), default=WORKERS, show_default=True, help="Threads of the tokenizer.")
@json_option
def command(
    path: str, out: str, form: str, codec: str, level: int, row_group_size: int, shard_size: int, column: str,
    tokenizer: str | None, end: str, workers: int, as_json: bool,
) -> None:  # fmt: skip
    """Write a dataset in another format: all rows that can be read, with all columns; or the tokens of its documents.

    DIR/data has them; DIR/removed.jsonl the rows that cannot be read; DIR/report.json what was done. DIR is there when
    all of it is and was read back, and not before; a command that was killed goes on where it was.
    """
    with problems(path, WRITING_GOES_ON if tokenizer is None else FIX_GOES_ON):
        from thirdwatt.data.fix import tokenise
        from thirdwatt.data.fix.convert import Wish, convert
        from thirdwatt.data.fix.forms import FORMS, Options
        from thirdwatt.scenario.mistakes import InputError, Mistake

        own = tokenizer_of(tokenizer)
        if own is None and form not in FORMS:
            raise InputError([Mistake("--to", f"{form} needs a tokenizer", "name the model's: --tokenizer NAME")])
        if own is not None and form not in tokenise.FORMS:
            raise InputError([Mistake("--tokenizer", f"{form} holds no tokens", f"--to {', '.join(tokenise.FORMS)}")])
        if own is None:
            options = Options(codec, level, row_group_size)
            report = convert(Wish(path, out, form, options, shard_size, column), progress())
        else:
            ends_with(own, end)
            wish = tokenise.Wish(path, out, form, own, end, shard_size, column, workers)
            with tokenising():
                report = tokenise.tokenise(wish, progress())
    click.echo(dumped(report) if as_json else _said(report, out))


def _said(report: Mapping[str, Any], out: str) -> str:
    before, after = report["before"], report["after"]
    ratio = after["stored_bytes"] / before["stored_bytes"] if before["stored_bytes"] else 1.0
    lines = [
        f"{report['path']}: {before['rows']:,} rows, stored in {size_of(before['stored_bytes'])}, "
        f"{before['files']:,} files",
        f"{out}: {after['rows']:,} rows, stored in {size_of(after['stored_bytes'])} ({ratio:.0%}), "
        f"{after['files']:,} files of {report['to']}",
    ]
    if "tokenizer" in report["options"]:
        kind = report["options"]["dtype"]
        lines.append(f"{short(after['tokens']['value'])} tokens of {kind} by {report['options']['tokenizer']}")
    for reason, count in report["bad_rows"]["reasons"].items():
        lines.append(f"left out: {count:,} × {reason}, in removed.jsonl")
    lines += mixed(report)
    if report["nan"]:
        lines.append(f"{report['nan']:,} numbers that are none or infinite became null: JSON has none")
    lines += textwrap.wrap(f"Proof: {report['proof']}.", WIDTH)
    if "tokenizer" not in report["options"]:
        lines.append(f"thirdwatt data scan {out} --scenario SCENARIO says what that saves.")
    return "\n".join(lines)
