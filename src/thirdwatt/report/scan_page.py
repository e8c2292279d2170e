"""A scan of a dataset as one page: self-contained, without scripts or requests, fit for print."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, scale, span
from thirdwatt.facts import digest
from thirdwatt.facts.prices import today
from thirdwatt.report.charts import BUILDING, INK, MACHINES, Chart, axis_names, drawn_on, finished
from thirdwatt.report.html import Tile, template
from thirdwatt.report.mended import is_mended, states
from thirdwatt.report.phrases import UNKNOWN
from thirdwatt.report.scan_prices import (
    CAVEAT,
    COST,
    ENERGY,
    LAW,
    NOT_VERIFIED,
    because,
    cells,
    clock,
    headline,
    interval,
    words,
)

BINS = 24
"""Most bars of the chart of lengths."""
SHOWN = 20
"""Most rows of a table of examples."""


def page(scan: Mapping[str, Any], prices: Mapping[str, Any] | None = None) -> str:
    """The page of a scan, with what its wastes cost if they were priced.

    Parameters
    ----------
    scan
        Its document, ``thirdwatt/scan/1``; what it lacks is left out, or said not to be known.
    prices
        ``prices`` and ``priced_at``, as :func:`thirdwatt.cli.data.prices.priced` gives them.
    """
    drawn = (_lengths(scan), _shares(scan), _priced(prices), _padding(scan), _storage(scan))
    went = _mended_prices(scan)
    charts = [chart for chart in drawn if chart is not None]
    rendered: str = template("scan.html.j2").render(
        title=str(scan.get("path") or "a dataset"),
        id=scan.get("id") or "",
        date=today().isoformat(),
        version=thirdwatt.__version__,
        digest=digest(),
        lead=_lead(scan, prices),
        tiles=_tiles(scan, prices),
        facts=list(_facts(scan)),
        charts=[(chart, chart.svg()) for chart in charts],
        stayed=[(chart, chart.svg()) for chart in [_stays(scan)] if chart is not None],
        gone=_gone(scan),
        went=_price_rows(went),
        went_in="" if went is None else headline(went["priced_at"]),
        priced=_price_rows(prices),
        price_head=PRICE_HEAD,
        price_notes=_price_notes(prices),
        priced_in="" if prices is None else headline(prices["priced_at"]),
        fixes=_fixes(scan),
        bad=_bad(scan),
        lines=_lines(scan),
        unknown=list(_unknown(scan, prices)),
        notes=[] if prices is None else [*prices["priced_at"]["notes"], *_said_of(prices)],
    )
    return rendered


# --- in words -----------------------------------------------------------------------------------------------------


def _lead(scan: Mapping[str, Any], prices: Mapping[str, Any] | None) -> str:
    """What is in it and the largest waste, in one sentence."""
    said = f"{scan['rows']:,} documents with {amount(scan['bytes'], 'B')} of text"
    largest = next((row for row in (prices or {}).get("prices", ()) if row[ENERGY] is not None), None)
    if largest is not None:
        of = percent(largest["energy_share"]["value"])
        return f"{said}; the largest waste is {words(largest['id'])}, {of} of the energy of the run."
    shares = [(share, str(each["id"])) for each in _verified(scan) if (share := _share(each))]
    if not shares:
        return f"{said}; nothing of it was found to be wasted."
    most, name = max(shares)
    return f"{said}; {percent(most)} of it are {words(name)}."


def _tiles(scan: Mapping[str, Any], prices: Mapping[str, Any] | None) -> list[Tile]:
    tokens = scan.get("tokens")
    bad = scan.get("bad_rows", {}).get("count", 0)
    found = [
        Tile("documents", f"{scan['rows']:,}", "", f"and {bad:,} rows that cannot be read"),
        Tile("text", amount(scan["bytes"], "B"), "", "without what it is stored in"),
        Tile("stored", amount(scan["stored_bytes"], "B") if scan.get("stored_bytes") else UNKNOWN, "", "in files"),
        _tokens(tokens),
    ]
    if prices is not None:
        together = prices["priced_at"]["together"]
        row = together or next((each for each in prices["prices"] if each[ENERGY] is not None), None)
        if row is not None:
            basis = "all that can be priced, at once" if together else words(row["id"])
            found.append(Tile("wasted energy", amount(row[ENERGY]["value"], "kWh"), interval(row), basis))
            if row[COST] is not None:
                found.append(Tile("wasted money", f"{plain(row[COST]['value'])} USD", "", basis))
    return found


def _tokens(tokens: Any) -> Tile:
    if tokens is None:
        return Tile("tokens", UNKNOWN, "", "no tokenizer was given and none measured")
    if not isinstance(tokens, Mapping):
        return Tile("tokens", amount(float(tokens), "1"), "", "counted")
    low, high = (tokens.get(end, tokens["value"]) for end in ("low", "high"))
    ends = "" if low == high else span(low, high, "1", tokens["value"])
    return Tile("tokens", amount(tokens["value"], "1"), ends, f"{tokens.get('kind', '')}: {tokens.get('source', '')}")


def _facts(scan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if columns := scan.get("columns"):
        yield "column", ", ".join(map(str, columns))
    if kernels := scan.get("kernels"):
        yield "kernels of near duplicates", str(kernels)
    if links := scan.get("links"):
        yield "links, not counted as copies", f"{links:,}"
    lengths = scan.get("lengths")
    if isinstance(lengths, Mapping) and scan.get("histogram"):
        for name, value in lengths.items():
            if isinstance(value, int | float):
                yield f"length, {_quantile(name)}", f"{value:,} bytes"


def _quantile(name: str) -> str:
    ends = {"p0": "shortest", "p50": "median", "p100": "longest"}
    return ends.get(name, f"{name[1:]} % are no longer than")


def _unknown(scan: Mapping[str, Any], prices: Mapping[str, Any] | None) -> Iterator[str]:
    """What a reader may look for and does not find, and why."""
    if scan.get("tokens") is None:
        yield "Tokens: they were not counted, so shares are of bytes."
    for each in scan.get("findings") or ():
        if not each.get("verified", True) and each.get("rows"):
            yield f"{words(each['id'])}: {each['rows']:,} rows, not verified. It says where to look, and no saving."
    if prices is None:
        yield "Prices: no scenario was given. --scenario S says what each waste costs in a run."
    else:
        for row in prices["prices"]:
            if row[ENERGY] is None and row["why"] != NOT_VERIFIED:
                yield f"The price of {words(row['id'])}: {row['why']}."
    if scan.get("sample") or scan.get("sampled"):
        yield "What was not read: this is a sample. Duplicates in a sample are a lower bound of those in the whole."
    if scan.get("full_buckets"):
        yield f"Some near duplicates: {scan['full_buckets']:,} buckets were fuller than is looked at."
    if unread := scan.get("unread_files"):
        yield f"What is in files of no known format: {len(unread):,}, such as {unread[0]}."


def _said_of(prices: Mapping[str, Any]) -> list[str]:
    known = [row for row in prices["prices"] if row[ENERGY] is not None]
    return [*([LAW] if any(row["faded"] for row in known) else []), *([CAVEAT] if known else [])]


# --- tables -------------------------------------------------------------------------------------------------------


PRICE_HEAD = (
    "waste", "tokens", "energy", "90 % interval", "of all", "cost, USD", "CO2e", "water, L", "accelerator hours",
    "on the clock",
)  # fmt: skip


def _gone(scan: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What a fix took away, and why."""
    if not is_mended(scan):
        return []
    before, _ = states(scan)
    return [
        (words(name), f"{each['rows']:,}", _part(each["rows"], before.rows), amount(each["bytes"], "B"),
         _part(each["bytes"], before.byte))
        for name, each in (scan["mended"].get("removed") or {}).items()
    ]  # fmt: skip


