"""Levers: one file each, and those that other packages bring.

To add one here, write its file and name it in :data:`FILES`. To bring one from another package, name it among the entry
points of the group :data:`GROUP`.
"""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from importlib.metadata import entry_points

from thirdwatt.search.levers.lever import Lever

FILES = (
    "fp8",
    "fp4",
    "fused_attention",
    "recompute",
    "layout",
    "micro_batch",
    "newer_software",
    "newer_accelerator",
    "clock",
    "consolidation",
    "liquid_cooling",
    "compute_optimal",
    "experts",
    "distillation",
    "pruning",
    "warm_start",
    "upcycling",
    "early_stopping",
    "exact_dedup",
    "dedup",
    "packing",
    "quality_filter",
    "tokenise_once",
    "stalls",
    "storage_format",
    "async_checkpoints",
    "checkpoint_interval",
    "goodput",
    "evaluation_cadence",
    "idle",
    "halving",
    "mutransfer",
    "fewer_failed_runs",
    "region",
    "site",
    "hour_shifting",
    "contracted_power",
    "spot",
    "continue_training",
    "lora",
    "retraining_interval",
    "storage_copies",
    "kept_checkpoints",
    "storage_tier",
    "hardware_lifetime",
)
"""Files of this package, in the order in which levers are told."""

GROUP = "thirdwatt.levers"
"""Entry points that name a :class:`~thirdwatt.search.levers.lever.Lever` each."""


@lru_cache(maxsize=1)
def levers() -> tuple[Lever, ...]:
    """Every lever there is: those of this package, then those that others bring, by name.

    Raises
    ------
    TypeError
        If an entry point names something else.
    ValueError
        If two levers have one id.
    """
    own: list[Lever] = [import_module(f"{__name__}.{name}").LEVER for name in FILES]
    for point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        found = point.load()
        if not isinstance(found, Lever):
            raise TypeError(f"the entry point {point.name} of {GROUP} is no Lever but a {type(found).__name__}")
        own.append(found)
    ids = [each.id for each in own]
    if twice := sorted({each for each in ids if ids.count(each) > 1}):
        raise ValueError(f"two levers are called {', '.join(twice)}")
    return tuple(own)
