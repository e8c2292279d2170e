"""The run today as a plan starts from it: what is known of it as a whole turned into rates, and its layout spelt out.

Hours that are known would stay what they are whatever is changed. So they leave the scenario, and what they say of it
stays: a ratio of its hours to those of the step model, a ratio of its draw to that of machines of its kind. The run so
restated takes what its owner says that it takes, and every change is priced by the same ledger. Its own document says
all of it, so that ``estimate`` gives the same figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log, sqrt
from typing import Any

import numpy as np

from thirdwatt.ledger import Ledger, estimate, scenario_of
from thirdwatt.ledger.change import HELD
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.leaves import figures
from thirdwatt.ledger.ledger import WITHIN, Total, path_of, total
from thirdwatt.ledger.samples import Array
from thirdwatt.ledger.sweep import prepared
from thirdwatt.scenario import InputError, InsufficientError, Mistake, Scenario, Warn
from thirdwatt.scenario.read import put
from thirdwatt.search.auto import AUTO
from thirdwatt.search.documents import paths_of, stating, times
from thirdwatt.search.layout.axes import AXES, LATE
from thirdwatt.search.layout.job import divisible, settings_of
from thirdwatt.search.layout.search import best

HOURS, POWER, ENERGY = "accelerator_hours", "accelerator_power_w", "accelerators_energy_kwh"
OF_TIME = (
    HOURS, "wall_time_h", "mfu", "modelled_mfu_share", "goodput", "tokens_per_s_per_accelerator", "step_time_s",
    "modelled_step_s", "campaign_time_ratio", "busy_share",
)  # fmt: skip
"""What says how fast the run is, as a whole or by a rate that any change would move."""
OF_WORK = ("training_flop", "workload_flop", "processed_token_count", "trained_token_count")
"""What says how much is computed, where tokens say it too."""
OF_DRAW = (POWER, ENERGY, "accelerators_facility_energy_kwh")
"""What says what the accelerators draw."""
OF_ALL = ("it_energy_kwh", "facility_energy_kwh")
"""What says what all machines draw."""
RATIO, LOAD, CLOCK, USED = "campaign_time_ratio", "accelerator_load_ratio", "clock_ratio", "typical_mfu_share"
LAID_OUT = "known_layout_time_ratio"
"""What the first of these is where a layout is known and hours are not."""
KNOWN_LAYOUT = "layout_known_factor"
OF_A_BLUEPRINT = "design_power_ratio"
"""What a blueprint draws to its model: it stays with it."""
HOST = ("host_base_power_w", "host_fan_power_w")
STEP = "modelled_step_s"

LEAST_LOAD, MOST_LOAD = 0.02, 4.0
"""Ratios of a machine's draw to that of its kind beyond which what is known cannot be true of it."""
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Start:
    """Where a plan starts.

    Attributes
    ----------
    document
        The run today, for ``estimate``.
    ledger
        Its ledger, on the draws of every later one.
    own
        The ledger of the scenario as its owner states it.
    of_machine
        Ratios of quantities of the accelerators and hosts to those of machines of their kind: they go with the run to
        other machines.
    laid_out
        Whether its layout is its owner's; else the best one with what is stated of it stands for it, and what others
        would save is not known.
    behind
        Ratio of a quantity of the run in its owner's layout to that in the best one: a layout that other machines or
        another model make necessary is as far from the best there, unless a better one is what is done.
    modelled
        Whether the step model tells its hours, so that a layout matters at all.
    stated
        Paths that its owner states, those of what was observed as a whole and turned into a rate among them.
    """

    document: Mapping[str, Any]
    ledger: Ledger
    own: Ledger
    of_machine: Mapping[str, float]
    laid_out: bool
    behind: Mapping[str, float]
    modelled: bool
    stated: frozenset[str]
    warnings: tuple[Warn, ...]


