"""``thirdwatt data scan``."""

from __future__ import annotations

import os
import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from thirdwatt.cli.data.options import Size, kernels, memory_option, problems, progress, short, size_of, tokenizer_of
from thirdwatt.cli.options import dumped, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence


FINDS = ("near", "lines", "storage")
BATCHINGS = {
    "pad": "context",
    "dynamic": "dynamic",
    "bucketed": "bucketed",
    "packed": "packed",
    "concat": "concatenated",
}
"""Ways to make batches as they are called here, and as a survey names them."""

SAMPLED, WIDTH = 3, 100
BAD_ROWS = 20
"""Bad rows that the result shows; the file beside it has more."""

STRATEGIES = {
    "context": "padded to the context", "longest": "padded to the longest", "dynamic": "random batches",
    "bucketed": "batches by length", "packed": "packed, best fit", "concatenated": "concatenated, cut",
}  # fmt: skip


@click.command("scan")
@click.argument("path")
@click.option("--scenario", help="The training that the dataset is for: what it wastes is priced.")
@click.option("--set", "settings", multiple=True, metavar="PATH=VALUE", help="Change a field of it: site.pue=1.2")
@click.option("--batching", type=click.Choice(list(BATCHINGS)), help="How batches are made now.")
@click.option("--context", type=click.IntRange(1), help="Tokens of a sequence; that of the scenario otherwise.")
@click.option("--batch", type=click.IntRange(1), help="Sequences of a batch; that of the scenario otherwise.")
@click.option(
    "--tokenizer", metavar="NAME", help="tokenizer.json, a folder, a name on the hub, tiktoken:NAME or bytes."
)
@click.option("--sample", type=Size(), default=0, help="Read a random part, of so much as it is stored: 2GB.")
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="Of the draws.")
@click.option(
    "--against", default="", metavar="PATH2", help="Look for the documents of a second set: test in training."
)
@memory_option
@click.option("--column", default="", help="Where the documents are; found by name and size otherwise.")
@click.option("--without", multiple=True, type=click.Choice(FINDS), help="Leave out; may be given several times.")
@click.option("--html", "page", metavar="FILE", help="Write a page.")
@json_option
def command(
    path: str, scenario: str | None, settings: tuple[str, ...], batching: str | None, context: int | None,
    batch: int | None, tokenizer: str | None, sample: int, seed: int, against: str, memory: int, column: str,
    without: tuple[str, ...], page: str | None, as_json: bool,
) -> None:  # fmt: skip
    """What is in a dataset and what of it is waste: a file, a folder, a pattern, or an address.

    Parquet, Arrow, JSON and JSON lines, CSV, text, WebDataset and images; hf://, s3://, gs:// and https:// too. Near
    duplicates share three quarters of their runs of five words with a document that stays; each is counted exactly. An
    interrupted scan goes on where it was. The result stays in .thirdwatt/scans, for `estimate --observed`.
    """
    training = _training(scenario, settings) if scenario or settings else {}
    with problems(path):
        from thirdwatt.data.files import files
        from thirdwatt.data.survey import survey
        from thirdwatt.data.wish import Wish

        finds = frozenset(each for each in FINDS if each not in without)
        stated = [path, against, column, sorted(finds), sample, seed]
        name = _name(path, stated)
        wish = Wish(
            path=path, against=against, column=column, finds=finds, sample_byte=sample, seed=seed, memory_byte=memory,
            tokenizer=tokenizer_of(tokenizer), context=context or int(training.get("sequence_length", 0)),
            batch=batch or int(training.get("micro_batch_count", 0)), epochs=training.get("epochs", 0.0),
            batching=BATCHINGS.get(batching or "", ""), folder=_folder(name),
        )  # fmt: skip
        size = files(path).byte
        found = survey(wish, kernels(min(size, sample or size)), progress())
    found = {"id": name, **found}
    if scenario is not None:
        from thirdwatt.cli.data.prices import priced
        from thirdwatt.report.mended import is_mended

        found |= priced(found, scenario, settings, batching or "", seed=seed)
        if is_mended(found):
            # What went was in the run as the scenario has it: before and after are that run with it and without it.
            gone = priced(found["mended"]["before"], scenario, settings, seed=seed)
            found |= {f"mended_{name}": each for name, each in gone.items()}
    _kept(wish.folder, found)
    if page:
        _page(page, found)
    found["bad_rows"]["samples"] = found["bad_rows"]["samples"][:BAD_ROWS]
    click.echo(dumped(found) if as_json else _said(found))


