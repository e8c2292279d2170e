"""The question as people ask it, and its answer: ``thirdwatt.plan``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger.pricing import SAMPLES, Sourced
from thirdwatt.quantity import Observation
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.search.levers.lever import Today
from thirdwatt.search.plan.answer import Plan, answered
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.combine import MOST
from thirdwatt.search.plan.goals import CAN_BE_LESS, DEVELOPMENT, UNITS, UPDATES, Counted
from thirdwatt.search.plan.offered import offered
from thirdwatt.search.plan.search import Limits
from thirdwatt.search.today import start

THIRD = 3.0
"""How many times less a plan aims at: the essay's factor."""
TWICE = 2.0
"""How many times as long as today a run may take unless somebody says otherwise: fewer machines save energy, and a run
of years is no answer."""


def plan(
    scenario: Sourced,
    factor: float = THIRD,
    *,
    by: str = "energy",
    max_cost: float = np.inf,
    max_time: float = TWICE,
    allow: Iterable[str] = (),
    forbid: Iterable[str] = (),
    set: Mapping[str, Any] | None = None,
    observed: Iterable[Observation] = (),
    development: bool = False,
    cap_kwh: float | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    most: int = MOST,
    working: Callable[[str], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Plan:
    """The shortest path to a factor less: the changes of least work that reach it, at equal predicted quality.

    Parameters
    ----------
    scenario
        Name of a preset, path of a file, a document or a scenario: the run as it is today.
    factor
        How many times less.
    by
        Less of what: ``energy``, ``cost``, ``carbon`` (location-based) or ``market`` (carbon by contracts).
    max_cost, max_time
        What a path may cost and take at most, to what the run does today: 1.1 for 10 % more. Any cost, and twice the
        time, unless stated.
    allow
        Ids or groups of levers that are on although what they do to quality is not known.
    forbid
        Ids or groups of levers that are off.
    set
        Changes to the scenario by path.
    observed
        What a meter or a scan saw.
    development
        Whether the runs before the final one count.
    cap_kwh
        A cap on energy that is kept, so that what is saved down to it is banked.
    samples, seed
        Draws behind intervals and the probability, and their seed.
    most
        Combinations that may be looked at.
    working, progress
        Called with a word on what is done, and with the combinations priced and their number.

    Raises
    ------
    InputError
        If the scenario or the question is wrong.
    InsufficientError
        If too little is known to say how much energy the run takes, or what is to be less of it.
    """
    _refuse(factor, by, max_cost, max_time, cap_kwh)
    wanted = scenario_of(scenario, set, observed)
    factors = (DEVELOPMENT,) if development else ()
    if "retrain_interval_h" in wanted.given:
        factors = (*factors, UPDATES)
    begun = start(wanted, samples=samples, seed=seed, also=factors)
    counted = Counted(begun.ledger.boundary, factors)
    _refuse_nothing(begun.ledger, counted, by)
    today = Today(begun.ledger, begun.stated, development, UPDATES in factors, begun.laid_out or not begun.modelled)
    on, off = offered(today, allow, forbid)
    bench = Bench(begun, on, counted, working)
    return answered(bench, off, by, factor, Limits(max_cost, max_time), most, cap_kwh, progress)


def _refuse_nothing(ledger: Ledger, counted: Counted, by: str) -> None:
    """Refuse to aim at less of what is not known, or of nothing."""
    drawn = counted.drawn(ledger, by)
    if drawn is None:
        raise InsufficientError(f"the {by} of the run today is not known, so no plan can aim at less of it")
    if not drawn[0] > 0:
        problem = f"there is nothing to save: the run today takes 0 {UNITS[by]}"
        others = ", ".join(name for name in CAN_BE_LESS if name != by)
        raise InputError([Mistake("--by", problem, f"ask for less of something else: {others}")], "plan")


def _refuse(factor: float, by: str, max_cost: float, max_time: float, cap_kwh: float | None) -> None:
    mistakes = []
    if not (np.isfinite(factor) and factor > 1):
        mistakes.append(Mistake("--factor", f"{factor:g} times less is no saving", "give a number above 1"))
    if by not in CAN_BE_LESS:
        mistakes.append(Mistake("--by", f"{by!r} is nothing to save", f"allowed: {', '.join(CAN_BE_LESS)}"))
    for name, value in (("--max-cost", max_cost), ("--max-time", max_time)):
        if not value > 0:
            mistakes.append(Mistake(name, f"{value:g} of today's leaves nothing", "give +10%, or a ratio above 0"))
    if cap_kwh is not None and not (np.isfinite(cap_kwh) and cap_kwh > 0):
        mistakes.append(Mistake("--cap-kwh", f"{cap_kwh:g} is no cap", "give an energy in kWh"))
    if mistakes:
        raise InputError(mistakes, "plan")
