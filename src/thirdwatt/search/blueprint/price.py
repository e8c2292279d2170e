"""Prices of designs: what can be built of them by themselves, and what they take on a mix through the step model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.blueprints import alone
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.variants import Numbers, Variants, variants
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.blueprint_form import FIELDS
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY
from thirdwatt.scenario.read import put
from thirdwatt.search.blueprint.mix import Document
from thirdwatt.search.blueprint.space import Designs, Space

AREA, POWER, COST, PEAK = "die_area_mm2", "accelerator_tdp_w", "accelerator_cost_usd", "accelerator_peak_flop_per_s"
RETICLE, EDGE, HEAT, SUPPLY = "reticle_used_ratio", "edge_used_ratio", "heat_used_ratio", "supply_v"
BUILT = (AREA, POWER, COST, PEAK, RETICLE, EDGE, HEAT, SUPPLY)
"""What is asked of a design by itself."""
MEMORY, HOURS = "memory_used_ratio", "accelerator_hours"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a design may be at most.

    Attributes
    ----------
    reticle_share
        Largest die, to what can be exposed.
    power_w
        Most that its board may draw.
    cost_usd
        Most that it may cost to make.
    """

    reticle_share: float = 1.0
    power_w: float = np.inf
    cost_usd: float = np.inf


@dataclass(frozen=True, slots=True)
class Mixed:
    """What designs take on a mix.

    Attributes
    ----------
    energy_kwh, hours
        By workload, shape (W, V).
    fits
        Whether all workloads fit into the memory with their layouts, shape (V,).
    """

    energy_kwh: Array
    hours: Array
    fits: NDArray[np.bool_]


def gain(base: Array, energy_kwh: Array, weights: Array) -> Array:
    """How many times less energy a mix takes: the weighted geometric mean over its workloads.

    Parameters
    ----------
    base
        Shape (W, 1) or (W, S).
    energy_kwh
        Shape (W, V) or (W, S).
    """
    share = weights / weights.sum()
    ratio: Array = np.exp(np.tensordot(share, np.log(base / energy_kwh), axes=1))
    return ratio


@dataclass
class Pricer:
    """Prices designs of a space on a mix.

    Attributes
    ----------
    documents
        The workloads as scenarios with layouts, on any blueprint.
    """

    space: Space
    documents: Sequence[Document]
    boundary: str

    def __post_init__(self) -> None:
        """Make every choice a scenario once."""
        grids = np.meshgrid(*[np.arange(self.space.sizes[place]) for place in self.space.choices], indexing="ij")
        rows = np.stack([grid.ravel() for grid in grids], axis=1)
        design = np.zeros(len(self.space.axes), dtype=np.intp)
        own: list[Mapping[str, Figure]] = []
        mixed: list[list[Mapping[str, Figure]]] = [[] for _ in self.documents]
        whole: dict[tuple[int, str], Scenario] = {}
        for row in rows:
            design[list(self.space.choices)] = row
            section, precision = self.space.blueprint(design)
            section["accumulator_byte"] = 1.0  # varies
            drawn = scenario_of(on(self.documents[0], section, precision))
            assert drawn.blueprint is not None  # noqa: S101 - the document has one
            own.append(alone(drawn.blueprint, precision) | of_blueprint(drawn.given))
            for number, document in enumerate(self.documents):
                if (number, precision) not in whole:
                    whole[number, precision] = scenario_of(on(document, section, precision))
                mixed[number].append(figures(drawn_as(whole[number, precision], drawn)))
        self._own = variants(own, BUILT)
        energy = BOUNDARY_QUANTITY[self.boundary]
        self._mixed: list[Variants] = [variants(each, (energy, HOURS, MEMORY)) for each in mixed]

    def _scenario(self, designs: Designs) -> NDArray[np.intp]:
        """Number of the scenario of each design: its choices read as digits."""
        number = np.zeros(len(designs), dtype=np.intp)
        for place in self.space.choices:
            number = number * self.space.sizes[place] + designs[:, place]
        return number

    def _numbers(self, designs: Designs) -> Numbers:
        stated = {}
        columns = np.ascontiguousarray(designs.T)
        for place in self.space.numbers:
            axis = self.space.axes[place]
            assert axis.quantity is not None  # noqa: S101 - it is a number
            stated[axis.quantity] = np.array(axis.values, dtype=np.float64)[columns[place]]
        words = self.space.axes[self.space.place("accumulators")].values
        in_array = designs[:, self.space.place("accumulators")] == words.index("array")
        stated["accumulator_byte"] = np.where(in_array, stated["accumulator_byte"], 0.0)
        stated["scheduler_count"] = self.space.schedulers(designs)
        return Numbers(stated, {})

    def built(self, designs: Designs) -> dict[str, Array]:
        """What designs are by themselves, shape (V,) by quantity of :data:`BUILT`."""
        return self._own.of(self._scenario(designs), self._numbers(designs))

    def mixed(self, designs: Designs) -> Mixed:
        """What designs take on the mix."""
        scenario, numbers = self._scenario(designs), self._numbers(designs)
        energy, hours, fits = [], [], np.ones(len(designs), dtype=bool)
        for each in self._mixed:
            found = each.of(scenario, numbers)
            energy.append(found[BOUNDARY_QUANTITY[self.boundary]])
            hours.append(found[HOURS])
            fits &= found[MEMORY] <= 1
        return Mixed(np.stack(energy), np.stack(hours), fits)


def used(built: Mapping[str, Array], limits: Limits) -> Array:
    """The largest share of a limit that designs take, shape (V,)."""
    share: Array = np.maximum.reduce(
        [
            built[RETICLE] / limits.reticle_share,
            built[EDGE],
            built[HEAT],
            built[POWER] / limits.power_w,
            built[COST] / limits.cost_usd,
        ]
    )
    return share


def within(built: Mapping[str, Array], limits: Limits) -> NDArray[np.bool_]:
    """Which designs can be built within limits, shape (V,)."""
    able: NDArray[np.bool_] = used(built, limits) <= 1
    return able


def on(document: Document, section: Mapping[str, Any], precision: str) -> Document:
    """A workload on a blueprint in a precision."""
    whole = {**document, "blueprint": dict(section), "layout": dict(document["layout"])}
    put(whole, "layout.precision", precision)
    return whole


def drawn_as(scenario: Scenario, other: Scenario) -> Scenario:
    """A scenario on the blueprint of another, whose precision and chip that it is like are its own."""
    given = {name: figure for name, figure in scenario.given.items() if name not in _STATED}
    return replace(scenario, blueprint=other.blueprint, given=given | of_blueprint(other.given))


_STATED = frozenset(FIELDS.values())


def of_blueprint(given: Mapping[str, Figure]) -> dict[str, Figure]:
    """What a scenario states of its blueprint."""
    return {name: given[name] for name in FIELDS.values() if name in given}
