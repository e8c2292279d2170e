"""A change to a run, and what the run takes after it: the one way in which a waste, a lever or an update is priced.

What is known of a run as a whole (its hours, its energy, its bill) is in proportion to the work after the change; what
is changed replaces what stood there; all else is drawn from the same streams with the same seed, so a difference is
taken draw by draw and its interval is its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from thirdwatt.facts import Figure
from thirdwatt.ledger.ledger import Ledger, Total, total
from thirdwatt.ledger.pricing import estimate
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario import Scenario

Three = tuple[float, float, float]
"""Value, low and high."""

SAME: Three = (1.0, 1.0, 1.0)

WORK = ("training_flop", "workload_flop", "processed_token_count")
HELD = (
    "accelerator_hours", "wall_time_h", "accelerators_energy_kwh", "accelerators_facility_energy_kwh", "it_energy_kwh",
    "facility_energy_kwh", "cpu_servers_energy_kwh", "network_energy_kwh", "storage_energy_kwh",
    "monitoring_energy_kwh", "redundancy_energy_kwh", "power_distribution_energy_kwh", "cooling_energy_kwh",
    "facility_other_energy_kwh", "electricity_cost_usd", "own_cost_usd", "cost_usd", "carbon_kg", "carbon_market_kg",
    "carbon_marginal_kg", "water_l", "grid_water_l", "onsite_water_l", "embodied_kg",
)  # fmt: skip
"""What may be known of a run and would be less of one with less to process, in proportion."""
HIDING = frozenset(HELD) - {"accelerator_hours", "wall_time_h"}
"""What, where it is known, hides what its parts come to: it is left aside where a part alone changes."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between two runs.

    Attributes
    ----------
    given
        Quantities that are other than in the present run.
    work
        Work to that of the present run: what is known of the whole follows it.
    removed
        Whether it is the tokens trained on that are fewer or more, and not padding alone.
    aside
        Whether the present run's known totals are left aside, since they would hide the change.
    choices
        Options that are other than in the present run.
    """

    given: Mapping[str, Figure]
    work: Three = SAME
    removed: bool = False
    aside: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)


def figure(quantity: str, said: Three, source: str, stream: str = "", kind: str = "measured") -> Figure:
    """A figure of a quantity by its value and ends."""
    return Figure(*said, kind=kind, source=source, stream=stream or f"given/{quantity}")


def times(one: Figure, by: Three) -> Figure:
    """A figure in proportion, each of its draws too."""
    value, low, high = by
    return replace(one, value=one.value * value, low=one.low * low, high=one.high * high)


def changed(scenario: Scenario, change: Change) -> Scenario:
    """A scenario after a change: what is known of the run as a whole is in proportion to the work."""
    given = dict(scenario.given)
    if change.work != SAME:
        names = (*WORK, *HELD, "trained_token_count") if change.removed else (*WORK, *HELD)
        given |= {name: times(given[name], change.work) for name in names if name in given}
    return replace(scenario, given=given | dict(change.given), choices={**scenario.choices, **change.choices})


def ledger_after(before: Ledger, change: Change) -> Ledger:
    """The ledger after a change, on the draws of the one before."""
    return estimate(changed(before.scenario, change), samples=before.scores.samples, seed=before.scores.seed)


def difference_of(before: Ledger, after: Ledger, quantity: str) -> Array | None:
    """What one ledger has beyond another, draw by draw; ``None`` where one of them does not tell it."""
    one, other = before.samples(quantity), after.samples(quantity)
    return None if one is None or other is None else one - other


def ends(found: Total | Array | None) -> dict[str, float] | None:
    """Value and interval as a document has them."""
    if found is None:
        return None
    whole = found if isinstance(found, Total) else total(found)
    return {"value": whole.value, "low": whole.low, "high": whole.high}
