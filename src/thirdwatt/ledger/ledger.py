"""The ledger of one scenario: what training costs, with every quantity it was computed through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from thirdwatt.facts import Figure
from thirdwatt.facts.equivalents import edition as edition_id
from thirdwatt.facts.equivalents import editions
from thirdwatt.facts.quadrants import ESSAY, NAMES
from thirdwatt.facts.scopes import BY_TENURE, OVERHEAD
from thirdwatt.formulas.equivalents import equivalent_count
from thirdwatt.ledger.evaluate import Values
from thirdwatt.ledger.graph import Program
from thirdwatt.ledger.samples import Array, Scores
from thirdwatt.quantity import BOUNDARIES, COMPONENTS, PHASES, unit
from thirdwatt.scenario import Scenario, Warn
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY, QUANTITY_OF

QUANTILES = (0.05, 0.95)
CO2E = " CO2e"
"""What follows a mass of carbon."""


@dataclass(frozen=True, slots=True)
class Account:
    """One thing that a run takes, told as a total and by component.

    Attributes
    ----------
    name
        Its name among the totals and in the row of a component.
    quantity
        What its total is read from; ``boundary_…`` where that depends on the boundary.
    title, head
        What it is called in front of a figure, and over a column.
    """

    name: str
    quantity: str
    title: str
    head: str

    @property
    def unit(self) -> str:
        """Its unit as people write it."""
        return unit(self.name)

    @property
    def after(self) -> str:
        """What follows the unit: of which gas a mass is."""
        return CO2E if self.unit == "kg" else ""

    @property
    def bounded(self) -> bool:
        """Whether its total depends on the boundary."""
        return self.quantity.startswith("boundary_")

    @property
    def by_component(self) -> str:
        """The quantity that holds it along the components."""
        return f"component_{self.name}"


ACCOUNTED: Mapping[str, Account] = {
    each.name: each
    for each in (
        Account("energy_kwh", "boundary_energy_kwh", "energy", "energy"),
        Account("cost_usd", "cost_usd", "cost", "cost"),
        Account("carbon_kg", "boundary_carbon_kg", "carbon, location-based", "carbon"),
        Account("carbon_market_kg", "boundary_carbon_market_kg", "carbon, market-based", "market"),
        Account("embodied_kg", "embodied_kg", "embodied carbon", "embodied"),
        Account("water_l", "boundary_water_l", "water", "water"),
    )
}
"""Everything that is accounted for, in the order in which it is shown. Totals, components, boundaries, reports and
schemas read it, so that one more account is one more line."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """What an energy figure may include.

    Attributes
    ----------
    quantity
        The energy within it.
    machines, building
        Whether it counts the machines beside the accelerators, and the building.
    takes_in, plainly
        What it takes in: in the words of reports, and in those of a manager.
    """

    name: str
    quantity: str
    machines: bool
    building: bool
    takes_in: str
    plainly: str


WITHIN: Mapping[str, Boundary] = {
    name: Boundary(name, BOUNDARY_QUANTITY[name], machines, building, takes_in, plainly)
    for name, machines, building, takes_in, plainly in (
        ("accelerators", False, False, "the accelerators alone", "the training chips alone"),
        (
            "accelerators+facility",
            False,
            True,
            "the accelerators and the building's overhead on them",
            "the training chips and the building's overhead on them",
        ),
        ("it", True, False, "all IT equipment, without the building", "all machines, without the building"),
        (
            "facility",
            True,
            True,
            "all IT equipment, cooling, power distribution and the rest of the building",
            "all machines and the building that houses them",
        ),
    )
}
"""The boundaries by name, in the order of :data:`thirdwatt.quantity.BOUNDARIES`."""

TOTALS: Mapping[str, str] = {
    "wall_time_h": "wall_time_h",
    "accelerator_hours": "accelerator_hours",
    "it_energy_kwh": "it_energy_kwh",
    **{name: account.quantity for name, account in ACCOUNTED.items()},
    "carbon_marginal_kg": "boundary_carbon_marginal_kg",
    "training_flop": "training_flop",
    "mfu": "mfu",
    "goodput": "goodput",
    "step_time_s": "step_time_s",
    "tokens_per_s_per_accelerator": "tokens_per_s_per_accelerator",
    "accelerator_power_w": "accelerator_power_w",
    "peak_power_w": "peak_power_w",
    "power_swing_w": "power_swing_w",
    "memory_byte": "memory_byte",
}
"""Totals that are reported, and the quantity each is read from; ``boundary_…`` at the headline's boundary."""


