"""Judging claims: each is computed again from facts, editions, published runs and the ledger.

A claim is met if it is the computed figure to the digits it prints: 8,900 stands for 8,850 to 8,950.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, singledispatch
from typing import Any

from thirdwatt.amounts import SIZES, amount, percent, plain
from thirdwatt.audit import claims
from thirdwatt.facts import catalogue, sources, table
from thirdwatt.facts.equivalents import CURRENT, Equivalent, edition, editions
from thirdwatt.facts.quadrants import NAMES
from thirdwatt.ledger import Ledger, estimate
from thirdwatt.ledger.ledger import WITHIN
from thirdwatt.quantity import unit
from thirdwatt.scenario import InputError, InsufficientError, Mistake
from thirdwatt.scenario.mistakes import nearest

SAMPLES = 1_000


class Verdict(StrEnum):
    """What may be said of a claim."""

    RIGHT = "right"
    EDITION = "right for an edition"
    MISSING = "unit or year missing"
    MISLABELLED = "mislabelled"
    BOUNDARY = "boundary unclear"
    SELF = "contradicts itself"
    CONTRADICTED = "contradicted"
    OPEN = "cannot be checked"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim with its verdict, the figures behind it, and where they come from."""

    id: str
    text: str
    by: str
    verdict: Verdict
    why: str
    source: str = ""


def audit(found: list[Any]) -> list[Judgement]:
    """Judge claims in their order.

    Raises
    ------
    InputError
        With every claim that names something that is nowhere here.
    """
    judged, mistakes = [], []
    # Claims share the ledgers of one audit; a later audit reads a file again, for it may have changed.
    priced = cache(_ledger)
    for claim in found:
        try:
            verdict, why, source = _judge(claim, priced)
        except InsufficientError as error:
            verdict, why, source = Verdict.OPEN, str(error), ""
        except InputError as error:
            mistakes += [Mistake(f"claim.{claim.id}: {each.path}", each.problem, each.fix) for each in error.mistakes]
            continue
        judged.append(Judgement(claim.id, claim.text, claim.by, verdict, why, source))
    if mistakes:
        raise InputError(mistakes)
    return judged


Answer = tuple[Verdict, str, str]

Priced = Callable[[str, str], Ledger]
"""The ledger of a scenario within a boundary."""


@singledispatch
def _judge(claim: Any, _: Priced) -> Answer:
    raise TypeError(f"no check judges {type(claim).__name__}")


# --- digits -------------------------------------------------------------------------------------------------------


def last_digit(value: float) -> float:
    """Size of the last digit that a number prints.

    Examples
    --------
    >>> last_digit(8900), last_digit(1640), last_digit(0.385)
    (100.0, 10.0, 0.001)
    """
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return float(10.0**exponent) if isinstance(exponent, int) else 0.0


def prints(claimed: float, computed: float) -> bool:
    """Whether a computed figure is the claimed one to the digits claimed."""
    return abs(claimed - computed) <= last_digit(claimed) / 2 * (1 + 1e-9)


# --- kinds of claim -----------------------------------------------------------------------------------------------


