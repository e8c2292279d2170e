"""What a terminal shows: the answer first, then where it went, then what it rests on. At most a screen."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Collection, Iterator, Sequence

from thirdwatt.amounts import SIZES, amount, percent, plain, scale, span, unit_to_read
from thirdwatt.ledger import Component, Input, Ledger, Total
from thirdwatt.ledger.development import development
from thirdwatt.ledger.ledger import ACCOUNTED, Account
from thirdwatt.report.development import text as told
from thirdwatt.report.phrases import (
    UNKNOWN,
    basis,
    difference,
    headline,
    located,
    readable,
    rests_on,
    sized,
    terms,
    tested,
)
from thirdwatt.report.steps import NAMED, layout, memory, pace

WIDTH = 100
"""Columns where nobody says how many there are: in a file, a pipe, a README."""
SCREEN, INPUTS, EQUIVALENTS = 50, 3, 2
"""Lines that an estimate has, and figures it names that matter most; fewer where notes take their place; and things
that its carbon is compared with."""
BAR = 6
SMALL_SHARE = 0.01
BAR_OF, PLACE_OF = "bar", "quadrant"
DROPPED = ("market", "embodied", "water", "carbon", BAR_OF, PLACE_OF, "cost")
"""What the component table goes without on a narrow screen, the first to go first."""
NARROW = 60
"""Columns below which labels take no column of their own."""


def estimate(ledger: Ledger, width: int = WIDTH, asked: str = "") -> str:
    """The whole estimate on one screen, and development below if it was asked for; a narrow one has fewer columns.

    Parameters
    ----------
    asked
        What the scenario was called by on the command line, such as a path; its name if empty.
    """
    fixed = [
        [*_answer(ledger, width)],
        [*_worked(ledger, width)],
        [*_table(ledger, width)],
        [*_totals(ledger, width)],
        [*_end(ledger, width, asked or ledger.scenario.name)],
    ]
    room = SCREEN - sum(len(block) + 1 for block in fixed if block)
    if room < len(_rests(ledger, width, 0)):
        fixed[-2] = [*_totals(ledger, width, roomy=False)]
        room = SCREEN - sum(len(block) + 1 for block in fixed if block)
    project = development(ledger)
    beside = [] if project is None else [*told(ledger, project, width)]
    blocks = [*fixed[:-1], _rests(ledger, width, room), beside, fixed[-1]]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def _answer(ledger: Ledger, width: int) -> Iterator[str]:
    yield from _wrapped(f"{ledger.scenario.name}: {ledger.scenario.title}".rstrip(": "), width, "  ")
    yield from _wrapped(headline(ledger), width, "  ")
    yield from _wrapped(f"boundary: {ledger.boundary}", width, "  ")


def _worked(ledger: Ledger, width: int) -> Iterator[str]:
    block = ledger.formula
    if any(block[name] is None for name in ("power_kw", "count", "hours", "pue", "energy_kwh")):
        return
    yield from _wrapped("E = P x N x T x PUE   (boundary: accelerators + facility)", width, "  ")
    product = (
        f"  {plain(block['power_kw'])} kW x {plain(block['count'], 5)} x {plain(block['hours'], 4)} h "
        f"x {plain(block['pue'])}"
    )
    if "calibration" in block:
        product += f" x {plain(block['calibration'])} (to the known energy)"
    product += f" = {amount(block['energy_kwh'], 'kWh')}"
    if block["carbon_kg"] is not None:
        tonnes = block["carbon_kg"] / SIZES["t"]
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
    found = [(account, [row.accounts[account.name] for row in rows]) for account in ACCOUNTED.values()]
    columns = [column for account, totals in found if (column := _column(account, totals)) is not None]
    without: set[str] = set()
    lines = _laid_out(rows, columns, ledger.scenario.quadrant.cost, without)
    for dropped in DROPPED:
        if max(map(len, lines)) > width:
            without.add(dropped)
            lines = _laid_out(rows, columns, ledger.scenario.quadrant.cost, without)
    yield from lines
    named = [f"{row.name} {_q(row.quadrant)} not {_q(row.reference_quadrant)}" for row in rows if _differs(row)]
    quadrant = ledger.scenario.quadrant
    rule = f"High from {percent(quadrant.power_share)} of power and {percent(quadrant.cost_share)} of {quadrant.cost}."
    unlike = f" Unlike the essay: {', '.join(named)}." if named else ""
    yield from _wrapped(f"{rule}{unlike} Values and parts add up; lows and highs do not.", width)


def _laid_out(
    rows: Sequence[Component], columns: Sequence[tuple[str, str, list[str]]], cost: str, without: Collection[str]
) -> list[str]:
    """Lines of the table without some of its columns."""
    shown = [column for column in columns if column[0] not in without]
    barred, placed = BAR_OF not in without, PLACE_OF not in without
    heads = ["facility by component" if barred else "facility", *(head for head, _, _ in shown), "% power"]
    units = ["" if barred else "by component", *(unit for _, unit, _ in shown)]
    units.append(f"/{cost}" if rows[0].cost_share is not None else "")
    body = [
        [
            f"{row.name:18} {_bar(row.power_share)}" if barred else row.name,
            *(cells[number] for _, _, cells in shown),
            _shares(row),
            *([_place(row)] if placed else []),
        ]
        for number, row in enumerate(rows)
    ]
    body.append(["total", *(cells[-1] for _, _, cells in shown), "", *([""] if placed else [])])
    if placed:
        heads, units = [*heads, "quadrant (essay)"], [*units, ""]
    widths = [max(len(line[number]) for line in (heads, units, *body)) for number in range(len(heads))]
    figures = slice(1, -1 if placed else None)
    lines = []
    for line in (heads, units, *body):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(wide) for cell, wide in zip(line[figures], widths[figures], strict=True)]
        lines.append(" ".join([*cells, *(line[-1:] if placed else [])]).rstrip())
    return lines


def _column(account: Account, totals: Sequence[Total | None]) -> tuple[str, str, list[str]] | None:
    """Cells of an account and their sum; no column where it is not known, which the totals say."""
    known = [total.value for total in totals if total is not None]
    if len(known) < len(totals):
        return None
    whole = sum(known)
    factor, name = scale([whole], account.unit)
    digits = max(0, 2 - len(str(int(abs(whole / factor)))) + 1)
    least = 10.0**-digits
    cells = [
        f"<{least:g}" if 0 < value / factor < least / 2 else f"{value / factor:,.{digits}f}"
        for value in (*known, whole)
    ]
    short = name.replace("million ", "M").replace("billion ", "G").replace("thousand ", "k")
    return account.head, short, cells


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


def _totals(ledger: Ledger, width: int, *, roomy: bool = True) -> Iterator[str]:
    """Totals, and where the screen is not full what fills the memory and what the carbon is like."""
    totals = ledger.totals
    for account in ACCOUNTED.values():
        if account.name not in ("energy_kwh", "carbon_market_kg"):  # the headline; beside carbon by location
            yield from _labelled(width, account.head, f"{_figure(ledger, account.name)}{_about(ledger, account)}")
    mfu, goodput, hours = totals["mfu"], totals["goodput"], totals["accelerator_hours"]
    time = str(sized(totals["wall_time_h"], "h"))
    if hours:
        time += f"; {plain(hours.value)} accelerator hours"
    if mfu:
        time += f"; MFU {percent(mfu.value)}"
    if goodput:
        time += f"; goodput {percent(goodput.value)}"
    yield from _labelled(width, "time", time)
    step = "; ".join(filter(None, (pace(ledger), layout(ledger))))
    for label, said in (("step", step), ("memory", memory(ledger, named=NAMED if roomy else 0))):
        if said:
            yield from _labelled(width, label, said)
    energy = ledger.of("facility_energy_kwh")
    if energy and ledger.phases:
        shares = ((phase.name, phase.energy_kwh.value / energy.value) for phase in ledger.phases)
        parts = ", ".join(f"{name} {percent(share)}" for name, share in shares if share >= SMALL_SHARE)
        yield from _labelled(width, "phases", f"{parts} of the energy")
    equivalents = readable(ledger.equivalents(), EQUIVALENTS)
    if equivalents and roomy:
        said_so = "; ".join(f"{plain(each.count)} {each.name}" for each in equivalents)
        yield from _labelled(width, "carbon is", f"{said_so} ({equivalents[0].edition}; factors change by edition)")


def _figure(ledger: Ledger, name: str) -> str:
    return str(sized(ledger.totals[name], unit_to_read(name)))


def _about(ledger: Ledger, account: Account) -> str:
    """What is said after the total of an account."""
    if account.name == "cost_usd":
        return f"; {terms(ledger)}"
    if account.name == "carbon_kg":
        return _other_carbon(ledger)
    said = {"embodied_kg": "share of making the machines", "water_l": "on site and at the power stations"}
    return f"   {said.get(account.name) or basis(ledger, account)}"


def _other_carbon(ledger: Ledger) -> str:
    """Where the carbon by location is from, and the accounts of the same electricity beside it."""
    totals, choices = ledger.totals, ledger.scenario.choices
    accounts = [f" by location ({choices['region']}, {choices['basis']})"]
    if totals["carbon_kg"] == totals["carbon_market_kg"]:
        accounts.append("the same by market (no contracts)")
    elif totals["carbon_market_kg"] is not None:
        accounts.append(f"{_figure(ledger, 'carbon_market_kg')} by market")
    if totals["carbon_marginal_kg"] is not None:
        accounts.append(f"{_figure(ledger, 'carbon_marginal_kg')} at the margin; never summed")
    return "; ".join(accounts)


def _labelled(width: int, label: str, text: str) -> Iterator[str]:
    if width < NARROW:
        yield from _wrapped(f"{label}: {text}", width, "  ")
    else:
        yield from _wrapped(f"{label:12}{text}", width, " " * 12)


def _rests(ledger: Ledger, width: int, room: int) -> list[str]:
    """What tests it and what it rests on, with as many of the figures that matter most as the screen has room for."""
    lines = [*_labelled(width, "tested on", tested(ledger)), *_labelled(width, "rests on", rests_on(ledger))]
    most = min(INPUTS, max(0, room - len(lines)))
    matter = [row for row in ledger.inputs[:most] if row.spread_share and row.spread_share > SMALL_SHARE]
    return [*lines, *(_input(row, width) for row in matter)]


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