def start(scenario: Scenario, *, samples: int, seed: int, also: Sequence[str] = ()) -> Start:
    """Restate a run in rates.

    Raises
    ------
    InsufficientError
        If too little is known to say how much energy it takes.
    InputError
        If what is known of it cannot be true of any run on its machines.
    """
    own = estimate(_without_auto(scenario), samples=samples, seed=seed, also=also)
    if own.totals["energy_kwh"] is None:
        raise InsufficientError(
            "the energy of the run today is not known: state workload.tokens and workload.model, or workload.flop, "
            "or known.accelerator_hours"
        )
    document = _spelt(own)
    modelled = STEP in own.values
    laid_out = modelled and _value(own, KNOWN_LAYOUT) > 0
    timed = [name for name in OF_TIME if name in own.scenario.given]
    drawn = [name for name in (*OF_DRAW, *OF_ALL) if name in own.scenario.given]
    of_machine: dict[str, float] = {}
    if modelled:
        document = _with_layout(document, own, laid_out=laid_out)
    elif timed:
        document, of_machine = _used(document, own)
    if timed or (modelled and not laid_out):
        document = _timed(document, own)
    if timed or drawn or (modelled and not laid_out):
        document, of_draw = _drawing(document, own, drawn)
        of_machine |= of_draw
    behind: dict[str, float] = {}
    if laid_out or (modelled and _axes_of(scenario)):
        document, behind = _behind(document, own)
    ledger = estimate(scenario_of(document, name=scenario.name), samples=samples, seed=seed, also=also)
    warnings = tuple(_said(own, timed, drawn))
    stated = paths_of(scenario.document) | {path_of(name) for name in (*timed, *drawn)}
    return Start(document, ledger, own, of_machine, laid_out, behind, modelled, stated, warnings)


# --- the document -------------------------------------------------------------------------------------------------


def _without_auto(scenario: Scenario) -> Scenario:
    if scenario.document.get("layout") != AUTO:
        return scenario
    return scenario_of(scenario, {"layout": {}})


def _axes_of(scenario: Scenario) -> tuple[str, ...]:
    """What of a layout that a search decides its owner states."""
    layout = scenario.document.get("layout")
    stated = layout if isinstance(layout, Mapping) else {}
    return tuple(path for name in stated if (path := f"layout.{name}") in AXES)


def _spelt(own: Ledger) -> dict[str, Any]:
    """The scenario with everything that was observed, calibrated or left to a rule said in it, and no total of it."""
    scenario = own.scenario
    document = copied(scenario.document)
    document.pop("calibration", None)
    known = dict(document.get("known", {}))
    aside = {*OF_TIME, *OF_DRAW, *HELD}
    tokens = "token_count" in own.figures
    aside |= set(OF_WORK) if tokens else set()
    for seen in scenario.observations:
        if seen.scope == "rate":
            known[seen.quantity] = times(scenario.given[seen.quantity])
    if scenario.calibration:
        plain = figures(replace(scenario, calibration=()))
        known |= {name: times(each) for name, each in own.figures.items() if each is not plain.get(name)}
    document["known"] = {name: value for name, value in known.items() if name not in aside}
    document["range"] = {name: ends for name, ends in document.get("range", {}).items() if name not in aside}
    if tokens:
        document.get("workload", {}).pop("flop", None)
    elif "training_flop" not in own.figures:
        put(document, "workload.flop", _flop(own))
    if "accelerator_count" not in scenario.given:
        put(document, "cluster.count", _value(own, "accelerator_count"))
    limited = CLOCK in scenario.given or "power_cap_w" in scenario.given
    if not limited and scenario.blueprint is None:
        put(document, "cluster.clock", 1.0)
    return {name: section for name, section in document.items() if section != {}}


def _flop(own: Ledger) -> dict[str, Any]:
    """Work where only hours are known: what they come to at the usual utilisation."""
    names = (HOURS, "accelerator_peak_flop_per_s", "mfu", "goodput", "s_per_h")
    parts = [_value(own, name) for name in names]
    return {"value": float(np.prod(parts)), "kind": "modelled", "source": "hours at the usual utilisation"}


