"""How the step model stands against published steps: those it was fitted to, those set apart, families left out.

Three questions are asked of every step: of rows the fit has seen, of configurations that were set apart, and of each
family with everything fitted anew without it and its software not named. The baseline is one constant utilisation for
each width of number, the median of the rows that are not set apart.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from thirdwatt.ledger import Total
from thirdwatt.ledger.book import book
from thirdwatt.ledger.calibration import Batch
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.pricing import estimate_table
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import parse
from thirdwatt.validation.cases import Case
from thirdwatt.validation.fit import CORE_CONSTANTS, fit_to, logs_of
from thirdwatt.validation.steps import QUANTITY, Step, steps

STEP_QUESTIONS = {
    "step": "time of a step, layout and software stated, rows that were fitted",
    "step_apart": "time of a step, layout and software stated, configurations set apart",
    "step_unknown": "time of a step, a whole family left out of the fit, layout and year stated, software not",
}
"""What is asked of the step model."""

GROUPS: Mapping[str, Callable[[Step], bool]] = {
    "A100 and H100, dense": lambda step: step.generation in ("ampere", "hopper") and not step.experts,
    "Blackwell, dense": lambda step: step.generation.startswith("blackwell") and not step.experts,
    "TPU": lambda step: step.generation.startswith("tpu"),
    "routed experts": lambda step: step.experts,
}
"""Lines across families, of steps that train from scratch."""

TUNING = "fine-tuning, all"


def groups_of(step: Step) -> tuple[str, ...]:
    """Lines that a step belongs to."""
    if step.tuned:
        return (TUNING, step.family)
    return (*(name for name, holds in GROUPS.items() if holds(step)), step.family)


def step_answers(samples: int) -> Iterator[tuple[Case, Total, float | None]]:
    """Every step with what the model gives for it and the baseline."""
    rows = steps()
    baseline = _baseline(rows)
    table = estimate_table([(step.id, step.scenario) for step in rows], samples=samples)
    for step, row, simple in zip(rows, table, baseline, strict=True):
        predicted = None if row.totals is None else row.totals["step_time_s"]
        if predicted is not None:
            yield _case(step, "step_apart" if step.unfitted else "step"), predicted, simple


def left_out_answers(samples: int) -> Iterator[tuple[Case, Total, float | None]]:
    """Every step from scratch by constants fitted without its family, its software not named."""
    rows = [step for step in steps() if not step.tuned]
    for family in dict.fromkeys(step.family for step in rows):
        own = [replace(step, scenario=unnamed(step.scenario)) for step in rows if step.family == family]
        others = [step for step in rows if step.family != family and not step.unfitted]
        moved = logs_of(CORE_CONSTANTS, fit_to(others, CORE_CONSTANTS, {}))
        batch = Batch.of([step.scenario for step in own], QUANTITY)
        ratio = batch.predict(moved) / batch.predict({})
        table = estimate_table([(step.id, step.scenario) for step in own], samples=samples)
        for step, row, factor in zip(own, table, ratio, strict=True):
            found = None if row.totals is None else row.totals["step_time_s"]
            if found is not None:
                scaled = Total(found.value * factor, found.low * factor, found.high * factor)
                yield _case(step, "step_unknown"), scaled, None


def unnamed(scenario: Scenario) -> Scenario:
    """The same scenario with its software not named; the year stays."""
    document = copied(scenario.document)
    document.get("software", {}).pop("stack", None)
    return parse(document, book().names, name=scenario.name)


def _case(step: Step, question: str) -> Case:
    return Case(
        run=step.id,
        question=question,
        generation=step.generation,
        domain=step.family,
        scenario=step.scenario.document,
        quantity="step_time_s",
        published=step.measured_s,
        unfitted=step.unfitted,
    )


def _baseline(rows: Sequence[Step]) -> list[float]:
    """Time of each step at one constant utilisation for its width of number."""
    scenarios = [step.scenario for step in rows]
    model = Batch.of(scenarios, QUANTITY).predict({})
    reached = Batch.of(scenarios, "step_mfu_share").predict({})
    measured = np.array([step.measured_s for step in rows])
    implied = reached * model / measured
    widths = [step.scenario.choices["precision"] for step in rows]
    seen: dict[str, list[float]] = {}
    for mfu, width, step in zip(implied, widths, rows, strict=True):
        if _sees(step, rows, width):
            seen.setdefault(width, []).append(float(mfu))
    constant = {width: statistics.median(own) for width, own in seen.items()}
    return [float(time * mfu / constant[width]) for time, mfu, width in zip(model, reached, widths, strict=True)]


def _sees(step: Step, rows: Sequence[Step], width: str) -> bool:
    """Whether the baseline may look at a step: at one set apart only where no other has its width."""
    return not step.unfitted or all(other.unfitted for other in rows if other.scenario.choices["precision"] == width)
