"""What somebody else's file says a run took: CodeCarbon's CSV, a model card.

An account holds the factors of energy and carbon as far as the file tells them, by the names of the book. What it does
not tell is left out, never guessed.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from thirdwatt.scenario import content
from thirdwatt.scenario.document import yaml_document
from thirdwatt.scenario.mistakes import InputError, Mistake

KG_PER_G = 1e-3
S_PER_H = 3600.0
CODECARBON = frozenset(["run_id", "duration", "emissions", "energy_consumed"])
"""Columns by which CodeCarbon's file is known."""
NEEDED = ("duration", "emissions", "energy_consumed")
EMPTY = {"gpu_energy": 0.0, "gpu_count": 0.0, "pue": 1.0}
"""What CodeCarbon means by a cell that is empty or a column that an older version of it lacks."""
LARGEST = 1e30
"""No number of a run is larger, so that no product of two overflows."""
MAX_NOTE = 200
FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)


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
        If the file is one of these and cannot be read whole or says nothing that can be used.
    """
    path = Path(where)
    if path.suffix.lower() not in (".csv", ".md", ".markdown") or not path.is_file():
        return None
    text = content.text(where, content.MAX_ACCOUNT, smaller="split it by runs", errors="replace")
    return codecarbon(where, text) if path.suffix.lower() == ".csv" else model_card(where, text)


# --- CodeCarbon ---------------------------------------------------------------------------------------------------


def codecarbon(where: str, text: str) -> Account | None:
    """CodeCarbon's emissions file: its rows are running sums, so the last row of each run counts.

    Its energy is what the machine drew (accelerators, processor and memory), in kWh; its ``pue`` multiplies it already,
    each part as well as their sum.

    Raises
    ------
    InputError
        With every cell that is no number, or if there is no run.
    """
    lines = csv.DictReader(io.StringIO(text, newline=""))
    try:
        if not set(lines.fieldnames or ()) >= CODECARBON:
            return None
        last = {row["run_id"]: (lines.line_num, row) for row in lines if row.get("run_id")}
    except csv.Error as error:
        raise InputError([Mistake(f"{where}: line {lines.line_num}", f"is not CSV: {error}")]) from None
    if not last:
        raise InputError([Mistake(where, "holds no run")])
    runs = _runs(where, last.values())
    factors = {name: value for name, value in _factors(runs) if value is not None}
    if wrong := [name for name, value in factors.items() if not math.isfinite(value)]:
        raise InputError([Mistake(where, f"its numbers make no finite {' and '.join(wrong)}", "check their units")])
    modes = sorted({str(row["tracking_mode"]) for _, row in last.values() if row.get("tracking_mode")})
    notes = [f"{len(runs)} run{'s' if len(runs) > 1 else ''}, tracking mode {', '.join(modes) or 'not told'}"]
    low, high = min(run["pue"] for run in runs), max(run["pue"] for run in runs)
    if high == 1:
        notes.append("PUE 1: the building is not counted")
    elif low < high and "pue" in factors:
        notes.append(f"PUE {low:g} to {high:g}, by energy {factors['pue']:.3g}")
    return Account(Path(where).stem, "CodeCarbon", "facility", factors, tuple(notes))


def _factors(runs: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, float | None]]:
    """Factors of all runs together; ``None`` for what they do not tell."""
    facility = sum(run["energy_consumed"] for run in runs)
    it = sum(run["energy_consumed"] / run["pue"] for run in runs)
    accelerators = sum(run["gpu_energy"] / run["pue"] for run in runs)
    carbon = sum(run["emissions"] for run in runs)
    hours = sum(run["duration"] * max(1.0, run["gpu_count"]) for run in runs) / S_PER_H
    # One PUE is told as it stands, without the last digit that a sum and a division would change.
    same = len({run["pue"] for run in runs}) == 1
    yield "pue", runs[0]["pue"] if same else facility / it if it else None
    yield "accelerator_hours", hours or None
    yield "accelerators_energy_kwh", accelerators or None
    yield "it_energy_kwh", it or None
    yield "facility_energy_kwh", facility or None
    yield "grid_intensity_kg_per_kwh", carbon / facility if facility else None
    yield "carbon_kg", carbon


def _runs(where: str, rows: Iterable[tuple[int, Mapping[str, Any]]]) -> list[dict[str, float]]:
    """Numbers of each row by column."""
    found: list[dict[str, float]] = []
    mistakes: list[Mistake] = []
    for line, row in rows:
        found.append({})
        for name in (*NEEDED, *EMPTY):
            try:
                found[-1][name] = _number(row.get(name), EMPTY.get(name), 1.0 if name == "pue" else 0.0)
            except ValueError as error:
                mistakes.append(Mistake(f"{where}: line {line}, column {name}", str(error), "correct the cell"))
    if mistakes:
        raise InputError(mistakes)
    return found


def _number(cell: str | None, empty: float | None, least: float) -> float:
    """Number in a cell.

    Raises
    ------
    ValueError
        If there is none, or none that the column can hold.
    """
    if not cell or not cell.strip():
        if empty is None:
            raise ValueError("is empty")
        return empty
    said = repr(cell if len(cell) <= 40 else f"{cell[:40]}...")
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"{said} is no number") from None
    if not least <= value <= LARGEST:
        raise ValueError(f"{said} is not between {least:g} and {LARGEST:g}")
    return value


# --- model cards --------------------------------------------------------------------------------------------------


def model_card(where: str, text: str) -> Account:
    """A model card's ``co2_eq_emissions``, in grams, alone or as a table.

    Raises
    ------
    InputError
        If there is no front matter, or no mass in it.
    """
    front = FRONT_MATTER.match(text)
    if front is None:
        raise InputError([Mistake(where, "has no front matter between --- lines", "co2_eq_emissions stands there")])
    try:
        head = yaml_document(front[1])
    except ValueError as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError([Mistake(where, f"front matter is not valid YAML: {reason}")]) from None
    stated = head.get("co2_eq_emissions") if isinstance(head, Mapping) else None
    grams = stated.get("emissions") if isinstance(stated, Mapping) else stated
    here = f"{where}: co2_eq_emissions"
    if isinstance(grams, bool) or not isinstance(grams, int | float):
        raise InputError([Mistake(here, "is missing or no number", "it is in grams")])
    if not 0 <= grams <= LARGEST:
        raise InputError([Mistake(here, f"is not between 0 and {LARGEST:g}", "it is in grams")])
    notes = ["grams, as model cards have it; boundary, energy and hours are not told"]
    if isinstance(stated, Mapping):
        said = {key: _note(stated.get(key)) for key in ("source", "hardware_used", "geographical_location")}
        notes += [f"{key}: {text}" for key, text in said.items() if text]
    return Account(Path(where).stem, "model card", "not told", {"carbon_kg": grams * KG_PER_G}, tuple(notes))


def _note(said: Any) -> str:
    """Words of a field on one line, cut where they run on; nothing if they are no words."""
    words = said if isinstance(said, list) else [said]
    text = ", ".join(" ".join(each.split()) for each in words if isinstance(each, str))
    return text if len(text) <= MAX_NOTE else f"{text[:MAX_NOTE]} ..."
