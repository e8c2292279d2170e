"""A measured run through the ledger: what its energy comes to at a site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thirdwatt.quantity import J_PER_KWH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENDS = ("low", "value", "high")

TOTALS = {
    "facility_energy_kwh": "facility_energy_kwh",
    "electricity_usd": "electricity_cost_usd",
    "carbon_kg": "carbon_kg",
    "water_l": "water_l",
}
"""What is said of a run, and the quantity that it is."""

RESTS_ON = (("pue", "typical_pue_ratio"), ("grid_intensity_kg_per_kwh",), ("electricity_usd_per_kwh",))
"""Figures that are named with a price: the first of each that was there."""

PLACE = ("region", "intensity_kg_per_kwh")
"""Fields of a site without one of which there is no carbon: a world's mean would be nobody's."""


def priced(run: Mapping[str, Any], source: str | None, settings: Sequence[str]) -> dict[str, Any] | None:
    """What the energy of a run comes to at the site of a scenario; ``None`` if none was measured.

    Parameters
    ----------
    run
        As :mod:`thirdwatt.meter.analysis.summary` has it. Its energy replaces that of the scenario, whose site alone
        counts here: what a run of minutes drew says nothing of the training that a scenario is of.
    source
        A scenario, if there is one.
    settings
        Fields to change: ``site.region=se``.

    Raises
    ------
    InputError
        If the scenario or a setting is wrong.
    """
    energy = run["energy_j"]
    if energy is None:
        return None
    from thirdwatt.ledger import estimate
    from thirdwatt.ledger.book import book
    from thirdwatt.scenario.parse import parse
    from thirdwatt.scenario.read import changed, read

    stated = changed(read(source)[1] if source else {}, list(settings))
    site = stated.get("site", {})
    low, value, high = (energy[end] / J_PER_KWH for end in ENDS)
    document = {
        "site": site,
        "known": {"it_energy_kwh": value, "accelerator_hours": run["accelerator_hours"] or 1.0},
        "range": {"it_energy_kwh": [low, high]},
    }
    ledger = estimate(parse(document, book().names, name=run["id"]))
    placed = any(name in site for name in PLACE)
    totals = {name: ledger.of(quantity) for name, quantity in TOTALS.items()}
    found = {
        name: None if total is None else {"low": total.low, "value": total.value, "high": total.high}
        for name, total in totals.items()
        if placed or name not in ("carbon_kg", "water_l")
    }
    names = [next((name for name in those if name in ledger.figures), "") for those in RESTS_ON]
    rests_on = [
        {"quantity": name, "value": figure.value, "kind": figure.kind, "source": figure.source}
        for name in names
        if (figure := ledger.figures.get(name)) and (placed or name != "grid_intensity_kg_per_kwh")
    ]
    return {"carbon_kg": None, "water_l": None, **found, "rests_on": rests_on}


def said(found: Mapping[str, Any] | None) -> str:
    """The same in words."""
    from thirdwatt.meter.analysis.words import energy_text

    if found is None:
        return "  no energy was measured, so there is nothing to price"
    rows = []
    energy = found["facility_energy_kwh"]
    rows.append(("facility", _range(energy, lambda kwh: energy_text(kwh * J_PER_KWH))))
    if found["electricity_usd"]:
        rows.append(("electricity", _range(found["electricity_usd"], lambda usd: f"{usd:.3g}") + " USD"))
    if found["carbon_kg"]:
        rows.append(("carbon", _range(found["carbon_kg"], _mass_text)))
        rows.append(("water", _range(found["water_l"], lambda litre: f"{litre:.3g}") + " L"))
    else:
        rows.append(("carbon", "no place is stated, so none is said: --set site.region=se"))
    rows += [("rests on", f"{each['quantity']} {each['value']:.4g}, {each['kind']}, {each['source']}")
             for each in found["rests_on"]]  # fmt: skip
    return "\n".join(f"  {name:16} {text}" for name, text in rows)


def _range(three: Mapping[str, float], text: Any) -> str:
    return f"{text(three['value'])} (90 %: {text(three['low'])} to {text(three['high'])})"


def _mass_text(kg: float) -> str:
    return f"{kg * 1e3:.3g} g" if kg < 1 else f"{kg:.3g} kg" if kg < 1e3 else f"{kg / 1e3:.3g} t"