@_judge.register
def _equivalent(claim: claims.Equivalent, _: Priced) -> Answer:
    carbon_kg = SIZES["t"] * claim.carbon_t
    things = {each.name for rows in editions().values() for each in rows}
    if claim.thing not in things:
        raise InputError([Mistake("thing", f"{claim.thing!r} is in no edition", nearest(claim.thing, things))])
    wanted = None if claim.edition is None else _edition(claim.edition)
    by_edition = {name: each for name, rows in editions().items() for each in rows if each.name == claim.thing}
    counts = {name: carbon_kg / each.kg for name, each in by_edition.items()}
    right = ", ".join(f"{plain(count)} by {name}" for name, count in counts.items())
    if wanted is not None and wanted not in counts:
        return Verdict.OPEN, f"{wanted} has no factor for {claim.thing}: {right}", ""
    fitting = [name for name, count in counts.items() if prints(claim.count, count)]
    meeting = [name for name in fitting if wanted in (None, name)]
    now = counts.get(CURRENT)
    today = f"; by {CURRENT} it is {plain(now)}" if now is not None else ""
    source = _titles(by_edition[name].source for name in meeting)
    if meeting:
        met = f"{claim.carbon_t:,g} t is {plain(claim.count, 4)} {claim.thing} by {', '.join(meeting)}{today}"
        if not claim.period_said and _annual(by_edition[meeting[0]]):
            return Verdict.MISSING, f"{met}; the factor is for one year, and the claim does not say so", source
        if wanted is None and CURRENT not in meeting:
            return Verdict.EDITION, f"{met}; the claim names no edition", source
        return Verdict.RIGHT, met, source
    if fitting and wanted is not None:
        why = f"{claim.thing}: {plain(counts[wanted])} by {wanted}; {plain(claim.count, 4)} is by {', '.join(fitting)}"
        return Verdict.CONTRADICTED, why, _titles([by_edition[wanted].source])
    other = _other_thing(claim, carbon_kg, wanted)
    if other is not None:
        name, each = other
        would = ", ".join(f"{plain(counts[at])} by {at}" for at in dict.fromkeys([name, CURRENT]) if at in counts)
        why = f"{plain(claim.count, 4)} is {each.name} by {name}; {claim.thing} would be {would}"
        return Verdict.MISLABELLED, why, _titles([each.source])
    return Verdict.CONTRADICTED, f"{claim.thing}: {right}", source


def _edition(name: str) -> str:
    try:
        return edition(name)
    except KeyError:
        known = editions()
        fix = nearest(name, known) or f"there are {', '.join(known)}"
        raise InputError([Mistake("edition", f"{name!r} is no edition of the factors", fix)]) from None


def _annual(each: Equivalent) -> bool:
    return each.unit.endswith("·year")


def _other_thing(claim: claims.Equivalent, carbon_kg: float, wanted: str | None) -> tuple[str, Equivalent] | None:
    """Another thing of the same family (homes, cars) that the count does stand for, in the edition wanted if any."""
    family = claim.thing.split()[0].rstrip("'s")
    for name, rows in editions().items():
        if wanted not in (None, name):
            continue
        for each in rows:
            if each.name != claim.thing and each.name.startswith(family) and prints(claim.count, carbon_kg / each.kg):
                return name, each
    return None


@_judge.register
def _product(claim: claims.Product, _: Priced) -> Answer:
    computed = math.prod(claim.factors)
    if not math.isfinite(computed):
        raise InputError([Mistake("factors", "make up more than any number", "check their units")])
    sum_said = f"{' x '.join(plain(each, 6) for each in claim.factors)} = {plain(computed, 6)}"
    if math.isclose(computed, claim.result, rel_tol=claim.within):
        return Verdict.RIGHT, sum_said, "arithmetic"
    return Verdict.SELF, f"{sum_said}, not {plain(claim.result, 6)}", "arithmetic"


@_judge.register
def _figure(claim: claims.Figure, _: Priced) -> Answer:
    if claim.table not in catalogue.CATALOGUE:
        raise InputError([Mistake("table", f"no table {claim.table!r}", nearest(claim.table, catalogue.CATALOGUE))])
    if claim.row is None:
        return _range(claim)
    row = catalogue.find(claim.table, claim.row)
    if row is None or claim.quantity not in row.figures:
        raise InputError([Mistake("row", f"{claim.row!r} has no {claim.quantity} in {claim.table}")])
    figure, symbol = row.figures[claim.quantity], unit(claim.quantity.partition("@")[0])
    ends = amount(figure.value, symbol)
    if figure.spread:
        ends += f" ({amount(figure.low, symbol)} to {amount(figure.high, symbol)})"
    source = _titles([figure.source])
    if claim.value is None:
        raise InputError([Mistake("value", "missing", "state what is claimed of the row")])
    if prints(claim.value, figure.value) or figure.low <= claim.value <= figure.high:
        edge = ""
        if figure.spread and (prints(claim.value, figure.low) or prints(claim.value, figure.high)):
            edge = ", at the end of that range"
        return Verdict.RIGHT, f"{row.name}: {ends}{edge}", source
    return Verdict.CONTRADICTED, f"{row.name}: {ends}", source


