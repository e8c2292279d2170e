"""What all formats say alike: a figure with its unit and interval, where and on what, what it rests on, who says so.

An unknown is said to be unknown. Everything is read from the ledger; nothing is computed here but units.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import thirdwatt
from thirdwatt.amounts import percent, plain, scale
from thirdwatt.facts import digest, sources, table
from thirdwatt.ledger import Ledger, Total
from thirdwatt.quantity import KINDS
from thirdwatt.report.formats.markup import clean
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY, UNSAID_BASIS

UNKNOWN = "not known"
G_PER_KG = 1000.0
PERCENT = 0.01
CO2E = " CO2e"
"""What follows a mass of carbon."""

INSIDE: Mapping[str, str] = {
    "accelerators": "the accelerators alone",
    "accelerators+facility": "the accelerators and the building's overhead on them",
    "it": "all IT equipment, without the building",
    "facility": "all IT equipment, cooling, power distribution and the rest of the building",
}
"""What each boundary takes in."""


# --- figures ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure in one unit: its value, and its 90 % interval or why there is none."""

    value: str
    interval: str
    spread: bool

    def __str__(self) -> str:
        return self.by("")

    def by(self, basis: str) -> str:
        """The figure as a sentence says it, with its basis."""
        if self.value == UNKNOWN:
            return UNKNOWN
        interval = f"90 % interval {self.interval}" if self.spread else self.interval
        return f"{self.value} ({'; '.join(filter(None, (basis, interval)))})"


def number(value: float, digits: int = 3) -> str:
    """A number as people read it, powers of ten written out.

    Examples
    --------
    >>> number(2.54e24), number(1400.0)
    ('2.54 x 10^24', '1,400')
    """
    return re.sub(r"e\+?(-?)0*(\d+)$", r" x 10^\1\2", plain(value, digits))


def measure(ledger: Ledger, total: Total | None, symbol: str, after: str = "", factor: float | None = None) -> Measure:
    """A total in the unit that suits it, or in one of ``factor`` of its own units named ``symbol``.

    Parameters
    ----------
    after
        What follows the unit, such as ``CO2e``.
    """
    if total is None:
        return Measure(UNKNOWN, UNKNOWN, spread=False)
    size, unit = scale([total.value], symbol) if factor is None else (factor, symbol)
    end = f" {unit}{after}" if unit else after
    value = f"{number(total.value / size)}{end}"
    if ledger.scores.width == 1:
        return Measure(value, "no interval drawn", spread=False)
    if total.low == total.high:
        return Measure(value, "no range stated", spread=False)
    return Measure(value, f"{number(total.low / size)} to {number(total.high / size)}{end}", spread=True)


def share(ledger: Ledger, quantity: str) -> str:
    """A share as a percentage, with its interval and kind."""
    return measure(ledger, ledger.of(quantity), "%", factor=PERCENT).by(kind(ledger, quantity))


def kind(ledger: Ledger, quantity: str) -> str:
    """How a quantity came about: the kind of its figure, or modelled where a formula computed it."""
    figure = ledger.figures.get(quantity)
    if figure is None or (quantity in ledger.program.plan.chosen and quantity not in ledger.scenario.given):
        return "modelled"
    return figure.kind


@dataclass(frozen=True, slots=True)
class Row:
    """A figure as a table shows it."""

    name: str
    measure: Measure
    boundary: str
    basis: str


def rows(ledger: Ledger) -> tuple[Row, ...]:
    """The figures of a run, each with its interval, boundary and basis."""
    totals, here = ledger.totals, ledger.boundary
    costs = {"rented": "what is rented", "colo": "facility, space rented", "own": "facility"}
    making = "share of making the machines and the building, by time in use; PUE not applied"
    return (
        Row("energy", measure(ledger, totals["energy_kwh"], "kWh"), here, kind(ledger, BOUNDARY_QUANTITY[here])),
        Row("carbon, location-based", measure(ledger, totals["carbon_kg"], "kg", CO2E), here, location(ledger)),
        Row("carbon, market-based", measure(ledger, totals["carbon_market_kg"], "kg", CO2E), here, market(ledger)),
        Row("embodied carbon", measure(ledger, totals["embodied_kg"], "kg", CO2E), "facility", making),
        Row("water", measure(ledger, totals["water_l"], "L"), here, "evaporated on site and at the power stations"),
        Row("cost", measure(ledger, totals["cost_usd"], "USD"), costs[tenure(ledger)], terms(ledger)),
        Row("time", measure(ledger, totals["wall_time_h"], "hours"), "start to end", kind(ledger, "wall_time_h")),
        Row(
            "accelerator hours",
            measure(ledger, totals["accelerator_hours"], "hours"),
            "accelerators held",
            kind(ledger, "accelerator_hours"),
        ),
        Row("computation", measure(ledger, totals["training_flop"], "FLOP"), "model FLOP", computation(ledger)),
    )


# --- what is stated, and what stands in ---------------------------------------------------------------------------


def title(ledger: Ledger) -> str:
    """What the run is called."""
    return clean(ledger.scenario.title or ledger.scenario.name) or "a run without a name"


def stated(ledger: Ledger, *paths: str) -> bool:
    """Whether the scenario states one of some fields."""
    return any(_at(ledger.scenario.document, path) is not None for path in paths)


def _at(document: object, path: str) -> object:
    for name in path.split("."):
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def chip(ledger: Ledger) -> str:
    """Name of the accelerator."""
    return table("accelerators").rows[ledger.scenario.choices["accelerator"]].name


