"""What a terminal shows: the answer first, then where it went, then what it rests on. At most a screen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Sequence

from thirdwatt.amounts import amount, percent, plain, scale, span, unit_to_read
from thirdwatt.ledger import Component, Input, Ledger, Total
from thirdwatt.ledger.ledger import Equivalence
from thirdwatt.ledger.validated import nearest
from thirdwatt.quantity import KINDS

WIDTH = 100
"""Columns where nobody says how many there are: in a file, a pipe, a README."""
BAR = 6
SMALL_SHARE = 0.005
DROPPED = ("market", "embodied", "water", "carbon")
"""Columns of the component table that a narrow screen goes without, the first to go first."""


def estimate(ledger: Ledger, width: int = WIDTH) -> str:
    """The whole estimate on one screen; a narrow one has fewer columns of the table."""
    blocks = [
        _answer(ledger, width),
        _worked(ledger, width),
        _table(ledger, width),
        _totals(ledger, width),
        _rests(ledger, width),
        _end(ledger, width),
    ]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _wrapped(text: str, width: int, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(text, width, subsequent_indent=indent, break_on_hyphens=False)


def headline(ledger: Ledger) -> str:
    """Energy with its interval and its basis, in one line."""
    energy = ledger.totals["energy_kwh"]
    if energy is None:
        return "energy unknown"
    count, hours, pue = (ledger.of(name) for name in ("accelerator_count", "wall_time_h", "pue"))
    basis = [worst_kind(ledger)]
    if count:
        basis.append(f"{plain(count.value, 5)} x {ledger.scenario.choices['accelerator']}")
    if hours:
        basis.append(f"{plain(hours.value, 4)} h")
    if pue:
        basis.append(f"PUE {plain(pue.value)}")
    return f"{interval(energy, 'kWh')}   {' · '.join(basis)}"


def worst_kind(ledger: Ledger) -> str:
    """Kind of the headline: measured only if its energy was, else modelled."""
    figure = ledger.figures.get("facility_energy_kwh") or ledger.figures.get("it_energy_kwh")
    return "modelled" if figure is None else figure.kind


def interval(total: Total, unit: str) -> str:
    """Value and 90 % interval in one unit."""
    if total.low == total.high:
        return amount(total.value, unit)
    factor, _ = scale([total.value], unit)
    return f"{amount(total.value, unit)}  (90 %: {plain(total.low / factor)} to {plain(total.high / factor)})"


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
    yield from _wrapped(difference(ledger), width, "  ")


def difference(ledger: Ledger) -> str:
    """One sentence on why the facility draws more than accelerators times PUE."""
    worked, facility = ledger.of("accelerators_facility_energy_kwh"), ledger.of("facility_energy_kwh")
    accelerators, it = ledger.of("accelerators_energy_kwh"), ledger.of("it_energy_kwh")
    if worked is None or facility is None or accelerators is None or it is None:
        return ""
    return (
        f"  The whole facility draws {amount(facility.value, 'kWh')}, "
        f"{plain(facility.value / worked.value)} times what accelerators and PUE come to: "
        f"beside them, hosts, network, storage and spares draw "
        f"{amount(it.value - accelerators.value, 'kWh')}, and cooling and conversion serve them too."
    )


def _table(ledger: Ledger, width: int) -> Iterator[str]:
    rows = ledger.components
    if not rows:
        return
    costs = [row.cost_usd for row in rows]
    columns = [
        _column("energy", [row.energy_kwh for row in rows], "kWh"),
        _column("cost", costs, "USD"),
        _column("carbon", [row.carbon_kg for row in rows], "kg"),
        _column("market", [row.carbon_market_kg for row in rows], "kg"),
        _column("embodied", [row.embodied_kg for row in rows], "kg"),
        _column("water", [row.water_l for row in rows], "L"),
    ]
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
    units = ["", *(unit for _, unit, _ in columns), f"/{cost}", ""]
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


def _column(head: str, totals: Sequence[Total | None], unit: str) -> tuple[str, str, list[str]]:
    known = [total.value for total in totals if total is not None]
    if len(known) < len(totals):
        return head, "", ["?"] * (len(totals) + 1)
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
    cost = "?" if row.cost_share is None else percent(row.cost_share)
    return f"{percent(row.power_share)}/{cost}".replace(" %", "")


def _q(quadrant: str | None) -> str:
    return "-" if quadrant is None else quadrant.split()[0]


def _differs(row: Component) -> bool:
    return row.quadrant is not None and row.quadrant != row.reference_quadrant


def _place(row: Component) -> str:
    if row.reference_quadrant is None:
        return "outside"
    return f"{' '.join((row.quadrant or '?').split()[:2])} ({_q(row.reference_quadrant)}{'!' if _differs(row) else ''})"


def _totals(ledger: Ledger, width: int) -> Iterator[str]:
    totals = ledger.totals

    def said(name: str, unit: str, after: str = "") -> str | None:
        found = totals[name]
        return None if found is None else f"{interval(found, unit)}{after}"

    tenure, region = ledger.scenario.choices["tenure"], ledger.scenario.choices["region"]
    cost = said("cost_usd", "USD") or _unpriced(ledger)
    yield from _labelled(width, "cost", f"{cost}; {_cost_basis(ledger, tenure)}")
    same = totals["carbon_kg"] == totals["carbon_market_kg"]
    market = "the same by market (no contracts)" if same else said("carbon_market_kg", "kg", " by market")
    marginal = said("carbon_marginal_kg", "kg", " at the margin; never summed")
    basis = ledger.scenario.choices["basis"]
    accounts = [said("carbon_kg", "kg", f" by location ({region}, {basis})"), market, marginal]
    yield from _labelled(width, "carbon", "; ".join(filter(None, accounts)))
    yield from _labelled(width, "embodied", f"{said('embodied_kg', 'kg') or 'unknown'}   share of making the machines")
    yield from _labelled(width, "water", f"{said('water_l', 'L') or 'unknown'}   on site and at the power stations")
    mfu, goodput, hours = totals["mfu"], totals["goodput"], totals["accelerator_hours"]
    time = f"{interval(totals['wall_time_h'], 'h')}" if totals["wall_time_h"] else "unknown"
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


def readable(equivalents: Sequence[Equivalence], most: int = 3) -> list[Equivalence]:
    """The first few things of which there are at least one and at most a million; else those nearest to that."""

    def away(each: Equivalence) -> float:
        return 0.0 if 1 <= each.count < 1e6 else abs(math.log10(each.count or 1e-300))

    return sorted(equivalents, key=away)[:most]


def _labelled(width: int, label: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"{label:12}{text}", width, " " * 12)


def _unpriced(ledger: Ledger) -> str:
    """Why there is no cost, and what the hours would rent for if somebody rents them out."""
    chip, hours = ledger.scenario.choices["accelerator"], ledger.totals["accelerator_hours"]
    rent = ledger.figures.get("market_rent_usd_per_accelerator_h")
    text = f"unknown: no price of {chip} is known"
    if rent is not None and hours is not None:
        text += f"; renting the hours would take {amount(rent.value * hours.value, 'USD')} ({rent.note})"
    return text


def _cost_basis(ledger: Ledger, tenure: str) -> str:
    if tenure == "rented":
        rent = ledger.of("rent_usd_per_accelerator_h")
        figure = ledger.figures.get("rent_usd_per_accelerator_h")
        if rent is None or figure is None:
            return "rented"
        return f"rented at {plain(rent.value)} USD/h: {figure.note or figure.source}"
    electricity, utilisation = ledger.of("electricity_cost_usd"), ledger.of("break_even_utilisation_share")
    text = f"{tenure}; electricity {amount(electricity.value, 'USD')}" if electricity else tenure
    if utilisation:
        even = utilisation.value
        text += f"; as cheap as renting from {percent(even)} use" if even > 0 else "; renting is never dearer"
    return text


def _rests(ledger: Ledger, width: int) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in ledger.inputs:
        counts[row.figure.kind] = counts.get(row.figure.kind, 0) + 1
    basis = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    line = f"{len(ledger.inputs)} figures: {basis}"
    if ledger.assumed_share is not None:
        line += f"; {percent(ledger.assumed_share)} of the energy's variance is assumptions"
    yield from _labelled(width, "tested on", tested(ledger))
    yield from _labelled(width, "rests on", line)
    for row in ledger.inputs[:3]:
        if row.spread_share and row.spread_share > SMALL_SHARE:
            yield _input(row, width)


def tested(ledger: Ledger) -> str:
    """How far estimates of this sort were from what was published, in one sentence."""
    found = nearest(ledger)
    what = "hours" if found.question == "time" else "metered energy"
    if found.error is None:
        return f"no published run of {ledger.scenario.choices['generation']} tests the {what}: the interval is a guess"
    outside = "; this one lies outside them" if found.extrapolated else ""
    runs = f"{found.n} published run{'s' if found.n > 1 else ''} of {ledger.scenario.choices['generation']}"
    return f"{what} of {runs}: {percent(found.error)} off in the median, nearest {found.nearest}{outside}"


def _input(row: Input, width: int) -> str:
    from thirdwatt.ledger.document import locate

    figure = row.figure
    symbol = unit_to_read(row.quantity)
    text = (
        f"{row.quantity} = {amount(figure.value, symbol)} ({span(figure.low, figure.high, symbol, figure.value)}), "
        f"{figure.kind}: {locate(figure.source)}"
    )
    return f"  {percent(row.spread_share or 0):>6}  {textwrap.shorten(text, width - 10, placeholder=' …')}"


def _end(ledger: Ledger, width: int) -> Iterator[str]:
    for warning in ledger.warnings:
        yield from _wrapped(f"note [{warning.code}] {warning.text}", width, "  ")
    yield from _wrapped(
        f"next: thirdwatt explain {ledger.scenario.name} energy_kwh · --json, --html F · --set site.pue=1.1",
        width,
        "  ",
    )
