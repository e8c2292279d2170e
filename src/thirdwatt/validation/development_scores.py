"""How development and failures stand against what was published.

Multipliers are those of the table ``developments``: each is held against the spread that stands in where nothing is
stated, and against the spread of the other projects, so that none tests itself. ``development.csv`` holds published
parts, which the formula of parts must add up as their totals do, and published failures, which the rate of failures is
held against. Rows the rate was taken from say so and are no test of it.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from thirdwatt.ledger import Ledger, Total, estimate, sweep
from thirdwatt.ledger.development import MULTIPLIER, published
from thirdwatt.ledger.pricing import OF_DEVELOPMENT
from thirdwatt.ledger.samples import SCORE_AT_95
from thirdwatt.validation.cases import Case

DEVELOPMENT_QUESTIONS = {
    "development": "all work to that of the final run, nothing stated",
    "development_apart": "all work to that of the final run, by the spread of the other projects",
    "failures": "failures of a job, size and hours stated",
}
"""What is asked of the chapter of development."""

FINAL_RUN_ALONE = 1.0
"""Baseline of a multiplier: that of whoever counts the final run alone."""

PARTS = {"failed": "failed_run_ratio", "ablation": "ablation_ratio", "search": "search_ratio"}
"""Quantity of each part, by how the lines of the table begin."""

EFFECTIVE_SHARE = 0.9
"""Share of the time that Llama 3 was trained in at least, as published."""
RESTARTS_H = (10 / 60, 0.2)
"""Restarts for which the longest pause is told: ten minutes, and what the tables have."""

LOST = ("failure_waste_share", "daly_waste_share")
"""Share of all time that failures take, by the first order and by the full model."""


@dataclass(frozen=True, slots=True)
class AddedUp:
    """A published total beside what the formula of parts makes of the published parts."""

    run: str
    multiplier: float
    published: float
    note: str

    @property
    def off(self) -> float:
        """Relative difference."""
        return self.multiplier / self.published - 1


@dataclass(frozen=True, slots=True)
class Failing:
    """A job of which failures were counted."""

    id: str
    accelerators: float
    hours: float
    failures: float
    fitted: bool
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Longest pause for a checkpoint at which Llama 3 reaches its published share, by first order and full model."""

    restart_h: float
    first_order_s: float
    full_model_s: float


def development_answers(samples: int) -> Iterator[tuple[Case, Total, float | None]]:
    """Every multiplier and every count of failures with what the book gives for it."""
    typical = _asked(8, samples).of(MULTIPLIER)
    assert typical is not None  # noqa: S101 - it was asked for
    rows = published()
    for row in rows:
        yield _case(row.id, "development", row.counts, row.multiplier), typical, FINAL_RUN_ALONE
    for row in rows:
        others = [each.multiplier for each in rows if each.id != row.id]
        yield (
            _case(row.id, "development_apart", row.counts, row.multiplier, unfitted=True),
            spread(others),
            FINAL_RUN_ALONE,
        )
    for job in failing():
        ledger = _asked(job.accelerators, samples, hours=job.hours)
        expected = ledger.of("failure_count")
        assert expected is not None  # noqa: S101 - hours are known
        counts = "fitted" if job.fitted else "set apart"
        yield _case(job.id, "failures", counts, job.failures, unfitted=not job.fitted), expected, None


def spread(multipliers: Sequence[float]) -> Total:
    """Median and 90 % interval that some projects give for another one: log-normal work beside the final run."""
    logs = [math.log(each - 1) for each in multipliers]
    middle, width = statistics.fmean(logs), statistics.stdev(logs) * math.sqrt(1 + 1 / len(logs))
    low, value, high = (1 + math.exp(middle + score * width) for score in (-SCORE_AT_95, 0, SCORE_AT_95))
    return Total(value, low, high)


def _asked(accelerators: float, samples: int, hours: float = 1.0, **known: float) -> Ledger:
    stated = {"accelerator_hours": accelerators * hours, "wall_time_h": hours, **known}
    document = {"cluster": {"count": accelerators}, "known": stated}
    return estimate(document, samples=samples, also=OF_DEVELOPMENT)


def _case(run: str, question: str, counts: str, value: float, *, unfitted: bool = False) -> Case:
    quantity = "failure_count" if question == "failures" else MULTIPLIER
    return Case(run, question, "", counts, {}, quantity, value, unfitted)


# --- parts and failures -------------------------------------------------------------------------------------------


@cache
def _lines(question: str) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """Lines of the table by project, of one question."""
    text = resources.files("thirdwatt.validation").joinpath("development.csv").read_text(encoding="utf-8")
    found: dict[str, list[Mapping[str, str]]] = {}
    for line in csv.DictReader(io.StringIO(text)):
        if line["question"] == question:
            found.setdefault(line["id"], []).append(line)
    return found


def added_up() -> Iterator[AddedUp]:
    """Published parts through the formula of parts, beside their published total."""
    for run, lines in _lines("parts").items():
        sums: dict[str, float] = {}
        for line in lines:
            part = line["quantity"].rpartition("_")[0]
            sums[part] = sums.get(part, 0.0) + float(line["value"])
        known = {quantity: sums.get(part, 0.0) / sums["final"] for part, quantity in PARTS.items()}
        whole = _asked(8, 1, **known).of(MULTIPLIER)
        assert whole is not None  # noqa: S101 - it was asked for
        yield AddedUp(run, whole.value, sums["project"] / sums["final"], lines[-1]["note"])


@cache
def failing() -> tuple[Failing, ...]:
    """Jobs of which failures were counted."""
    found = []
    for run, lines in _lines("failures").items():
        value = {line["quantity"]: float(line["value"]) for line in lines}
        found.append(
            Failing(
                id=run,
                accelerators=value["accelerator_count"],
                hours=value["wall_time_h"],
                failures=value["failure_count"],
                fitted=value["fitted"] == 1,
                source=lines[0]["source"],
                note=lines[0]["note"],
            )
        )
    return tuple(found)


def pauses() -> Iterator[Pause]:
    """How long a checkpoint may hold up Llama 3 at its own rate of failures, for its published share of useful time."""
    job = next(each for each in failing() if each.id == "llama-3.1-405b")
    seconds = np.arange(0.1, 300.0, 0.1)
    for restart in RESTARTS_H:
        over = {
            "checkpoint_time_s": seconds,
            "restart_time_h": np.full(len(seconds), restart),
            "time_between_failures_h": np.full(len(seconds), job.hours / job.failures),
        }
        lost = sweep({"cluster": {"count": job.accelerators}}, over, LOST)
        reached = (seconds[lost[name] <= 1 - EFFECTIVE_SHARE] for name in LOST)
        first, full = (float(each[-1]) if len(each) else 0.0 for each in reached)
        yield Pause(restart, first, full)
