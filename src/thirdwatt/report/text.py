"""What a terminal shows: the answer first, then where it went, then what it rests on. At most a screen."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from thirdwatt.ledger import Component, Input, Ledger, Total
from thirdwatt.quantity import KINDS
from thirdwatt.report.numbers import amount, percent, plain, scale, span, unit_to_read

WIDTH = 100
BAR = 6
SMALL_SHARE = 0.005


def estimate(ledger: Ledger) -> str:
    """The whole estimate on one screen of 100 columns."""
    blocks = [_answer(ledger), _worked(ledger), _table(ledger), _totals(ledger), _rests(ledger), _end(ledger)]
    return "\n\n".join("\n".join(block) for block in map(list, blocks) if block) + "\n"


def _wrapped(text: str, indent: str = "") -> Iterator[str]:
    yield from textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False)


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


def _answer(ledger: Ledger) -> Iterator[str]:
    yield f"{ledger.scenario.name}: {ledger.scenario.title}".rstrip(": ")
    yield headline(ledger)
    yield f"boundary: {ledger.boundary}"


def _worked(ledger: Ledger) -> Iterator[str]:
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
    yield product
    if ledger.scenario.note:
        yield from _wrapped(f"  {ledger.scenario.note}", "  ")
    yield from _wrapped(difference(ledger), "  ")


def difference(ledger: Ledger) -> str:
    """One sentence on why the facility draws more than accelerators times PUE."""
    worked, facility = ledger.of("accelerators_facility_energy_kwh"), ledger.of("facility_energy_kwh")
    accelerators, it = ledger.of("accelerators_energy_kwh"), ledger.of("it_energy_kwh")
    if worked is None or facility is None or accelerators is None or it is None:
        return ""
    return (
        f"  The whole facility draws {amount(facility.value, 'kWh')}, "
        f"{plain(facility.value / worked.value)} times that: "
        f"beside the accelerators, hosts, network, storage and spares draw "
        f"{amount(it.value - accelerators.value, 'kWh')}, and cooling and conversion serve them too."
    )


def _table(ledger: Ledger) -> Iterator[str]:
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
    cost = ledger.scenario.quadrant.cost
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
    for line in (heads, units, *body):
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:-1], strict=True)]
        yield " ".join([*cells, line[-1]]).rstrip()
    named = [f"{row.name} {_q(row.quadrant)} not {_q(row.reference_quadrant)}" for row in rows if _differs(row)]
    quadrant = ledger.scenario.quadrant
    rule = f"High from {percent(quadrant.power_share)} of power and {percent(quadrant.cost_share)} of {quadrant.cost}."
    unlike = f" Unlike the essay: {', '.join(named)}." if named else ""
    yield from _wrapped(f"{rule}{unlike} Values and parts add up; lows and highs do not.")


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


def _totals(ledger: Ledger) -> Iterator[str]:
    totals = ledger.totals

    def said(name: str, unit: str, after: str = "") -> str | None:
        found = totals[name]
        return None if found is None else f"{interval(found, unit)}{after}"

    tenure, region = ledger.scenario.choices["tenure"], ledger.scenario.choices["region"]
    cost = said("cost_usd", "USD") or "unknown: no price is known"
    yield from _labelled("cost", f"{cost}; {_cost_basis(ledger, tenure)}")
    same = totals["carbon_kg"] == totals["carbon_market_kg"]
    market = "the same by market (no contracts)" if same else said("carbon_market_kg", "kg", " by market")
    marginal = said("carbon_marginal_kg", "kg", " at the margin; never summed")
    basis = ledger.scenario.choices["basis"]
    accounts = [said("carbon_kg", "kg", f" by location ({region}, {basis})"), market, marginal]
    yield from _labelled("carbon", "; ".join(filter(None, accounts)))
    yield f"embodied    {said('embodied_kg', 'kg') or 'unknown'}   share of making the machines"
    yield f"water       {said('water_l', 'L') or 'unknown'}   on site and at the power stations"
    mfu, goodput, hours = totals["mfu"], totals["goodput"], totals["accelerator_hours"]
    time = f"{interval(totals['wall_time_h'], 'h')}" if totals["wall_time_h"] else "unknown"
    if hours:
        time += f"; {plain(hours.value)} accelerator hours"
    if mfu:
        time += f"; MFU {percent(mfu.value)}"
    if goodput:
        time += f"; goodput {percent(goodput.value)}"
    yield from _labelled("time", time)
    energy = ledger.of("facility_energy_kwh")
    if energy and ledger.phases:
        shares = ((phase.name, phase.energy_kwh.value / energy.value) for phase in ledger.phases)
        parts = ", ".join(f"{name} {percent(share)}" for name, share in shares if share >= SMALL_SHARE)
        yield from _labelled("phases", f"{parts} of the energy")
    equivalents = ledger.equivalents()
    if equivalents:
        said_so = "; ".join(f"{plain(each.count)} {each.name}" for each in equivalents[:3])
        yield from _labelled("carbon is", f"{said_so} ({equivalents[0].edition}; factors change by edition)")


def _labelled(label: str, text: str) -> Iterator[str]:
    yield from _wrapped(f"{label:12}{text}", " " * 12)


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


def _rests(ledger: Ledger) -> Iterator[str]:
    counts: dict[str, int] = {}
    for row in ledger.inputs:
        counts[row.figure.kind] = counts.get(row.figure.kind, 0) + 1
    basis = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if kind in counts)
    line = f"{len(ledger.inputs)} figures: {basis}"
    if ledger.assumed_share is not None:
        line += f"; {percent(ledger.assumed_share)} of the energy's variance is assumptions"
    yield from _labelled("rests on", line)
    for row in ledger.inputs[:3]:
        if row.spread_share and row.spread_share > SMALL_SHARE:
            yield _input(row)


def _input(row: Input) -> str:
    from thirdwatt.ledger.document import locate

    figure = row.figure
    symbol = unit_to_read(row.quantity)
    text = (
        f"{row.quantity} = {amount(figure.value, symbol)} ({span(figure.low, figure.high, symbol, figure.value)}), "
        f"{figure.kind}: {locate(figure.source)}"
    )
    return f"  {percent(row.spread_share or 0):>6}  {textwrap.shorten(text, WIDTH - 10, placeholder=' …')}"


def _end(ledger: Ledger) -> Iterator[str]:
    for warning in ledger.warnings:
        yield from _wrapped(f"note [{warning.code}] {warning.text}", "  ")
    yield f"next: thirdwatt explain {ledger.scenario.name} energy_kwh · --json, --md, --csv · --set site.pue=1.1"
