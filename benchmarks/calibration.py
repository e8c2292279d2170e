"""What five measured steps of one family do to its other steps, and to other families on the same generation of chip.

``python benchmarks/calibration.py`` prints the mean error after over that before, and how many pairs of families got
worse by more than a tenth; none should.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from thirdwatt.ledger.calibration import Batch
from thirdwatt.scenario.scenario import Measured
from thirdwatt.validation.steps import QUANTITY, Step, steps

MEASURED, LEAST, MOST, WORSE = 5, 2, 25, 1.1


def error(rows: Sequence[Step], calibration: tuple[Measured, ...] = ()) -> float:
    """Mean absolute error of some steps."""
    batch = Batch.of([replace(row.scenario, calibration=calibration) for row in rows], QUANTITY)
    return float(np.abs(batch.predict({}) / np.array([row.measured_s for row in rows]) - 1).mean())


def main() -> None:
    """Every pair of families once, five steps drawn of the first."""
    random = np.random.default_rng(1)
    families: dict[tuple[str, str], list[Step]] = defaultdict(list)
    for step in steps():
        families[step.family, step.generation].append(step)
    own: list[tuple[float, str]] = []
    others: list[tuple[float, str]] = []
    for (one, chip), (other, same) in product(families, families):
        first = families[one, chip]
        if chip != same or len(first) < MEASURED:
            continue
        chosen = [first[number] for number in random.choice(len(first), MEASURED, replace=False)]
        rest = [step for step in families[other, same] if step not in chosen][:MOST]
        if len(rest) < LEAST:
            continue
        calibration = tuple(Measured(step.scenario, QUANTITY, step.measured_s) for step in chosen)
        ratio = error(rest, calibration) / error(rest)
        (own if one == other else others).append((ratio, f"{one} > {other} ({chip})"))
    worse = sum(ratio > WORSE for ratio, _ in others)
    met = "ok  " if worse == 0 else "MISS"
    print(f"{met} {len(others)} pairs, worse by more than a tenth: {worse}; worst {max(others)}")
    low, middle, high = np.quantile([ratio for ratio, _ in own], (0.1, 0.5, 0.9))
    print(f"     {len(own)} families by their own steps: ratio {middle:.2f} ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
