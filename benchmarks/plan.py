"""A plan's search: a million combinations of levers priced by the ledger, step model and all, on one core.

    python benchmarks/plan.py

Bar: a million combinations within 20 seconds of one core. Also printed: what that is to ``import numpy`` in this run,
to as many calls of ``estimate`` without draws as there are combinations (by a sample of them), and the whole command.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from laws import numpy_s
from thirdwatt.ledger import estimate, scenario_of
from thirdwatt.search.levers.lever import Today
from thirdwatt.search.plan import plan
from thirdwatt.search.plan.bench import Bench
from thirdwatt.search.plan.combine import within
from thirdwatt.search.plan.goals import Counted
from thirdwatt.search.plan.offered import offered
from thirdwatt.search.today import start

COMBINATIONS, BAR_S, ALONE = 1_000_000, 20.0, 30
RUNS = ("llama-3.1-405b", "gpt-3-175b", "pretrain-7b-256xa100", "startup-lora-8xh100")


def main() -> int:
    numpy = numpy_s()
    print(f"processor seconds of one core; import numpy {numpy:.3f}")
    worst = 0.0
    for name in RUNS:
        begun = start(scenario_of(name), samples=1, seed=0)
        on, _ = offered(Today(begun.ledger, begun.stated))
        bench = Bench(begun, on, Counted(begun.ledger.boundary))
        many, _ = within(on)
        began = time.process_time()
        bench.prices(many)
        scenarios = time.process_time() - began
        drawn = many[np.random.default_rng(0).integers(0, len(many), COMBINATIONS)]
        began = time.process_time()
        able = bench.prices(drawn).able
        spent = time.process_time() - began
        worst = max(worst, spent)
        alone = [tuple(map(int, row)) for row in drawn[able][:ALONE]]
        began = time.process_time()
        for row in alone:
            document = bench.document(row)
            assert not isinstance(document, str)
            estimate(scenario_of(document), samples=1)
        one = (time.process_time() - began) / ALONE
        began = time.process_time()
        whole = plan(name)
        command = time.process_time() - began
        print(
            f"{name}: {COMBINATIONS:,} combinations {spent:.2f} s, {spent / numpy:.0f} x import numpy, "
            f"1/{one * COMBINATIONS / spent:.0f} of one estimate each; their scenarios and layouts {scenarios:.1f} s; "
            f"the whole plan {command:.1f} s, {whole.found.looked:,} combinations"
        )
    print(f"bar {BAR_S:g} s: {'met' if worst <= BAR_S else 'MISSED'}")
    return 0 if worst <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
