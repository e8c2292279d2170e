"""From a scenario to its ledger, and from many scenarios to their totals in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.calibrated import alike, calibrated
from thirdwatt.ledger.contradictions import contradictions, outside_published
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.evaluate import Values, chunks, needed, solve, trace
from thirdwatt.ledger.graph import Program, program
from thirdwatt.ledger.leaves import columns, figures, informed
from thirdwatt.ledger.ledger import ACCOUNTED, QUANTILES, TOTALS, WITHIN, Ledger, Total, path_of, total
from thirdwatt.ledger.limits import demand_buildable, unbuildable
from thirdwatt.ledger.samples import Array, Leaf, Scores
from thirdwatt.ledger.sensitivity import assumed_share, spread_shares
from thirdwatt.quantity import BOUNDARIES, Observation, limits
from thirdwatt.scenario import InputError, InsufficientError, Mistake, Scenario, Warn
from thirdwatt.scenario.parse import parse
from thirdwatt.scenario.read import chips_first, read, with_chip, with_setting

SAMPLES = 1_000

ACCOUNTS = (
    *dict.fromkeys(TOTALS.values()),
    "facility_energy_kwh",
    "accelerators_facility_energy_kwh",
    "accelerator_count",
    "trained_token_count",
    "pue",
    "component_power_share",
    "component_capex_share",
    "component_cost_share",
    *(account.by_component for account in ACCOUNTED.values()),
    "phase_energy_kwh",
    "phase_time_share",
    "parameter_count",
    "active_parameter_count",
    "adapter_parameter_count",
    "electricity_cost_usd",
    "break_even_utilisation_share",
    "modelled_step_s",
    "memory_used_ratio",
    "host_used_ratio",
    "accelerators_in_site_count",
    "carbon_kg",
    "carbon_market_kg",
    "carbon_marginal_kg",
    "water_l",
)
"""What a ledger of one scenario is asked for; everything on the way is kept too."""

OF_LAWS = (
    "predicted_loss_nats_per_token",
    "data_rich_loss_nats_per_token",
    "size_rich_loss_nats_per_token",
    "optimal_parameter_count",
    "optimal_token_count",
    "isoloss_flop_ratio",
    "third_quality_ratio",
    "size_overhead_ratio",
    "data_gain_nats_per_token",
    "served_flop_ratio",
)
"""What a scaling law is asked for; no account needs it."""

OF_DATA = ("effective_token_count", "tokenise_core_count")
"""What is asked for too where something is said of the data."""

SAID_OF_DATA = frozenset(
    ("kept_token_share", "unique_token_share", "unique_token_count", "repetition_ratio", "repetition_scale_ratio",
     "tokenise_cpu_s_per_token", *OF_DATA)
)  # fmt: skip
"""Quantities of which one must be stated or observed for that."""

OF_DEVELOPMENT = (
    "development_ratio",
    "development_multiplier_ratio",
    "time_between_failures_h",
    "failure_count",
    "accelerator_hours_per_failure",
    "daly_interval_h",
    "failure_waste_share",
    "daly_waste_share",
)
"""What is asked for too where development is to be told; totals stay those of the final run."""

SAID_OF_DEVELOPMENT = frozenset(
    ("development_ratio", "development_multiplier_ratio", "typical_development_ratio", "failed_run_ratio",
     "ablation_ratio", "search_ratio", "full_search_ratio", "halving_search_ratio", "transfer_search_ratio",
     "ladder_to_grid_share", "search_trial_count", "search_run_work_share", "halving_factor")
)  # fmt: skip
"""Quantities that nothing but development depends on."""

RATES = ("modelled_step_s",)
"""What is asked for where no campaign is described: a step of a known architecture."""

RATIOS = ("mfu", "goodput")
"""Totals that cannot be more than 1, and say that something stated is wrong where they are."""


Sourced = str | PathLike[str] | Mapping[str, Any] | Scenario


def accounts(scenario: Scenario) -> tuple[str, ...]:
    """What a ledger of a scenario is asked for."""
    return (*ACCOUNTS, *OF_DATA) if scenario.given.keys() & SAID_OF_DATA else ACCOUNTS


def scenario_of(
    source: Sourced,
    set: Mapping[str, Any] | None = None,
    observed: Iterable[Observation] = (),
    *,
    name: str = "scenario",
) -> Scenario:
    """A scenario from a preset's name, a file, a document or a scenario, with changes put in.

    Parameters
    ----------
    name
        What to call one that comes as a document.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    seen = tuple(observed)
    if isinstance(source, Scenario):
        if not set and not seen:
            return source
        seen = seen or source.observations
        name, document = source.name, copied(source.document)
    elif isinstance(source, Mapping):
        document = copied(source)
    else:
        name, document = read(fspath(source))
    document = with_chip(document)
    for path, value in chips_first((set or {}).items(), lambda each: each[0]):
        document = with_setting(document, path, value)
    return parse(document, book().names, name=name, observations=seen)