def _name(path: str, stated: Sequence[Any]) -> str:
    """Id of a scan: the same for the same question, so that an interrupted one is found again."""
    from zlib import crc32

    stem = re.sub(r"[^a-z0-9]+", "-", os.path.basename(path.rstrip("/")).lower()).strip("-")[:40] or "scan"  # noqa: PTH119
    place = path if "://" in path else os.path.abspath(path)  # noqa: PTH100
    return f"{stem}-{crc32(repr([place, *stated[1:]]).encode()):08x}"


def _folder(name: str) -> str:
    """Where a scan lies; empty, for a temporary folder, where none can be made."""
    from thirdwatt.meter.run import folder

    where = os.path.join(folder(None), "scans", name)  # noqa: PTH118
    try:
        os.makedirs(where, exist_ok=True)  # noqa: PTH103
    except OSError as error:
        click.echo(f"thirdwatt: {error.strerror}: {where}: the result is not kept", err=True)
        return ""
    return where


def _kept(folder: str, found: dict[str, Any]) -> None:
    """Write the result, and the bad rows one a line, aside and renamed."""
    import json

    if not folder:
        return
    rows = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in found["bad_rows"]["samples"])
    for name, text in (("bad_rows.jsonl", rows), ("scan.json", dumped(found) + "\n")):
        aside = Path(folder, f"{name}.{os.getpid()}.part")
        try:
            aside.write_text(text, encoding="utf-8")
            aside.replace(Path(folder, name))
        except OSError as error:
            click.echo(f"thirdwatt: {error.strerror}: {folder}: the result is not kept", err=True)
            return


def _page(file: str, found: dict[str, Any]) -> None:
    """Write the page of a scan."""
    from thirdwatt.cli.files import extra, written

    with extra("report"):
        from thirdwatt.report.scan_page import page

        made = page(found, found if "prices" in found else None)
    written(file, made)


def _training(scenario: str | None, settings: Sequence[str]) -> dict[str, float]:
    """Context, batch and epochs of a scenario."""
    from thirdwatt.cli.options import ledger

    if scenario is None:
        from thirdwatt.scenario.mistakes import InputError, Mistake

        raise InputError([Mistake("--set", "changes no scenario", "name one with --scenario")])
    found = ledger(scenario, tuple(settings), (), 1, 0)
    names = ("sequence_length", "micro_batch_count", "epochs")
    return {name: float(found.figures[name].value) for name in names if name in found.figures}


# --- in words ---------------------------------------------------------------------------------------------------------


def _said(found: dict[str, Any]) -> str:
    """A scan for people."""
    prices = []
    if "prices" in found:
        from thirdwatt.cli.data.prices import said

        prices = [said(found)]
    parts = [_what(found), _mended(found), _wastes(found), prices, _padding(found), _notes(found)]
    return "\n\n".join("\n".join(each) for each in parts if each)


def _what(found: dict[str, Any]) -> list[str]:
    columns = f", column {', '.join(found['columns'])}" if found["columns"] else ""
    lines = [
        f"{found['path']}: {found['rows']:,} documents, {size_of(found['bytes'])}, stored in "
        f"{size_of(found['stored_bytes'])}{columns}"
    ]
    drawn = found["sample"]
    if drawn:
        lines.append(
            f"sample   {size_of(drawn['stored_bytes'])} of {size_of(drawn['of_bytes'])} ({drawn['share']:.2%}), drawn "
            f"at random: {drawn['parts']:,} parts of {drawn['files']:,} of {drawn['of_files']:,} files"
        )
    tokens = found["tokens"]
    if tokens:
        each = found["bytes_per_token"]
        lines.append(
            f"tokens   {short(tokens['value'])} ({short(tokens['low'])} to {short(tokens['high'])}), at "
            f"{each['value']:.3g} bytes a token, {each['kind']}"
        )
    if found["token_lengths"]:
        lengths = ", ".join(f"{name} {value:,}" for name, value in found["token_lengths"].items())
        lines.append(f"lengths  {lengths} tokens")
    images = found["images"]
    if images:
        each = images["decode_cpu_s_per_image"]
        took = f", {each * 1e3:.3g} ms of a core to decode one" if each else ""
        lines.append(f"images   {images['rows']:,}, {size_of(images['bytes'])}{took}")
    return lines


