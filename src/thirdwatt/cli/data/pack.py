"""``thirdwatt data pack``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.data.options import (
    FILE_SIZE,
    FIX_GOES_ON,
    WORKERS,
    ends_with,
    memory_option,
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
    pass

REASONS = 5
"""Reasons of bad rows that are shown."""


@click.command("pack")
@click.argument("path")
@click.option("--out", required=True, metavar="DIR", help="Where the rows go; nothing may be there.")
@click.option("--context", type=click.IntRange(1, 1 << 24), required=True, help="Tokens of a row.")
@click.option(
    "--tokenizer", required=True, metavar="NAME",
    help="tokenizer.json, a folder, a name on the hub, tiktoken:NAME or bytes.",
)  # fmt: skip
@click.option("--end", default="", metavar="TOKEN", help="Behind each document; the tokenizer's own, or none.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the order.")
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@click.option("--format", "form", type=click.Choice(("parquet", "arrow")), default="parquet", show_default=True)
@click.option("--shard-size", type=FILE_SIZE, default="512MB", show_default=True, help="Tokens of a file.")
@memory_option
@click.option("--workers", type=click.IntRange(1), default=WORKERS, show_default=True, help="Files written at a time.")
@json_option
def command(
    path: str, out: str, context: int, tokenizer: str, end: str, seed: int, column: str, form: str, shard_size: int,
    memory: int, workers: int, as_json: bool,
) -> None:  # fmt: skip
    """Documents as tokens, packed into rows as long as the context: almost no padding, none cut that fits.

    Rows have input_ids, position_ids, segment_ids and lengths, so that attention keeps documents apart: docs/packing.md
    says how to load them. DIR is there whole or not at all; an interrupted command goes on where it was, and the input
    is never changed.
    """
    with problems(path, FIX_GOES_ON):
        from thirdwatt.data.fix import pack

        own = tokenizer_of(tokenizer)
        ends_with(own, end)
        wish = pack.Wish(
            path=path, out=out, context=context, tokenizer=own, end=end, seed=seed, column=column, form=form,
            file_byte=shard_size, memory_byte=memory, workers=workers,
        )  # fmt: skip
        with tokenising():
            found = pack.pack(wish, progress())
    click.echo(dumped(found) if as_json else _said(found, out))


def _said(found: dict[str, Any], out: str) -> str:
    """The report for people."""
    before, after, padding = found["before"], found["after"], found["padding_share"]
    end = f"each with {found['end']['token']} behind it" if found["end"] else "with nothing behind them"
    lines = [
        f"{found['path']}: {before['rows']:,} documents, {size_of(before['bytes'])}, {short(before['tokens'])} tokens "
        f"by {found['tokenizer']}",
        f"documents  {after['documents']:,}, {end}; {after['split_documents']:,} longer than {found['context']:,} "
        "tokens, in pieces",
        f"tokens     {after['tokens']:,} in {after['segments']:,} pieces, all read back",
        f"sequences  {after['rows']:,} of {found['context']:,} tokens, in {after['files']:,} files",
        f"padding    {padding['packed']:.3%}; no packing has less than {padding['bound']:.3%}, a document a row has "
        f"{padding['padded_to_context']:.1%}",
    ]
    if before["empty_rows"]:
        lines.append(f"left out   {before['empty_rows']:,} documents without a token: {out}/removed.jsonl")
    reasons = sorted(found["bad_rows"]["reasons"].items(), key=lambda each: -each[1])
    lines += [f"bad rows   {count:,} × {reason}" for reason, count in reasons[:REASONS]]
    lines += mixed(found)
    lines.append(f"Load {out}/data as docs/packing.md says; {out}/report.json has the figures.")
    return "\n".join(lines)