def _with_layout(document: dict[str, Any], own: Ledger, *, laid_out: bool) -> dict[str, Any]:
    """The document with its whole layout: its owner's, filled up by rules, or the best where too little is stated."""
    whole = copied(document)
    length = own.figures["sequence_length"]
    if length.kind == "assumed":
        put(whole, "workload.transformer.seq_len", length.value)
    batch = round(_value(own, "global_batch_count"))
    if "global_batch_count" not in own.scenario.given and not laid_out:
        batch = divisible(batch, round(_value(own, "accelerator_count")))
    if "global_batch_count" not in own.scenario.given:
        put(whole, "layout.global_batch", batch)
    settings = settings_of(own)
    if not laid_out:
        settings = best_layout(whole, own.scenario.name, _axes_of(own.scenario)) or settings
    if "data_count" not in own.scenario.given:
        settings = following_count(own.scenario, settings)
    for path, value in settings.items():
        put(whole, path, value)
    return whole


def following_count(scenario: Scenario, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a layout without its replicas where the number of accelerators is a range: each number then has as
    many as the other degrees leave, or all numbers would take the hours of a step times themselves.
    """
    count = scenario.given.get("accelerator_count")
    ranged = count is not None and count.low < count.high
    return {path: value for path, value in settings.items() if not (ranged and path == "layout.data")}


def with_open_layout(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document with no more of its layout than what no search decides."""
    whole = copied(document)
    layout = whole.get("layout")
    stated = layout if isinstance(layout, Mapping) else {}
    whole["layout"] = {name: stated[name] for name in stated if f"layout.{name}" not in AXES and name != "data"}
    return whole


def best_layout(document: Mapping[str, Any], name: str, kept: Iterable[str] = ()) -> dict[str, Any] | None:
    """The layout of a run that takes the least energy; ``None`` if none fits or none is known to be needed.

    Parameters
    ----------
    kept
        Fields of the layout that stay as the document has them.
    """
    held = tuple(kept)
    try:
        scenario = scenario_of(document if held else with_open_layout(document), name=name)
        found = best(scenario, "energy", (*LATE, *held))
    except (InputError, InsufficientError):
        return None
    if found is None:
        return None
    settings = following_count(scenario, found)
    return {path: value for path, value in settings.items() if path.startswith(("layout.", "workload."))}


# --- rates --------------------------------------------------------------------------------------------------------


def _used(document: dict[str, Any], own: Ledger) -> tuple[dict[str, Any], dict[str, float]]:
    """The document with the utilisation that its hours imply, where no step model tells one, and its ratio to a usual
    one: as sure as the hours are on these machines, as unsure as any on others.
    """
    whole = copied(document)
    usual, present = own.figures[USED].value, _value(own, "mfu")
    clock = _value(own, CLOCK)
    value = {"value": present / clock, "kind": "modelled", "source": "utilisation of the run today"}
    put(whole, path_of(USED), value)
    return whole, {USED: present / clock / usual}


def _timed(document: dict[str, Any], own: Ledger) -> dict[str, Any]:
    """The document with the ratio of its hours to those of the model.

    The ratio's own interval is what the hours are less sure than the model is: both are drawn together later.
    """
    whole = copied(document)
    put(whole, f"known.{RATIO}", 1.0)
    plain = estimate(scenario_of(whole, name=own.scenario.name), samples=own.scores.samples, seed=own.scores.seed)
    hours, modelled = own.samples(HOURS), plain.samples(HOURS)
    assert hours is not None  # noqa: S101 - there is an energy
    assert modelled is not None  # noqa: S101 - and it is that of the model
    ratio = float(hours[0] / modelled[0])
    low, high = (_beyond(one, other) for one, other in zip(_sides(total(hours)), _sides(total(modelled)), strict=True))
    source = "hours of the run today to those of the step model"
    value = {"value": ratio, "low": ratio / low, "high": ratio * high, "kind": "modelled", "source": source}
    put(whole, f"known.{RATIO}", value)
    return whole


def _behind(document: dict[str, Any], own: Ledger) -> tuple[dict[str, Any], dict[str, float]]:
    """The document with the ratio of its hours to those of its steps spelt out, and how many times that of the best
    layout it comes to: as energy has it, since by energy layouts are chosen; nothing where no other is better.
    """
    name = own.scenario.name
    settings = best_layout(document, name)
    if settings is None:
        return document, {}
    both = (document, stating(document, settings))
    present, other = (estimate(scenario_of(each, name=name), samples=1) for each in both)
    energy = WITHIN[own.boundary].quantity
    ratio = _value(present, energy) / _value(other, energy)
    if not ratio > 1 + CLOSE:
        return document, {}
    leaf = RATIO if RATIO in present.figures else LAID_OUT
    return stating(document, {path_of(leaf): times(present.figures[leaf])}), {leaf: ratio}


def _sides(found: Total) -> tuple[float, float]:
    """Logarithms of how far the ends of an interval are from its middle."""
    return log(found.value / found.low), log(found.high / found.value)


def _beyond(one: float, other: float) -> float:
    return exp(sqrt(max(one * one - other * other, 0.0)))


def _drawing(document: dict[str, Any], own: Ledger, drawn: Sequence[str]) -> tuple[dict[str, Any], dict[str, float]]:
    """The document with draws such that it takes the energy of the run today, and their ratios to usual ones."""
    plain = scenario_of(document, name=own.scenario.name)
    leaves = figures(plain)
    load = LOAD if plain.blueprint is None else OF_A_BLUEPRINT
    names = (load, *HOST) if any(name in OF_ALL for name in drawn) else (load,)
    target = OF_ALL[0] if len(names) > 1 else ENERGY
    wanted = _value(own, target)

    def document_at(ratio: float) -> dict[str, Any]:
        whole = copied(document)
        for name in names:
            put(whole, path_of(name), times(leaves[name], (ratio, ratio, ratio)))
        return whole

    sweep = prepared(plain, names, (target,))

    def energy_at(ratio: float) -> float:
        return float(sweep.of({name: np.array([leaves[name].value * ratio]) for name in names})[target][0])

    ratio = _root(lambda each: energy_at(each) - wanted, wanted)
    if ratio is None:
        raise InputError(
            [
                Mistake(
                    f"known.{(*drawn, HOURS)[0]}",
                    "cannot be true of these machines: no draw of them makes it up",
                    "check hours, count and energy against each other",
                )
            ]
        )
    if abs(ratio - 1) < CLOSE:
        return document, {}
    return document_at(ratio), {name: ratio for name in names if name != OF_A_BLUEPRINT}


def _root(gap: Callable[[float], float], scale: float) -> float | None:
    """Where a rising function of a ratio is nothing, by Illinois' false position; ``None`` if nowhere."""
    low, high = LEAST_LOAD, MOST_LOAD
    one = gap(1.0)
    if abs(one) <= CLOSE * scale:
        return 1.0
    if one > 0:
        high, above, below = 1.0, one, gap(low)
    else:
        low, below, above = 1.0, one, gap(high)
    if below > 0 or above < 0:
        return None
    for _ in range(100):
        middle = (low * above - high * below) / (above - below)
        here = gap(middle)
        if abs(here) <= CLOSE * scale or high - low < CLOSE * CLOSE:
            return middle
        if here < 0:
            low, below, above = middle, here, above / 2
        else:
            high, above, below = middle, here, below / 2
    return middle


def _value(ledger: Ledger, quantity: str) -> float:
    found: Array | None = ledger.samples(quantity)
    assert found is not None  # noqa: S101 - callers ask for what there is
    return float(found[0])


def _said(own: Ledger, timed: Sequence[str], drawn: Sequence[str]) -> list[Warn]:
    """What somebody who knows the run should know of how it was restated."""
    found = []
    if timed or drawn:
        names = ", ".join(path_of(name) for name in (*timed, *drawn))
        text = f"{names}: turned into rates, so that a change moves them; the run today takes what they say"
        found.append(Warn("turned_into_rates", text))
    parts = [name for name in HELD if name in own.scenario.given and name not in (*OF_TIME, *OF_DRAW, *OF_ALL)]
    if parts:
        text = f"{', '.join(path_of(name) for name in parts)}: set aside, since no change would move it"
        found.append(Warn("set_aside", text))
    return found