def estimate(
    scenario: Sourced,
    set: Mapping[str, Any] | None = None,
    *,
    observed: Iterable[Observation] = (),
    also: Iterable[str] = (),
    samples: int = SAMPLES,
    seed: int = 0,
) -> Ledger:
    """What training costs under a scenario.

    Parameters
    ----------
    scenario
        Name of a preset, path of a TOML, YAML or JSON file, or a document.
    set
        Changes by path: ``{"site.pue": 1.2}``.
    observed
        What a meter or a scan saw.
    also
        Quantities of the book that are wanted beside the accounts: :data:`OF_DEVELOPMENT` for what runs before and
        beside the final one take. The totals stay those of the final run.
    samples
        Draws behind intervals and shares; 1 for the central value alone.
    seed
        Seed of the draws; the same seed gives the same ledger on one machine and version of numpy.

    Raises
    ------
    InputError
        If the scenario is wrong; carries every mistake.
    InsufficientError
        If too little is known to say how much energy it takes.
    """
    wanted = scenario_of(scenario, set, observed)
    leaves = figures(wanted)
    plan = program(book(), informed(leaves), tuple(dict.fromkeys((*accounts(wanted), *also))))
    _demand_energy(plan, wanted)
    demand_buildable(wanted, leaves)
    scores = Scores(samples, seed)
    columned = columns([leaves], needed(plan))
    values, factors = _solved(plan, columned, scores)
    _demand_sense(plan, values, factors)
    energy = (
        values["boundary_energy_kwh"][BOUNDARIES.index(wanted.boundary)] if "boundary_energy_kwh" in values else None
    )
    shares: Mapping[str, float] = {}
    interaction = assumed = None
    if energy is not None and scores.samples > 2:
        matter = needed(program(book(), informed(leaves), (WITHIN[wanted.boundary].quantity,)))
        shares, interaction = spread_shares(energy, {name: columned[name] for name in matter}, scores)
        assumed = assumed_share(energy, wanted.boundary, leaves, scores)
    hours = total(values["accelerator_hours"]) if "accelerator_hours" in values else None
    centre = {name: float(values[name][0]) for name in RATIOS if name in values}
    scaled = {name: float(factor[0]) for name, factor in factors.items()}
    return Ledger(
        scenario=wanted,
        figures=leaves,
        program=plan,
        values=values,
        factors=factors,
        scores=scores,
        warnings=tuple(_warnings(wanted, leaves, plan, centre, scaled, hours)),
        spread_shares=shares,
        interaction=interaction,
        assumed_share=assumed,
    )


def _solved(plan: Program, leaves: Mapping[str, Leaf], scores: Scores) -> tuple[Values, Values]:
    def reading(name: str) -> NDArray[Any]:
        return leaves[name].at(slice(0, 1), scores)

    values, factors = solve(plan, reading, trace)
    flat = {name: _flat(value, scores.width) for name, value in values.items()}
    return flat, {name: _flat(value, scores.width) for name, value in factors.items()}


def _flat(value: Array, width: int) -> Array:
    return np.broadcast_to(value[..., 0, :], (*value.shape[:-2], width)).astype(np.float64, copy=False)


def _demand_energy(plan: Program, scenario: Scenario) -> None:
    missing = plan.plan.missing
    lacking = missing.get("boundary_energy_kwh", ())
    if RATES[0] in plan.plan.slots:
        return
    if lacking and WITHIN[scenario.boundary].quantity not in plan.plan.leaves:
        wanted = (path_of(name) for name in lacking if not name.endswith("_code"))  # a code is no number to state
        begun = "layer_count" in scenario.given
        described = dict.fromkeys("workload.model" if "transformer" in path and not begun else path for path in wanted)
        paths = ", or ".join(filter(None, (", ".join(described), "workload.flop", "known.accelerator_hours")))
        raise InsufficientError(f"too little is known to say how much energy this takes: state {paths}")


def _demand_sense(plan: Program, values: Values, factors: Values) -> None:
    """Refuse totals that cannot be: parts that exceed them, or figures that are no numbers."""
    for name, factor in factors.items():
        if wrong := _unmakeable(name, float(factor[0])):
            raise InputError([wrong])
    for step in plan.plan.steps:
        if not np.isfinite(values[step.quantity]).all():
            raise InputError(
                [Mistake(f"known.{step.quantity}", "comes out as no number for these inputs", "check their size")]
            )