def _mended(found: dict[str, Any]) -> list[str]:
    """Before and after of a dataset that is the result of a fix, with what that saves in a run."""
    from thirdwatt.report.mended import is_mended, states

    changes = found["mended_changes"]
    if changes:
        count = f"{len(changes):,} files of it were" if len(changes) > 1 else "one file of it was"
        return [f"This is not the result that a fix has proved: {count} changed, added or removed since, such as "
                f"{changes[0]}. Before and after are not compared."]  # fmt: skip
    if not is_mended(found):
        return []
    lines = [f"{'':16} {'documents':>13} {'text':>9} {'stored':>9} {'tokens':>9}"]
    for each in states(found):
        tokens = "" if each.tokens is None else short(each.tokens)
        lines.append(
            f"{each.name:16} {each.rows:>13,} {size_of(each.byte):>9} {size_of(each.stored_byte):>9} {tokens:>9}"
        )
    if found.get("mended_prices"):
        from thirdwatt.report.scan_prices import table

        at = {"prices": found["mended_prices"], "priced_at": found["mended_priced_at"]}
        lines += ["", "What went would have taken, in the run priced below:", *table(at)]
    return lines


def _wastes(found: dict[str, Any]) -> list[str]:
    lines = [f"{'waste':24} {'rows':>11} {'share':>7} {'bytes':>8} {'share':>7}"]
    none, others = [], []
    for each in found["findings"]:
        name = each["id"].replace("_", " ")
        share = each["rows_share"] or each["bytes_share"] or each["tokens_share"]
        if share is None:
            others.append(f"{name}: {each['what']}")
        elif not share["value"]:
            none.append(name)
        else:
            rows = f"{each['rows']:,}" if each["rows"] is not None else ""
            size = size_of(each["bytes"]) if each["bytes"] is not None else ""
            note = "" if each["verified"] else "  not verified"
            lines.append(
                f"{name:24} {rows:>11} {_share(each['rows_share']):>7} {size:>8} "
                f"{_share(each['bytes_share'] or each['tokens_share']):>7}{note}"
            )
    for each in found["findings"]:
        if each["extrapolated"] and each["rows"]:
            whole = each["extrapolated"]
            lines.append(
                f"{each['id'].replace('_', ' ')} of the whole: {whole['value']:.1%} ({whole['low']:.1%} to "
                f"{whole['high']:.1%}), {whole['source']}"
            )
    if none:
        lines.append(f"none: {', '.join(none)}")
    fixes = dict.fromkeys(each["fix"] for each in found["findings"] if each["fix"] and each["verified"])
    wrapped = [line for each in others for line in textwrap.wrap(each, WIDTH, subsequent_indent="  ")]
    return [*lines, *wrapped, *(f"  {fix}" for fix in fixes)]


def _padding(found: dict[str, Any]) -> list[str]:
    padding = found["padding"]
    if not padding:
        return []
    assumed = "" if padding["stated"]["context"] else " (assumed: --context)"
    lines = [
        f"{'batches of ' + str(padding['batch']):24} {'padding':>8} {'range':>15} {'cut off':>8}"
        f"   context {padding['context']:,}{assumed}"
    ]
    for each in padding["strategies"]:
        share = each["padding_share"]
        lost = each["lost_tokens"] / max(1, each["lost_tokens"] + each["useful_tokens"])
        lines.append(
            f"{STRATEGIES[each['id']]:24} {share['value']:8.1%} {share['low']:6.1%} to {share['high']:5.1%} {lost:8.1%}"
        )
    return lines


def _notes(found: dict[str, Any]) -> list[str]:
    lines = []
    if found["kernels"]:
        lines.append(
            f"Kernels: {found['kernels']}. Flagged ones share hashes with others; only what is verified may go."
        )
    if found["full_buckets"]:
        lines.append(
            f"{found['full_buckets']:,} buckets were fuller than is looked at: some near duplicates may be unseen."
        )
    if found["links"]:
        lines.append(f"{found['links']:,} links to files are no copies, and were not counted.")
    bad = found["bad_rows"]
    for reason, count in sorted(bad["reasons"].items(), key=lambda each: -each[1]):
        lines.append(f"bad rows: {count:,} × {reason}")
    for row in bad["samples"][:SAMPLED]:
        lines.append(f"  {row['file']}, row {row['row']:,}: {row['reason']}: {row['sample'][:60]!r}")
    if found["unread_files"]:
        count = len(found["unread_files"])
        lines.append(f"{count:,} files of no known format were passed over, such as {found['unread_files'][0]}")
    if found["other_columns"]:
        lines.append(f"Other columns of text: {', '.join(found['other_columns'][:5])} (--column)")
    if not found["tokenise"]:
        lines.append("Name a --tokenizer to have tokens measured.")
    lines.append(f"thirdwatt estimate SCENARIO --observed {found['id']}")
    return lines


def _share(found: dict[str, Any] | None) -> str:
    return f"{found['value']:.1%}" if found else ""
