"""``thirdwatt data diff``."""

from __future__ import annotations

from typing import Any

import click

from thirdwatt.cli.data.options import kernels, memory_option, problems, progress, short, size_of, tokenizer_of
from thirdwatt.cli.options import dumped, json_option

BAD_ROWS = 20
"""Bad rows of each set that the result shows."""

STARTS_AGAIN = "nothing was written, and the same command starts again"

CLASSES = {
    "unchanged": "the same, in a file of that name",
    "moved": "the same, in another file",
    "copied": "the same, more often than before",
    "stamped": "old but for a line new in many",
    "edited": "near an old one",
    "new": "near none",
    "replaced": "old: there in another form",
    "removed": "old: not there any more",
}
"""What has become of a document."""


@click.command("diff")
@click.argument("old")
@click.argument("new")
@click.option(
    "--tokenizer", metavar="NAME", help="tokenizer.json, a folder, a name on the hub, tiktoken:NAME or bytes."
)
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@click.option("--old-column", default="", help="The same in OLD, where it has another name.")
@memory_option
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the samples.")
@click.option("--html", "page", metavar="FILE", help="Write a page.")
@json_option
def command(
    old: str, new: str, tokenizer: str | None, column: str, old_column: str, memory: int, seed: int, page: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    """What a new revision of a dataset really brings: by documents, by lines, and for a transfer.

    OLD and NEW are a file, a folder, a pattern or an address each. Lines count as often as they are there, so that a
    document that was moved brings nothing, and a date on every page brings a line a page, which is told apart. Nothing
    is written; an interrupted diff starts again.
    """
    with problems(old, STARTS_AGAIN):
        from thirdwatt.data.revision import diff, sides

        before = sides.opened(old, old_column or column)
    with problems(new, STARTS_AGAIN):
        after = sides.opened(new, column)
    with problems(f"{old}, {new}", STARTS_AGAIN):
        from thirdwatt.data.errors import ChangedError
        from thirdwatt.data.fix import inputs

        wish = diff.Wish(tokenizer_of(tokenizer), memory, seed)
        known = inputs.signatures(old, new)
        found = diff.diff(before, after, wish, kernels(sum(before.sizes) + sum(after.sizes)), progress())
        if inputs.signatures(old, new) != known:
            raise ChangedError("changed while they were read")
    if page:
        _page(page, found)
    for side in ("old", "new"):
        found[side]["bad_rows"]["samples"] = found[side]["bad_rows"]["samples"][:BAD_ROWS]
    click.echo(dumped(found) if as_json else "\n\n".join("\n".join(each) for each in _said(found) if each))


def _page(file: str, found: dict[str, Any]) -> None:
    """Write the page of a diff."""
    from thirdwatt.cli.files import extra, written

    with extra("report"):
        from thirdwatt.report.diff_page import page

        made = page(found)
    written(file, made)


# --- in words ---------------------------------------------------------------------------------------------------------


def _said(found: dict[str, Any]) -> list[list[str]]:
    """A diff for people."""
    return [[_set("old", found["old"]), _set("new", found["new"])], _documents(found), _new(found), _notes(found)]


def _set(name: str, side: dict[str, Any]) -> str:
    tokens, each = side["tokens"], side["bytes_per_token"]
    columns = f", column {', '.join(side['columns'])}" if side["columns"] else ""
    return (
        f"{name}  {side['path']}{columns}\n"
        f"     {side['rows']:,} documents, {size_of(side['bytes'])}, {short(tokens['value'])} tokens "
        f"({short(tokens['low'])} to {short(tokens['high'])}), at {each['value']:.3g} bytes a token, {each['kind']}"
    )


def _documents(found: dict[str, Any]) -> list[str]:
    lines = [f"{'documents':10} {'rows':>11} {'share':>7} {'bytes':>8} {'share':>7} {'tokens':>8}"]
    for name, what in CLASSES.items():
        each = found["documents"][name]
        if each["rows"]:
            lines.append(
                f"{name:10} {each['rows']:>11,} {_share(each['rows_share']):>7} {size_of(each['bytes']):>8} "
                f"{_share(each['bytes_share']):>7} {short(each['tokens']['value']):>8}  {what}"
            )
    return lines


def _new(found: dict[str, Any]) -> list[str]:
    lines, share = found["lines"], found["new_token_share"]
    said = [
        f"new tokens     {_share(share['value'])} ({_share(share['low'])} to {_share(share['high'])}), {share['kind']}",
        "               from: no stamps, no copies; to: all of each document with other new lines",
        f"new lines      {lines['new']:,}, {size_of(lines['new_bytes'])}, {_share(lines['new_share'])} of the text",
    ]
    if lines["stamps"]:
        others, byte = lines["new"] - lines["stamps"], lines["new_bytes"] - lines["stamp_bytes"]
        top = [(f"{each['documents']:,} documents", (each["line"] or "")[:60]) for each in lines["top_stamps"]]
        said += [
            f"  stamps       {lines['stamps']:,} of them, {size_of(lines['stamp_bytes'])}",
            *(f"               {where}: {line}" for where, line in top),
            f"  others       {others:,}, {size_of(byte)}, {_share(byte / found['new']['bytes'])} of the text",
        ]  # fmt: skip
    said.append(f"removed lines  {lines['removed']:,}, {size_of(lines['removed_bytes'])}")
    hashes, transfer = found["file_hashes"], found["transfer"]
    if hashes and transfer:
        said += [
            f"file hashes    would say that {_share(hashes['changed_files_share'])} of the files are new, "
            f"{_share(hashes['changed_bytes_share'])} of the bytes",
            f"a transfer     {size_of(transfer['whole_files_bytes'])} as whole files, "
            f"{size_of(transfer['chunks_bytes'])} as chunks cut by content",
        ]
    else:
        said.append("file hashes and a transfer are looked at where both sets are on this machine")
    return said


def _notes(found: dict[str, Any]) -> list[str]:
    lines = []
    if found["old"]["columns"] != found["new"]["columns"]:
        names = [", ".join(found[side]["columns"]) or "whole files" for side in ("old", "new")]
        lines.append(f"Documents are {names[0]} in the old set and {names[1]} in the new one (--old-column, --column)")
    for name in ("old", "new"):
        side = found[name]
        for reason, count in sorted(side["bad_rows"]["reasons"].items(), key=lambda each: -each[1]):
            lines.append(f"bad rows: {count:,} × {reason}, in the {name} set")
        if side["image_files"]:
            lines.append(f"{side['image_files']:,} files of images in the {name} set: as files alone they are compared")
        if side["unread_files"]:
            unread = side["unread_files"]
            lines.append(f"{len(unread):,} files of no known format in the {name} set, such as {unread[0]}")
    if found["new"]["bytes_per_token"]["kind"] == "assumed":
        lines.append("Name a --tokenizer to have tokens measured.")
    return lines


def _share(value: float) -> str:
    """A share in two digits, however small."""
    if value in (0.0, 1.0):
        return f"{value:.0%}"
    return f"{value:.1%}" if value >= 0.0995 else f"{100 * value:.2g}%"