def _part(value: float, of: float) -> str:
    return percent(value / of) if of else ""


def _mended_prices(scan: Mapping[str, Any]) -> dict[str, Any] | None:
    """Prices of what a fix took away."""
    if not scan.get("mended_prices"):
        return None
    return {"prices": scan["mended_prices"], "priced_at": scan["mended_priced_at"]}


def _price_rows(prices: Mapping[str, Any] | None) -> list[tuple[str, ...]]:
    """Rows of the table of prices, under :data:`PRICE_HEAD`."""
    rows: list[tuple[str, ...]] = []
    known = [row for row in (prices or {}).get("prices", ()) if row[ENERGY] is not None]
    for row in known:
        rows.append(_price_row(row, words(row["id"])))
        if row["faded"]:
            rows.append(_price_row(row["faded"], f"{words(row['id'])}, of which faded"))
    if prices and known and prices["priced_at"]["together"]:
        rows.append(_price_row(prices["priced_at"]["together"], "together"))
    return rows


def _price_row(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    name, energy, ends, cost, carbon, hours, of = cells(row, name)
    share = "" if row.get("tokens_share") is None else percent(row["tokens_share"]["value"])
    water = "" if row["water_l"] is None else plain(row["water_l"]["value"])
    took = "" if row["wall_time_h"] is None else clock(row["wall_time_h"]["value"])
    return name, share, energy, ends, of, cost, carbon, water, hours, took


def _price_notes(prices: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    """How each price came about."""
    rows = (prices or {}).get("prices", ())
    return [(words(row["id"]), said) for row in rows if row[ENERGY] is not None if (said := because(row))]


def _fixes(scan: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(words(each["id"]), each["fix"]) for each in scan.get("findings") or () if each.get("fix")]


def _bad(scan: Mapping[str, Any]) -> dict[str, Any] | None:
    found = scan.get("bad_rows") or {}
    if not found.get("count"):
        return None
    reasons = [(reason, f"{count:,}") for reason, count in sorted(found["reasons"].items(), key=lambda each: -each[1])]
    samples = [
        (f"{each['file']}, row {each['row']:,}", each["reason"], each["sample"]) for each in found["samples"][:SHOWN]
    ]
    return {"count": f"{found['count']:,}", "reasons": reasons, "samples": samples}


def _lines(scan: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Lines that are repeated most: how they begin, how often they are there, what they take."""
    top = (scan.get("lines") or {}).get("top") or ()
    rows = []
    for each in top[:SHOWN]:
        begins = UNKNOWN if each.get("line") is None else each["line"]
        count, byte = (each.get(name) for name in ("times", "bytes"))
        rows.append((str(begins), UNKNOWN if count is None else f"{count:,}",
                     UNKNOWN if byte is None else amount(byte, "B")))  # fmt: skip
    return rows


# --- charts -------------------------------------------------------------------------------------------------------


def _stays(scan: Mapping[str, Any]) -> Chart | None:
    """What a fix left of a dataset."""
    import altair as alt

    if not is_mended(scan):
        return None
    before, after = states(scan)
    measured = [
        ("documents", before.rows, after.rows, "1"),
        ("text", before.byte, after.byte, "B"),
        ("stored", before.stored_byte, after.stored_byte, "B"),
        ("tokens", before.tokens, after.tokens, "1"),
    ]
    known = [(name, of, left, unit) for name, of, left, unit in measured if of and left is not None]
    if not known:
        return None
    data = [
        {"name": name, "share": 100 * left / of,
         "label": f"{percent(left / of)} · {amount(left, unit)} of {amount(of, unit)}"}
        for name, of, left, unit in known
    ]  # fmt: skip
    top = max([100.0, *(100 * left / of for _, of, left, _ in known)])
    base = drawn_on(data).encode(
        y=axis_names(data),
        x=alt.X("share:Q", title="of what was there before, %", scale=alt.Scale(domainMin=0, domainMax=top)),
    )
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    says = ", ".join(f"{percent(left / of)} of {'what is stored' if name == 'stored' else f'the {name}'}"
                     for name, of, left, _ in known)  # fmt: skip
    rows = tuple((name, amount(of, unit), amount(left, unit), percent(left / of)) for name, of, left, unit in known)
    chart = finished(bars + labels, len(data))
    head = ("what", before.name, after.name, "stayed")
    return Chart("stays", f"Before and {after.name}", f"There is still {says}.", head, rows, chart)


def _lengths(scan: Mapping[str, Any]) -> Chart | None:
    """How long documents are: by bins, or where only quantiles are known, these."""
    found = scan.get("histogram")
    if found and sum(found["documents"]):
        return _histogram(found)
    lengths = scan.get("lengths")
    if not isinstance(lengths, Mapping):
        return None
    quantiles = {name: value for name, value in lengths.items() if isinstance(value, int | float) and value > 0}
    return _quantiles(quantiles) if len(quantiles) > 1 else None


def _histogram(found: Mapping[str, Any]) -> Chart:
    import altair as alt

    unit = "tokens"
    starts, counts = _merged(list(found["from_tokens"]), list(found["documents"]))
    whole = sum(counts)
    names = [f"{low:,.0f} to {high - 1:,.0f}" if high - low > 1 else f"{low:,.0f}" for low, high in pairwise(starts)]
    names.append(f"{starts[-1]:,.0f} and more")
    data = [
        {"name": name, "share": 100 * count / whole, "label": percent(count / whole)}
        for name, count in zip(names, counts, strict=True)
    ]
    base = drawn_on(data).encode(
        y=axis_names(data, unit),
        x=alt.X("share:Q", title="share of documents, %"),
    )
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    most = max(range(len(counts)), key=counts.__getitem__)
    says = f"The commonest length is {names[most]} {unit}: {percent(counts[most] / whole)} of all documents."
    rows = tuple((name, f"{count:,}", percent(count / whole)) for name, count in zip(names, counts, strict=True))
    head = (unit, "documents", "share")
    return Chart("lengths", "How long documents are", says, head, rows, finished(bars + labels, len(data)))


def _merged(starts: Sequence[float], counts: Sequence[int]) -> tuple[list[float], list[int]]:
    """Bins put together until there are few enough to read, without empty ones at the ends."""
    full = [at for at, count in enumerate(counts) if count]
    first, last = full[0], full[-1] + 1
    step = -(-(last - first) // BINS)
    return [*starts[first:last:step]], [sum(counts[at : min(at + step, last)]) for at in range(first, last, step)]


def _quantiles(found: Mapping[str, float]) -> Chart:
    import altair as alt

    names = [_quantile(name) for name in found]
    data = [
        {"name": name, "byte": value, "label": f"{value:,} bytes"}
        for name, value in zip(names, found.values(), strict=True)
    ]
    base = drawn_on(data).encode(
        y=axis_names(data),
        x=alt.X("byte:Q", title="bytes, each step ten times the one before", scale=alt.Scale(type="log")),
    )
    points = base.mark_point(filled=True, size=70, color=MACHINES)
    labels = base.mark_text(align="left", dx=8, fontSize=11, color=INK).encode(text="label:N")
    middle = found.get("p50")
    says = f"Half of all documents have at most {middle:,} bytes." if middle else "Quantiles of the lengths."
    rows = tuple((name, f"{value:,}") for name, value in zip(names, found.values(), strict=True))
    chart = finished(points + labels, len(data))
    return Chart("lengths", "How long documents are", says, ("quantile", "bytes"), rows, chart)


def _shares(scan: Mapping[str, Any]) -> Chart | None:
    """What was found, by its share, and whether each row of it was verified."""
    import altair as alt

    found = [(each, share) for each in scan.get("findings") or () if (share := _share(each))]
    if not found:
        return None
    found.sort(key=lambda each: -each[1])
    by = "tokens" if all(_three(each.get("tokens_share")) for each, _ in found) else "bytes"
    groups = ("verified", "not verified")
    data = [
        {
            "name": words(each["id"]),
            "share": 100 * share,
            "label": percent(share),
            "group": groups[0] if each.get("verified", True) else groups[1],
        }
        for each, share in found
    ]
    base = drawn_on(data).encode(
        y=axis_names(data),
        x=alt.X("share:Q", title=f"share of {by}, %"),
    )
    bars = base.mark_bar(height=16).encode(
        color=alt.Color(
            "group:N",
            scale=alt.Scale(domain=list(groups), range=[MACHINES, BUILDING]),
            legend=alt.Legend(title=None, orient="top"),
        )
    )
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    sure = [(each, share) for each, share in found if each.get("verified", True)]
    says = "Nothing that was found is verified: it says where to look."
    if sure:
        says = f"The most, {percent(sure[0][1])}, are {words(sure[0][0]['id'])}; what is not verified is no saving."
    rows = tuple(
        (words(each["id"]), _whole(each.get("rows")),
         "" if each.get("bytes") is None else amount(each["bytes"], "B"), _percents(each),
         "yes" if each.get("verified", True) else "no", each.get("what", ""))
        for each, _ in found
    )  # fmt: skip
    head = ("finding", "rows", "bytes", f"share of {by}", "verified", "what it is")
    return Chart("shares", "What was found", says, head, rows, finished(bars + labels, len(data)))


def _priced(prices: Mapping[str, Any] | None) -> Chart | None:
    """Energy of each waste with its interval, the largest first."""
    import altair as alt

    rows = [row for row in (prices or {}).get("prices", ()) if row[ENERGY] is not None and row[ENERGY]["value"] > 0]
    if not rows:
        return None
    factor, unit = scale([row[ENERGY]["value"] for row in rows], "kWh")
    data = [
        {
            "name": words(row["id"]),
            **{end: row[ENERGY][end] / factor for end in ("value", "low", "high")},
            "label": f"{amount(row[ENERGY]['value'], 'kWh')} · {percent(row['energy_share']['value'])}",
        }
        for row in rows
    ]
    base = drawn_on(data).encode(y=axis_names(data))
    bars = base.mark_bar(height=16, color=MACHINES).encode(x=alt.X("value:Q", title=f"energy of the facility, {unit}"))
    ranges = base.mark_rule(color=INK, strokeWidth=2).encode(x="low:Q", x2="high:Q")
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(x="high:Q", text="label:N")
    first = rows[0]
    says = (
        f"The largest waste, {words(first['id'])}, takes {amount(first[ENERGY]['value'], 'kWh')} "
        f"({interval(first)} at 90 %), {percent(first['energy_share']['value'])} of the run; they do not add up."
    )
    table = tuple(
        (words(row["id"]), amount(row[ENERGY]["value"], "kWh"), interval(row), percent(row["energy_share"]["value"]))
        for row in rows
    )
    head = ("waste", "energy", "90 % interval", "share of the run")
    return Chart(
        "priced", "What each waste costs in energy", says, head, table, finished(bars + ranges + labels, len(data))
    )


def _padding(scan: Mapping[str, Any]) -> Chart | None:
    """Padding by the way batches are made."""
    import altair as alt

    section = scan.get("padding") or {}
    found = [(each, share) for each in section.get("strategies") or () if (share := _three(each.get("padding_share")))]
    if not found:
        return None
    data = [{"name": words(each["id"]), "share": 100 * share[0], "label": percent(share[0])} for each, share in found]
    base = drawn_on(data).encode(
        y=axis_names(data),
        x=alt.X("share:Q", title="padding, % of all that is processed", scale=alt.Scale(domainMin=0)),
    )
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    worst, best = (key(found, key=lambda each: each[1][0]) for key in (max, min))
    context = f" at a context of {section['context']:,} tokens" if section.get("context") else ""
    batch = f" and batches of {section['batch']:,}" if section.get("batch") else ""
    says = (
        f"Of all that is processed{context}{batch}, {percent(worst[1][0])} is padding with {words(worst[0]['id'])} "
        f"batches and {percent(best[1][0])} with {words(best[0]['id'])} ones."
    )
    rows = tuple(
        (words(each["id"]), percent(share[0]), *(_count(each.get(name)) for name in
         ("sequences", "truncated_documents", "lost_tokens")))
        for each, share in found
    )  # fmt: skip
    head = ("batches", "padding", "sequences", "documents cut off", "tokens lost")
    return Chart("padding", "Padding by the way batches are made", says, head, rows, finished(bars + labels, len(data)))


def _storage(scan: Mapping[str, Any]) -> Chart | None:
    """What the same content takes in other formats."""
    import altair as alt

    trials = [
        (words(str(each.get("id") or each.get("name"))), float(size))
        for each in (scan.get("storage") or {}).get("trials") or ()
        if (size := each.get("stored_ratio"))
    ]
    if len(trials) < 2:
        return None
    trials.sort(key=lambda each: each[1])
    data = [{"name": name, "size": size, "label": plain(size)} for name, size in trials]
    base = drawn_on(data).encode(
        y=axis_names(data),
        x=alt.X("size:Q", title="bytes for each byte of text"),
    )
    bars = base.mark_bar(height=16, color=MACHINES)
    labels = base.mark_text(align="left", dx=5, fontSize=11, color=INK).encode(text="label:N")
    (least, small), (most, large) = trials[0], trials[-1]
    says = f"The same content takes {plain(large / small)} times as much as {most} than as {least}."
    rows = tuple((name, plain(size), plain(size / small)) for name, size in trials)
    head = ("stored as", "bytes for each byte of text", "times the least")
    return Chart("storage", "What it takes as it is stored", says, head, rows, finished(bars + labels, len(data)))


def _three(said: Any) -> tuple[float, float, float] | None:
    if not isinstance(said, Mapping):
        return None if said is None else (said, said, said)
    value = said.get("value")
    if value is None:
        return None
    low, high = (value if said.get(end) is None else said[end] for end in ("low", "high"))
    return value, low, high


def _share(finding: Mapping[str, Any]) -> float | None:
    """Share of tokens that a finding is, else of bytes."""
    found = _three(finding.get("tokens_share")) or _three(finding.get("bytes_share"))
    return None if found is None else found[0]


def _verified(scan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in scan.get("findings") or () if each.get("verified", True)]


def _percents(finding: Mapping[str, Any]) -> str:
    value, low, high = _three(finding.get("tokens_share")) or _three(finding.get("bytes_share")) or (0.0, 0.0, 0.0)
    said = percent(value)
    return said if percent(low) == said == percent(high) else f"{said} ({percent(low)} to {percent(high)})"


def _whole(number: Any) -> str:
    return "none of its own" if number is None else f"{number:,}"


def _count(number: Any) -> str:
    return UNKNOWN if number is None else plain(float(number))
