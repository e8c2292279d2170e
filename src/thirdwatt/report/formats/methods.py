"""A paragraph for the methods section of a paper: what was estimated how, within which boundary, from what."""

from __future__ import annotations

from collections.abc import Iterator

from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import CO2E, WITHIN
from thirdwatt.report.formats.markup import filled
from thirdwatt.report.phrases import (
    LEFT_OUT,
    computation,
    devices,
    energy_kind,
    grid,
    kind,
    market,
    measure,
    notes,
    place,
    rests_on,
    share,
    signature,
    source_of,
    terms,
    title,
)


def methods(ledger: Ledger) -> str:
    """The paragraph, and the notes of the estimate as one of their own."""
    paragraphs = [" ".join(_sentences(ledger)), *notes(ledger)]
    return "\n\n".join(map(filled, paragraphs)) + "\n"


def _sentences(ledger: Ledger) -> Iterator[str]:
    totals = ledger.totals

    def said(name: str, symbol: str, basis: str, after: str = "") -> str:
        return measure(ledger, totals[name], symbol, after).by(basis)

    here = ledger.boundary
    wall, held = kind(ledger, "wall_time_h"), kind(ledger, "accelerator_hours")
    yield f"The cost of training was estimated with {signature(ledger)}, for the run: {title(ledger)}."
    yield f"The boundary is {here}: {WITHIN[here].takes_in}."
    yield f"Training takes {said('wall_time_h', 'hours', wall)} on {devices(ledger)}."
    yield (
        f"That is {said('accelerator_hours', 'hours', held)} of accelerators, at a model FLOP utilisation of "
        f"{share(ledger, 'mfu')} and a goodput of {share(ledger, 'goodput')}."
    )
    yield f"The computation is {said('training_flop', 'FLOP', computation(ledger))}."
    yield f"Energy is {said('energy_kwh', 'kWh', energy_kind(ledger))}."
    if WITHIN[here].building:
        yield f"Power usage effectiveness (PUE) is {measure(ledger, ledger.of('pue'), '').by(_pue(ledger))}."
    intensity = measure(ledger, ledger.of("grid_intensity_kg_per_kwh"), "kg CO2e/kWh")
    source = f"{grid(ledger)}; {source_of(ledger, 'grid_intensity_kg_per_kwh')}"
    yield f"The run's place is {place(ledger)}; the grid's intensity is {intensity.by(source)}."
    yield (
        f"Carbon is {said('carbon_kg', 'kg', 'location-based', CO2E)} and "
        f"{said('carbon_market_kg', 'kg', f'market-based, {market(ledger)}', CO2E)}; the two are never added and "
        "offsets are not counted."
    )
    making = "facility: share of machines and building by time in use"
    yield f"Embodied carbon is {said('embodied_kg', 'kg', making, CO2E)}."
    yield f"Water is {said('water_l', 'L', 'on site and at the power stations')}."
    why = f": {terms(ledger)}" if totals["cost_usd"] is None else ""
    yield f"The cost is {said('cost_usd', 'USD', terms(ledger))}{why}."
    if ledger.scores.width > 1:
        yield "Intervals are 5 % and 95 % quantiles over draws of the inputs."
    yield f"The result rests on {rests_on(ledger)}."
    yield LEFT_OUT


def _pue(ledger: Ledger) -> str:
    stated = kind(ledger, "pue")
    return stated if stated != "modelled" else kind(ledger, "typical_pue_ratio")
