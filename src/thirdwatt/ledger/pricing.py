"""From a scenario to its ledger, and from many scenarios to their totals in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure
from thirdwatt.ledger.book import book
from thirdwatt.ledger.contradictions import contradictions
from thirdwatt.ledger.evaluate import Values, chunks, needed, solve, trace
from thirdwatt.ledger.graph import Program, program
from thirdwatt.ledger.leaves import column, columns, figures, informed
from thirdwatt.ledger.ledger import QUANTILES, TOTALS, Ledger, Total
from thirdwatt.ledger.samples import Array, Leaf, Scores
from thirdwatt.ledger.sensitivity import assumed_share, spread_shares
from thirdwatt.quantity import BOUNDARIES, Observation, limits
from thirdwatt.scenario import InputError, InsufficientError, Mistake, Scenario, Warn
from thirdwatt.scenario.mistakes import nearest
from thirdwatt.scenario.parse import BOUNDARY_QUANTITY, QUANTITY_OF, _range_mistakes, _unfit, parse
from thirdwatt.scenario.read import put, read

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
    "component_cost_usd",
    "component_carbon_kg",
    "component_carbon_market_kg",
    "component_embodied_kg",
    "component_water_l",
    "phase_energy_kwh",
    "phase_time_share",
    "parameter_count",
    "active_parameter_count",
    "adapter_parameter_count",
    "electricity_cost_usd",
    "break_even_utilisation_share",
    "carbon_kg",
    "carbon_market_kg",
    "carbon_marginal_kg",
    "water_l",
)
"""What a ledger of one scenario is asked for; everything on the way is kept too."""

Sourced = str | PathLike[str] | Mapping[str, Any] | Scenario


def scenario_of(
    source: Sourced,
    set: Mapping[str, Any] | None = None,
    observed: Iterable[Observation] = (),
) -> Scenario:
    """A scenario from a preset's name, a file, a document or a scenario, with changes put in.

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
        name, document = source.name, _copy(source.document)
    elif isinstance(source, Mapping):
        name, document = "scenario", _copy(source)
    else:
        name, document = read(fspath(source))
    for path, value in (set or {}).items():
        put(document, path, value)
    return parse(document, book().names, name=name, observations=seen)


def _copy(value: Any) -> Any:
    return {key: _copy(inner) for key, inner in value.items()} if isinstance(value, Mapping) else value


