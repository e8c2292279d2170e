"""The two sides of a reconciliation, read as chains of factors: a ledger, one written before, somebody's own account.

A side holds the factors that its file tells and no others. Both figures that are reconciled are the product of theirs,
so that :mod:`thirdwatt.report.reconciliation` divides their difference among factors alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import thirdwatt
from thirdwatt.amounts import SIZES, amount, percent, plain, unit_to_read
from thirdwatt.facts import digest
from thirdwatt.ledger import Ledger
from thirdwatt.ledger.ledger import ACCOUNTED, WITHIN
from thirdwatt.quantity import unit
from thirdwatt.scenario import InputError, Mistake
from thirdwatt.scenario.accounts import Account
from thirdwatt.scenario.parse import UNSAID_BASIS

DIVISORS = ("accelerator_peak_flop_per_s", "mfu", "goodput")
HOURS_FROM_WORK = ("training_flop", *DIVISORS)
"""Factors that make up accelerator hours: work over rate."""

BASES: Mapping[str, str] = {
    "direct": "direct counts stacks alone",
    "life-cycle": "life-cycle counts mines, wells and the making of plants too",
}
METHODS: Mapping[str, str] = {"CodeCarbon": "location-based"}
"""How the carbon of an account was counted, where its kind tells."""

FIGURES: Mapping[str, str] = {ACCOUNTED[name].head: name for name in ("energy_kwh", "carbon_kg")}
"""Accounts that can be reconciled, by what they are called."""

SAME = 1e-9
"""Relative difference of two figures that are the same to a reader."""

TOLD_BY_TOTALS = ("training_flop", "mfu", "goodput", "accelerator_hours", "accelerator_power_w")
TOLD_BY_INPUTS = ("accelerator_peak_flop_per_s", "grid_intensity_kg_per_kwh")
"""Where a written ledger holds the factors of the chain."""

SHOWN = 4
"""Totals that a note names where a ledger is not what its scenario gives now."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two numbers: its value and its factors, those of the chain that are told.

    ``basis`` is what its grid intensity counts and ``method`` how its carbon was counted, ``None`` where it does not
    say; ``where`` is the file it came from.
    """

    name: str
    kind: str
    boundary: str
    values: Mapping[str, float]
    factors: Mapping[str, float]
    notes: tuple[str, ...] = ()
    basis: str | None = None
    method: str | None = None
    where: str = ""


def demand_sense(figures: Mapping[str, float], where: str) -> None:
    """Refuse figures that are negative or not finite.

    Raises
    ------
    InputError
        With each of them.
    """
    wrong = [name for name, value in figures.items() if not 0 <= value < math.inf]
    if wrong:
        fix = "hours, energies, masses and their factors are finite and not negative; correct it there"
        raise InputError([Mistake(f"{where}: {name}", f"is {figures[name]:g}", fix) for name in wrong])


# --- ledgers and accounts -----------------------------------------------------------------------------------------


def of_ledger(ledger: Ledger) -> Side:
    """A ledger as a chain of factors at its own boundary."""

    def centre(name: str) -> float | None:
        found = ledger.of(name)
        return None if found is None else found.value

    within = {name: at["energy_kwh"] for name, at in ledger.boundaries.items()}
    energies = {name: None if energy is None else energy.value for name, energy in within.items()}
    values = {name: total.value for name in FIGURES.values() if (total := ledger.totals[name]) is not None}
    told = {name: centre(name) for name in (*TOLD_BY_TOTALS, *TOLD_BY_INPUTS)}
    basis = ledger.scenario.choices.get("basis", UNSAID_BASIS)
    return Side(
        name=ledger.scenario.name,
        kind="scenario",
        boundary=ledger.boundary,
        values=values,
        factors=_factors(told, energies, ledger.boundary, values.get("carbon_kg")),
        basis=None if basis == UNSAID_BASIS else basis,
        method="location-based",
    )


def _factors(
    told: Mapping[str, float | None], energies: Mapping[str, float | None], boundary: str, carbon: float | None
) -> dict[str, float]:
    """The chain from what a ledger says: its product is the energy, and the carbon, of the boundary."""
    accelerators, whole = energies.get("accelerators"), energies.get(boundary)
    counts_machines = WITHIN[boundary].machines
    inside = energies.get("it") if counts_machines else accelerators
    power, known = _calibrated(told["accelerator_power_w"], _power(accelerators, told["accelerator_hours"]))
    intensity, known_carbon = _calibrated(told["grid_intensity_kg_per_kwh"], _ratio(carbon, whole))
    if whole and not accelerators:
        power = known = None  # what others draw is no multiple of nothing
    chain = {
        **{name: told[name] for name in (*HOURS_FROM_WORK, "accelerator_hours")},
        "accelerator_power_w": power,
        "calibration_ratio": known,
        "machines_ratio": _ratio(inside, accelerators) if counts_machines else 1.0,
        "building_ratio": _ratio(whole, inside),
        "grid_intensity_kg_per_kwh": intensity,
        "carbon_calibration_ratio": known_carbon,
    }
    return {name: value for name, value in chain.items() if value is not None}


def _calibrated(stated: float | None, actual: float | None) -> tuple[float | None, float | None]:
    """A factor, and by how much the known total exceeds what it would give, where it does."""
    if actual is None:
        return stated, None
    if not stated or math.isclose(stated, actual, rel_tol=SAME):
        return actual, None
    return stated, actual / stated


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _power(energy_kwh: float | None, hours: float | None) -> float | None:
    watt_hours = None if energy_kwh is None else SIZES["kW"] * energy_kwh
    return _ratio(watt_hours, hours)


def of_account(account: Account, where: str = "") -> Side:
    """Somebody's account as a chain of factors; ``where`` is its file.

    Raises
    ------
    InputError
        If a figure of it is negative.
    """
    told = account.factors
    demand_sense(told, where or account.name)
    accelerators, it, facility = (told.get(f"{name}_energy_kwh") for name in ("accelerators", "it", "facility"))
    factors = {
        "accelerator_hours": told.get("accelerator_hours"),
        "accelerator_power_w": _power(accelerators, told.get("accelerator_hours")),
        "machines_ratio": _ratio(it, accelerators),
        "building_ratio": _ratio(facility, it),
        "grid_intensity_kg_per_kwh": told.get("grid_intensity_kg_per_kwh"),
    }
    energy = {"energy_kwh": facility} if facility else {}
    return Side(
        name=account.name,
        kind=account.kind,
        boundary=account.boundary,
        values={"carbon_kg": told["carbon_kg"], **energy},
        factors={name: value for name, value in factors.items() if value is not None},
        notes=account.notes,
        method=METHODS.get(account.kind),
        where=where,
    )


# --- ledgers written before ---------------------------------------------------------------------------------------


def is_ledger(document: Any) -> bool:
    """Whether a document is a ledger that ``estimate --json`` wrote."""
    schema = document.get("schema") if isinstance(document, Mapping) else None
    return isinstance(schema, str) and schema.startswith("thirdwatt/estimate/")


def of_document(document: Mapping[str, Any], name: str, where: str) -> Side | None:
    """A ledger written before, by its own figures, as a chain of factors; ``None`` if it states no energy.

    Only central values are read, which no seed and no number of draws changes.

    Raises
    ------
    InputError
        If a figure that it states is none.
    """

    def stated(*path: str) -> float | None:
        return _stated(document, where, path)

    energy, carbon = stated("totals", "energy_kwh", "value"), stated("totals", "carbon_kg", "value")
    if energy is None:
        return None
    boundary = document.get("boundary")
    if not isinstance(boundary, str) or boundary not in WITHIN:
        fix = f"one of {', '.join(WITHIN)}"
        raise InputError([Mistake(f"{where}: boundary", f"is {boundary!r}", fix)])
    energies = {each: stated("boundaries", each, "energy_kwh", "value") for each in WITHIN}
    own_carbon = stated("boundaries", boundary, "carbon_kg", "value")
    told = {each: stated("totals", each, "value") for each in TOLD_BY_TOTALS} | _inputs(document, where)
    values = {"energy_kwh": energy, **({} if carbon is None else {"carbon_kg": carbon})}
    within = {"energy_kwh": energies[boundary], "carbon_kg": own_carbon}
    return Side(
        name=name,
        kind="ledger",
        boundary=boundary,
        values=values,
        factors=_factors(told, energies, boundary, own_carbon),
        notes=(_written_by(document), *_torn(values, within, boundary)),
        basis=_basis(document),
        method="location-based",
        where=where,
    )


def beside(side: Side, document: Mapping[str, Any], ledger: Ledger | None, problem: str = "") -> Side:
    """A ledger written before with a note of how far off its totals are from what its scenario gives now.

    Parameters
    ----------
    ledger
        Its scenario computed now; ``None`` if that cannot be done, for ``problem``.
    """
    now = _this()
    if ledger is None:
        return replace(side, notes=(*side.notes, f"{now} cannot compute it again: {problem}"))
    off = _off(document, ledger, side.where)
    if not off:
        return side
    which = "its stored figures are used" if side.kind == "ledger" else "these are used, not what it stores"
    return replace(side, notes=(*side.notes, f"{now} gives other totals, {which}: {'; '.join(off)}"))


def recomputed(ledger: Ledger, document: Mapping[str, Any], name: str, where: str) -> Side:
    """A ledger that lacks its energy, as its scenario gives it now, with a note of that."""
    side = of_ledger(ledger)
    told = f"{_written_by(document)}; it states no totals.energy_kwh, so all is computed anew by {_this()}"
    return beside(replace(side, name=name, where=where, notes=(told,)), document, ledger)


def _this() -> str:
    return f"thirdwatt {thirdwatt.__version__} with facts {digest()}"


def _off(document: Mapping[str, Any], ledger: Ledger, where: str) -> list[str]:
    """Totals that are not what they would be now, each with both figures."""
    said = []
    for name, total in sorted(ledger.totals.items(), key=lambda pair: pair[0] not in FIGURES.values()):
        stored = _stated(document, where, ("totals", name, "value"))
        if stored is None or total is None or math.isclose(stored, total.value, rel_tol=SAME):
            continue
        symbol = unit_to_read(name)
        said.append(f"{name} {_two(stored, total.value, symbol)} ({_apart(stored, total.value)})")
    return said if len(said) <= SHOWN else [*said[:SHOWN], f"{len(said) - SHOWN} more"]


def _two(stored: float, now: float, symbol: str) -> str:
    """Two figures with as many digits as tell them apart."""
    for digits in (3, 5, 8):
        before, after = amount(stored, symbol, digits), amount(now, symbol, digits)
        if before != after:
            break
    return f"{before} stored, {after} now"


def _apart(stored: float, now: float) -> str:
    if stored <= 0 or now <= 0 or not 0.1 < now / stored < 10:
        return f"x {plain(now / stored)}" if stored > 0 else "from nothing"
    return f"{'+' if now > stored else '-'}{percent(abs(now / stored - 1))}"


def _torn(totals: Mapping[str, float], within: Mapping[str, float | None], boundary: str) -> Iterator[str]:
    for name, value in totals.items():
        other = within[name]
        if other is not None and not math.isclose(value, other, rel_tol=SAME):
            said = amount(other, unit(name))
            yield f"its total {name} of {amount(value, unit(name))} is not that of its own boundary {boundary}, {said}"


def _written_by(document: Mapping[str, Any]) -> str:
    said = {name: document.get(name) for name in ("name", "version", "facts_digest", "seed", "samples")}
    what, version, facts, seed, samples = (
        " ".join(str(value)[:60].split()) if isinstance(value, str | int) else "not told" for value in said.values()
    )
    return f"ledger of {what}, written by thirdwatt {version} with facts {facts}, seed {seed}, {samples} samples"


def _basis(document: Mapping[str, Any]) -> str | None:
    basis = _at_path(document, ("scenario", "site", "basis"))
    return basis if isinstance(basis, str) and basis in BASES else None


def _inputs(document: Mapping[str, Any], where: str) -> dict[str, float | None]:
    found: dict[str, float | None] = dict.fromkeys(TOLD_BY_INPUTS)
    rows = document.get("inputs")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, Mapping) and (name := row.get("quantity")) in TOLD_BY_INPUTS:
            found[name] = _figure(row.get("value"), f"{where}: inputs, {name}")
    return found


def _stated(document: Mapping[str, Any], where: str, path: Sequence[str]) -> float | None:
    return _figure(_at_path(document, path), f"{where}: {'.'.join(path)}")


def _at_path(document: Any, path: Sequence[str]) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, Mapping) else None
    return document


def _figure(value: Any, where: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e300:
        fix = "a ledger's figures are finite and not negative; write it anew with thirdwatt estimate --json"
        raise InputError([Mistake(where, f"is {str(value)[:40]}", fix)])
    return float(value)
