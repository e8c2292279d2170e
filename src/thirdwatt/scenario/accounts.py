"""What somebody else's file says a run took: CodeCarbon's CSV, a model card.

An account holds the factors of energy and carbon as far as the file tells them, by the names of the book. What it does
not tell is left out, never guessed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thirdwatt.scenario.mistakes import InputError, Mistake

MAX_BYTES = 50_000_000
KG_PER_G = 1e-3
S_PER_H = 3600.0
CODECARBON = frozenset(["run_id", "duration", "emissions", "energy_consumed"])
"""Columns by which CodeCarbon's file is known."""


@dataclass(frozen=True, slots=True)
class Account:
    """Factors of a run by quantity, and what is to be known of them.

    ``boundary`` is what the energy counts, as far as the file tells.
    """

    name: str
    kind: str
    boundary: str
    factors: Mapping[str, float]
    notes: tuple[str, ...] = field(default=())


def account(where: str) -> Account | None:
    """The account in a file; ``None`` if it is neither CodeCarbon's CSV nor a model card.

    Raises
    ------
    InputError
        If the file is one of these and says nothing that can be used.
    """
    path = Path(where)
    if path.suffix.lower() not in (".csv", ".md", ".markdown") or not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as error:
        raise InputError([Mistake(where, f"cannot be read: {error.strerror}")]) from None
    return codecarbon(where, text) if path.suffix.lower() == ".csv" else model_card(where, text)


def codecarbon(where: str, text: str) -> Account | None:
    """CodeCarbon's emissions file: its rows are running sums, so the last row of each run counts.

    Its energy is what the machine drew (accelerators, processor and memory), in kWh; its ``pue`` multiplies it already.
    """
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if not set(lines.fieldnames or ()) >= CODECARBON:
        return None
    last: dict[str, Mapping[str, Any]] = {row["run_id"]: row for row in lines if row.get("run_id")}
    if not last:
        raise InputError([Mistake(where, "holds no run")])
    runs = list(last.values())
    total = {name: sum(_number(run, name) for run in runs) for name in ("duration", "emissions", "energy_consumed")}
    gpu, cpu, ram = (sum(_number(run, f"{part}_energy") for run in runs) for part in ("gpu", "cpu", "ram"))
    pue = {_number(run, "pue") or 1.0 for run in runs}
    overhead = pue.pop() if len(pue) == 1 else 1.0
    factors: dict[str, float] = {"pue": overhead}
    hours = sum(_number(run, "duration") * max(1.0, _number(run, "gpu_count")) for run in runs) / S_PER_H
    machine = gpu + cpu + ram
    if hours > 0:
        factors["accelerator_hours"] = hours
    if gpu > 0:
        factors |= {"accelerators_energy_kwh": gpu, "it_energy_kwh": machine}
    elif total["energy_consumed"] > 0:
        factors["it_energy_kwh"] = total["energy_consumed"] / overhead
    if total["energy_consumed"] > 0:
        factors["facility_energy_kwh"] = total["energy_consumed"]
        factors["grid_intensity_kg_per_kwh"] = total["emissions"] / total["energy_consumed"]
    factors["carbon_kg"] = total["emissions"]
    modes = sorted({str(run.get("tracking_mode", "")) for run in runs if run.get("tracking_mode")})
    notes = [f"{len(runs)} run{'s' if len(runs) > 1 else ''}, tracking mode {', '.join(modes) or 'not told'}"]
    if overhead == 1.0:
        notes.append("PUE 1: the building is not counted")
    return Account(Path(where).stem, "CodeCarbon", "facility", factors, tuple(notes))


def _number(row: Mapping[str, Any], name: str) -> float:
    try:
        value = float(row.get(name) or 0)
    except (TypeError, ValueError):
        return 0.0
    return value if abs(value) < 1e300 else 0.0


def model_card(where: str, text: str) -> Account:
    """A model card's ``co2_eq_emissions``, in grams, alone or as a table."""
    import yaml

    if not text.startswith("---"):
        raise InputError([Mistake(where, "has no front matter between --- lines", "co2_eq_emissions stands there")])
    try:
        head = yaml.safe_load(text.split("---", 2)[1])
    except yaml.YAMLError as error:
        raise InputError(
            [Mistake(where, f"front matter is not valid YAML: {' '.join(str(error).split())[:200]}")]
        ) from None
    stated = head.get("co2_eq_emissions") if isinstance(head, Mapping) else None
    grams = stated.get("emissions") if isinstance(stated, Mapping) else stated
    if isinstance(grams, bool) or not isinstance(grams, int | float):
        raise InputError([Mistake(f"{where}: co2_eq_emissions", "is missing or no number", "it is in grams")])
    notes = ["grams, as model cards have it; boundary, energy and hours are not told"]
    if isinstance(stated, Mapping):
        notes += [
            f"{key}: {stated[key]}" for key in ("source", "hardware_used", "geographical_location") if stated.get(key)
        ]
    return Account(Path(where).stem, "model card", "not told", {"carbon_kg": grams * KG_PER_G}, tuple(notes))