def estimate(
    scenario: Sourced,
    set: Mapping[str, Any] | None = None,
    *,
    observed: Iterable[Observation] = (),
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
    plan = program(book(), informed(leaves), ACCOUNTS)
    _demand_energy(plan, wanted)
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
        matter = needed(program(book(), informed(leaves), (BOUNDARY_QUANTITY[wanted.boundary],)))
        shares, interaction = spread_shares(energy, {name: columned[name] for name in matter}, scores)
        assumed = assumed_share(energy, wanted.boundary, leaves, scores)
    return Ledger(
        scenario=wanted,
        figures=leaves,
        program=plan,
        values=values,
        factors=factors,
        scores=scores,
        warnings=(*wanted.warnings, *_warnings(wanted, leaves, plan, values, factors)),
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


def _path_of(quantity: str) -> str:
    return next((path for path, known in QUANTITY_OF.items() if known == quantity), f"known.{quantity}")


def _demand_energy(plan: Program, scenario: Scenario) -> None:
    missing = plan.plan.missing
    lacking = missing.get("boundary_energy_kwh", ())
    if lacking and BOUNDARY_QUANTITY[scenario.boundary] not in plan.plan.leaves:
        wanted = (_path_of(name) for name in lacking if not name.endswith("_code"))  # a code is no number to state
        begun = "layer_count" in scenario.given
        described = dict.fromkeys("workload.model" if "transformer" in path and not begun else path for path in wanted)
        paths = ", or ".join(filter(None, (", ".join(described), "workload.flop", "known.accelerator_hours")))
        raise InsufficientError(f"too little is known to say how much energy this takes: state {paths}")


def _demand_sense(plan: Program, values: Values, factors: Values) -> None:
    """Refuse totals that cannot be: parts that exceed them, or figures that are no numbers."""
    for name, factor in factors.items():
        if not np.isfinite(factor[0]):
            raise InputError([Mistake(f"known.{name}", "cannot be made up: the rest comes out at nothing")])
        if factor[0] < 0:
            raise InputError([Mistake(f"known.{name}", "is less than those of its parts that are known too")])
    for step in plan.plan.steps:
        if not np.isfinite(values[step.quantity]).all():
            raise InputError(
                [Mistake(f"known.{step.quantity}", "comes out as no number for these inputs", "check their size")]
            )


def _warnings(
    scenario: Scenario, leaves: Mapping[str, Figure], plan: Program, values: Values, factors: Values
) -> Iterable[Warn]:
    for name, factor in factors.items():
        yield Warn(
            "scaled_to_known",
            f"{name} is known: its parts are scaled by {factor[0]:.3g} to make it up, "
            "so power x hours no longer equals energy",
        )
    yield from contradictions(book(), scenario.given, leaves, plan)
    for name in ("mfu", "goodput"):
        if name in values and values[name][0] > limits(name)[1]:
            yield Warn(
                "impossible", f"{name} comes out at {values[name][0]:.3g}, more than 1: hours, work or peak is wrong"
            )
    sizes = [name for name in ("dataset_byte", "checkpoint_byte") if name in plan.plan.leaves]
    assumed = [name for name in sizes if leaves[name].kind == "assumed"]
    if assumed:
        yield Warn("undescribed", f"no model or tokens are stated: {' and '.join(assumed)} assumed, widely")
    layout = scenario.document.get("layout")
    if isinstance(layout, str) or (isinstance(layout, Mapping) and layout.keys() - {"precision", "global_batch"}):
        yield Warn(
            "layout_not_used",
            "the layout is recorded; utilisation is not derived from it, state known.mfu if you know it",
        )


# --- many at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TableRow:
    """Totals of one row of a table, or what is wrong with it."""

    id: str
    totals: Mapping[str, Total | None] | None
    error: str | None


def estimate_table(
    rows: Sequence[tuple[str, Scenario | str]], *, samples: int = SAMPLES, seed: int = 0
) -> list[TableRow]:
    """Totals of many scenarios: rows for which the same is known are one batch.

    Parameters
    ----------
    rows
        Id of each row and its scenario, or what is wrong with it.

    Notes
    -----
    A row has the same bits here as alone. A bad row carries its error and spoils no other.
    """
    scores = Scores(samples, seed)
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
        plan = program(book(), informed(leaves[number]), tuple(dict.fromkeys(TOTALS.values())))
        try:
            _demand_energy(plan, wanted)
        except InsufficientError as error:
            results[number] = TableRow(row_id, None, str(error))
            continue
        groups.setdefault(plan, []).append(number)
    for plan, members in groups.items():
        columned = columns([leaves[number] for number in members], needed(plan))
        for chunk in chunks(plan, columned, scores, len(members)):
            here = members[chunk.variants]
            at = np.array([BOUNDARIES.index(scenarios[number].boundary) for number in here])
            summaries = {
                name: _summary(chunk.values[quantity], quantity, at, scores.width)
                for name, quantity in TOTALS.items()
                if quantity in chunk.values
            }
            for place, number in enumerate(here):
                results[number] = _table_row(rows[number][0], summaries, place)
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


def _table_row(row_id: str, summaries: Mapping[str, Array], place: int) -> TableRow:
    found = {name: summary[:, place] for name, summary in summaries.items()}
    broken = [name for name, three in found.items() if not np.isfinite(three).all()]
    if broken:
        return TableRow(row_id, None, f"{', '.join(broken)} come out as no numbers for these inputs; check their size")
    totals = {name: Total(*map(float, found[name])) if name in found else None for name in TOTALS}
    return TableRow(row_id, totals, None)


def sweep(
    scenario: Sourced,
    over: Mapping[str, Sequence[float] | Array],
    targets: Sequence[str] = tuple(dict.fromkeys(TOTALS.values())),
) -> dict[str, Array]:
    """Central values of targets for many variants of one scenario.

    Parameters
    ----------
    over
        Quantities that vary and their values, each of length V; they count as stated.
    targets
        Quantities asked for; what they do not need is not computed.

    Returns
    -------
    dict
        Shape (..., V) by target; a target that cannot be computed is left out.

    Raises
    ------
    InputError
        With every mistake in the scenario, or every one in ``over`` and ``targets``: values are held to what a
        scenario may state.
    """
    wanted = scenario_of(scenario)
    swept = _swept(over, targets, wanted.given)
    variants = len(next(iter(swept.values())))
    leaves = figures(wanted) | {name: _spanning(name, values) for name, values in swept.items()}
    plan = program(book(), informed(leaves), tuple(targets))
    columned = {
        name: _leaf(name, swept[name]) if name in swept else column(name, [leaves[name]]) for name in needed(plan)
    }
    results: dict[str, Array] = {}
    for chunk in chunks(plan, columned, Scores(1, 0), variants):
        for name, values in chunk.values.items():
            if name not in results:
                results[name] = np.empty((*values.shape[:-2], variants))
            results[name][..., chunk.variants] = values[..., 0]
    return results


def _swept(
    over: Mapping[str, Sequence[float] | Array], targets: Sequence[str], given: Mapping[str, Figure]
) -> dict[str, Array]:
    """Values of each quantity that varies, all of one length; refused with every mistake in them."""
    names = book().names
    mistakes = [
        Mistake(f"targets.{name}", "no such quantity", nearest(name, names)) for name in targets if name not in names
    ]
    if not over:
        mistakes.append(Mistake("over", "names no quantity", "name one with its values: {'pue': [1.1, 1.2]}"))
    swept: dict[str, Array] = {}
    for name, many in over.items():
        unfit = list(_unfit(f"over.{name}", name, names))
        mistakes += unfit
        values = _row(many)
        if values is None:
            mistakes.append(Mistake(f"over.{name}", "is no list of numbers", "give one number for each variant"))
            continue
        swept[name] = values
        mistakes += () if unfit else _impossible(name, values)
    lengths = {name: len(values) for name, values in swept.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        mistakes.append(Mistake("over", f"numbers of values differ: {said}", "give each one for each variant"))
    elif not mistakes:
        mistakes += _overcooled(swept, given)
    if mistakes:
        raise InputError(mistakes, "sweep")
    return swept


def _row(many: Sequence[float] | Array) -> Array | None:
    try:
        values = np.asarray(many, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if values.ndim == 1 and len(values) else None


def _impossible(name: str, values: Array) -> Iterable[Mistake]:
    span = _spanning(name, values)
    if np.isfinite([span.low, span.high]).all():
        return _range_mistakes(name, span, f"over.{name}")
    first = int(np.argmin(np.isfinite(values)))
    return [Mistake(f"over.{name}", f"{values[first]:g} is no finite number", f"mend value number {first + 1}")]


def _overcooled(swept: dict[str, Array], given: Mapping[str, Figure]) -> Iterable[Mistake]:
    """Cooling beyond the whole overhead, as a scenario may not state it either: the plant would draw less than 0."""
    known = {name: np.atleast_1d(figure.value) for name, figure in given.items()} | swept
    if not {"pue", "cooling_share"} & swept.keys() or "cooling_share" not in known:
        return
    share = known["cooling_share"]
    if share.max() >= 1:
        yield Mistake("over.cooling_share", "cooling cannot be the whole facility", "give shares below 1")
    elif "pue" in known:
        share, pue = np.broadcast_arrays(share, known["pue"])
        beyond = share * pue > pue - 1
        if beyond.any():
            first = int(np.argmax(beyond))
            yield Mistake(
                "over.cooling_share" if "cooling_share" in swept else "over.pue",
                f"cooling of {share[first]:.0%} of the facility contradicts a PUE of {pue[first]:g} "
                f"(value number {first + 1})",
                f"at that share the PUE is at least {1 / (1 - share[first]):.2f}",
            )


def _spanning(name: str, values: Array) -> Figure:
    low, high = float(values.min()), float(values.max())
    return Figure(low, low, high, "stated", "sweep", f"given/{name}")


def _leaf(name: str, values: Array) -> Leaf:
    return Leaf(values, values, values, (f"given/{name}",), None, limits(name))
