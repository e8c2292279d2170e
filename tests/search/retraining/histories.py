"""Histories with a known drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from thirdwatt.search.retraining.history import History, history_of
from thirdwatt.search.retraining.policy import Drift

START = date(2024, 1, 1)


def lines_of(
    drift: Drift,
    *,
    rows: int,
    every: int,
    noise: float,
    step: int = 7,
    seed: int = 0,
    better: float = 0.0,
    bursts: Sequence[int] = (),
    height: float = 0.0,
) -> list[str]:
    """Rows a week apart of a model that is trained every so many days and was worth 70 points.

    Parameters
    ----------
    better
        Points by which each model is better than the one before.
    bursts, height
        Days on which that many points are lost at once.
    """
    random = np.random.default_rng(seed)
    lines, model, level = ["date,tokens,evaluation,model"], 0, 70.0
    for day in range(0, rows * step, step):
        if day - model >= every:
            model, level = day, level + better
        at_once = height * sum(model < burst <= day for burst in bursts)
        worth = level - float(drift.lost(float(day - model))) - at_once + random.normal(0.0, noise)
        lines.append(f"{START + timedelta(day)},1e9,{worth:.6f},{START + timedelta(model)}")
    return lines


def made(drift: Drift, *, rows: int, every: int, noise: float, **more: object) -> History:
    """The history of these rows."""
    return history_of(lines_of(drift, rows=rows, every=every, noise=noise, **more))  # type: ignore[arg-type]
