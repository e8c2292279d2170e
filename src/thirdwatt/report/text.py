"""What a terminal shows: the answer first, then where it went, then what it rests on. At most a screen."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from thirdwatt.amounts import amount, percent, plain, scale, span, unit_to_read
from thirdwatt.ledger import Component, Input, Ledger, Total
from thirdwatt.report.phrases import (
    UNKNOWN,
    difference,
    headline,
    located,
    readable,
    rests_on,
    sized,
    terms,
    tested,
)

WIDTH = 100
"""Columns where nobody says how many there are: in a file, a pipe, a README."""
BAR = 6
SMALL_SHARE = 0.005
DROPPED = ("market", "embodied", "water", "carbon")
"""Columns of the component table that a narrow screen goes without, the first to go first."""


def estimate(ledger: Ledger, width: int = WIDTH, asked: str = "") -> str:
    """The whole estimate on one screen; a narrow one has fewer columns of the table.

    Parameters
    ----------
    asked
        What the scenario was called by on the command line, such as a path; its name if empty.
    """
    blocks = [
        _answer(ledger, width),
        _worked(ledger, width),
        _table(ledger, width),
        _totals(ledger, width),
        _rests(ledger, width),
        _end(ledger, width, asked or ledger.scenario.name),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _answer(ledger: Ledger, width: int) -> Iterator[str]:
    yield from _wrapped(f"{ledger.scenario.name}: {ledger.scenario.title}".rstrip(": "), width, "  ")
    yield from _wrapped(headline(ledger), width, "  ")
    yield f"boundary: {ledger.boundary}"


def _worked(ledger: Ledger, width: int) -> Iterator[str]:
    block = ledger.formula
    if any(block[name] is None for name in ("power_kw", "count", "hours", "pue", "energy_kwh")):
        return
    yield "E = P x N x T x PUE   (boundary: accelerators + facility)"
    product = (
        f"  {plain(block['power_kw'])} kW x {plain(block['count'], 5)} x {plain(block['hours'], 4)} h "
        f"x {plain(block['pue'])}"
    )
    if "calibration" in block:
        product += f" x {plain(block['calibration'])} (to the known energy)"
    product += f" = {amount(block['energy_kwh'], 'kWh')}"
    if block["carbon_kg"] is not None:
        tonnes = block["carbon_kg"] / 1000
        mass = f"{plain(tonnes, 4)} t" if tonnes >= 1 else amount(block["carbon_kg"], "kg")
        product += f";  x {plain(block['intensity_kg_per_kwh'])} kg/kWh = {mass} CO2e"
    yield from _wrapped(product, width, "    ")
    if ledger.scenario.note:
        yield from _wrapped(f"  {ledger.scenario.note}", width, "  ")
    yield from _wrapped(f"  {difference(ledger)}", width, "  ")


def _table(ledger: Ledger, width: int) -> Iterator[str]:
    rows = ledger.components
    if not rows:
        return
    accounts = (
        ("energy", [row.energy_kwh for row in rows], "kWh"),
        ("cost", [row.cost_usd for row in rows], "USD"),
        ("carbon", [row.carbon_kg for row in rows], "kg"),
        ("market", [row.carbon_market_kg for row in rows], "kg"),
        ("embodied", [row.embodied_kg for row in rows], "kg"),
        ("water", [row.water_l for row in rows], "L"),
    )
    columns = [column for account in accounts if (column := _column(*account)) is not None]
    lines = _laid_out(rows, columns, ledger.scenario.quadrant.cost)
    for head in DROPPED:
        if max(map(len, lines)) > width:
            columns = [column for column in columns if column[0] != head]
            lines = _laid_out(rows, columns, ledger.scenario.quadrant.cost)
    yield from lines
    named = [f"{row.name} {_q(row.quadrant)} not {_q(row.reference_quadrant)}" for row in rows if _differs(row)]
    quadrant = ledger.scenario.quadrant
    rule = f"High from {percent(quadrant.power_share)} of power and {percent(quadrant.cost_share)} of {quadrant.cost}."
    unlike = f" Unlike the essay: {', '.join(named)}." if named else ""
    yield from _wrapped(f"{rule}{unlike} Values and parts add up; lows and highs do not.", width)


def _laid_out(rows: Sequence[Component], columns: Sequence[tuple[str, str, list[str]]], cost: str) -> list[str]:
    heads = ["facility by component", *(head for head, _, _ in columns), "% power", "quadrant (essay)"]
    units = ["", *(unit for _, unit, _ in columns), f"/{cost}" if rows[0].cost_share is not None else "", ""]
    body = [
        [
            f"{row.name:18} {_bar(row.power_share)}",
            *(cells[number] for _, _, cells in columns),
            _shares(row),
            _place(row),
        ]
        for number, row in enumerate(rows)
    ]
    body.append([f"{'total':18}", *(cells[-1] for _, _, cells in columns), "", ""])
    widths = [max(len(line[number]) for line in (heads, units, *body)) for number in range(len(heads))]
    lines = []
    for line in (heads, units, *body):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(wide) for cell, wide in zip(line[1:-1], widths[1:-1], strict=True)]
        lines.append(" ".join([*cells, line[-1]]).rstrip())
    return lines


def _column(head: str, totals: Sequence[Total | None], unit: str) -> tuple[str, str, list[str]] | None:
    """Cells of an account and their sum; no column where it is not known, which the totals say."""
    known = [total.value for total in totals if total is not None]
    if len(known) < len(totals):
        return None
    whole = sum(known)
    factor, name = scale([whole], unit)
    digits = max(0, 2 - len(str(int(abs(whole / factor)))) + 1)
    least = 10.0**-digits
    cells = [
        f"<{least:g}" if 0 < value / factor < least / 2 else f"{value / factor:,.{digits}f}"
        for value in (*known, whole)
    ]
    short = name.replace("million ", "M").replace("billion ", "G").replace("thousand ", "k")
    return head, short, cells


def _bar(share: float) -> str:
    return ("#" * round(share * BAR * 2))[:BAR].ljust(BAR)


def _shares(row: Component) -> str:
    shares = [row.power_share] if row.cost_share is None else [row.power_share, row.cost_share]
    return "/".join(map(percent, shares)).replace(" %", "")


def _q(quadrant: str | None) -> str:
    return "-" if quadrant is None else quadrant.split()[0]


def _differs(row: Component) -> bool:
    return row.quadrant is not None and row.quadrant != row.reference_quadrant


def _place(row: Component) -> str:
    if row.reference_quadrant is None:
        return "outside"
    found = " ".join((row.quadrant or UNKNOWN).split()[:2])
    return f"{found} ({_q(row.reference_quadrant)}{'!' if _differs(row) else ''})"


def _totals(ledger: Ledger, width: int) -> Iterator[str]:
    totals = ledger.totals

    def said(name: str, unit: str, after: str = "") -> str | None:
        found = totals[name]
        return None if found is None else f"{sized(found, unit)}{after}"

    region = ledger.scenario.choices["region"]
    yield from _labelled(width, "cost", f"{sized(totals['cost_usd'], 'USD')}; {terms(ledger)}")
    same = totals["carbon_kg"] == totals["carbon_market_kg"]
    market = "the same by market (no contracts)" if same else said("carbon_market_kg", "kg", " by market")
    marginal = said("carbon_marginal_kg", "kg", " at the margin; never summed")
    basis = ledger.scenario.choices["basis"]
    accounts = [f"{sized(totals['carbon_kg'], 'kg')} by location ({region}, {basis})", market, marginal]
    yield from _labelled(width, "carbon", "; ".join(filter(None, accounts)))
    yield from _labelled(width, "embodied", f"{sized(totals['embodied_kg'], 'kg')}   share of making the machines")
    yield from _labelled(width, "water", f"{sized(totals['water_l'], 'L')}   on site and at the power stations")
    mfu, goodput, hours = totals["mfu"], totals["goodput"], totals["accelerator_hours"]
    time = str(sized(totals["wall_time_h"], "h"))
    if hours:
        time += f"; {plain(hours.value)} accelerator hours"
    if mfu:
        time += f"; MFU {percent(mfu.value)}"
    if goodput:
        time += f"; goodput {percent(goodput.value)}"
    yield from _labelled(width, "time", time)
    energy = ledger.of("facility_energy_kwh")
    if energy and ledger.phases:
        shares = ((phase.name, phase.energy_kwh.value / energy.value) for phase in ledger.phases)
        parts = ", ".join(f"{name} {percent(share)}" for name, share in shares if share >= SMALL_SHARE)
        yield from _labelled(width, "phases", f"{parts} of the energy")
    equivalents = readable(ledger.equivalents())
    if equivalents:
        said_so = "; ".join(f"{plain(each.count)} {each.name}" for each in equivalents)
        yield from _labelled(width, "carbon is", f"{said_so} ({equivalents[0].edition}; factors change by edition)")


def _labelled(width: int, label: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"{label:12}{text}", width, " " * 12)


def _rests(ledger: Ledger, width: int) -> Iterator[str]:
    yield from _labelled(width, "tested on", tested(ledger))
    yield from _labelled(width, "rests on", rests_on(ledger))
    for row in ledger.inputs[:3]:
        if row.spread_share and row.spread_share > SMALL_SHARE:
            yield _input(row, width)


def _input(row: Input, width: int) -> str:
    figure = row.figure
    symbol = unit_to_read(row.quantity)
    text = (
        f"{row.quantity} = {amount(figure.value, symbol)} ({span(figure.low, figure.high, symbol, figure.value)}), "
        f"{figure.kind}: {located(figure.source)}"
    )
    return f"  {percent(row.spread_share or 0):>6}  {textwrap.shorten(text, width - 10, placeholder=' …')}"


def _end(ledger: Ledger, width: int, asked: str) -> Iterator[str]:
    for warning in ledger.warnings:
        yield from _wrapped(f"note [{warning.code}] {warning.text}", width, "  ")
    yield from _wrapped(
        f"next: thirdwatt explain {shlex.quote(asked)} energy_kwh · --json, --html F · --set site.pue=1.1",
        width,
        "  ",
    )
