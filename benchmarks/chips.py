"""Designs of chips: how many a second can be drawn up and put on a mix of models, and what a sweep finds beside optuna.

    python benchmarks/chips.py [--optuna]

Bars, for one core: a million designs a second by themselves (area, power, peaks, cost, limits), and 5,000 a second on
the whole mix through the step model. Also printed: both to ``import numpy`` in this run, to the same formulas for one
design after the other, and to 10 to 13 microseconds for an area alone, which LLMCompass was measured to take.

``--optuna`` holds the sweep against its sampler on the same space, mix and limits, at the same number of designs and at
the sweep's own; it needs optuna, which nothing else here does.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from laws import numpy_s
from thirdwatt.ledger.evaluate import solve
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sweep import CENTRE
from thirdwatt.search.blueprint import find as sweeping
from thirdwatt.search.blueprint.answer import space_of
from thirdwatt.search.blueprint.mix import document_of, laid_out, weighted
from thirdwatt.search.blueprint.price import Mixed, Pricer, gain, within
from thirdwatt.search.blueprint.question import Question, asked
from thirdwatt.search.blueprint.settle import one_each
from thirdwatt.search.blueprint.space import Designs

ALONE, ON_MIX, ONE_BY_ONE, ROUNDS = 400_000, 20_000, 300, 5
BAR_ALONE, BAR_MIX = 1_000_000, 5_000
LLMCOMPASS_S = (10e-6, 13e-6)
"""Processor time of one area there."""
TRIALS, SEEDS = 1_000, 3
"""Designs that optuna looks at, and runs of which medians are told."""


@dataclass(frozen=True)
class Bench:
    """A question made ready: designs can be priced."""

    question: Question
    pricer: Pricer
    base: Mixed
    weights: Array

    def factor(self, designs: Designs) -> Array:
        """Factors of designs, less than nothing by as much as one breaks a limit."""
        built = self.pricer.built(designs)
        over = np.maximum.reduce([built[f"{name}_used_ratio"] for name in ("reticle", "edge", "heat")])
        able = within(built, self.question.limits) & self.pricer.space.buildable(designs)
        mixed = self.pricer.mixed(designs)
        slow = 1 / gain(self.base.hours, mixed.hours, self.weights)
        good = able & mixed.fits & (slow <= self.question.slowest)
        return np.where(good, gain(self.base.energy_kwh, mixed.energy_kwh, self.weights), -np.maximum(over, slow))


def prepared() -> Bench:
    question = asked(Question())
    mix = weighted(question.mix, question.weights)
    chip, precision = question.baseline, question.baseline_precision
    open_ones = [document_of(each, {"based_on": chip}, chip, precision, question.boundary) for each in mix]
    documents = laid_out(open_ones)
    pricer = Pricer(space_of(question), documents, question.boundary)
    return Bench(question, pricer, one_each(documents, question.boundary), np.array([each.weight for each in mix]))


def least_s(work: Callable[[], object]) -> float:
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def one_by_one(pricer: Pricer, designs: Designs) -> float:
    """Seconds for one design where the same formulas see one after the other."""
    numbers, (batch, *_) = pricer._numbers(designs), pricer._own.batches
    whole = {name: leaf.at(slice(0, 1), CENTRE)[:1] for name, leaf in batch.leaves.items()}

    def each() -> None:
        for place in range(len(designs)):
            own = {name: values[place : place + 1, None] for name, values in numbers.stated.items()}
            solve(batch.program, {**whole, **own}.__getitem__)

    return least_s(each) / len(designs)


def speed(bench: Bench) -> bool:
    random, space = np.random.default_rng(0), bench.pricer.space
    designs = space.drawn(ALONE, random)
    bench.pricer.built(designs[:1000])
    alone = ALONE / least_s(lambda: bench.pricer.built(designs))
    on_mix = ON_MIX / least_s(lambda: bench.pricer.mixed(designs[:ON_MIX]))
    single, start = one_by_one(bench.pricer, designs[:ONE_BY_ONE]), numpy_s()
    print(f"processor seconds of one core, least of {ROUNDS}; import numpy {start:.3f}")
    print(
        f"  by themselves     {alone:12,.0f} designs/s   bar {BAR_ALONE:,}: {'met' if alone >= BAR_ALONE else 'MISSED'}"
        f"   {alone * start:,.0f} in the time of import numpy; {alone * single:,.0f} x one after the other; "
        f"{alone * LLMCOMPASS_S[0]:.0f} to {alone * LLMCOMPASS_S[1]:.0f} x LLMCompass's area alone"
    )
    print(
        f"  on the whole mix  {on_mix:12,.0f} designs/s   bar {BAR_MIX:,}: {'met' if on_mix >= BAR_MIX else 'MISSED'}"
        f"   {on_mix * start:,.0f} in the time of import numpy; {len(bench.pricer.documents)} models each"
    )
    return alone >= BAR_ALONE and on_mix >= BAR_MIX


# --- beside optuna ------------------------------------------------------------------------------------------------


def swept(bench: Bench, seed: int) -> tuple[float, int]:
    """Best factor that the sweep ends with, and the designs it looked at."""
    question = bench.question
    pool, counts = sweeping.find(
        bench.pricer, bench.base, bench.weights, question.limits, slowest=question.slowest, seed=seed
    )
    return float(pool.factor.max(initial=0.0)), counts.looked


def sampled(bench: Bench, seed: int) -> tuple[float, int]:
    """The same by optuna's tree of Parzen estimators, one design after the other."""
    optuna = importlib.import_module("optuna")  # no part of the project
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    axes = bench.pricer.space.axes

    def one(trial: Any) -> float:
        places = [
            trial.suggest_int(axis.field, 0, len(axis.values) - 1)
            if axis.quantity is not None
            else trial.suggest_categorical(axis.field, range(len(axis.values)))
            for axis in axes
        ]
        return float(bench.factor(np.array([places], dtype=np.intp))[0])

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(one, n_trials=TRIALS)
    return float(study.best_value), TRIALS


def drawn(bench: Bench, seed: int) -> tuple[float, int]:
    """The best of as many designs spread over the space."""
    return float(bench.factor(bench.pricer.space.drawn(TRIALS, np.random.default_rng(seed))).max()), TRIALS


def small(bench: Bench, seed: int) -> tuple[float, int]:
    """The sweep with as many designs as optuna has."""
    kept = sweeping.FIRST, sweeping.ROUND, sweeping.PARENTS
    sweeping.FIRST, sweeping.ROUND, sweeping.PARENTS = TRIALS // 4, TRIALS // 32, 24
    try:
        return swept(bench, seed)
    finally:
        sweeping.FIRST, sweeping.ROUND, sweeping.PARENTS = kept


def compared(bench: Bench) -> Iterator[str]:
    for name, way in (
        ("the sweep", swept),
        (f"the sweep, about {TRIALS:,}", small),
        ("spread over the space", drawn),
        ("optuna, TPE", sampled),
    ):
        found = []
        for seed in range(SEEDS):
            began = time.process_time()
            factor, looked = way(bench, seed)
            found.append((factor, looked, time.process_time() - began))
        factors, counts, spent = zip(*found, strict=True)
        yield (
            f"  {name:26} factor {statistics.median(factors):.3f} ({min(factors):.3f} to {max(factors):.3f}), "
            f"{statistics.median(counts):,.0f} designs, {statistics.median(spent):.2f} s"
        )


def main(arguments: list[str]) -> int:
    bench = prepared()
    met = speed(bench)
    if "--optuna" in arguments:
        print(f"best factor found from {bench.question.baseline}, medians of {SEEDS}")
        for line in compared(bench):
            print(line)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
