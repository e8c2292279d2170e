"""Scores: how far estimates are from what was published, in the median, in the mean, in bias and at worst.

A family is the runs of one generation of accelerators; each has its own line and weighs as much as any other. The
baselines answer the same questions with one constant utilisation, and with nameplate watts.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

import numpy as np

from thirdwatt.facts import table
from thirdwatt.ledger import Ledger, Total, estimate
from thirdwatt.ledger.ledger import TOTALS, total
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.validation.cases import BOUNDARY_OF, QUESTIONS, Case, LeftOut, cases
from thirdwatt.validation.development_scores import DEVELOPMENT_QUESTIONS, development_answers
from thirdwatt.validation.lever_scores import LEVER_QUESTIONS, SCORED, Held, held, lever_answers
from thirdwatt.validation.memory_scores import ALL, MEMORY_QUESTIONS, Refused, memory_answers, refused
from thirdwatt.validation.step_scores import GROUPS, STEP_QUESTIONS, TUNING, groups_of, left_out_answers, step_answers
from thirdwatt.validation.steps import steps

SAMPLES = 400
SERVERS = ("it_energy_kwh", "facility_energy_kwh")
"""Energies that were metered at servers: accelerators and hosts, without network, storage and kept data."""

LEAST_FOR_A_FAMILY = 3
WORST = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """An estimate beside what was published; ``baseline`` is the simple method's answer, if it has one."""

    case: Case
    predicted: Total
    baseline: float | None

    @property
    def error(self) -> float:
        """Relative error: predicted over published, less one."""
        return self.predicted.value / self.case.published - 1

    @property
    def covered(self) -> bool:
        """Whether the published figure lies inside the 90 % interval."""
        return self.predicted.low <= self.case.published <= self.predicted.high


@dataclass(frozen=True, slots=True)
class Score:
    """How one set of answers stands.

    ``median`` and ``mean`` are of the absolute relative error, ``bias`` is the mean of ln(predicted/published) as a
    relative error, ``factor`` the mean of its size as a factor; ``half_width`` that of the 90 % interval in units of
    the value; ``p90`` the absolute relative error that one in ten exceeds.
    """

    question: str
    family: str
    n: int
    median: float
    mean: float
    bias: float
    factor: float
    coverage: float
    half_width: float
    p90: float
    baseline_median: float | None
    baseline_factor: float | None
    worst: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Validation:
    """Every answer, its scores, and what was left out."""

    answers: tuple[Answer, ...]
    left_out: tuple[LeftOut, ...]
    constant_mfu: float
    steps: tuple[Answer, ...] = ()
    memory: tuple[Answer, ...] = ()
    refused: tuple[Refused, ...] = ()
    development: tuple[Answer, ...] = ()
    thorough: bool = False

    @property
    def levers(self) -> tuple[Held, ...]:
        """Levers held against what was published of them; priced when they are first asked for."""
        return held(SAMPLES)

    def step_scores(self) -> list[Score]:
        """By question of the step model: lines across families, then every family."""
        by_id = {step.id: step for step in steps()}
        return _lined(STEP_QUESTIONS, (*GROUPS, TUNING), self.steps, lambda case: groups_of(by_id[case.run]))

    def memory_scores(self) -> list[Score]:
        """By question of the memory chapter: all peaks, then every family."""
        return _lined(MEMORY_QUESTIONS, (ALL,), self.memory, lambda case: (ALL, case.domain))

    def development_scores(self) -> list[Score]:
        """By question of development: all projects; failures of the jobs that set the rate apart from others."""

        def lines(case: Case) -> tuple[str, ...]:
            return (case.domain if case.question == "failures" else ALL,)

        return _lined(DEVELOPMENT_QUESTIONS, (), self.development, lines)

    def lever_scores(self) -> list[Score]:
        """Ratios of levers, by kind of evidence."""
        return lever_scores(self.levers)

    def scores(self) -> list[Score]:
        """By question: all runs, those set apart, then each family with enough runs."""
        found = []
        for question in QUESTIONS:
            asked = [answer for answer in self.answers if answer.case.question == question]
            if not asked:
                continue
            found.append(score(question, "all", asked))
            apart = [answer for answer in asked if answer.case.unfitted]
            if len(apart) >= LEAST_FOR_A_FAMILY:
                found.append(score(question, "set apart", apart))
            families = sorted({answer.case.generation for answer in asked})
            for family in families:
                own = [answer for answer in asked if answer.case.generation == family]
                if len(own) >= LEAST_FOR_A_FAMILY:
                    found.append(score(question, family, own))
        return found