def _unmakeable(name: str, factor: float) -> Mistake | None:
    """Why no factor on its parts makes up a known total, if none does."""
    if not np.isfinite(factor):
        return Mistake(f"known.{name}", "cannot be made up: the rest comes out at nothing")
    if factor < 0:
        return Mistake(f"known.{name}", "is less than those of its parts that are known too")
    return None


def _warnings(
    scenario: Scenario,
    leaves: Mapping[str, Figure],
    plan: Program,
    centre: Mapping[str, float],
    factors: Mapping[str, float],
    hours: Total | None,
) -> Iterable[Warn]:
    """What a reader of a result should know, the same of a ledger and of a row of a table.

    Parameters
    ----------
    centre
        Central values of :data:`RATIOS`.
    factors
        Known totals, and the factor by which each scales its parts at the centre.
    hours
        Accelerator hours with their interval.
    """
    yield from scenario.warnings
    for name, factor in factors.items():
        yield Warn(
            "scaled_to_known",
            f"{name} is known: its parts are scaled by {factor:.3g} to make it up, "
            "so power x hours no longer equals energy",
        )
    yield from contradictions(book(), _counted(scenario.given, plan), leaves, plan)
    yield from _uncounted(scenario.given, plan)
    for name, value in centre.items():
        if value > limits(name)[1]:
            yield Warn("impossible", f"{name} comes out at {value:.3g}, more than 1: hours, work or peak is wrong")
    yield from outside_published(scenario, hours)
    yield from _gains(scenario)
    yield from _idle_replicas(scenario.given)
    yield from unbuildable(scenario, leaves)
    sizes = [name for name in ("dataset_byte", "checkpoint_byte") if name in plan.plan.leaves]
    assumed = [name for name in sizes if leaves[name].kind == "assumed"]
    if assumed and "boundary_energy_kwh" in plan.plan.slots:
        yield Warn("undescribed", f"no model or tokens are stated: {' and '.join(assumed)} assumed, widely")
    if RATES[0] in plan.plan.slots and "boundary_energy_kwh" not in plan.plan.slots:
        text = "without tokens, FLOP or hours there is no campaign: only a step, its memory and its draw are known"
        yield Warn("rates_only", f"{text}; state workload.tokens")


def _tells_development(plan: Program) -> bool:
    return OF_DEVELOPMENT[0] in plan.plan.slots


def _counted(given: Mapping[str, Figure], plan: Program) -> Mapping[str, Figure]:
    """What is given and to be held against the rest: what is said of development only where it is told."""
    if _tells_development(plan):
        return given
    return {name: figure for name, figure in given.items() if name not in SAID_OF_DEVELOPMENT}


def _uncounted(given: Mapping[str, Figure], plan: Program) -> Iterable[Warn]:
    """That development is stated and not told."""
    if given.keys() & SAID_OF_DEVELOPMENT and not _tells_development(plan):
        text = "what is stated of development is not counted here: these are figures of the final run"
        yield Warn("development_not_counted", f"{text}; estimate --development tells it")


def _idle_replicas(given: Mapping[str, Figure]) -> Iterable[Warn]:
    """A batch that does not give every replica a sequence."""
    batch, replicas = given.get("global_batch_count"), given.get("data_count")
    if batch is not None and replicas is not None and batch.value < replicas.value:
        text = (
            f"a global batch of {batch.value:g} leaves {replicas.value - batch.value:g} of {replicas.value:g} replicas"
        )
        yield Warn("idle_replicas", f"{text} without a sequence; state a larger batch or fewer replicas")


def _gains(scenario: Scenario) -> Iterable[Warn]:
    """What a scenario's own measurements changed."""
    if not scenario.calibration:
        return
    _, gains = calibrated(scenario, figures(replace(scenario, calibration=())))
    other = sum(not alike(each.scenario, scenario) for each in scenario.calibration)
    if other:
        text = f"{other} measurements are of other software, method, adapter, precision, chip or kind of model"
        yield Warn("calibration_not_used", f"{text}: not used")
    for gain in gains:
        what = "step times" if gain.quantity in RATES else "draws"
        name, change = gain.moved
        text = f"{gain.n} measured {what}: off by {gain.before:.1%} in the mean before, by {gain.after:.1%} after"
        yield Warn("calibrated", f"{text}; {name} moved most, by {change:+.1%}")