def _range(claim: claims.Figure) -> Answer:
    """A range over all rows of a table."""
    if claim.low is None or claim.high is None:
        raise InputError([Mistake("low", "missing", "a claim of no single row has low and high")])
    _ordered(claim.low, claim.high)
    found = sorted(
        (row.figures[claim.quantity].value, row.name)
        for row in catalogue.rows(claim.table)
        if claim.quantity in row.figures
    )
    if not found:
        raise InputError([Mistake("quantity", f"{claim.quantity} is in no row of {claim.table}")])
    inside = sum(claim.low <= value <= claim.high for value, _ in found) / len(found)
    ends = f"{plain(found[0][0])} ({found[0][1]}) to {plain(found[-1][0])} ({found[-1][1]})"
    why = f"{percent(inside)} of {len(found)} rows lie inside; they go from {ends}"
    return (Verdict.RIGHT if inside >= 0.5 else Verdict.CONTRADICTED), why, f"thirdwatt facts {claim.table}"


@_judge.register
def _cooling_share(claim: claims.CoolingShare, _: Priced) -> Answer:
    _ordered(claim.low, claim.high)
    least = [1 / (1 - share) for share in (claim.low, claim.high)]
    shares = f"{percent(claim.low)} to {percent(claim.high)}"
    needs = f"{shares} of a site's power needs a PUE of at least {least[0]:.2f} to {least[1]:.2f}"
    if claim.pue is None:
        return (
            Verdict.BOUNDARY,
            f"{needs}; no PUE is said, and of the overhead alone the share would be another",
            "ISO/IEC 30134-2",
        )
    most = (claim.pue - 1) / claim.pue
    if claim.low > most:
        return Verdict.SELF, f"{needs}; at a PUE of {claim.pue:g} all overhead is {percent(most)}", "ISO/IEC 30134-2"
    return Verdict.RIGHT, f"{needs}; at {claim.pue:g} the whole overhead is {percent(most)}", "ISO/IEC 30134-2"


def _ordered(low: float, high: float) -> None:
    if low > high:
        raise InputError([Mistake("low", f"{low:g} is above high, {high:g}", "the lower of the two is low")])


def _ledger(scenario: str, boundary: str) -> Ledger:
    if scenario == "-":
        raise InputError([Mistake("scenario", "standard input is no scenario of a claim", "name a preset or a file")])
    return estimate(scenario, {"boundary": boundary}, samples=SAMPLES)


@_judge.register
def _quadrant(claim: claims.Quadrant, priced: Priced) -> Answer:
    known = [*NAMES.values(), *(name.split()[0] for name in NAMES.values())]
    if claim.quadrant not in known:
        raise InputError([Mistake("quadrant", f"{claim.quadrant!r} is no quadrant", nearest(claim.quadrant, known))])
    ledger = priced(claim.scenario, "facility")
    (row,) = (each for each in ledger.components if each.name == claim.component)
    rule = ledger.scenario.quadrant
    source, high = f"thirdwatt estimate {claim.scenario}", f"{percent(rule.power_share)} and {percent(rule.cost_share)}"
    if row.cost_share is None:
        lacking = " and ".join(ledger.lacking("component_cost_usd")) or "its prices"
        why = f"{percent(row.power_share)} of power; {claim.scenario} gives no share of {rule.cost} without {lacking}"
        return Verdict.OPEN, why, source
    shares = f"{percent(row.power_share)} of power and {percent(row.cost_share)} of {rule.cost} in {claim.scenario}"
    if row.quadrant is None:
        return Verdict.OPEN, f"{shares}: outside the quadrant, high from {high}", source
    why = f"{shares}: {row.quadrant}, high from {high}"
    same = row.quadrant == claim.quadrant or row.quadrant.split()[0] == claim.quadrant
    return (Verdict.RIGHT if same else Verdict.CONTRADICTED), why, source