def lever_scores(levers: Iterable[Held]) -> list[Score]:
    """Ratios of levers, those that test the ledger apart from those that lent it a figure and from arithmetic."""
    answers = [Answer(*each) for each in lever_answers(levers)]
    return _lined(LEVER_QUESTIONS, SCORED, answers, lambda case: (case.domain,))


def validate(progress: Callable[[Sequence[Case]], Iterable[Case]] = iter, *, thorough: bool = False) -> Validation:
    """Answer every question about every published run.

    Parameters
    ----------
    progress
        Called with the cases and iterated over, so that a command can show how far it is.
    thorough
        Whether to fit the step model anew without each family and to search chips, which takes some minutes.
    """
    found, left = cases()
    answered = []
    ledgers: list[tuple[Case, Ledger]] = []
    for case in progress(found):
        try:
            ledger = estimate(case.scenario, samples=SAMPLES)
        except (InputError, InsufficientError) as error:
            left.append(LeftOut(case.run, case.question, str(error)))
            continue
        ledgers.append((case, ledger))
    constant = _constant_mfu(ledgers)
    for case, ledger in ledgers:
        predicted = _predicted(case, ledger)
        if predicted is None:
            left.append(LeftOut(case.run, case.question, "the book computes no such figure for it"))
        else:
            answered.append(Answer(case, predicted, _baseline(case, ledger, constant)))
    of_steps = [Answer(*each) for each in (*step_answers(SAMPLES), *(left_out_answers(SAMPLES) if thorough else ()))]
    of_memory = [Answer(*each) for each in memory_answers(SAMPLES)]
    return Validation(
        tuple(answered),
        tuple(left),
        constant,
        tuple(of_steps),
        memory=tuple(of_memory),
        refused=tuple(refused()),
        development=tuple(Answer(*each) for each in development_answers(SAMPLES)),
        thorough=thorough,
    )


def _predicted(case: Case, ledger: Ledger) -> Total | None:
    """The ledger's figure at the place where the meter stood."""
    if case.question == "carbon":
        energy = _metered(case, ledger)
        intensity = case.scenario["site"]["intensity_kg_per_kwh"]
        return None if energy is None else Total(*(intensity * each for each in astuple(energy)))
    return _metered(case, ledger)


def _metered(case: Case, ledger: Ledger) -> Total | None:
    scope = table("runs").rows[case.run].text.get("power_scope")
    energy = next((name for name in BOUNDARY_OF if name in table("runs").rows[case.run].figures), case.quantity)
    quantity = energy if case.question == "carbon" else case.quantity
    if case.question == "watts":
        outside = scope == "facility"
        names = ("accelerator_power_w",) if scope == "accelerator" else ("accelerator_power_w", "host_power_w")
        return _summed(ledger, names, with_pue=outside)
    if case.question in ("energy", "energy_free", "carbon") and scope == "server" and quantity in SERVERS:
        names = ("accelerators_energy_kwh", "cpu_servers_energy_kwh")
        return _summed(ledger, names, with_pue=quantity == "facility_energy_kwh")
    return ledger.of(TOTALS.get(quantity, quantity))


def _summed(ledger: Ledger, names: Sequence[str], *, with_pue: bool) -> Total | None:
    """Sum of quantities, draw by draw, with the building's overhead on it or without."""
    parts = [ledger.samples(name) for name in names]
    pue = ledger.samples("pue")
    if pue is None or any(part is None for part in parts):
        return None
    whole = np.sum([part for part in parts if part is not None], axis=0)
    return total(whole * pue if with_pue else whole)


# --- baselines ----------------------------------------------------------------------------------------------------


def _constant_mfu(ledgers: Sequence[tuple[Case, Ledger]]) -> float:
    """The one utilisation, goodput included, that puts the median run right: among those not set apart."""
    implied = [_rate(case, ledger) for case, ledger in ledgers if case.question == "time" and not case.unfitted]
    return statistics.median(value for value in implied if value is not None) if implied else math.nan