@dataclass(frozen=True, slots=True)
class Total:
    """A value with its 90 % interval. Values of parts add up to the value of their total; lows and highs do not."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Component:
    """One row of the component table: the facility's accounts, and the shares that place the component.

    Each of ``accounts`` is an attribute too: ``row.cost_usd`` is ``row.accounts["cost_usd"]``.
    """

    name: str
    accounts: Mapping[str, Total | None]
    power_share: float
    cost_share: float | None
    quadrant: str | None
    reference_quadrant: str | None
    scope: str
    embodied_scope: str

    @property
    def energy_kwh(self) -> Total:
        """Its energy, which is known of all components or of none."""
        energy = self.accounts["energy_kwh"]
        assert energy is not None  # noqa: S101 - without it there is no table
        return energy

    def __getattr__(self, name: str) -> Total | None:
        if name in ACCOUNTED:
            return self.accounts[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")


@dataclass(frozen=True, slots=True)
class Phase:
    """Time and facility energy of one phase."""

    name: str
    time_share: float | None
    energy_kwh: Total


@dataclass(frozen=True, slots=True)
class Equivalence:
    """The headline's carbon as a number of things people know."""

    name: str
    count: float
    factor: float
    unit: str
    edition: str


@dataclass(frozen=True, slots=True)
class Input:
    """A leaf the totals were computed from, and its share of the variance of the headline's energy."""

    quantity: str
    figure: Figure
    spread_share: float | None


