"""Software Carbon Intensity, and SCI for AI from the provider's side.

SCI = (O + M) per R with O = E x I and M = TE x TS x RS. The intensity is the average of the grid where the run takes
place; contracts and offsets have no place in either standard, so the market-based account is not read here.

References
----------
.. [1] ISO/IEC 21031:2024, Software Carbon Intensity (SCI) specification.
.. [2] SCI for AI specification, 2026: provider boundary; R per FLOP, per training token or per parameter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import total
from thirdwatt.quantity import COMPONENTS
from thirdwatt.report.formats.markup import yaml
from thirdwatt.report.phrases import (
    G_PER_KG,
    UNKNOWN,
    computation,
    devices,
    grid,
    kind,
    notes,
    place,
    rests_on,
    signature,
    source_of,
    title,
)

ABSENT = f"not included: {UNKNOWN}"
DIGITS = 4
BOUNDARY = "facility"
"""SCI takes in all infrastructure the software needs, so it is the facility's whatever the headline's boundary."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A functional unit: the quantity that counts it, how many make one, what it is called, how it is counted."""

    quantity: str
    size: float
    name: str
    basis: str
    why: str = ""

    @property
    def rests_on(self) -> str:
        """The quantity whose kind says how well the unit is known."""
        return "token_count" if self.quantity == "trained_token_count" else self.quantity


TOKENS = Unit("trained_token_count", 1e3, "1,000 trained tokens", "tokens the model sees, repeats counted")
PROVIDER = (
    Unit(
        "training_flop",
        1e18,
        "10^18 FLOP",
        "effective: FLOP the model needs, recomputation and lost work not counted",
        "work, whatever the model",
    ),
    Unit(
        "trained_token_count",
        1e6,
        "million training tokens",
        "gross: tokens the model sees, repeats counted",
        "data, at one size of model",
    ),
    Unit(
        "parameter_count",
        1e9,
        "billion parameters",
        "gross: all parameters, whether active or not",
        "size of the model, at one ratio of data to size",
    ),
)
"""Functional units a provider may choose from [2]_."""


def sci(ledger: Ledger) -> str:
    """The score of the run and everything it is made of [1]_."""
    known = _counted(ledger, TOKENS)
    return yaml(
        {
            "standard": "Software Carbon Intensity, ISO/IEC 21031:2024",
            "equation": "SCI = (O + M) per R, O = E x I, M = TE x TS x RS",
            **_head(ledger),
            "included": ", ".join(COMPONENTS),
            "excluded": f"market-based measures and offsets; use of the model; development runs, which are {UNKNOWN}",
            **_parts(ledger),
            "R": _counts(ledger, TOKENS) if known else {"value": 1, "unit": "training run", "basis": "as the run is"},
            "SCI": _score(ledger, TOKENS if known else None),
            **_tail(ledger),
        }
    )


def sci_ai(ledger: Ledger) -> str:
    """The provider's score by each functional unit whose amount is known [2]_."""
    units = [unit for unit in PROVIDER if _counted(ledger, unit)]
    return yaml(
        {
            "standard": "SCI for AI, on Software Carbon Intensity, ISO/IEC 21031:2024",
            "equation": "SCI = (O + M) per R, O = E x I, M = TE x TS x RS",
            "persona": "provider",
            **_head(ledger),
            "stages": {
                "model training": "this run",
                "development runs": ABSENT,
                "data engineering": ABSENT,
                "system integration": ABSENT,
                "end of life": ABSENT,
            },
            "excluded": "market-based measures and offsets; runtime operations, which are the consumer's",
            **_parts(ledger),
            "SCI": [
                {"functional unit": unit.name, "R": _counts(ledger, unit), "rationale": unit.why} | _score(ledger, unit)
                for unit in units
            ]
            or UNKNOWN,
            "comparison": "only with a score of the same functional unit, counted alike",
            **_tail(ledger),
        }
    )


def _head(ledger: Ledger) -> dict[str, Any]:
    here = ledger.boundary
    return {
        "software": f"training run: {title(ledger)}",
        "claim": "an estimate, neither verified nor certified",
        "boundary": BOUNDARY if here == BOUNDARY else f"{BOUNDARY} (the headline of this scenario is at {here})",
        "hardware": devices(ledger),
        "place": place(ledger),
    }


def _parts(ledger: Ledger) -> dict[str, Any]:
    intensity = f"location-based average of the grid ({grid(ledger)})"
    sourced = source_of(ledger, "grid_intensity_kg_per_kwh")
    making = "TE x TS x RS: making of machines and building, by the hours they are held over the hours of their life"
    return {
        "E": _three(ledger, ledger.of("facility_energy_kwh"), 1.0, "kWh", kind(ledger, "facility_energy_kwh")),
        "I": _three(
            ledger, ledger.of("grid_intensity_kg_per_kwh"), 1 / G_PER_KG, "g CO2e/kWh", f"{intensity}; {sourced}"
        ),
        "O": _three(ledger, ledger.of("carbon_kg"), 1 / G_PER_KG, "g CO2e", "E x I"),
        "M": _three(ledger, ledger.of("embodied_kg"), 1 / G_PER_KG, "g CO2e", f"modelled: {making}"),
        "EL": _three(ledger, ledger.of("it_life_year"), 1.0, "years of IT equipment", kind(ledger, "it_life_year")),
    }


def _counted(ledger: Ledger, unit: Unit) -> bool:
    """Whether the amount of a functional unit is known better than by assumption."""
    return ledger.of(unit.quantity) is not None and kind(ledger, unit.rests_on) != "assumed"


def _counts(ledger: Ledger, unit: Unit) -> dict[str, Any]:
    how = computation(ledger) if unit.quantity == "training_flop" else kind(ledger, unit.rests_on)
    return _three(ledger, ledger.of(unit.quantity), unit.size, unit.name, f"{unit.basis}; {how}")


def _score(ledger: Ledger, unit: Unit | None) -> dict[str, Any]:
    """(O + M) per R, draw by draw: both share the hours of the run."""
    name = "training run" if unit is None else unit.name
    operation, making = ledger.samples("carbon_kg"), ledger.samples("embodied_kg")
    amount = None if unit is None else ledger.samples(unit.quantity)
    found = None
    if operation is not None and making is not None:
        carbon = (operation + making) * G_PER_KG
        found = total(carbon if unit is None or amount is None else carbon / (amount / unit.size))
    return _three(ledger, found, 1.0, f"g CO2e per {name}", "location-based operation and embodied share")


def _three(ledger: Ledger, found: Total | None, size: float, unit: str, basis: str) -> dict[str, Any]:
    """A figure with its 90 % interval in units of a size, digits as few as are known."""
    if found is None:
        return {"value": UNKNOWN, "unit": unit, "basis": basis}
    figure: dict[str, Any] = {"value": _rounded(found.value / size)}
    if ledger.scores.width > 1:
        figure |= {"low": _rounded(found.low / size), "high": _rounded(found.high / size)}
    return {**figure, "unit": unit, "basis": basis}


def _rounded(value: float) -> float | int:
    rounded = float(f"{value:.{DIGITS}g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _tail(ledger: Ledger) -> dict[str, Any]:
    drawn = ledger.scores.width > 1
    interval = "low and high are 5 % and 95 % quantiles" if drawn else "not drawn: one sample"
    said = {"interval": interval, "rests on": rests_on(ledger), "notes": list(notes(ledger))}
    return {**{name: each for name, each in said.items() if each}, "tool": signature(ledger)}
