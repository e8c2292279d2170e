"""Judging claims: each is computed again from facts, editions, published runs and the ledger.

A claim is met if it is the computed figure to the digits it prints: 8,900 stands for 8,850 to 8,950.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache, singledispatch
from typing import Any

from thirdwatt.amounts import amount, percent, plain
from thirdwatt.audit import claims
from thirdwatt.facts import catalogue, sources, table
from thirdwatt.facts.equivalents import CURRENT, Equivalent, editions
from thirdwatt.ledger import Ledger, estimate
from thirdwatt.quantity import BOUNDARIES, unit
from thirdwatt.scenario import InputError, Mistake
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
        With every claim that names something unknown.
    """
    judged, mistakes = [], []
    for claim in found:
        try:
            verdict, why, source = _judge(claim)
        except InputError as error:
            mistakes += [Mistake(f"claim.{claim.id}: {each.path}", each.problem, each.fix) for each in error.mistakes]
            continue
        judged.append(Judgement(claim.id, claim.text, claim.by, verdict, why, source))
    if mistakes:
        raise InputError(mistakes)
    return judged


Answer = tuple[Verdict, str, str]


@singledispatch
def _judge(claim: Any) -> Answer:
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
def _equivalent(claim: claims.Equivalent) -> Answer:
    carbon_kg = 1000 * claim.carbon_t
    things = {each.name for rows in editions().values() for each in rows}
    if claim.thing not in things:
        raise InputError([Mistake("thing", f"{claim.thing!r} is in no edition", nearest(claim.thing, things))])
    by_edition = {name: _of(rows, claim.thing) for name, rows in editions().items()}
    counts = {name: carbon_kg / each.kg for name, each in by_edition.items() if each is not None}
    meeting = [name for name, count in counts.items() if prints(claim.count, count)]
    now = counts.get(CURRENT)
    today = f"; by {CURRENT} it is {plain(now)}" if now is not None else ""
    source = _titles(each.source for name, each in by_edition.items() if each is not None and name in meeting)
    if meeting:
        met = f"{claim.carbon_t:,g} t is {plain(claim.count, 4)} {claim.thing} by {', '.join(meeting)}{today}"
        if not claim.period_said and _annual(by_edition[meeting[0]]):
            return Verdict.MISSING, f"{met}; the factor is for one year, and the claim does not say so", source
        if claim.edition is None and CURRENT not in meeting:
            return Verdict.EDITION, f"{met}; the claim names no edition", source
        return Verdict.RIGHT, met, source
    other = _other_thing(claim, carbon_kg)
    if other is not None:
        name, each = other
        right = ", ".join(f"{plain(counts[edition])} by {edition}" for edition in (name, CURRENT) if edition in counts)
        why = f"{plain(claim.count, 4)} is {each.name} by {name}; {claim.thing} would be {right}"
        return Verdict.MISLABELLED, why, _titles([each.source])
    right = ", ".join(f"{plain(count)} by {name}" for name, count in counts.items())
    return Verdict.CONTRADICTED, f"{claim.thing}: {right}", source


def _of(rows: tuple[Equivalent, ...], thing: str) -> Equivalent | None:
    return next((each for each in rows if each.name == thing), None)


def _annual(each: Equivalent | None) -> bool:
    return each is not None and each.unit.endswith("·year")


def _other_thing(claim: claims.Equivalent, carbon_kg: float) -> tuple[str, Equivalent] | None:
    """Another thing of the same family (homes, cars) that the count does stand for."""
    family = claim.thing.split()[0].rstrip("'s")
    for name, rows in editions().items():
        for each in rows:
            if each.name != claim.thing and each.name.startswith(family) and prints(claim.count, carbon_kg / each.kg):
                return name, each
    return None


