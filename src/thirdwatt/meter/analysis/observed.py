"""What the ledger may rest on: a run as observations."""

from __future__ import annotations

import math

from thirdwatt.quantity import J_PER_KWH, OBSERVATIONS_SCHEMA, Observation, unit

from .node import TOLERANCE
from .words import shares

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


def observations(found: Mapping[str, Any]) -> list[Observation]:
    """What the ledger may rest on: rates that hold for any such run, and what this run came to."""
    rows: list[Observation] = []
    source = f"run {found['id']}"

    def row(name: str, three: tuple[float, float, float], scope: str, kind: str = "measured", by: str = "") -> None:
        low, value, high = three
        if all(map(math.isfinite, three)) and value > 0:
            rows.append(Observation(name, value, min(low, value), max(high, value), unit(name), kind,
                                    f"{source}: {by}" if by else source, scope))  # fmt: skip

    cards = [each for each in found["devices"] if each["component"] == "accelerator" and each["measured_s"]]
    names = ", ".join(sorted({each["source"] for each in cards}))
    only_cards = found["accelerators"] == len(cards)
    if cards and only_cards:
        watts = [each["mean_w"] for each in cards]
        mean = sum(watts) / len(watts)
        row("accelerator_power_w", (mean * (1 - TOLERANCE), mean, mean * (1 + TOLERANCE)), "rate", by=names)
    count, rate = found["accelerators"], found["tokens_per_s"]
    if count and rate:
        low, value, high = (rate[key] / count for key in ("low", "value", "high"))
        row("tokens_per_s_per_accelerator", (low, value, high), "rate", by=f"{found['steps']} steps")
    hours = found["duration_s"] / 3600
    row("wall_time_h", (hours, hours, hours), "run")
    if count:
        row("accelerator_count", (count, count, count), "run")
        row("accelerator_hours", (found["accelerator_hours"],) * 3, "run")
    if found["tokens"]:
        row("trained_token_count", (found["tokens"],) * 3, "run")
    if cards and only_cards:
        row("accelerators_energy_kwh", _kwh(cards), "run", by=names)
    energy = found["energy_j"]
    if energy:
        shared = any(each["share"]["low"] < 1 for each in found["machines"])
        kind = "modelled" if found["modelled"] or shared else "measured"
        low, value, high = (energy[key] / J_PER_KWH for key in ("low", "value", "high"))
        row("it_energy_kwh", (low, value, high), "run", kind, by=shares(found))
    return rows


def _kwh(devices: Sequence[Mapping[str, Any]]) -> tuple[float, float, float]:
    low, value, high = (sum(each["energy_j"][key] for each in devices) / J_PER_KWH for key in ("low", "value", "high"))
    return low, value, high


def observed(found: Mapping[str, Any]) -> dict[str, Any]:
    """Observations as a document."""
    return {"schema": OBSERVATIONS_SCHEMA, "observations": [each._asdict() for each in observations(found)]}
