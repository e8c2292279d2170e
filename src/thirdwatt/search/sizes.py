"""Size against data: what a third of the energy would buy, what more data would, and where models of today stand.

Energy is that of the scenario's own machines: its ledger's energy over the work that the law counts, so that every size
on a chart is trained as the scenario is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, scenario_of
from thirdwatt.ledger import laws as of_laws
from thirdwatt.ledger.laws import DATA, SIZE, Law
from thirdwatt.ledger.samples import Array
from thirdwatt.scenario import InputError, Scenario

LOSS, WORK = "predicted_loss_nats_per_token", "law_flop"
BEST_SIZE, BEST_DATA = "optimal_parameter_count", "optimal_token_count"
SMALL, FEW, RATIO = "isoloss_parameter_count", "isoloss_token_count", "isoloss_flop_ratio"
THIRD_QUALITY = "third_quality_ratio"
SERVED_SIZE, SERVED_DATA, SERVED = "served_parameter_count", "served_training_token_count", "served_flop_ratio"
OF_SIZE = (LOSS, WORK, BEST_SIZE, BEST_DATA, SMALL, FEW, RATIO, THIRD_QUALITY)
OF_SERVING = (SERVED_SIZE, SERVED_DATA, SERVED)

MORE = (0.01, 0.05, 0.1, 0.5, 1.0)
"""Shares of new data for which it is said what they bring."""
PASSES = (2.0, 4.0, 8.0, 16.0)
"""How many times as many passes over the same data."""
THIRD = 3.0
"""What the work of a scenario is divided by: a third of it is what the tool is named for."""
ENERGIES = np.geomspace(1e-3, 1e2, 61)
"""Energies of the frontier, to that of the scenario."""


@dataclass(frozen=True, slots=True)
class Sized:
    """What one law says of a scenario's size and data.

    Attributes
    ----------
    loss
        Predicted, in nats per token.
    beyond
        How far that lies outside of the law's fit; empty within.
    best
        Parameters and tokens that make most of the same work.
    cheapest
        Parameters and tokens of the cheapest model with the same predicted loss, and its work to the present one.
    at_third
        Loss of the best model with a third of the present work, and its parameters.
    third_quality
        How much better tokens would have to be for this loss at a third of the present work.
    more
        Share of new data, and what it takes from the loss.
    passes
        How many times as many passes, what they take from the loss, and what so many new tokens would.
    served
        Parameters and tokens of the model that takes least to train and serve, and what it takes to the present one;
        nothing where nothing is served.
    """

    law: Law
    loss: float
    beyond: str
    best: tuple[float, float]
    cheapest: tuple[float, float, float]
    at_third: tuple[float, float]
    third_quality: float
    more: tuple[tuple[float, float], ...]
    passes: tuple[tuple[float, float, float], ...]
    served: tuple[float, float, float] | None


@dataclass(frozen=True, slots=True)
class Placed:
    """A published model on the chart: what its size and data would take on the scenario's machines."""

    id: str
    name: str
    parameters: float
    tokens: float
    loss: float
    energy_kwh: float


@dataclass(frozen=True, slots=True)
class Frontier:
    """The least loss for each energy by one law, and where models stand.

    Attributes
    ----------
    energy_kwh, loss
        Shape (61,).
    here
        Energy and loss of the scenario.
    """

    law: Law
    energy_kwh: Array
    loss: Array
    here: tuple[float, float]
    models: tuple[Placed, ...]


def sized(scenario: Scenario) -> tuple[tuple[Sized, ...], str]:
    """What each law says, and why none does where none does."""
    if refused := of_laws.refusal(scenario):
        return (), refused
    return tuple(found for law in of_laws.laws(scenario) if (found := _sized(scenario, law)) is not None), ""


