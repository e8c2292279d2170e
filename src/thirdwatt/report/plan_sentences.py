"""The sentences of a plan: the answer, what stops it, what it counts, what is left, how far was searched."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping

from thirdwatt.amounts import amount, percent, plain, scale
from thirdwatt.report.phrases import column
from thirdwatt.report.plan_words import (
    AFTER,
    BOUNDARIES,
    SMALL,
    aim,
    are,
    changes_count,
    count,
    days,
    factor_words,
    listed,
    sureness,
    times,
)
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.goals import UNITS
from thirdwatt.search.plan.held import of_all
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF
from thirdwatt.search.plan.path import LEAST
from thirdwatt.search.plan.question import THIRD, TWICE
from thirdwatt.search.plan.search import Point

BUDGETS: Mapping[str, tuple[str, str]] = {
    "energy": ("--max-kwh", "energy_kwh"),
    "cost": ("--max-usd", "cost_usd"),
    "carbon": ("--max-kg", "carbon_kg"),
    "market": ("--max-kwh", "energy_kwh"),
}
"""By which option of ``check`` a saving is kept, and the total that it holds."""
GOAL = "energy"
"""What a plan is for where nothing else is asked."""


def headline(plan: Plan) -> str:
    """The answer in one sentence."""
    path = plan.path
    if not path.steps:
        return f"No path leads toward {aim(plan)}{_limited(plan)}: nothing on offer saves any of it."
    number = changes_count(path)
    work = f"{number} change{'s' if number > 1 else ''}, {days(path.effort_d[0])} of work"
    far, sure = factor_words(path, plan.factor), sureness(plan)
    if plan.reached:
        whole = aim(plan)
        return f"{whole[0].upper()}{whole[1:]} in {work}: {'; '.join(filter(None, (far, sure)))}."
    ending = f" {sure[0].upper()}{sure[1:]}." if sure else ""
    return f"No path reaches {aim(plan)}{_limited(plan)}: the farthest, {work}, comes to {far}.{ending}"


def _limited(plan: Plan) -> str:
    said = [
        f"{'twice' if ratio == TWICE else f'{percent(ratio)} of'} today's {name}"
        for name, ratio in (("cost", plan.limits.cost), ("time", plan.limits.time))
        if math.isfinite(ratio)
    ]
    return f" within {' and '.join(said)}" if said else ""


def stops(plan: Plan) -> list[str]:
    """What keeps a plan from its factor; nothing if it reaches it."""
    if plan.reached:
        return []
    said = list(_bounds(plan))
    lacking = [each.lever.title for each in plan.refused if each.how == NOT_NOW and each.lacking]
    if lacking:
        said.append(f"{count(lacking)} cannot be priced until something is known ({listed(lacking)})")
    off = [each.lever.id for each in plan.refused if each.how == OFF]
    if off:
        said.append(f"{count(off)} of unknown quality {are(off)} off (--allow {','.join(off)})")
    forbidden = [each.lever.title for each in plan.refused if each.how == FORBIDDEN]
    if forbidden:
        said.append(f"{count(forbidden)} {are(forbidden)} forbidden ({listed(forbidden)})")
    if math.isfinite(plan.found.complete_to_days):
        said.append(f"what takes more than {days(plan.found.complete_to_days)} of work was not all looked at (--most)")
    return said


def _bounds(plan: Plan) -> Iterator[str]:
    most, free = plan.found.most, plan.found.most_unlimited
    if most is None or free is None:
        if free is not None:
            yield f"nothing stays within the limits; without them it goes to {_goes(plan, free)}"
        return
    if free.ratios[plan.goal] < most.ratios[plan.goal] * (1 - SMALL):
        others = [
            f"{percent(free.ratios[name])} of today's {name}"
            for name in ("cost", "time")
            if name != plan.goal and math.isfinite(free.ratios[name])
        ]
        at = f" at {' and '.join(others)}" if others else ""
        yield f"the limits: without them it goes to {_goes(plan, free)}{at}"
    if most.ratios[plan.goal] < 1:
        yield f"all that goes together of what is on offer comes to {_goes(plan, most)}"


def _goes(plan: Plan, point: Point) -> str:
    return f"{times(1 / max(point.ratios[plan.goal], LEAST), plan.factor)} times less"


def amounts(plan: Plan) -> str:
    """The goal today and after the path, and what is counted."""
    symbol, of = UNITS[plan.goal], AFTER.get(plan.goal, "")
    before, after = (float(each[0]) for each in (plan.path.drawn_before, plan.path.drawn_after))
    cells = column([before, after] if plan.path.steps else [before], symbol)
    said = f"{cells.amount(before)}{of}"
    if plan.path.steps:
        said += f" become {cells.amount(after)}"
    if plan.saving.low != plan.saving.high:
        unit = cells.unit[1] if cells.unit else ""
        said += f" ({cells.amount(plan.saving.value)} less, 90 %: {cells.ends(plan.saving)} {unit}".rstrip() + ")"
    return f"{said}. Boundary {plan.counted.boundary}; counted: {plan.counted.words}."


def by_boundary(plan: Plan) -> str:
    """The factor of the energy within each boundary: a chip's is not a site's."""
    return " ".join(each for each in (_within(plan), chip_alone(plan)) if each)


def chip_alone(plan: Plan) -> str:
    """What a chip alone would make of the whole machine; empty where too little is known."""
    found = plan.path.chip_alone(plan.factor)
    if found is None:
        return ""
    return (
        f"Accelerators alone that drew {times(plan.factor)} times less for as long would make {times(found)} at the "
        "facility."
    )


def _within(plan: Plan) -> str:
    found = plan.path.boundaries
    if not plan.path.steps or len(found) < 2:
        return ""
    of = " of the run alone" if plan.counted.factors else ""
    if all(abs(value - 1) < SMALL for value in found.values()):
        return f"The energy{of} stays what it is, within every boundary."
    first, last = "accelerators", "facility"
    rest = ", ".join(f"{BOUNDARIES[name]} {times(value)}" for name, value in found.items() if name not in (first, last))
    if first not in found or last not in found:
        return f"Energy{of}, times less: {rest}."
    return (
        f"{times(found[first])} times less energy{of} at the accelerators is {times(found[last])} at the facility"
        f"{f' ({rest})' if rest else ''}."
    )


def floor(plan: Plan) -> str:
    """How far the accelerators are from what no plan goes below; empty where it is not known."""
    if plan.floor_kwh is None or plan.drawn_kwh is None or plan.floor_kwh.value <= 0:
        return ""
    over = plan.drawn_kwh.value / plan.floor_kwh.value
    return (
        f"The accelerators {'then ' if plan.path.steps else ''}draw {times(over)} times what their FLOP would take at "
        f"peak ({amount(plan.floor_kwh.value, 'kWh')}), the floor of any plan."
    )


def tested(plan: Plan) -> str:
    """How far ratios of levers were from published ones, and what that says of the probability."""
    found = of_all()
    if found is None or not plan.path.steps:
        return ""
    return (
        f"Held against {found.n} published ratios that no table was made from, levers were {percent(found.median)} off "
        "in the median; that is in the interval of the factor and in the probability."
    )


def rebound(plan: Plan) -> str:
    """What is left of the saving where some of it is spent again."""
    if plan.saving.value <= 0:
        return ""
    symbol = UNITS[plan.goal]
    factor, unit = scale([each.net for each in plan.rebounds], symbol)
    left = ", ".join(f"{plain(each.net / factor)} at {percent(each.share)}" for each in plan.rebounds)
    return f"Left of the saving where a share of it is spent again on more, {unit}: {left}."


def banked(plan: Plan) -> str:
    """What counts as saved for good, and how to see to it."""
    if plan.banked_kwh is not None and plan.cap_kwh is not None:
        after = plan.counted.drawn(plan.path.after, "energy")
        over = after is not None and float(after[0]) > plan.cap_kwh
        rest = "; the run takes more than that even after the path" if over else "; what else is saved may be re-spent"
        return f"Banked by a cap of {amount(plan.cap_kwh, 'kWh')} that is kept: {amount(plan.banked_kwh, 'kWh')}{rest}."
    if plan.saving.value <= 0:
        return ""
    alone = " (of the run alone)" if plan.counted.factors and cap_pipe(plan) else ""
    return f"It is banked only where a cap on it{alone} is kept, else possibly re-spent{':' if cap_pipe(plan) else '.'}"


def cap_pipe(plan: Plan, asked: str = "") -> tuple[str, ...]:
    """The commands of a pipe that sees to it that a saving is kept; none where a cap is kept or nothing is saved.

    Parameters
    ----------
    asked
        The scenario and the options that the plan was asked for with, as a shell takes them; else those that it knows.
    """
    option, name = BUDGETS[plan.goal]
    left = plan.path.after.totals[name]
    if left is None or plan.saving.value <= 0 or plan.banked_kwh is not None:
        return ()
    return (
        f"thirdwatt plan {asked or _asked(plan)} --json",
        "jq .path.scenario",
        f"thirdwatt check - {option} {ceiling(left.value)}",
    )


def ceiling(value: float) -> str:
    """A cap just above a value: three digits, rounded up, as a command line takes it.

    Examples
    --------
    >>> ceiling(12_512_345.6), ceiling(3.4561), ceiling(0.0)
    ('12600000', '3.46', '0')
    """
    if value <= 0:
        return "0"
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return f"{math.ceil(value / step * (1 - 1e-12)) * step:.12g}"


def _asked(plan: Plan) -> str:
    """What a plan knows of the question it answers, as a shell takes it."""
    said = [plan.start.own.scenario.name]
    if plan.factor != THIRD:
        said += ["--factor", f"{plan.factor:g}"]
    if plan.goal != GOAL:
        said += ["--by", plan.goal]
    said += [
        word
        for name, ratio, usual in (("cost", plan.limits.cost, math.inf), ("time", plan.limits.time, TWICE))
        if ratio != usual and math.isfinite(ratio)
        for word in (f"--max-{name}", f"{ratio:.12g}")
    ]
    if plan.counted.factors:
        said.append("--development")
    return shlex.join(said)


def searched(plan: Plan) -> str:
    """How much was looked at, and what that leaves open."""
    found = plan.found
    counts = f"{found.able:,} can run"
    if math.isfinite(plan.limits.cost) or math.isfinite(plan.limits.time):
        counts += f", {found.within:,} within the limits"
    counts += f", {found.reaching:,} reach {plan.factor:g}"
    if not math.isfinite(found.complete_to_days):
        apart = f" of {found.there:,}" if found.there > found.looked else ""
        rest = " but those whose changes exclude each other" if apart else ""
        return f"Looked at {found.looked:,}{apart} combinations, all there are{rest}: {counts}."
    end = days(found.complete_to_days)
    gap = (
        "no path of less work exists; one that saves more may"
        if plan.reached
        else "a path of more work may exist (--most N looks further)"
    )
    return f"Looked at {found.looked:,} of {found.there:,} combinations, all up to {end} of work: {counts}; {gap}."
