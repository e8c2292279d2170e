"""Leaves: every figure that a scenario's choices bring along, by the name of its quantity.

Formulas see values and never tables; this is where tables become values. A row that is more specific to the scenario
hides what a more general one says of the same quantity, and what is stated hides everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from thirdwatt.facts import Figure, Row, table
from thirdwatt.facts.prices import rent
from thirdwatt.facts.table import under
from thirdwatt.ledger.blueprints import designed
from thirdwatt.ledger.samples import Leaf
from thirdwatt.quantity import limits
from thirdwatt.scenario import Scenario

_CODES = {
    "method": ("method_code", {"pretrain": 0, "sft": 1, "dpo": 2, "rl": 3}),
    "adapter": ("adapter_code", {"none": 0, "lora": 1, "qlora": 2}),
    "liquid": ("liquid_code", {"no": 0, "yes": 1}),
    "zero": ("zero_code", {"0": 0, "1": 1, "2": 2, "3": 3}),
    "recompute": ("recompute_code", {"none": 0, "selective": 1, "full": 2}),
    "recompute_free": ("recompute_free_code", {"no": 0, "yes": 1}),
    "asynchronous": ("asynchronous_code", {"no": 0, "yes": 1}),
    "context_by": ("context_code", {"ring": 0, "heads": 1}),
    "search": ("search_code", {"none": 0, "grid": 1, "random": 2, "halving": 3, "mutransfer": 4, "ladder": 5}),
    "offload": ("offload_code", {"none": 0, "optimizer": 1, "weights": 2}),
}
"""Options that formulas branch on. A method that is missing here has no formula, and its work stays unknown."""

_PEAK = "accelerator_peak_flop_per_s@"

_SIZES_OF_A_MODEL = ("parameter_count", "active_parameter_count")
_PRE_TRAINING_OF_A_MODEL = ("token_count", "epochs", "global_batch_count")
"""What a model's row says of its pre-training: nothing of a fine-tune's data."""


def figures(scenario: Scenario) -> dict[str, Figure]:
    """Every leaf a scenario has, by quantity."""
    if scenario.datasheet is None:
        found = dict(_of_choices(tuple(sorted(scenario.choices.items()))))
    else:
        found = _gathered(scenario.choices, scenario.datasheet)
    given = dict(scenario.given)
    if scenario.blueprint is not None:
        found = designed(found, scenario.blueprint, scenario.choices["precision"])
    if scenario.choices["method"] != "pretrain":
        for name in _PRE_TRAINING_OF_A_MODEL:
            found.pop(name, None)
        found["epochs"] = table("constants").rows["default"].figures["epochs"]
    if "layer_count" in given:
        for name in _SIZES_OF_A_MODEL:
            found.pop(name, None)
    stated_rent = given.get("rent_usd_per_accelerator_h")
    if stated_rent is not None:
        found["market_rent_usd_per_accelerator_h"] = stated_rent
        if scenario.choices["tenure"] != "rented":
            del given["rent_usd_per_accelerator_h"]
    found |= given
    unknown = table("constants").rows["undescribed"].figures
    if "token_count" not in found:
        found.setdefault("dataset_byte", unknown["dataset_byte"])
    counted = "token_count" in found and "tokenise_cpu_s_per_token" in given
    if not counted and "tokenise_core_hours" not in given:
        found.setdefault("tokenise_energy_kwh", unknown["tokenise_energy_kwh"])
    if not found.keys() & {"layer_count", "parameter_count"}:
        found.setdefault("checkpoint_byte", unknown["checkpoint_byte"])
    if scenario.calibration:
        from thirdwatt.ledger.calibrated import calibrated  # it reads the leaves of every measurement in turn

        found, _ = calibrated(scenario, found)
    return found


@lru_cache(maxsize=4096)
def _of_choices(choices: tuple[tuple[str, str], ...]) -> Mapping[str, Figure]:
    chosen = dict(choices)
    return _gathered(chosen, table("accelerators").rows[chosen["accelerator"]])


def _gathered(chosen: Mapping[str, str], accelerator: Row) -> dict[str, Figure]:
    """Leaves that choices bring along, with an accelerator of the tables or one that is in none."""
    constants = table("constants").rows
    facility = table("facilities").rows[chosen["facility"]]
    general_first: list[Row] = [constants["exact"], constants["default"]]
    if chosen["term"] == "spot":
        general_first.append(constants["spot"])
    general_first.append(table("generations").rows[chosen["generation"]])
    site = [facility, *reversed(table("grids").lineage(chosen["region"]))]
    general_first.extend(site if chosen["overhead"] == "region" else [*site[1:], facility])
    if "model" in chosen:
        general_first.append(table("models").rows[chosen["model"]])
    for field, name in (
        ("law", "laws"),
        ("stack", "stacks"),
        ("media", "media"),
        ("network", "networks"),
        ("host", "hosts"),
    ):
        general_first.append(table(name).rows[chosen[field]])
    general_first.append(accelerator)

    conditions = (chosen["precision"], chosen["basis"], chosen["generation"])
    found = under((row.figures for row in general_first), conditions)
    found |= _wide(chosen, accelerator.figures)
    if chosen["tenure"] != "colo":
        del found["colocation_usd_per_kw_per_year"]
    market = rent(chosen["accelerator"], chosen.get("vendor"), chosen["term"])
    if market is not None:
        found["market_rent_usd_per_accelerator_h"] = market
        if chosen["tenure"] == "rented":
            found["rent_usd_per_accelerator_h"] = market
    for option, word in (
        ("method", chosen["method"]),
        ("adapter", chosen["adapter"]),
        ("zero", chosen["zero"]),
        ("recompute", chosen["recompute"]),
        ("offload", chosen["offload"]),
        ("context_by", chosen["context_by"]),
        ("asynchronous", chosen["asynchronous"]),
        ("recompute_free", chosen["recompute_free"]),
        ("liquid", facility.text["liquid"]),
        ("search", chosen.get("search", "none")),
    ):
        name, codes = _CODES[option]
        if word in codes:
            found[name] = Figure(codes[word], codes[word], codes[word], "exact", f"option {word}", f"option/{name}")
    return found


def _wide(chosen: Mapping[str, str], chip: Mapping[str, Figure]) -> dict[str, Figure]:
    """Peak and share of products that stay wide where others are narrow: in 16 bit, if the chip has it."""
    family = table("generations").rows[chosen["generation"]].figures
    narrow = chosen["precision"] in ("fp8", "fp4")
    wanted = ("bf16", "fp16", chosen["precision"]) if narrow else (chosen["precision"],)
    peaks = {name.partition("@")[2]: figure for name, figure in chip.items() if name.startswith(_PEAK)}
    precision = next(each for each in (*wanted, *peaks) if each in peaks)
    return {
        "wide_peak_flop_per_s": peaks[precision],
        "wide_matmul_share": family[f"matmul_share@{precision}"],
    }


def informed(leaves: Mapping[str, Figure]) -> dict[str, bool]:
    """Whether each leaf is better than an assumption, so that it may trigger an alternative."""
    return {name: figure.kind != "assumed" for name, figure in leaves.items()}


def columns(rows: Sequence[Mapping[str, Figure]], names: Iterable[str]) -> dict[str, Leaf]:
    """Leaves of several variants at once; variants that share a figure share its row.

    Parameters
    ----------
    rows
        Leaves of each variant; every name must be in each.
    """
    return {name: column(name, [row[name] for row in rows]) for name in names}


def column(name: str, wanted: Sequence[Figure]) -> Leaf:
    """One leaf of several variants."""
    numbers: dict[int, int] = {}
    index = [numbers.setdefault(id(figure), len(numbers)) for figure in wanted]
    distinct: dict[int, Figure] = {}
    for figure in wanted:
        distinct.setdefault(id(figure), figure)
    kept = list(distinct.values())
    streams = [figure.stream for figure in kept]
    return Leaf(
        value=_codes(kept) if name.endswith("_code") else np.array([figure.value for figure in kept]),
        low=np.array([figure.low for figure in kept], dtype=np.float64),
        high=np.array([figure.high for figure in kept], dtype=np.float64),
        streams=streams[:1] if len(set(streams)) == 1 else streams,
        index=np.array(index, dtype=np.intp) if len(kept) > 1 else None,
        limits=limits(name),
    )


def _codes(kept: Sequence[Figure]) -> NDArray[np.intp]:
    return np.array([int(figure.value) for figure in kept], dtype=np.intp)


def redrawn(figure: Figure) -> Figure:
    """The same figure on a stream of its own."""
    return replace(figure, stream=f"{figure.stream}~redrawn")