def _rate(case: Case, ledger: Ledger) -> float | None:
    flop, peak = ledger.of("workload_flop"), ledger.of("accelerator_peak_flop_per_s")
    return None if flop is None or peak is None else flop.value / (case.published * 3600 * peak.value)


def _baseline(case: Case, ledger: Ledger, constant_mfu: float) -> float | None:
    """Hours by one constant utilisation; watts by nameplate; energy by nameplate watts times stated hours."""
    tdp = ledger.figures.get("accelerator_tdp_w")
    if case.question == "time":
        rate = _rate(case, ledger)
        return None if rate is None else case.published * rate / constant_mfu
    if case.question == "watts":
        return None if tdp is None else tdp.value
    if case.question == "energy" and tdp is not None:
        hours: float = case.scenario["known"]["accelerator_hours"]
        return tdp.value * hours / 1000
    return None


# --- scores -------------------------------------------------------------------------------------------------------


def score(question: str, family: str, answers: Sequence[Answer]) -> Score:
    """How a set of answers stands."""
    errors = [answer.error for answer in answers]
    logs = [math.log(answer.predicted.value / answer.case.published) for answer in answers]
    widths = [(each.predicted.high - each.predicted.low) / 2 / each.predicted.value for each in answers]
    simple = [math.log(each.baseline / each.case.published) for each in answers if each.baseline]
    ranked = sorted(answers, key=lambda each: -abs(math.log(each.predicted.value / each.case.published)))
    return Score(
        question=question,
        family=family,
        n=len(answers),
        median=statistics.median(map(abs, errors)),
        mean=statistics.fmean(map(abs, errors)),
        bias=math.expm1(statistics.fmean(logs)),
        factor=math.exp(statistics.fmean(map(abs, logs))),
        coverage=statistics.fmean(answer.covered for answer in answers),
        half_width=statistics.fmean(widths),
        p90=float(np.quantile(np.abs(errors), 0.9)),
        baseline_median=statistics.median(abs(math.expm1(each)) for each in simple) if simple else None,
        baseline_factor=math.exp(statistics.fmean(map(abs, simple))) if simple else None,
        worst=tuple((answer.case.run, answer.error) for answer in ranked[:WORST]),
    )


def _lined(
    questions: Mapping[str, str],
    first: Iterable[str],
    answers: Sequence[Answer],
    lines_of: Callable[[Case], Iterable[str]],
) -> list[Score]:
    """By question: a score for each line that an answer belongs to, those named first before the others."""
    found = []
    for question in questions:
        lines: dict[str, list[Answer]] = {name: [] for name in first}
        for answer in answers:
            if answer.case.question == question:
                for line in lines_of(answer.case):
                    lines.setdefault(line, []).append(answer)
        found += [score(question, line, own) for line, own in lines.items() if own]
    return found


@dataclass(frozen=True, slots=True)
class Sum:
    """A published figure beside the product of the published factors; ``with_pue`` if the building is among them."""

    run: str
    what: str
    product: float
    published: float
    with_pue: bool

    @property
    def off(self) -> float:
        """Relative difference of the product."""
        return self.product / self.published - 1


def arithmetic() -> Iterator[Sum]:
    """Hours x watts beside the published energy, energy x intensity beside the published carbon.

    Where the boundary leaves it open whether the PUE belongs to the product, both are tried and the nearer is taken.
    """
    for row in table("runs"):
        figures = {name: figure.value for name, figure in row.figures.items()}
        energy = next((name for name in BOUNDARY_OF if name in figures), None)
        hours, watts = figures.get("accelerator_hours"), figures.get("accelerator_power_w")
        pue, intensity = figures.get("pue"), figures.get("grid_intensity_kg_per_kwh")
        if energy is not None and hours is not None and watts is not None:
            yield _nearer(row.id, energy, hours * watts / 1000, figures[energy], pue)
        if energy is not None and intensity is not None and "carbon_kg" in figures:
            yield _nearer(row.id, "carbon_kg", figures[energy] * intensity, figures["carbon_kg"], pue)


def _nearer(run: str, what: str, product: float, published: float, pue: float | None) -> Sum:
    tried = [Sum(run, what, product, published, with_pue=False)]
    if pue is not None:
        tried.append(Sum(run, what, product * pue, published, with_pue=True))
    return min(tried, key=lambda each: abs(each.off))