def devices(ledger: Ledger) -> str:
    """How many of which accelerator, and which of the two nobody stated."""
    count = ledger.of("accelerator_count")
    text = f"{UNKNOWN if count is None else plain(count.value, 7)} x {chip(ledger)}"
    named = stated(ledger, "cluster.accelerator", "cluster.instance")
    formula = ledger.program.plan.chosen.get("accelerator_count")
    counted = formula is None or bool(formula.alternative)
    missing = [what for what, known in (("type", named), ("number", counted)) if not known]
    return f"{text} ({' and '.join(missing)} assumed, not stated)" if missing else text


def place(ledger: Ledger) -> str:
    """Where it is trained."""
    if not stated(ledger, "site.region"):
        return UNKNOWN
    region = ledger.scenario.choices["region"]
    return f"{table('grids').rows[region].name} ({region})"


def grid(ledger: Ledger) -> str:
    """Whose intensity is used, of the place or of the nearest grid that publishes one, and what it counts."""
    basis = ledger.scenario.choices["basis"]
    counts = "basis not stated" if basis == UNSAID_BASIS else basis
    # the stream of a table's figure begins with its table and row
    owner, _, row = ledger.figures["grid_intensity_kg_per_kwh"].stream.partition("/")
    whose = table("grids").rows[row.partition("/")[0]].name if owner == "grids" else "as stated"
    return f"{whose}, {counts}"


def tenure(ledger: Ledger) -> str:
    """On whose terms: own, colo or rented."""
    return ledger.scenario.choices["tenure"]


def location(ledger: Ledger) -> str:
    """Basis of location-based carbon."""
    intensity = ledger.figures.get("grid_intensity_kg_per_kwh")
    if intensity is None:
        return UNKNOWN
    return f"average of the grid ({grid(ledger)}): {plain(intensity.value)} kg/kWh, {intensity.kind}"


def market(ledger: Ledger) -> str:
    """Basis of market-based carbon."""
    share = ledger.of("contracted_share")
    if share is None:
        return "no contracts stated: the average of the grid stands in"
    return f"contracts for {percent(share.value)}, the grid for the rest"


def terms(ledger: Ledger) -> str:
    """Basis of the cost."""
    if ledger.totals["cost_usd"] is None:
        return f"no price of {chip(ledger)} is known"
    if tenure(ledger) == "rented":
        rent = ledger.of("rent_usd_per_accelerator_h")
        said = UNKNOWN if rent is None else f"{plain(rent.value)} USD an accelerator hour"
        return f"rented at {said}, {kind(ledger, 'rent_usd_per_accelerator_h')}"
    site = "space and power rented" if tenure(ledger) == "colo" else "own site"
    return f"modelled: wear of the machines, electricity, upkeep; {site}"


def computation(ledger: Ledger) -> str:
    """How the amount of computation came about."""
    formula = ledger.program.plan.chosen.get("training_flop")
    if "training_flop" in ledger.scenario.given or formula is None:
        return kind(ledger, "training_flop")
    if formula.alternative == "workload":
        return "modelled: FLOP per token x tokens trained, without recomputation"
    return "modelled: accelerator hours x peak x utilisation x goodput"


def source_of(ledger: Ledger, quantity: str) -> str:
    """Kind of a figure, its source and the source's year."""
    figure = ledger.figures.get(quantity)
    if figure is None:
        return UNKNOWN
    found = sources().get(figure.source)
    if found is not None:
        return f"{figure.kind}: {', '.join(filter(None, (found['title'], found['year'])))}"
    bare = figure.source.split(".")[0] in ("site", "known", "range") and " " not in figure.source
    return f"{figure.kind} in the scenario" if bare else f"{figure.kind}: {clean(figure.source)}"


def development(ledger: Ledger) -> bool:
    """Whether runs before the final one are part of the ledger."""
    return any(phase.name == "development" and phase.energy_kwh.value > 0 for phase in ledger.phases)


def left_out(ledger: Ledger) -> str:
    """What the figures do not include."""
    runs = "" if development(ledger) else "preliminary, failed and other development runs, "
    return f"Not included, and not known: {runs}preparation of the data, use of the model after training."


# --- who says so --------------------------------------------------------------------------------------------------


def tool() -> str:
    """Name and version of the tool."""
    return f"thirdwatt {thirdwatt.__version__}"


def signature(ledger: Ledger) -> str:
    """What it takes to get the same figures again."""
    samples = ledger.scores.samples
    return f"{tool()}, facts {digest()}, seed {ledger.scores.seed}, {samples:,} sample{'s' if samples != 1 else ''}"


def rests_on(ledger: Ledger) -> str:
    """How many figures of which kind a result rests on, and the share of assumptions in its variance."""
    counts = Counter(row.figure.kind for row in ledger.inputs)
    text = f"{len(ledger.inputs)} figures: {', '.join(f'{counts[kind]} {kind}' for kind in KINDS if counts[kind])}"
    if ledger.assumed_share is not None:
        text += f"; {percent(ledger.assumed_share)} of the energy's variance is assumptions"
    return text


def notes(ledger: Ledger) -> tuple[str, ...]:
    """What a reader should know: the scenario's note, and the warnings of the ledger."""
    said = [ledger.scenario.note, *(warning.text for warning in ledger.warnings)]
    return tuple(filter(None, map(clean, said)))