@_judge.register
def _total(claim: claims.Total, priced: Priced) -> Answer:
    wanted = claim.boundary or "facility"
    if wanted not in WITHIN:
        raise InputError([Mistake("boundary", f"{wanted!r} is no boundary", nearest(wanted, WITHIN))])
    symbol, source = unit(claim.quantity), f"thirdwatt estimate {claim.scenario}"

    def said(boundary: str) -> tuple[bool | None, str]:
        total = priced(claim.scenario, boundary).totals[claim.quantity]
        if total is None:
            return None, f"{claim.quantity} is not known within {boundary}"
        met = total.low <= claim.value <= total.high or prints(claim.value, total.value)
        ends = f"{amount(total.low, symbol)} to {amount(total.high, symbol)}"
        return met, f"{amount(total.value, symbol)} ({ends}) within {boundary}"

    met, why = said(wanted)
    if met is None:
        return Verdict.OPEN, why, source
    if met:
        return (Verdict.RIGHT if claim.boundary else Verdict.BOUNDARY), why, source
    others = {boundary: said(boundary) for boundary in WITHIN if boundary != wanted}
    fitting = [text for met, text in others.values() if met]
    if fitting and claim.boundary is None:
        return Verdict.BOUNDARY, f"{why}; but {'; '.join(fitting)}", source
    return Verdict.CONTRADICTED, why, source


@_judge.register
def _reported(claim: claims.Reported, _: Priced) -> Answer:
    row = table("runs").find(claim.run)
    if row is None or claim.quantity not in row.figures:
        raise InputError([Mistake("run", f"{claim.run!r} has no {claim.quantity}", "see thirdwatt facts runs")])
    figure, symbol = row.figures[claim.quantity], unit(claim.quantity.partition("@")[0])
    notes = [f"{row.name}: {amount(figure.value, symbol, 4)} {claim.quantity}"]
    if figure.note:
        notes.append(figure.note)
    if row.text.get("energy") == "nameplate" and claim.quantity.endswith(("energy_kwh", "carbon_kg")):
        notes.append("hours times nameplate watts, not metered")
    if row.text.get("contradiction"):
        notes.append(row.text["contradiction"])
    why, source = "; ".join(notes), _titles([figure.source])
    if not (prints(claim.value, figure.value) or figure.low <= claim.value <= figure.high):
        return Verdict.CONTRADICTED, why, source
    if claim.leaves_out:
        return Verdict.BOUNDARY, f"{why}; it leaves out {claim.leaves_out}", source
    return Verdict.RIGHT, why, source


@_judge.register
def _offset(claim: claims.Offset, _: Priced) -> Answer:
    carbon = claim.carbon_kg
    source = "GHG Protocol, Scope 2 Guidance"
    if carbon is None and claim.run is not None:
        row = table("runs").find(claim.run)
        if row is None:
            raise InputError([Mistake("run", f"{claim.run!r} is no published run")])
        figure = row.figures.get("carbon_kg")
        carbon = None if figure is None else figure.value
    known = "" if carbon is None else f"; by location it was {amount(carbon, 'kg', 3)}"
    return (
        Verdict.MISLABELLED,
        f"certificates and offsets are another account and take nothing off the grid's{known}",
        source,
    )


@_judge.register
def _statement(claim: claims.Statement, _: Priced) -> Answer:
    return Verdict.OPEN, claim.why, ""


def _titles(ids: Any) -> str:
    named: Mapping[str, Mapping[str, str]] = sources()
    found: dict[str, None] = {}
    for source in ids:
        row = named.get(source)
        found[source if row is None else f"{row['title']} ({row['year']})" if row["year"] else row["title"]] = None
    return "; ".join(found)