@dataclass(frozen=True)
class Ledger:
    """What training costs under one scenario.

    Attributes
    ----------
    figures
        Every leaf at hand, by quantity.
    values
        Every quantity that was computed or read, shape (..., width): column 0 is the central value, the others samples.
    factors
        Known totals, and the factor by which each scaled its parts.
    """

    scenario: Scenario
    figures: Mapping[str, Figure]
    program: Program
    values: Values
    factors: Values
    scores: Scores
    warnings: tuple[Warn, ...]
    spread_shares: Mapping[str, float] = field(default_factory=dict)
    interaction: float | None = None
    assumed_share: float | None = None

    @property
    def boundary(self) -> str:
        """What the headline's energy, carbon and water include."""
        return self.scenario.boundary

    # --- reading ---------------------------------------------------------------------------------------------------

    def samples(self, quantity: str) -> Array | None:
        """Values of a quantity, (..., width), column 0 the centre; ``None`` if too little is known."""
        found = self.values.get(quantity)
        if found is not None and quantity.startswith("boundary_"):
            found = found[BOUNDARIES.index(self.boundary)]
        return found

    def of(self, quantity: str) -> Total | None:
        """Value and interval of any quantity without an axis of its own."""
        found = self.samples(quantity)
        return None if found is None else total(found)

    @cached_property
    def totals(self) -> dict[str, Total | None]:
        """The totals by name; ``None`` where too little is known."""
        return {name: self.of(quantity) for name, quantity in TOTALS.items()}

    @cached_property
    def boundaries(self) -> dict[str, dict[str, Total | None]]:
        """Every account that depends on the boundary, within each."""
        found = {
            account.name: self._along(account.quantity, len(BOUNDARIES))
            for account in ACCOUNTED.values()
            if account.bounded
        }
        return {
            boundary: {name: along[number] for name, along in found.items()}
            for number, boundary in enumerate(BOUNDARIES)
        }

    def _along(self, quantity: str, length: int) -> list[Total | None]:
        found = self.values.get(quantity)
        return [None] * length if found is None else [total(found[number]) for number in range(length)]

    @cached_property
    def components(self) -> tuple[Component, ...]:
        """The component table, always of the whole facility, whatever the headline's boundary."""
        found = {name: self._along(account.by_component, len(COMPONENTS)) for name, account in ACCOUNTED.items()}
        if found["energy_kwh"][0] is None:
            return ()
        power = self.values["component_power_share"][:, 0]
        quadrant = self.scenario.quadrant
        shares = self.values.get("component_capex_share" if quadrant.cost == "capex" else "component_cost_share")
        scope = BY_TENURE[self.scenario.choices["tenure"]]
        rows = []
        for number, name in enumerate(COMPONENTS):
            cost_share = None if shares is None else float(shares[number, 0])
            place = None
            if cost_share is not None and name in ESSAY:
                place = NAMES[bool(power[number] >= quadrant.power_share), cost_share >= quadrant.cost_share]
            rows.append(
                Component(
                    name=name,
                    accounts={account: along[number] for account, along in found.items()},
                    power_share=float(power[number]),
                    cost_share=cost_share,
                    quadrant=place,
                    reference_quadrant=ESSAY.get(name),
                    scope=scope.overhead if name in OVERHEAD else scope.electricity,
                    embodied_scope=scope.embodied,
                )
            )
        return tuple(rows)

    @cached_property
    def phases(self) -> tuple[Phase, ...]:
        """Time and facility energy by phase; kept data has energy and no part in the run's time."""
        energy = self._along("phase_energy_kwh", len(PHASES))
        shares = self.values.get("phase_time_share")
        return tuple(
            Phase(name, float(shares[number, 0]) if shares is not None and number < len(shares) else None, own)
            for number, (name, own) in enumerate(zip(PHASES, energy, strict=True))
            if own is not None
        )

    @cached_property
    def formula(self) -> dict[str, Any]:
        """E = P × N × T × PUE with its numbers, at the boundary of accelerators and facility.

        ``calibration`` appears where a known energy stands in for the product.
        """
        boundary = "accelerators+facility"
        names = ("accelerator_power_w", "accelerator_count", "wall_time_h", "pue", "accelerators_facility_energy_kwh")
        found = {name: self.of(name) for name in (*names, "grid_intensity_kg_per_kwh", "w_per_kw")}
        centre = {name: None if each is None else each.value for name, each in found.items()}
        power, count, hours, pue, energy = (centre[name] for name in names)
        watts = centre["w_per_kw"]
        carbon, intensity = self.boundaries[boundary]["carbon_kg"], centre["grid_intensity_kg_per_kwh"]
        if carbon is not None and energy and not np.isclose(carbon.value, energy * (intensity or 0.0), rtol=1e-9):
            intensity = carbon.value / energy  # the carbon is stated
        block: dict[str, Any] = {
            "power_kw": None if power is None or watts is None else power / watts,
            "count": count,
            "hours": hours,
            "pue": pue,
            "energy_kwh": energy,
            "intensity_kg_per_kwh": intensity,
            "carbon_kg": None if carbon is None else carbon.value,
            "boundary": boundary,
        }
        factors = (block["power_kw"], count, hours, pue)
        if energy is not None and all(factor is not None for factor in factors):
            calibration = energy / float(np.prod([float(factor) for factor in factors if factor is not None]))
            if abs(calibration - 1) > 1e-9:
                block["calibration"] = calibration
        return block

    def equivalents(self, edition: str | None = None) -> tuple[Equivalence, ...]:
        """The headline's location-based carbon in things people know, by one edition of the factors."""
        carbon = self.totals["carbon_kg"]
        return () if carbon is None else equivalences(carbon.value, edition)

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """Leaves that were read, those first that matter most to the headline's energy."""
        read = [name for name in self.figures if name in self.values]
        rows = [Input(name, self.figures[name], self.spread_shares.get(name)) for name in read]
        return tuple(sorted(rows, key=lambda row: (-(row.spread_share or 0.0), row.quantity)))

    def lacking(self, quantity: str) -> tuple[str, ...]:
        """What would have to be stated for a quantity, as a scenario names it; empty if that is not what it lacks."""
        wanted = self.program.plan.missing.get(quantity, ())
        return tuple(dict.fromkeys(path_of(name) for name in wanted if not name.endswith("_code")))

    def within(self, boundary: str) -> Ledger:
        """The same ledger with its headline at another boundary.

        Shares of the headline's variance are left out: they are those of the boundary that was asked for.
        """
        if boundary == self.boundary:
            return self
        document = {**self.scenario.document, "boundary": boundary}
        scenario = replace(self.scenario, boundary=boundary, document=document)
        return replace(self, scenario=scenario, spread_shares={}, interaction=None, assumed_share=None)

    # --- showing ---------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The ledger as plain data: the document that ``estimate --json`` prints."""
        from thirdwatt.ledger.document import document

        return document(self)

    def _repr_html_(self) -> str:
        from html import escape

        rows = "".join(
            f"<tr><th scope='row'>{escape(name)}</th><td>{each.value:.4g}</td>"
            f"<td>{each.low:.4g} to {each.high:.4g}</td></tr>"
            for name, each in self.totals.items()
            if each is not None
        )
        caption = f"{escape(self.scenario.name)}, boundary {escape(self.boundary)}, 90 % intervals"
        return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"

    def __repr__(self) -> str:
        energy = self.totals["energy_kwh"]
        if energy is None:
            said = f"no energy without {' and '.join(self.lacking('boundary_energy_kwh')) or 'more'}"
        else:
            said = f"{energy.value:.4g} kWh ({energy.low:.4g} to {energy.high:.4g})"
        return f"<Ledger {self.scenario.name}: {said}, boundary {self.boundary}>"


def path_of(quantity: str) -> str:
    """Where a scenario states a quantity.

    Examples
    --------
    >>> path_of("token_count"), path_of("mfu")
    ('workload.tokens', 'known.mfu')
    """
    return next((path for path, known in QUANTITY_OF.items() if known == quantity), f"known.{quantity}")


def total(samples: Array) -> Total:
    """Central value and 5 % and 95 % quantiles of samples (width,), column 0 being the centre."""
    if len(samples) == 1:
        return Total(*[float(samples[0])] * 3)
    low, high = np.quantile(samples[1:], QUANTILES)
    return Total(float(samples[0]), float(low), float(high))


def equivalences(carbon_kg: float, edition: str | None = None) -> tuple[Equivalence, ...]:
    """A mass of CO2 in things people know.

    Raises
    ------
    KeyError
        If there is no such edition.
    """
    chosen = edition_id(edition)
    return tuple(
        Equivalence(each.name, float(equivalent_count(carbon_kg, each.kg)), each.kg, f"kg/{each.unit}", chosen)
        for each in editions()[chosen]
    )
