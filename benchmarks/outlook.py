"""100,000 paths of the outlook over fifteen years, beside the same count of normal draws by numpy."""

from __future__ import annotations

import time

import numpy as np

from thirdwatt.outlook.answer import outlook
from thirdwatt.outlook.assumptions import assumptions
from thirdwatt.outlook.paths import Gain, Walk

PATHS, UNTIL, BAR_S = 100_000, 2040, 1.0
ROUNDS = 3


def timed(what: str, work: object) -> float:
    assert callable(work)
    best = float("inf")
    for _ in range(ROUNDS):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    print(f"{what:44}{best:8.2f} s")
    return best


def walked() -> None:
    for _ in Walk(assumptions(), Gain(3.0, 2028), UNTIL, PATHS, 0):
        pass


def drawn() -> None:
    random = np.random.default_rng(0)
    for _ in range(15):
        random.standard_normal(PATHS)


if __name__ == "__main__":
    paths = timed(f"{PATHS:,} paths to {UNTIL}, every quantity", walked)
    timed("with fans, forecasts and what a gain buys", lambda: outlook(until=UNTIL, samples=PATHS))
    plain = timed(f"15 x {PATHS:,} normal draws by numpy", drawn)
    held = "holds" if paths <= BAR_S else "missed"
    print(f"paths: {paths / plain:.0f} times the draws; bar {BAR_S:g} s of processor: {held}")
