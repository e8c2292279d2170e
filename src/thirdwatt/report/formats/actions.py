"""Changes to a run that a manager can decide on, each evaluated by the ledger over the draws of the run itself.

An action is the same scenario with one thing changed. One that saves nothing, or that the ledger cannot price from what
is known, is not shown: where hours are stated, no faster chip shortens them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from thirdwatt.ledger import Ledger, estimate
from thirdwatt.ledger.document import copied
from thirdwatt.ledger.ledger import ACCOUNTED
from thirdwatt.report.comparison import Ratio, bases, ratio
from thirdwatt.report.phrases import stated, tenure
from thirdwatt.scenario import InputError, InsufficientError
from thirdwatt.scenario.datasheet import accelerator
from thirdwatt.scenario.read import put

LEAST_SAVING = 0.01
"""What an action must save of one of the three numbers to be shown."""

OF_A_CHIP = ("accelerator_", "host_", "network_", "typical_", "rent_")
"""How the names of quantities begin that another chip would change."""

NOTHING = 1e-12
"""Less of a kWh, a kg or a USD than any run takes: no change can be told in percent of it."""

NUMBERS = ("energy_kwh", "cost_usd", "carbon_kg")
"""The three accounts that an action is judged by."""


def _always(ledger: Ledger) -> bool:  # noqa: ARG001 - one of several conditions
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to change: how it reads, what it risks, what it sets and what it makes void, and when it applies."""

    says: str
    risk: str
    sets: Mapping[str, str | float]
    voids: tuple[str, ...] = ()
    applies: Callable[[Ledger], bool] = _always


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does to each of the three numbers, by what it is called; ``None`` where one is not known."""

    action: Action
    changes: Mapping[str, Ratio | None]

    @property
    def saving(self) -> float:
        """The largest share that is saved of any of the three."""
        return max((1 - change.ratio.value for change in self.changes.values() if change), default=0.0)


def _free(ledger: Ledger) -> bool:
    """Whether time, power and price follow from the chip: nobody stated them, so a change of chip shows in them."""
    chosen = ledger.program.plan.chosen
    default = [name in chosen and not chosen[name].alternative for name in ("mfu", "accelerator_hours")]
    fixed = [name for name in ledger.scenario.given if name.startswith(OF_A_CHIP) and name != "accelerator_count"]
    return all(default) and not fixed and not ledger.program.scalings


def _has_fp8(ledger: Ledger) -> bool:
    row = accelerator(ledger.scenario)
    return (
        _free(ledger)
        and ledger.scenario.blueprint is None
        and "accelerator_peak_flop_per_s@fp8" in row.figures
        and ledger.scenario.choices["precision"] not in ("fp8", "fp4")
    )


def _has_older_chips(ledger: Ledger) -> bool:
    newest = "blackwell" in ledger.scenario.choices["generation"]
    return _free(ledger) and not newest and not stated(ledger, "cluster.instance")


def _tunes_all_weights(ledger: Ledger) -> bool:
    choices = ledger.scenario.choices
    return choices["method"] != "pretrain" and choices["adapter"] == "none"


def _rents_on_demand(ledger: Ledger) -> bool:
    told = {"accelerator_hours", "wall_time_h"} & ledger.scenario.given.keys()  # with work redone they would be others
    return tenure(ledger) == "rented" and ledger.scenario.choices["term"] == "on-demand" and not told


def _anywhere(*names: str) -> tuple[str, ...]:
    """Where a scenario may state quantities by name."""
    return tuple(f"{section}.{name}" for section in ("known", "range") for name in names)


ACTIONS = (
    Action(
        "Train in Sweden, on a grid that emits little",
        "data and people may have to stay where they are; a site there must have room",
        {"site.region": "se"},
        (
            "site.basis",
            "site.intensity_kg_per_kwh",
            "site.marginal_intensity_kg_per_kwh",
            "site.electricity_usd_per_kwh",
            *_anywhere("grid_intensity_kg_per_kwh", "electricity_usd_per_kwh", "grid_water_l_per_kwh"),
        ),
    ),
    Action(
        "Use a site that cools its machines with liquid",
        "machines must be built for it; a contract with another site takes time",
        {"site.facility": "liquid"},
        (
            "site.pue",
            "site.cooling_share",
            "site.wue_l_per_kwh",
            *_anywhere("pue", "typical_pue_ratio", "cooling_share", "wue_l_per_kwh", "cooling_ratio"),
            *_anywhere("power_distribution_ratio", "facility_other_ratio"),
        ),
    ),
    Action(
        "Calculate with 8-bit numbers",
        "quality may suffer: try it on a short run first",
        {"layout.precision": "fp8"},
        applies=_has_fp8,
    ),
    Action(
        "Train on newer chips (NVIDIA B200)",
        "price and delivery; the software must support them",
        {"cluster.accelerator": "b200-sxm-180gb"},
        ("cluster.network", "cluster.host", "layout.precision"),
        _has_older_chips,
    ),
    Action(
        "Train small additions in place of the whole model (LoRA)",
        "quality may suffer: compare on your own task",
        {"workload.adapter": "lora"},
        applies=_tunes_all_weights,
    ),
    Action(
        "Rent machines that may be taken back (spot)",
        "the run may stop at any time; it must save its state often",
        {"site.term": "spot"},
        applies=_rents_on_demand,
    ),
    Action(
        "Keep two saved states of the model",
        "an older state cannot be gone back to",
        {"storage.kept_checkpoints": 2.0},
        _anywhere("kept_checkpoint_count"),
    ),
)


def effects(ledger: Ledger) -> tuple[Effect, ...]:
    """What each action does, the largest saving first; those that save too little or cannot be priced are left out."""
    found = [_effect(ledger, action) for action in ACTIONS if action.applies(ledger)]
    saving = [effect for effect in found if effect is not None and effect.saving >= LEAST_SAVING]
    return tuple(sorted(saving, key=lambda effect: -effect.saving))


def _effect(ledger: Ledger, action: Action) -> Effect | None:
    choices = ledger.scenario.choices
    # a default that depends on what changes is held, so that one thing changes and not two
    sets = {"site.tenure": choices["tenure"], "site.vendor": choices.get("vendor"), **action.sets}
    try:
        base, other = ledger, _changed(ledger, sets, action.voids)
        if bases(base, other):
            # what is counted must be the same on both sides; a stated intensity keeps the basis it was stated on
            if "grid_intensity_kg_per_kwh" in ledger.scenario.given:
                return None
            base = _changed(ledger, {"site.basis": "life-cycle"}, ())
            other = _changed(ledger, {**sets, "site.basis": "life-cycle"}, action.voids)
    except (InputError, InsufficientError):
        return None
    return Effect(action, {ACCOUNTED[name].head: _ratio(base, other, name) for name in NUMBERS})


def _ratio(base: Ledger, other: Ledger, name: str) -> Ratio | None:
    """Ratio of a total to what it is today; to next to nothing there is none."""
    today = base.totals[name]
    return None if today is None or min(today.value, today.low) < NOTHING else ratio(base, other, name)


def _changed(ledger: Ledger, sets: Mapping[str, str | float | None], voids: tuple[str, ...]) -> Ledger:
    """The same run with some fields set and some void, over the same draws."""
    document = copied(ledger.scenario.document)
    for path in voids:
        _void(document, path)
    for path, value in sets.items():
        if value is not None:
            put(document, path, value)
    scores = ledger.scores
    return estimate(document, observed=ledger.scenario.observations, samples=scores.samples, seed=scores.seed)


def _void(document: dict[str, Any], path: str) -> None:
    *sections, field = path.split(".")
    here: Any = document
    for section in sections:
        here = here.get(section) if isinstance(here, dict) else None
    if isinstance(here, dict):
        here.pop(field, None)
