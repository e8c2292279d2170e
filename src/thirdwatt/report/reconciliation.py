"""Why two numbers differ: the whole difference as a waterfall by quantity.

Both figures are a chain of factors (hours × power × machines beside the accelerators × building × intensity), and the
logarithmic mean divides the difference among them exactly and without an order [1]_. What one side does not tell is
the last step, *not told*: it is what remains, and it is printed however large it is.

References
----------
.. [1] Ang 2005, The LMDI approach to decomposition analysis: a practical guide, Energy Policy 33.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import thirdwatt
from thirdwatt.amounts import amount, percent, plain, scale, unit_to_read
from thirdwatt.facts import digest
from thirdwatt.ledger import Ledger
from thirdwatt.quantity import BOUNDARIES, unit
from thirdwatt.report.text import WIDTH
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.scenario.accounts import Account
from thirdwatt.scenario.parse import UNSAID_BASIS

STEPS: Mapping[str, str] = {
    "training_flop": "work",
    "accelerator_peak_flop_per_s": "peak of the chip",
    "mfu": "utilisation",
    "goodput": "goodput",
    "accelerator_hours": "accelerator hours",
    "accelerator_power_w": "power of an accelerator",
    "calibration_ratio": "known energy against the product",
    "machines_ratio": "hosts, network, storage, spares counted",
    "building_ratio": "building counted (PUE)",
    "grid_intensity_kg_per_kwh": "grid intensity",
    "carbon_calibration_ratio": "known carbon against the product",
    "not_told": "not told by both",
    "off_product": "totals beyond their own factors",
}
"""Factors of the chain in the order in which they are read, and what each is to a reader."""

DIVISORS = ("accelerator_peak_flop_per_s", "mfu", "goodput")
CALIBRATIONS: Mapping[str, str] = {
    "calibration_ratio": "accelerator_power_w",
    "carbon_calibration_ratio": "grid_intensity_kg_per_kwh",
}
"""By how much a known total exceeds the product, and the factor beside which it stands; 1 where nobody tells it."""

BASES: Mapping[str, str] = {
    "direct": "direct counts stacks alone",
    "life-cycle": "life-cycle counts mines, wells and the making of plants too",
}
METHODS: Mapping[str, str] = {"CodeCarbon": "location-based"}
"""How the carbon of an account was counted, where its kind tells."""

SAME, ROUNDING = 1e-9, 1e-12
"""Relative to the difference, and to the larger figure: what is nothing to a reader, and what floats leave."""

TOLD_BY_TOTALS = ("training_flop", "mfu", "goodput", "accelerator_hours", "accelerator_power_w")
TOLD_BY_INPUTS = ("accelerator_peak_flop_per_s", "grid_intensity_kg_per_kwh")
"""Where a written ledger holds the factors of the chain."""

SHOWN = 4
LABEL, FIGURE = 42, 14
_HOURS_FROM_WORK = ("training_flop", *DIVISORS)
_W_PER_KW, _S_PER_H = 1000.0, 3600.0


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


@dataclass(frozen=True, slots=True)
class Step:
    """One factor: what it is on either side and what it adds to the difference."""

    quantity: str
    meaning: str
    first: float | None
    second: float | None
    difference: float


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Two numbers and the steps between them; ``residual`` is what the steps leave."""

    quantity: str
    first: Side
    second: Side
    steps: tuple[Step, ...]
    residual: float

    @property
    def difference(self) -> float:
        """What the second figure has more than the first."""
        return self.second.values[self.quantity] - self.first.values[self.quantity]

    @property
    def negligible(self) -> float:
        """Below this a part of the difference is nothing."""
        larger = max(self.first.values[self.quantity], self.second.values[self.quantity])
        return _negligible(self.difference, larger)


# --- sides --------------------------------------------------------------------------------------------------------


