"""Computation, time and energy as the EU's form for general-purpose AI models asks for them.

References
----------
.. [1] Regulation (EU) 2024/1689, annex XI, section 1, point 2 (d) and (e).
.. [2] Code of practice for general-purpose AI, transparency chapter, model documentation form, 10 July 2025: training
   time in days, or in bands for national authorities; computation in FLOP with two significant figures, or its order
   of magnitude; energy in MWh with two significant figures; the method of each in about a hundred words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from thirdwatt.amounts import SIZES, percent, span, unit_to_read
from thirdwatt.ledger import Ledger, Total
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.report.formats.markup import clean, filled
from thirdwatt.report.phrases import (
    UNKNOWN,
    computation,
    devices,
    energy_kind,
    kind,
    measure,
    notes,
    place,
    rests_on,
    share,
    signature,
    title,
)

MONTHS = 12.0
BANDS = ((1, "less than 1 month"), (3, "1 to 3 months"), (6, "3 to 6 months"), (math.inf, "more than 6 months"))
"""Bands of training time that national authorities get: months below which each holds."""

DEVELOPMENT = "Preliminary, failed and other development runs are not included."

MATTERING = 2
"""Inputs that a method names, those first that matter most."""


def gpai(ledger: Ledger) -> str:
    """The fields of the form that a ledger can answer [2]_."""
    return "\n".join(_lines(ledger)) + "\n"


def _lines(ledger: Ledger) -> Iterator[str]:
    yield "Model documentation form, general-purpose AI models: training time, computation, energy"
    yield "(Regulation (EU) 2024/1689, annex XI, section 1, 2 (d) and (e); code of practice of 10 July 2025)"
    yield "AIO: AI Office; NCA: national competent authorities. Estimates; what is not known is said to be so."
    yield from _field("Model", title(ledger))
    yield from _field("Hardware", devices(ledger))
    yield from _time(ledger)
    yield from _computation(ledger)
    yield from _energy(ledger)
    yield from _field("Benchmarked amount of computation used for inference", UNKNOWN)
    yield from _field("Measurement methodology (inference)", f"{UNKNOWN}: the estimate is of training alone")
    said = notes(ledger)
    if said:
        yield from _field("Notes", *said)
    yield from _field("Source", f"{signature(ledger)}; an estimate is no legal advice")


def _field(name: str, *answers: str) -> Iterator[str]:
    yield ""
    yield name
    for answer in answers:
        yield filled(answer, indent="  ")


def _time(ledger: Ledger) -> Iterator[str]:
    hours, held = ledger.totals["wall_time_h"], ledger.totals["accelerator_hours"]
    wall = measure(ledger, hours, "days", factor=SIZES["days"])
    hardware = measure(ledger, held, "accelerator days", factor=SIZES["days"])
    yield from _field(
        "Training time",
        f"AIO, wall-clock: {wall.by(kind(ledger, 'wall_time_h'))}",
        f"AIO, hardware: {hardware.by(kind(ledger, 'accelerator_hours'))}",
        f"NCA, band: {_bands(ledger, hours)}",
    )


def _bands(ledger: Ledger, hours: Total | None) -> str:
    year = ledger.figures.get("h_per_year")
    if hours is None or year is None:
        return UNKNOWN
    value, low, high = (_band(each * MONTHS / year.value) for each in (hours.value, hours.low, hours.high))
    others = [band for band in dict.fromkeys((low, high)) if band != value]
    return f"{value}; the interval reaches {' and '.join(others)}" if others else value


def _band(months: float) -> str:
    return next(name for most, name in BANDS if months < most)


def _computation(ledger: Ledger) -> Iterator[str]:
    flop = ledger.totals["training_flop"]
    magnitude = UNKNOWN if flop is None or flop.value <= 0 else f"10^{math.floor(math.log10(flop.value))} FLOP"
    yield from _field(
        "Amount of computation used for training",
        f"AIO: {_scientific(ledger, flop)}",
        f"NCA, order of magnitude: {magnitude}",
    )
    yield from _field("Measurement methodology (computation)", _computation_method(ledger, flop))


def _scientific(ledger: Ledger, flop: Total | None) -> str:
    """FLOP as a power of ten whatever their number: the form wants an order of magnitude."""
    if flop is None:
        return UNKNOWN
    power = math.floor(math.log10(flop.value)) if flop.value > 0 else 0
    return measure(ledger, flop, f"x 10^{power} FLOP", factor=10.0**power).by(computation(ledger))


def _computation_method(ledger: Ledger, flop: Total | None) -> str:
    if flop is None:
        return UNKNOWN
    formula = ledger.program.plan.chosen.get("training_flop")
    if "training_flop" in ledger.scenario.given or formula is None:
        text = f"The amount is {kind(ledger, 'training_flop')}, not derived here."
    elif formula.alternative == "workload":
        tokens = measure(ledger, ledger.of("trained_token_count"), "1")
        text = (
            f"From the architecture: FLOP of one token's forward and backward pass, times the tokens trained, repeats "
            f"counted: {tokens.by(kind(ledger, 'token_count'))}. Recomputation and repeated work are not counted."
        )
    else:
        text = (
            f"From the hardware: accelerator hours times peak FLOP/s at {ledger.scenario.choices['precision']}, times "
            f"the share of the peak used for model FLOP, {share(ledger, 'mfu')}, and the share of time that counted, "
            f"{share(ledger, 'goodput')}."
        )
    return f"{text} {DEVELOPMENT} The interval is the 5 % and 95 % quantile over draws of the inputs."


def _energy(ledger: Ledger) -> Iterator[str]:
    energy = ledger.totals["energy_kwh"]
    yield from _field(
        "Amount of energy used for training",
        measure(ledger, energy, "MWh", factor=SIZES["MWh"]).by(f"{energy_kind(ledger)}; boundary {ledger.boundary}"),
    )
    yield from _field("Measurement methodology (energy)", _energy_method(ledger))


def _energy_method(ledger: Ledger) -> str:
    """The method in about a hundred words, from what this result rests on."""
    came = energy_kind(ledger)
    power, pue = measure(ledger, ledger.totals["accelerator_power_w"], "W"), measure(ledger, ledger.of("pue"), "")
    first = {
        "modelled": "Modelled, not metered: mean power of each component times the hours it is held, summed.",
        "measured": "Metered at the boundary; its split over components is modelled.",
    }.get(came, f"The energy is {came}; its split over components is modelled.")
    built = WITHIN[ledger.boundary].building
    return " ".join(
        [
            f"{first} Boundary: {WITHIN[ledger.boundary].takes_in}.",
            f"Mean draw of an accelerator: {power.by(kind(ledger, 'accelerator_power_w'))}.",
            f"PUE {pue.by()}." if built else "",
            f"Place: {place(ledger)}.",
            f"Rests on {rests_on(ledger)}.",
            *_mattering(ledger),
            DEVELOPMENT,
            "Intervals are 5 % and 95 % quantiles over draws of the inputs.",
        ]
    ).replace("  ", " ")


def _mattering(ledger: Ledger) -> Iterator[str]:
    largest = [row for row in ledger.inputs if row.spread_share][:MATTERING]
    if largest:
        said = (
            f"{row.quantity} ({span(row.figure.low, row.figure.high, unit_to_read(row.quantity), row.figure.value)}, "
            f"{row.figure.kind}, {percent(row.spread_share or 0)})"
            for row in largest
        )
        yield f"Most of the uncertainty comes from {clean(' and '.join(said))}."
