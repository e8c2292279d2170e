"""What a new revision of a dataset brings, as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, span
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.report.charts import BUILDING, INK, MACHINES, STEP_PX, WHOLE, Chart, axis_names, drawn_on, finished
from thirdwatt.report.html import Tile, template

SHOWN = 20
"""Most rows of a table of examples."""

MEASURES = {"rows": "documents", "lines": "lines", "bytes": "tokens"}
"""What shares are of; those of tokens go by bytes."""

CLASSES = {
    "unchanged": "the same bytes, in a file of that name",
    "moved": "the same bytes, in another file",
    "copied": "the same bytes, more often than before",
    "stamped": "old, but for a line that is new in many",
    "edited": "near an old one",
    "new": "near none",
    "replaced": "old, and there in another form",
    "removed": "old, and not there any more",
}
OF_OLD = ("replaced", "removed")
"""Classes whose shares are of the old set."""


def page(found: Mapping[str, Any]) -> str:
    """The page of a diff.

    Parameters
    ----------
    found
        Its document, ``thirdwatt/diff/1``.
    """
    drawn = (_documents(found), _new(found), _transfer(found))
    rendered: str = template("diff.html.j2").render(
        title=f"{found['old']['path']} and {found['new']['path']}",
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        lead=_lead(found),
        tiles=_tiles(found),
        meant=_meant(found),
        charts=[(chart, chart.svg()) for chart in drawn if chart is not None],
        stamps=_stamps(found),
        stamped=_stamped(found),
        sides=_sides(found),
        unread=list(_unread(found)),
        bad=_bad(found),
        how=list(_how(found)),
    )
    return rendered


def share_of(value: float) -> str:
    """A share in two digits and more, however small: what is new may be a thousandth."""
    return percent(value) if value == 0 or value >= 0.01 else f"{plain(100 * value, 2)} %"


# --- in words ---------------------------------------------------------------------------------------------------------


def _lead(found: Mapping[str, Any]) -> str:
    share, gone = found["new_token_share"], found["lines"]["removed_share"]
    if not found["lines"]["new"] and not found["lines"]["removed"]:
        return "Nothing is new: both revisions hold the same lines."
    return (
        f"{share_of(share['value'])} of the tokens of the new revision are new ({_interval(share)}, by what one takes "
        f"for new); {share_of(gone)} of the text of the old one is gone."
    )


def _interval(share: Mapping[str, Any]) -> str:
    return f"{share_of(share['low'])} to {share_of(share['high'])}"


def _meant(found: Mapping[str, Any]) -> str:
    share = found["new_token_share"]
    return (
        "The value counts each line that the new revision has more often than the old one. Its low end leaves out "
        "stamps and copies, and of what was edited within a line all but the difference; its high end counts the "
        f"whole of each document with another new line. It is {share['kind']}, from {share['source']}."
    )


def _tiles(found: Mapping[str, Any]) -> list[Tile]:
    old, new, share, tokens = found["old"], found["new"], found["new_token_share"], found["new_tokens"]
    transfer = found["transfer"]
    tiles = [
        Tile("new tokens, of all", share_of(share["value"]), "", f"{_interval(share)}; {share['kind']}"),
        Tile("new tokens", amount(tokens["value"], "1"), "", f"{_ends(tokens)}, of {amount(_of(new), '1')}"),
        Tile("removed tokens", amount(_value(found["removed_tokens"]), "1"), "", f"of {amount(_of(old), '1')}"),
        Tile("documents", f"{new['rows']:,}", "", f"{new['rows'] - old['rows']:+,}, {old['rows']:,} before"),
        Tile("text", amount(new["bytes"], "B"), "", f"{amount(old['bytes'], 'B')} before"),
    ]
    if transfer is not None:
        of = f"as chunks; {amount(transfer['whole_files_bytes'], 'B')} as whole files"
        tiles.append(Tile("to be sent", amount(transfer["chunks_bytes"], "B"), "", of))
    return tiles


def _value(figure: Mapping[str, Any]) -> float:
    return float(figure["value"])


def _of(side: Mapping[str, Any]) -> float:
    return _value(side["tokens"])


def _ends(figure: Mapping[str, Any]) -> str:
    low, high = (figure["value"] if figure[end] is None else figure[end] for end in ("low", "high"))
    return span(low, high, "1", figure["value"])


def _stamped(found: Mapping[str, Any]) -> str:
    lines = found["lines"]
    of = lines["stamp_bytes"] / lines["new_bytes"] if lines["new_bytes"] else 0.0
    return f"They are {lines['stamps']:,} of {lines['new']:,} new lines, and {share_of(of)} of their bytes"


def _unread(found: Mapping[str, Any]) -> Iterator[str]:
    """What a reader may take to have been compared, and was not."""
    for name in ("old", "new"):
        side = found[name]
        for reason, count in sorted(side["bad_rows"]["reasons"].items(), key=lambda each: -each[1]):
            yield f"Rows of the {name} set that are no documents: {count:,} × {reason}. They are in no figure here."
        if side["image_files"]:
            yield f"Files or columns of images of the {name} set: {side['image_files']:,}, compared as files alone."
        if unread := side["unread_files"]:
            yield f"Files of no known format in the {name} set: {len(unread):,}, such as {unread[0]}."
    transfer = found["transfer"]
    if transfer is None:
        yield "Stored files, for hashes and a transfer: they are at an address, and only texts were read."
    elif transfer["unread_files"]:
        count, first = len(transfer["unread_files"]), transfer["unread_files"][0]
        yield f"Stored files that cannot be read, for hashes and a transfer: {count:,}, such as {first}."
    if found["tokenizer"] is None:
        yield "Tokens: no tokenizer was named, so they follow from bytes; --tokenizer NAME measures them."


def _how(found: Mapping[str, Any]) -> Iterator[str]:
    old, new = found["old"]["columns"], found["new"]["columns"]
    if old != new:
        names = [", ".join(each) or "whole files" for each in (old, new)]
        yield f"Documents are {names[0]} in the old set and {names[1]} in the new one."
    yield (
        "Documents of the same bytes stand for one another, each of the old set for one of the new. All others are "
        "told by their lines, or by runs of five words where lines do not tell."
    )
    yield (
        "Lines of both sets are multisets: one that the new set has more often is new as often as it is more. So "
        "nothing is new in another order, in other files or in another format."
    )
    yield "Shares of tokens by class of documents go by bytes. Replaced and removed are shares of the old set."
    if found["transfer"] is not None:
        yield (
            "A transfer is of stored files, cut by their content into chunks of "
            f"{found['transfer']['least_chunk_bytes'] >> 10} to {found['transfer']['most_chunk_bytes'] >> 10} KiB; a "
            "compressed file differs from its first change on, so this may be many times what is new."
        )
    cost = found["cost"]
    yield (
        f"It took {amount(cost['cpu_s'], 's')} of a core; kernels: {found['kernels']}; tokenizer: "
        f"{found['tokenizer'] or 'none'}; seed {found['seed']}."
    )


# --- tables -----------------------------------------------------------------------------------------------------------


def _stamps(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (str(each["line"] or ""), f"{each['documents']:,}", f"{each['times']:,}", amount(each["bytes"], "B"))
        for each in found["lines"]["top_stamps"]
    ]


def _sides(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    both = found["old"], found["new"]
    rows = {
        "path": [each["path"] for each in both],
        "column": [", ".join(each["columns"]) or "whole files" for each in both],
        "files": [f"{each['files']:,}" for each in both],
        "stored": [amount(each["stored_bytes"], "B") for each in both],
        "documents": [f"{each['rows']:,}" for each in both],
        "lines": [f"{each['lines']:,}" for each in both],
        "text": [amount(each["bytes"], "B") for each in both],
        "tokens": [amount(_of(each), "1") for each in both],
        "tokens, 90 %": [_ends(each["tokens"]) for each in both],
        "bytes a token": [f"{plain(_value(each['bytes_per_token']))}, {each['bytes_per_token']['kind']}"
                          for each in both],
    }  # fmt: skip
    return [(name, *cells) for name, cells in rows.items()]


def _bad(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    return [
        (name, f"{each['file']}, row {each['row']:,}", each["reason"], each["sample"])
        for name in ("old", "new")
        for each in found[name]["bad_rows"]["samples"][:SHOWN]
    ]


# --- charts -----------------------------------------------------------------------------------------------------------


def _documents(found: Mapping[str, Any]) -> Chart | None:
    """What has become of the documents: shares of documents, of lines and of tokens."""
    import altair as alt

    classes = [(name, found["documents"][name]) for name in CLASSES if found["documents"][name]["rows"]]
    if not classes:
        return None
    data = [
        {
            "name": _class(name),
            "group": group,
            "share": 100 * each[f"{of}_share"],
            "label": share_of(each[f"{of}_share"]),
        }
        for name, each in classes
        for of, group in MEASURES.items()
    ]
    groups = list(MEASURES.values())
    bar_px = 13
    base = drawn_on(data).encode(
        y=axis_names([{"name": _class(name)} for name, _ in classes]),
        yOffset=alt.YOffset("group:N", sort=groups),
        x=alt.X("share:Q", title="share of the set that they are in, %", scale=alt.Scale(domain=[0, 100])),
    )
    bars = base.mark_bar(height=bar_px - 2).encode(
        color=alt.Color("group:N", scale=alt.Scale(domain=groups, range=[MACHINES, BUILDING, WHOLE]),
                        legend=alt.Legend(title=None, orient="top"))
    )  # fmt: skip
    labels = base.mark_text(align="left", dx=5, fontSize=10, color=INK).encode(text="label:N")
    ours = [row for row in classes if row[0] not in OF_OLD]
    most, each = max(ours or classes, key=lambda row: row[1]["rows_share"])
    says = (
        f"Most documents, {share_of(each['rows_share'])}, are {_class(most)}, and have "
        f"{share_of(each['lines_share'])} of the lines and {share_of(each['bytes_share'])} of the tokens."
    )
    rows = tuple(
        (_class(name), f"{each['rows']:,}", share_of(each["rows_share"]), f"{each['lines']:,}",
         share_of(each["lines_share"]), amount(_value(each["tokens"]), "1"), share_of(each["bytes_share"]),
         CLASSES[name])
        for name, each in classes
    )  # fmt: skip
    head = ("documents", "how many", "of all", "lines", "of all", "tokens", "of all", "what they are")
    steps = -(-len(data) * bar_px // STEP_PX) + 1
    return Chart("documents", "What has become of the documents", says, head, rows, finished(bars + labels, steps))


def _class(name: str) -> str:
    return f"{name}, of the old set" if name in OF_OLD else name


def _new(found: Mapping[str, Any]) -> Chart | None:
    """How much is new, by what one takes for new."""
    import altair as alt

    share, lines = found["new_token_share"], found["lines"]
    if not lines["new"]:
        return None
    total = found["new"]["bytes"]
    ways = [
        ("new tokens", share["value"], share["low"], share["high"], "new lines, in tokens"),
        ("all new lines", share["lines"], None, None, "by bytes"),
        ("without stamps and copies", share["without_stamps_and_copies"], None, None, "by bytes"),
        ("whole documents", share["whole_documents"], None, None, "each with a new line that is no stamp, by bytes"),
    ]
    data = [
        {"name": name, "share": 100 * value, "low": 100 * (value if low is None else low),
         "high": 100 * (value if high is None else high),
         "label": share_of(value) + (f" ({share_of(low)} to {share_of(high)})" if low is not None else "")}
        for name, value, low, high, _ in ways
    ]  # fmt: skip
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16, color=MACHINES).encode(x=alt.X("share:Q", title="share of the new revision, %"))
    ranges = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    says = (
        f"New lines are {share_of(share['lines'])} of the text, {share_of(share['without_stamps_and_copies'])} without "
        f"stamps and copies; documents with any other new line are {share_of(share['whole_documents'])} of it."
    )
    rows = tuple(
        (name, share_of(value), "" if low is None or high is None else f"{share_of(low)} to {share_of(high)}",
         amount(value * total, "B") if low is None else amount(_value(found["new_tokens"]), "1") + " tokens", what)
        for name, value, low, high, what in ways
    )  # fmt: skip
    head = ("what is new", "share", "from, to", "how much", "counted")
    chart = finished(bars + ranges + labels, len(data))
    return Chart("new", "How much of it is new", says, head, rows, chart)


def _transfer(found: Mapping[str, Any]) -> Chart | None:
    """What has to be sent to whom has the old revision."""
    import altair as alt

    transfer, hashes = found["transfer"], found["file_hashes"]
    if transfer is None or hashes is None or not hashes["bytes"]:
        return None
    ways: Sequence[tuple[str, int, str]] = (
        ("all files", hashes["bytes"], "as they are stored"),
        ("files that differ", hashes["changed_bytes"], "by hashes of whole files"),
        ("each different file once", transfer["whole_files_bytes"], "by hashes of whole files"),
        ("chunks", transfer["chunks_bytes"], "cut by content, each once"),
    )
    data = [
        {"name": name, "share": 100 * byte / hashes["bytes"],
         "label": f"{amount(byte, 'B')} · {share_of(byte / hashes['bytes'])}"}
        for name, byte, _ in ways
    ]  # fmt: skip
    base = drawn_on(data).encode(
        y=axis_names(data), x=alt.X("share:Q", title="share of all stored bytes of the new revision, %")
    )
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    says = (
        f"Who has the old revision needs {amount(transfer['chunks_bytes'], 'B')} as chunks, or "
        f"{amount(transfer['whole_files_bytes'], 'B')} as whole files; hashes of files say that "
        f"{share_of(hashes['changed_files_share'])} of the files are new."
    )
    rows = tuple(
        (name, amount(byte, "B"), share_of(byte / hashes["bytes"]), what) for name, byte, what in ways
    )  # fmt: skip
    head = ("what is sent", "bytes", "of all", "how it is found")
    return Chart("transfer", "What has to be sent", says, head, rows, finished(bars + labels, len(data)))