def _sized(scenario: Scenario, law: Law) -> Sized | None:
    said = of_laws.predicted(scenario, law.id, None, (*OF_SIZE, *OF_SERVING, SIZE, DATA, "token_count", "epochs"))
    if RATIO not in said:
        return None  # a law of another form tells no cheapest way
    one = {name: float(value[0]) for name, value in said.items()}
    tokens, epochs = one["token_count"], one["epochs"]
    counts = [tokens * (1 + share) for share in MORE]
    fresh = [tokens * times for times in PASSES]
    grown = of_laws.predicted(scenario, law.id, {"token_count": [*counts, *fresh]}, (LOSS,))[LOSS]
    again = of_laws.predicted(scenario, law.id, {"epochs": [epochs * times for times in PASSES]}, (LOSS,))[LOSS]
    third = _best(scenario, law.id, np.array([one[WORK] / THIRD]))
    serves = _serves(scenario)
    return Sized(
        law=law,
        loss=one[LOSS],
        beyond=law.beyond(one[SIZE], one[DATA]),
        best=(one[BEST_SIZE], one[BEST_DATA]),
        cheapest=(one[SMALL], one[FEW], one[RATIO]),
        at_third=(float(third[LOSS][0]), float(third[BEST_SIZE][0])),
        third_quality=one[THIRD_QUALITY],
        more=tuple((share, one[LOSS] - float(loss)) for share, loss in zip(MORE, grown[: len(MORE)], strict=True)),
        passes=tuple(
            (times, one[LOSS] - float(repeated), one[LOSS] - float(new))
            for times, repeated, new in zip(PASSES, again, grown[len(MORE) :], strict=True)
        ),
        served=(one[SERVED_SIZE], one[SERVED_DATA], one[SERVED]) if serves else None,
    )


def _best(scenario: Scenario, name: str, work: Array) -> dict[str, Array]:
    """Size, data and loss of the model that makes most of each amount of work, its data new; nothing by a law that
    tells none.
    """
    best = of_laws.predicted(scenario, name, {WORK: work}, (BEST_SIZE, BEST_DATA))
    if BEST_SIZE not in best:
        return {}
    data = best[BEST_DATA]
    single = {SIZE: best[BEST_SIZE], "token_count": data, "epochs": np.ones_like(work), DATA: data}
    return {**best, **of_laws.predicted(scenario, name, single, (LOSS,))}


def _serves(scenario: Scenario) -> bool:
    served = scenario.given.get("served_token_count")
    return served is not None and served.value > 0


def frontier(ledger: Ledger, name: str) -> Frontier | None:
    """The least loss for each energy on the scenario's machines, with published models that a law can tell of.

    ``None`` where a law says nothing of the scenario, or its energy is not known.
    """
    energy = ledger.totals["energy_kwh"]
    if energy is None or of_laws.refusal(ledger.scenario):
        return None
    here = of_laws.predicted(ledger.scenario, name, None, (LOSS, WORK))
    work = float(here[WORK][0])
    of_work = energy.value / work
    best = _best(ledger.scenario, name, work * ENERGIES)
    if not best:
        return None
    inside = [not of_laws.outside(float(size), float(data))
              for size, data in zip(best[BEST_SIZE], best[BEST_DATA], strict=True)]  # fmt: skip
    return Frontier(
        of_laws.law(name),
        (energy.value * ENERGIES)[inside],
        best[LOSS][inside],
        (energy.value, float(here[LOSS][0])),
        tuple(_placed(name, of_work)),
    )


def _placed(name: str, energy_per_flop: float) -> list[Placed]:
    """Published models of which a law can tell, each with its own size and data."""
    found = []
    for row in table("models"):
        try:
            scenario = scenario_of({"workload": {"model": row.id}})
        except InputError:
            continue
        if of_laws.refusal(scenario):
            continue
        told = of_laws.predicted(scenario, name, None, (LOSS, WORK, SIZE, DATA))
        said = {each: float(value[0]) for each, value in told.items()}
        found.append(Placed(row.id, row.name, said[SIZE], said[DATA], said[LOSS], said[WORK] * energy_per_flop))
    return found
