"""Updates mixed with full retrains: how many follow each training from scratch, what a retraining takes on the mean.

An update may leave something missing of what training on everything would reach; what m of them leave is m times as
much, until the next training from scratch. Either m is stated, or what is tolerated, and m is as many as stay within.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from thirdwatt.facts import Figure, table
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import Total, total
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.search.retraining.options import Option
from thirdwatt.search.retraining.policy import Policy, mean_cost, updates_within

UPDATE, FULL = "continue", "full"
"""Ways that are mixed."""

MIX = "mix"
"""Name of the mix among policies."""

PRICES = ("energy_kwh", "cost_usd", "carbon_kg")
"""Accounts that a mean is told of."""

MOST_UPDATES = 1_000_000
"""Updates beyond which a number is taken for a slip of the pen."""

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Mixing:
    """What is stated of a mix.

    Attributes
    ----------
    updates
        Between two trainings from scratch; ``None`` where they follow from what is tolerated.
    tolerated
        What may be missing before a training from scratch: points where the gap is stated, else nats per token.
    gap
        Points that each update leaves missing; ``None`` for the nats per token that are assumed.
    """

    updates: int | None = None
    tolerated: float | None = None
    gap: float | None = None

    def __post_init__(self) -> None:
        mistakes = list(self._mistakes())
        if mistakes:
            raise InputError(mistakes)

    def _mistakes(self) -> Iterator[Mistake]:
        if self.updates is None and self.tolerated is None:
            yield Mistake("--gap", "says nothing without updates", "give --updates or --tolerated too")
        if self.updates is not None and not 1 <= self.updates <= MOST_UPDATES:
            fix = f"give a whole number from 1 to {MOST_UPDATES:,}"
            yield Mistake("--updates", f"{self.updates} updates between two full retrains", fix)
        if self.tolerated is not None and not 0 < self.tolerated < math.inf:
            yield Mistake("--tolerated", f"{self.tolerated:g} may be missing", "give a number above 0")
        if self.gap is not None and not 0 <= self.gap < math.inf:
            yield Mistake("--gap", f"each update leaves {self.gap:g} points missing", "give a number from 0 on")
        elif self.updates is None and self.tolerated is not None:
            yield from self._too_many(self.tolerated, _gap(self.gap)[0].value)

    def _too_many(self, tolerated: float, gap: float) -> Iterator[Mistake]:
        if gap == 0:
            yield Mistake("--gap", "without one no training from scratch is needed again", "give one above 0")
        elif tolerated > MOST_UPDATES * gap:
            problem = f"{tolerated:g} are more than {MOST_UPDATES:,} times the {gap:g} that an update leaves missing"
            yield Mistake("--tolerated", problem, "give less")


@dataclass(frozen=True, slots=True)
class Mixed:
    """A mix of updates and full retrains.

    Attributes
    ----------
    updates
        Between two trainings from scratch.
    gap, unit
        What each leaves missing, and in what; ``points`` or ``nats``.
    missing
        What all of them leave, before the next training from scratch.
    tolerated
        What may be missing, where that is stated.
    totals
        Mean of a retraining by account; ``None`` where too little is known.
    of_full
        Energy of it to that of a full retrain.
    policy
        How often; ``None`` without drift and value, or without a price.
    draws
        Of the means, the centre first.
    """

    updates: int
    gap: Figure
    unit: str
    missing: Three
    tolerated: float | None
    totals: Mapping[str, Total | None]
    of_full: Total | None
    draws: Mapping[str, Array]
    policy: Policy | None = None

    @property
    def within(self) -> bool | None:
        """Whether what is missing stays within what is tolerated; ``None`` where nothing is said of that."""
        return None if self.tolerated is None else self.missing[0] <= self.tolerated * (1 + _ROUNDING)


def mixed(stated: Mixing, update: Option, full: Option) -> Mixed:
    """What a mix comes to.

    Raises
    ------
    InputError
        If not even one update stays within what is tolerated.
    """
    gap, unit = _gap(stated.gap)
    updates = stated.updates
    if updates is None:
        tolerated = stated.tolerated or 0.0
        updates = updates_within(tolerated, gap.value)
        if updates == 0:
            problem = f"{tolerated:g} {unit} are less than the {gap.value:g} that one update leaves missing"
            raise InputError([Mistake("--tolerated", problem, "give more, or train from scratch each time")])
    draws = {
        name: mean_cost(full.draws[name], update.draws[name], updates)
        for name in PRICES
        if name in full.draws and name in update.draws
    }
    energy = draws.get("energy_kwh")
    return Mixed(
        updates=updates,
        gap=gap,
        unit=unit,
        missing=(updates * gap.value, updates * gap.low, updates * gap.high),
        tolerated=stated.tolerated,
        totals={name: total(draws[name]) if name in draws else None for name in PRICES},
        of_full=None if energy is None else total(energy / full.draws["energy_kwh"]),
        draws=draws,
    )


def _gap(stated: float | None) -> tuple[Figure, str]:
    """What an update leaves missing: as it was measured, else as it is assumed."""
    if stated is None:
        return table("updates").rows[UPDATE].figures["continual_gap_nats_per_token"], "nats"
    return Figure(*(stated,) * 3, kind="stated", source="--gap", stream="given/update_gap_ratio"), "points"
