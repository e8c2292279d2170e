"""Axes: what of a layout may vary, and which values of each are worth a try for a model on a cluster.

Values stand as a scenario states them, the simplest first: of layouts that are equally good the simpler one is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger import scenario_of
from thirdwatt.ledger.leaves import figures
from thirdwatt.scenario import Scenario
from thirdwatt.scenario.parse import QUANTITY_OF
from thirdwatt.search.layout.job import Job

MOST_TENSOR = 128
MOST_CONTEXT = 64
MOST_MICRO_BATCH = 1_024
MOST_MICRO_TOKENS = 2**20
"""Tokens of a micro-batch beyond which nothing gains by a larger one."""
LEAST_PART_TOKENS = 512
"""Tokens of a sequence that one accelerator should have at least: below, attention has nothing to work on."""
CAPS = (0.9, 0.8, 0.7, 0.6, 0.5)
"""Limits on an accelerator's draw, as shares of its design power, to where measured caps are worse than the law."""
CAP_STEP_W = 5
OPEN = None
"""Value of an axis that leaves its field unstated."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One thing that varies.

    Attributes
    ----------
    path
        Where a scenario states it.
    values
        As it states them.
    columns
        Numbers of each value, by the quantity or the code of an option that it decides.
    """

    path: str
    values: tuple[Any, ...]
    columns: Mapping[str, NDArray[Any]]


def axis(scenario: Scenario, path: str, values: Sequence[Any], unstated: float = np.nan) -> Axis:
    """An axis over a quantity, or over an option that decides codes alone.

    Parameters
    ----------
    unstated
        What a quantity is where a value leaves it open.

    Raises
    ------
    InputError
        If a value is none that the scenario may have.
    KeyError
        If it decides more than codes, so that every value is a scenario of its own.
    """
    quantity = QUANTITY_OF.get(path)
    if quantity is not None:
        numbers = [unstated if value is OPEN else value for value in values]
        return Axis(path, tuple(values), {quantity: np.array(numbers, dtype=np.float64)})
    before = _uncalibrated(scenario)
    stated = [_uncalibrated(scenario_of(scenario, {path: value})) for value in values]
    columns = {}
    for name in dict.fromkeys(name for each in (before, *stated) for name in each):
        found = [each.get(name) for each in stated]
        if all(each == before.get(name) for each in found):
            continue
        if not name.endswith("_code") or None in found:
            raise KeyError(path)
        columns[name] = np.array([int(each.value) for each in found if each is not None], dtype=np.intp)
    return Axis(path, tuple(values), columns)


def _uncalibrated(scenario: Scenario) -> Mapping[str, Figure]:
    """Leaves as the tables have them: what measurements move is the same for all layouts."""
    return figures(replace(scenario, calibration=()))


# --- usual values -------------------------------------------------------------------------------------------------


def divisors(number: int) -> list[int]:
    """All divisors of a whole number, the least first."""
    small = [each for each in range(1, int(number**0.5) + 1) if number % each == 0]
    return sorted({*small, *(number // each for each in small)})


def _tensor(job: Job) -> Iterable[int]:
    return (each for each in divisors(job.heads) if each <= min(max(job.counts), MOST_TENSOR))


def _pipeline(job: Job) -> Iterable[int]:
    return sorted({each for count in job.counts for each in divisors(count) if each <= job.layers})


def _virtual(job: Job) -> Iterable[int]:
    """Chunks that give no stage more than a layer more than it has without."""
    found = {1}
    for stages in _pipeline(job):
        most = ceil(job.layers / stages) + 1
        if stages > 1:
            found |= {each for each in range(1, most) if ceil(job.layers / (stages * each)) * each <= most}
    return sorted(found)


def _context(job: Job) -> Iterable[int]:
    most = min(max(job.counts), MOST_CONTEXT, max(job.sequence // LEAST_PART_TOKENS, 1))
    return (2**power for power in range(most.bit_length()) if 2**power <= most)


def _expert(job: Job) -> Iterable[int]:
    return (each for each in divisors(job.experts) if each <= max(job.counts)) if job.experts else (1,)


def _micro_batch(job: Job) -> Iterable[int]:
    most = min(MOST_MICRO_BATCH, max(MOST_MICRO_TOKENS // max(job.sequence, 1), 1))
    return (each for each in divisors(job.batch) if each <= most)


def _offload(job: Job) -> Iterable[str]:
    return ("none", "optimizer", "weights") if max(job.counts) <= job.in_host else ("none",)


def _caps(job: Job) -> Iterable[float | None]:
    return (OPEN, *(float(round(job.tdp_w * share / CAP_STEP_W) * CAP_STEP_W) for share in CAPS))


AXES: Mapping[str, Callable[[Job], Iterable[Any]]] = {
    "layout.offload": _offload,
    "layout.pipeline": _pipeline,
    "layout.virtual_stages": _virtual,
    "layout.tensor": _tensor,
    "layout.context": _context,
    "layout.expert": _expert,
    "layout.zero_stage": lambda _: (0, 1, 2, 3),
    "layout.recompute": lambda _: ("none", "selective", "full"),
    "layout.micro_batch": _micro_batch,
}
"""What of a layout is searched, and its usual values; of two equally good layouts the one is simpler that has the
simpler value of what stands first here."""

LATE: Mapping[str, Callable[[Job], Iterable[Any]]] = {"cluster.power_cap_w": _caps}
"""What decides neither whether a layout is possible nor what it holds in memory."""


def usual(path: str, job: Job) -> tuple[Any, ...]:
    """Usual values of an axis, where the software can set it; else the one it has."""
    _, _, field = path.partition(".")
    if path in LATE:
        return tuple(LATE[path](job))
    able = not job.degrees or field in job.degrees or field in ("micro_batch", "recompute", "offload", "zero_stage")
    values = tuple(AXES[path](job))
    if field == "zero_stage" and job.degrees:
        values = tuple(each for each in values if f"zero_{each}" in job.degrees)
    return values if able else values[:1]


def counts_up_to(most: int, in_host: int) -> tuple[int, ...]:
    """Numbers of accelerators where none is stated: whole hosts, doubled, and a half more between."""
    found = {1}
    host = max(in_host, 1)
    for power in range(17):
        found |= {host * 2**power, host * 3 * 2**power}
    return tuple(sorted(each for each in found if each <= most))