def of_ledger(ledger: Ledger) -> Side:
    """A ledger as a chain of factors at its own boundary."""

    def centre(name: str) -> float | None:
        found = ledger.of(name)
        return None if found is None else found.value

    within = {name: at["energy_kwh"] for name, at in ledger.boundaries.items()}
    energies = {name: None if energy is None else energy.value for name, energy in within.items()}
    values = {name: total.value for name in ("energy_kwh", "carbon_kg") if (total := ledger.totals[name]) is not None}
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
    counts_machines = boundary in ("it", "facility")
    inside = energies.get("it") if counts_machines else accelerators
    power, known = _calibrated(told["accelerator_power_w"], _power(accelerators, told["accelerator_hours"]))
    intensity, known_carbon = _calibrated(told["grid_intensity_kg_per_kwh"], _ratio(carbon, whole))
    if whole and not accelerators:
        power = known = None  # what others draw is no multiple of nothing
    chain = {
        **{name: told[name] for name in (*_HOURS_FROM_WORK, "accelerator_hours")},
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
    watt_hours = None if energy_kwh is None else _W_PER_KW * energy_kwh
    return _ratio(watt_hours, hours)


def of_account(account: Account, where: str = "") -> Side:
    """Somebody's account as a chain of factors; ``where`` is its file.

    Raises
    ------
    InputError
        If a figure of it is negative.
    """
    told = account.factors
    _demand_sense(told, where or account.name)
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
    if boundary not in BOUNDARIES:
        fix = f"one of {', '.join(BOUNDARIES)}"
        raise InputError([Mistake(f"{where}: boundary", f"is {boundary!r}", fix)])
    energies = {each: stated("boundaries", each, "energy_kwh", "value") for each in BOUNDARIES}
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
    for name, total in sorted(ledger.totals.items(), key=lambda pair: pair[0] not in ("energy_kwh", "carbon_kg")):
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


# --- the difference -----------------------------------------------------------------------------------------------


def reconcile(first: Side, second: Side, quantity: str) -> Reconciliation:
    """Divide the difference of two figures among the factors that both sides tell.

    Parameters
    ----------
    quantity
        ``carbon_kg`` or ``energy_kwh``; both sides must have it.

    Raises
    ------
    InsufficientError
        If a side lacks the figure.
    InputError
        If a figure is negative, or is nothing where its product is not.
    """
    for side in (first, second):
        if quantity not in side.values:
            raise InsufficientError(f"{side.name} tells no {quantity}")
        _demand_sense({quantity: side.values[quantity], **side.factors}, side.where or side.name)
    one, two = first.values[quantity], second.values[quantity]
    chain = _chain(first, second, quantity)
    for side in (first, second):
        _demand_a_zero(side, chain, quantity)
    parts = _parts(first, second, chain, quantity)
    steps = [
        Step(name, _meaning(name, first, second), _told(first, name), _told(second, name), part)
        for name, part in parts.items()
    ]
    rest = (two - one) - math.fsum(parts.values())
    if abs(rest) > _negligible(two - one, max(one, two)):
        name = "off_product" if _whole(chain, quantity) else "not_told"
        steps.append(Step(name, STEPS[name], None, None, rest))
        rest = (two - one) - math.fsum((*parts.values(), rest))
    return Reconciliation(quantity, first, second, tuple(steps), rest + 0.0)


def largest(found: Reconciliation) -> Step | None:
    """The step that adds or takes most; ``None`` where none does either."""
    most = max(found.steps, key=lambda step: abs(step.difference), default=None)
    return None if most is None or abs(most.difference) <= found.negligible else most


def sentence(found: Reconciliation) -> str:
    """What became of the first figure and what most of that is, in words."""
    symbol = unit(found.quantity)
    one, two = found.first.values[found.quantity], found.second.values[found.quantity]
    most = largest(found)
    if equal(found):
        both = f"{found.first.name} and {found.second.name} both come to {amount(one, symbol)}"
        return f"{both}." if most is None else f"{both}: their factors differ and make up for each other."
    become = f"{amount(one, symbol)} ({found.first.name}) become {amount(two, symbol)} ({found.second.name})."
    if most is None:
        return become
    chief = "Most of the difference" if most.difference / found.difference > 0.5 else "The largest step"
    return f"{become} {chief} is {most.meaning}."


def equal(found: Reconciliation) -> bool:
    """Whether the two figures are the same to a reader."""
    return math.isclose(found.first.values[found.quantity], found.second.values[found.quantity], rel_tol=SAME)


def _negligible(difference: float, larger: float) -> float:
    return max(SAME * abs(difference), ROUNDING * larger)


def _demand_sense(figures: Mapping[str, float], where: str) -> None:
    wrong = [name for name, value in figures.items() if not 0 <= value < math.inf]
    if wrong:
        fix = "hours, energies, masses and their factors are finite and not negative; correct it there"
        raise InputError([Mistake(f"{where}: {name}", f"is {figures[name]:g}", fix) for name in wrong])


def _demand_a_zero(side: Side, chain: Sequence[str], quantity: str) -> None:
    """Refuse a factor of nothing in a product of something: no limit leads there."""
    for name in chain:
        if _told(side, name) == 0 and (name in DIVISORS or side.values[quantity] > 0):
            said = f"is 0, but {quantity} is {amount(side.values[quantity], unit(quantity))}"
            raise InputError([Mistake(f"{side.where or side.name}: {name}", said, "correct one of them")])


def _told(side: Side, name: str) -> float:
    return side.factors.get(name, 1.0) if name in CALIBRATIONS else side.factors[name]


def _parts(first: Side, second: Side, chain: Sequence[str], quantity: str) -> dict[str, float]:
    """What each factor adds: L(a, b)·ln(x_b/x_a) [1]_.

    Where factors vanish on one side and the figure with them, that tends to the whole difference, in equal parts for
    each that vanishes, and to nothing for the others.
    """
    one, two = first.values[quantity], second.values[quantity]
    ends = {name: (_told(first, name), _told(second, name)) for name in chain}
    vanishing = [name for name, (a, b) in ends.items() if (a == 0) != (b == 0)]
    if one == 0 or two == 0:
        return {name: (two - one) / len(vanishing) if name in vanishing else 0.0 for name in chain}
    mean = _logarithmic_mean(one, two)
    # Ratios of sums differ in the last digit between equal factors: that is no step.
    return {
        name: 0.0 if math.isclose(a, b, rel_tol=1e-14) else mean * (-1 if name in DIVISORS else 1) * _log(b, a)
        for name, (a, b) in ends.items()
    }


def _logarithmic_mean(one: float, two: float) -> float:
    """(b - a)/ln(b/a) [1]_; near equality, where that is 0/0, the arithmetic mean, which it tends to."""
    return (one + two) / 2 if math.isclose(one, two, rel_tol=1e-6) else (two - one) / _log(two, one)


def _log(over: float, under: float) -> float:
    """Logarithm of a ratio, also where the ratio itself is beyond what a float holds."""
    ratio = over / under
    return math.log(ratio) if 0 < ratio < math.inf else math.log(over) - math.log(under)


def _chain(first: Side, second: Side, quantity: str) -> list[str]:
    """Factors that both sides tell; hours as work over rate where that makes them up on both, else as hours."""
    both = first.factors.keys() & second.factors.keys()
    worked = both.issuperset(_HOURS_FROM_WORK) and all(_makes_hours(side) for side in (first, second))
    hours = _HOURS_FROM_WORK if worked else ("accelerator_hours",)
    wanted = (*hours, *_links(quantity))
    either = first.factors.keys() | second.factors.keys()
    calibrated = {name for name, beside in CALIBRATIONS.items() if name in either and beside in both}
    told = (both & set(wanted)) | (calibrated & _known(quantity))
    return [name for name in STEPS if name in told]


def _links(quantity: str) -> tuple[str, ...]:
    links = ("accelerator_power_w", "machines_ratio", "building_ratio")
    return (*links, "grid_intensity_kg_per_kwh") if quantity == "carbon_kg" else links


def _known(quantity: str) -> set[str]:
    return {name for name, beside in CALIBRATIONS.items() if beside in _links(quantity)}


def _makes_hours(side: Side) -> bool:
    """Whether its work over its rate is its hours; it is not where hours are stated beside a utilisation."""
    hours = side.factors.get("accelerator_hours")
    work, peak, mfu, goodput = (side.factors[name] for name in _HOURS_FROM_WORK)
    rate = peak * mfu * goodput
    return rate > 0 and (hours is None or math.isclose(work, hours * _S_PER_H * rate, rel_tol=ROUNDING))


def _whole(chain: Sequence[str], quantity: str) -> bool:
    return set(_links(quantity)) <= set(chain) and ("accelerator_hours" in chain or "training_flop" in chain)


def _meaning(name: str, first: Side, second: Side) -> str:
    if name != "grid_intensity_kg_per_kwh" or first.basis == second.basis:
        return STEPS[name]
    one, two = (side.basis or "basis not told" for side in (first, second))
    unlike = ": not the same thing counted" if first.basis and second.basis else ""
    return f"{STEPS[name]}, {one} against {two}{unlike}"


# --- showing ------------------------------------------------------------------------------------------------------


def document(found: Reconciliation) -> dict[str, Any]:
    """The reconciliation as plain data, schema ``thirdwatt/reconcile/1``."""
    sides = [
        {
            "name": side.name,
            "kind": side.kind,
            "boundary": side.boundary,
            "value": side.values[found.quantity],
            "factors": dict(side.factors),
            "notes": [*side.notes, *_unlike(found)],
        }
        for side in (found.first, found.second)
    ]
    return {
        "schema": "thirdwatt/reconcile/1",
        "quantity": found.quantity,
        "unit": unit(found.quantity),
        "first": sides[0],
        "second": sides[1],
        "difference": found.difference,
        "steps": [asdict(step) for step in found.steps],
        "residual": found.residual,
    }


def text(found: Reconciliation, columns: int = WIDTH) -> str:
    """The waterfall as a table."""
    return "\n".join(line.rstrip() for line in _lines(found, columns)) + "\n"


def _lines(found: Reconciliation, columns: int) -> Iterator[str]:
    yield from textwrap.wrap(_heading(found), columns, subsequent_indent="  ")
    yield ""
    if equal(found):
        yield from textwrap.wrap(sentence(found), columns, subsequent_indent="  ")
    if not equal(found) or largest(found) is not None:
        yield from _table(found)
    notes = [f"{side.name}: {note}" for side in (found.first, found.second) for note in side.notes]
    notes += [*_unlike(found), *_gaps(found)]
    shares = [step.difference / found.difference for step in found.steps] if not equal(found) else []
    if any(share >= 1.005 for share in shares):
        notes.append("Shares are of the difference; factors in opposite directions make some of them more than 100 %.")
    if notes:
        yield ""
    for note in notes:
        yield from textwrap.wrap(note, columns, subsequent_indent="  ")


def _heading(found: Reconciliation) -> str:
    """Both figures; of carbon also how it was counted, as far as either side tells."""
    symbol = unit(found.quantity)
    sides = (found.first, found.second)
    methods = [side.method or "method not told" for side in sides]
    if found.quantity == "energy_kwh":
        what, methods = "energy", ["", ""]
    elif methods[0] == methods[1]:
        what, methods = f"carbon, {methods[0]}", ["", ""]
    else:
        what, methods = "carbon", [f", {method}" for method in methods]
    one, two = (
        f"{amount(side.values[found.quantity], symbol)} ({side.name}{method})"
        for side, method in zip(sides, methods, strict=True)
    )
    return f"{what}: {one} against {two}"


def _table(found: Reconciliation) -> Iterator[str]:
    symbol = unit(found.quantity)
    one, two = (side.values[found.quantity] for side in (found.first, found.second))
    factor, name = scale([one, two], symbol)

    def said(value: float) -> str:
        """In the unit of the table, unless it is too small for that."""
        if abs(value) <= found.negligible:
            return "0"
        sign = "-" if value < 0 else ""
        size = abs(value)
        return sign + (f"{plain(size / factor, 4)} {name}" if size >= 1e-3 * factor else amount(size, symbol, 4))

    yield from _row(f"{found.first.name} ({found.first.boundary})", said(one))
    for step in found.steps:
        change = said(step.difference)
        more = "" if change == "0" or step.difference < 0 else "+"
        share = "" if change == "0" or equal(found) else _share(step.difference / found.difference)
        yield from _row(f"  {step.meaning}", more + change, share, _ends(step))
    yield from _row(f"{found.second.name} ({found.second.boundary})", said(two))
    yield from _row("residual", said(found.residual))


def _row(label: str, figure: str, share: str = "", ends: str = "") -> Iterator[str]:
    indent = "    " if label.startswith(" ") else "  "
    first, *more = textwrap.wrap(label, LABEL - 1, subsequent_indent=indent, break_on_hyphens=False)
    yield f"{first:{LABEL}}{figure:>{FIGURE}}   {share:>6}   {ends}"
    yield from more


def _share(share: float) -> str:
    size = percent(abs(share))
    return f"-{size}" if share < 0 and not size.startswith("<") else size


def _unlike(found: Reconciliation) -> Iterator[str]:
    """What is to be known where the two grid intensities do not count the same."""
    one, two = found.first.basis, found.second.basis
    if found.quantity != "carbon_kg" or not one or not two or one == two:
        return
    counts = "; ".join(BASES.get(basis, basis) for basis in (one, two))
    yield (
        f"grid intensity of {found.first.name} is {one}, of {found.second.name} {two} ({counts}): that step is "
        "what is counted and not only what was emitted; site.basis in a scenario asks for one basis"
    )


def _gaps(found: Reconciliation) -> Iterator[str]:
    """What either side says nothing of, where that leaves a step."""
    if not any(step.quantity == "not_told" for step in found.steps):
        return
    gaps = []
    for one, other in ((found.first, found.second), (found.second, found.first)):
        lacking = [STEPS[name] for name in _lacking(one, other, found)]
        gaps += [f"{other.name} says nothing of {', '.join(lacking)}"] if lacking else []
    yield f"not told by both: {'; '.join(gaps)}" if gaps else "not told by both sides"


def _lacking(one: Side, other: Side, found: Reconciliation) -> list[str]:
    hours_told = "accelerator_hours" in other.factors
    wanted = ("accelerator_hours", *(() if hours_told else _HOURS_FROM_WORK), *_links(found.quantity))
    return [name for name in STEPS if name in wanted and name in one.factors and name not in other.factors]


def step_ends(step: Step) -> tuple[str, str]:
    """A factor on either side as people read it; empty where it is not told."""
    symbol = "1" if step.quantity.endswith("_ratio") else unit_to_read(step.quantity)

    def said(value: float | None) -> str:
        return "" if value is None else plain(value) if symbol == "1" else amount(value, symbol)

    return said(step.first), said(step.second)


def _ends(step: Step) -> str:
    return " -> ".join(dict.fromkeys(filter(None, step_ends(step))))