# --- many at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRow:
    """Totals of one row of a table and what is to be known of them, or what is wrong with it."""

    id: str
    totals: Mapping[str, Total | None] | None
    error: str | None
    warnings: tuple[Warn, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes of its warnings, each once."""
        return tuple(dict.fromkeys(warning.code for warning in self.warnings))


def estimate_table(
    rows: Sequence[tuple[str, Scenario | str]],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    only: Sequence[str] = (),
) -> list[TableRow]:
    """Totals of many scenarios: rows for which the same is known are one batch.

    Parameters
    ----------
    rows
        Id of each row and its scenario, or what is wrong with it.
    only
        Totals that are wanted, where those are not all: no other is computed, and no warning told.

    Notes
    -----
    A row has the same bits here as alone. A bad row carries its error and spoils no other.
    """
    scores = Scores(samples, seed)
    wanted_totals = {name: TOTALS[name] for name in only or TOTALS}
    results: list[TableRow | None] = [None] * len(rows)
    groups: dict[Program, list[int]] = {}
    leaves: dict[int, Mapping[str, Figure]] = {}
    scenarios: dict[int, Scenario] = {}
    for number, (row_id, wanted) in enumerate(rows):
        if isinstance(wanted, str):
            results[number] = TableRow(row_id, None, wanted)
            continue
        leaves[number] = figures(wanted)
        scenarios[number] = wanted
        plan = program(book(), informed(leaves[number]), (*dict.fromkeys(wanted_totals.values()), *RATES))
        try:
            _demand_energy(plan, wanted)
            demand_buildable(wanted, leaves[number])
        except InsufficientError as error:
            results[number] = TableRow(row_id, None, str(error))
            continue
        except InputError as error:
            results[number] = TableRow(row_id, None, "; ".join(map(str, error.mistakes)))
            continue
        groups.setdefault(plan, []).append(number)
    for plan, members in groups.items():
        columned = columns([leaves[number] for number in members], needed(plan))
        for chunk in chunks(plan, columned, scores, len(members)):
            here = members[chunk.variants]
            at = np.array([BOUNDARIES.index(scenarios[number].boundary) for number in here])
            summaries = {
                name: _summary(chunk.values[quantity], quantity, at, scores.width)
                for name, quantity in wanted_totals.items()
                if quantity in chunk.values
            }
            factors = {
                name: np.broadcast_to(factor, (len(here), scores.width))[:, 0] for name, factor in chunk.factors.items()
            }
            for place, number in enumerate(here):
                scaled = {name: float(factor[place]) for name, factor in factors.items()}
                row = _table_row(rows[number][0], summaries, scaled, place, wanted_totals)
                if row.totals is not None and not only:
                    row = replace(row, warnings=_row_warnings(scenarios[number], leaves[number], row.totals, scaled))
                results[number] = row
    return [result for result in results if result is not None]


def _summary(values: Array, quantity: str, at: NDArray[np.intp], width: int) -> Array:
    """(value, low, high) of each variant, shape (3, v); ``at`` is each variant's boundary."""
    wide = np.broadcast_to(values, (*values.shape[:-2], len(at), width))
    if quantity.startswith("boundary_"):
        wide = wide[at, np.arange(len(at))]
    centre = wide[:, 0]
    if width == 1:
        return np.stack([centre] * 3)
    return np.stack([centre, *np.quantile(wide[:, 1:], QUANTILES, axis=1)])


def _table_row(
    row_id: str, summaries: Mapping[str, Array], factors: Mapping[str, float], place: int, names: Iterable[str]
) -> TableRow:
    wrong = [str(each) for name, factor in factors.items() if (each := _unmakeable(name, factor))]
    if wrong:
        return TableRow(row_id, None, "; ".join(wrong))
    found = {name: summary[:, place] for name, summary in summaries.items()}
    broken = [name for name, three in found.items() if not np.isfinite(three).all()]
    if broken:
        return TableRow(row_id, None, f"{', '.join(broken)} come out as no numbers for these inputs; check their size")
    totals = {name: Total(*map(float, found[name])) if name in found else None for name in names}
    return TableRow(row_id, totals, None)


def _row_warnings(
    scenario: Scenario, leaves: Mapping[str, Figure], totals: Mapping[str, Total | None], factors: Mapping[str, float]
) -> tuple[Warn, ...]:
    """Warnings of one row: a whole ledger's, so a quantity that only other accounts read is not called unread."""
    plan = program(book(), informed(leaves), accounts(scenario))
    centre = {name: found.value for name in RATIOS if (found := totals[name]) is not None}
    return tuple(_warnings(scenario, leaves, plan, centre, factors, totals["accelerator_hours"]))