@_judge.register
def _product(claim: claims.Product) -> Answer:
    computed = math.prod(claim.factors)
    sum_said = f"{' x '.join(plain(each, 6) for each in claim.factors)} = {plain(computed, 6)}"
    if math.isclose(computed, claim.result, rel_tol=claim.within):
        return Verdict.RIGHT, sum_said, "arithmetic"
    return Verdict.SELF, f"{sum_said}, not {plain(claim.result, 6)}", "arithmetic"


@_judge.register
def _figure(claim: claims.Figure) -> Answer:
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
def _cooling_share(claim: claims.CoolingShare) -> Answer:
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


@cache
def _ledger(scenario: str, boundary: str = "facility") -> Ledger:
    return estimate(scenario, {"boundary": boundary}, samples=SAMPLES)


@_judge.register
def _quadrant(claim: claims.Quadrant) -> Answer:
    ledger = _ledger(claim.scenario)
    (row,) = (each for each in ledger.components if each.name == claim.component)
    rule = ledger.scenario.quadrant
    cost = "unknown" if row.cost_share is None else percent(row.cost_share)
    why = (
        f"{percent(row.power_share)} of power and {cost} of {rule.cost} in {claim.scenario}: {row.quadrant}, high from "
        f"{percent(rule.power_share)} and {percent(rule.cost_share)}"
    )
    source = f"thirdwatt estimate {claim.scenario}"
    if row.quadrant is None:
        return Verdict.OPEN, why, source
    same = row.quadrant == claim.quadrant or row.quadrant.split()[0] == claim.quadrant
    return (Verdict.RIGHT if same else Verdict.CONTRADICTED), why, source


@_judge.register
def _total(claim: claims.Total) -> Answer:
    wanted = claim.boundary or "facility"
    if wanted not in BOUNDARIES:
        raise InputError([Mistake("boundary", f"{wanted!r} is no boundary", nearest(wanted, BOUNDARIES))])
    symbol, source = unit(claim.quantity), f"thirdwatt estimate {claim.scenario}"

    def said(boundary: str) -> tuple[bool, str]:
        total = _ledger(claim.scenario, boundary).totals[claim.quantity]
        if total is None:
            return False, f"not known within {boundary}"
        met = total.low <= claim.value <= total.high or prints(claim.value, total.value)
        ends = f"{amount(total.low, symbol)} to {amount(total.high, symbol)}"
        return met, f"{amount(total.value, symbol)} ({ends}) within {boundary}"

    met, why = said(wanted)
    if met:
        return (Verdict.RIGHT if claim.boundary else Verdict.BOUNDARY), why, source
    others = {boundary: said(boundary) for boundary in BOUNDARIES if boundary != wanted}
    fitting = [text for met, text in others.values() if met]
    if fitting and claim.boundary is None:
        return Verdict.BOUNDARY, f"{why}; but {'; '.join(fitting)}", source
    return Verdict.CONTRADICTED, why, source


@_judge.register
def _reported(claim: claims.Reported) -> Answer:
    row = table("runs").find(claim.run)
    if row is None or claim.quantity not in row.figures:
        raise InputError([Mistake("run", f"{claim.run!r} has no {claim.quantity}", "see thirdwatt facts runs")])
    figure, symbol = row.figures[claim.quantity], unit(claim.quantity)
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
def _offset(claim: claims.Offset) -> Answer:
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
def _statement(claim: claims.Statement) -> Answer:
    return Verdict.OPEN, claim.why, ""


def _titles(ids: Any) -> str:
    named: Mapping[str, Mapping[str, str]] = sources()
    found: dict[str, None] = {}
    for source in ids:
        row = named.get(source)
        found[source if row is None else f"{row['title']} ({row['year']})" if row["year"] else row["title"]] = None
    return "; ".join(found)


JUDGES: Mapping[type, Callable[..., Answer]] = _judge.registry


def checks() -> Iterator[str]:
    """Names of the checks that claims may ask for."""
    for kind in JUDGES:
        field = getattr(kind, "model_fields", {}).get("check")
        if field is not None:
            yield field.annotation.__args__[0]
