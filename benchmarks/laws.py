"""Scaling laws through the engine: a million sizes with their data by every law, beside the same lines of numpy.

    python benchmarks/laws.py

Bar: all laws over a million points within one second of one core. Also printed: what that is to ``import numpy`` in the
same run, and to the formulas written out by hand, which know no scenario, no repeats and no provenance.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.laws import predicted

POINTS, ROUNDS, BAR_S = 1_000_000, 5, 1.0
LOSS = "predicted_loss_nats_per_token"
WHOLE = (LOSS, "optimal_parameter_count", "optimal_token_count", "isoloss_flop_ratio", "third_quality_ratio")


def median_s(work: Callable[[], object]) -> float:
    """Processor seconds of a round, median of five."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return statistics.median(found)


def numpy_s() -> float:
    """Processor seconds that ``import numpy`` takes in a process of its own."""
    found = []
    for _ in range(ROUNDS):
        began = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        subprocess.run([sys.executable, "-c", "import numpy"], check=True)
        found.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - began)
    return statistics.median(found)


def by_hand(sizes: np.ndarray, tokens: np.ndarray) -> None:
    """The three laws of one form, each in a line."""
    for name in ("besiroglu", "hoffmann", "muennighoff"):
        of = {field: figure.value for field, figure in table("laws").rows[name].figures.items()}
        size = of["size_loss_nats_per_token"] / sizes ** of["size_exponent_ratio"]
        _ = (
            of["irreducible_loss_nats_per_token"]
            + size
            + of["data_loss_nats_per_token"] / tokens ** of["data_exponent_ratio"]
        )


def main() -> int:
    random = np.random.default_rng(0)
    sizes, tokens = 10 ** random.uniform(7, 12, POINTS), 10 ** random.uniform(8, 14, POINTS)
    over = {"active_parameter_count": sizes, "token_count": tokens}
    scenario, names = scenario_of({}), [row.id for row in table("laws")]

    def all_laws(targets: tuple[str, ...]) -> None:
        for name in names:
            predicted(scenario, name, over, targets)

    loss, whole = median_s(lambda: all_laws((LOSS,))), median_s(lambda: all_laws(WHOLE))
    hand, start = median_s(lambda: by_hand(sizes, tokens)), numpy_s()
    print(f"{POINTS:,} points, {len(names)} laws, processor seconds of one core, medians of {ROUNDS}")
    print(f"  loss                       {loss:.3f}   {loss / start:.1f} x import numpy, {loss / hand:.1f} x by hand")
    print(f"  loss and cheapest ways     {whole:.3f}   {whole / start:.1f} x import numpy")
    print(f"  bar {BAR_S:g} s: {'met' if loss <= BAR_S else 'MISSED'}")
    return 0 if loss <= BAR_S else 1


if __name__ == "__main__":
    sys.exit(main())
