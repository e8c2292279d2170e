"""The shortest path to a third, in words: what to change in which order, how sure it is, what stays out of reach."""

from __future__ import annotations

import math
import shlex
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from thirdwatt.amounts import amount, percent, plain, scale, span
from thirdwatt.ledger.change import Three
from thirdwatt.ledger.ledger import Total, total
from thirdwatt.scenario import Warn
from thirdwatt.search.levers.lever import QUALITY, RISKS, Evidence, Lever
from thirdwatt.search.plan.answer import Alone, Plan
from thirdwatt.search.plan.goals import UNITS
from thirdwatt.search.plan.held import of_all, of_lever
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, USELESS, Refused
from thirdwatt.search.plan.path import LEAST, Path, Step
from thirdwatt.search.plan.question import TWICE
from thirdwatt.search.plan.search import Point

GOAL_NAMES: Mapping[str, str] = {
    "energy": "energy",
    "cost": "cost",
    "carbon": "carbon (location-based)",
    "market": "carbon (by contracts)",
    "time": "time",
}
"""What a plan can be held against, for a reader."""
AFTER: Mapping[str, str] = {"carbon": " CO2e", "market": " CO2e"}
"""What follows the unit of a goal."""
PARTS: Mapping[float, str] = {2.0: "half", 3.0: "a third", 4.0: "a quarter", 5.0: "a fifth"}
BUDGETS: Mapping[str, tuple[str, str]] = {
    "energy": ("--max-kwh", "energy_kwh"),
    "cost": ("--max-usd", "cost_usd"),
    "carbon": ("--max-kg", "carbon_kg"),
    "market": ("--max-kwh", "energy_kwh"),
}
"""By which option of ``check`` a saving is kept, and the total that it holds."""

SCREEN = 45
"""Lines that a text has at most unless all are asked for, in 100 columns."""
LEAST_NAME, GAP = 20, 2
SMALL = 0.005
"""Part of a unit below which a cell says nothing."""


# --- small words --------------------------------------------------------------------------------------------------


def aim(plan: Plan) -> str:
    """What the plan is for: "a third of the energy"."""
    part = PARTS.get(plan.factor, f"1/{plan.factor:g}")
    return f"{part} of the {GOAL_NAMES[plan.goal]}"


def times(value: float, beside: float | None = None) -> str:
    """A factor in three digits, or in as many as tell it from another one.

    Examples
    --------
    >>> times(3.0415), times(2.9996, 3.0), times(3.0, 3.0)
    ('3.04', '2.9996', '3')
    """
    for digits in range(3, 12):
        said = plain(value, digits)
        if beside is None or abs(value - beside) <= 1e-9 * beside or said != plain(beside, digits):
            break
    return said


def factor_words(path: Path, beside: float | None = None) -> str:
    """How many times less, with the interval if there is one."""
    found = path.factor
    said = f"{times(found.value, beside)} times less"
    return said if found.low == found.high else f"{said} (90 %: {times(found.low)} to {times(found.high)})"


def sureness(plan: Plan) -> str:
    """In which share of the draws it comes to the factor; empty where none were made."""
    if not _drawn(plan):
        return ""
    return f"{plan.factor:g} times or more in {percent(plan.probability)} of draws"


def _drawn(plan: Plan) -> bool:
    return len(plan.path.drawn_before) > 1


def titles(step: Step) -> str:
    """The changes of a step by their names."""
    return " and ".join(each.lever.title for each in step.changes)


def _shorter(step: Step) -> str:
    """The changes of a step by their names, and by which way they are taken."""
    return " and ".join(f"{each.lever.title} {each.way.id}".rstrip() for each in step.changes)


def taken(plan: Plan, combination: Sequence[int]) -> list[str]:
    """Names of the levers that a combination takes, and of the way where there are several."""
    return [
        f"{each.lever.title} {each.ways[number - 1].id}".rstrip()
        for each, number in zip(plan.levers, combination, strict=True)
        if number
    ]


def changes_count(path: Path) -> int:
    """How many levers a path takes."""
    return sum(len(step.changes) for step in path.steps)


def days(value: float) -> str:
    """Days of work."""
    return f"{plain(value)} day{'' if value == 1 else 's'}"


def effort(three: Three) -> str:
    """Days of work with their range, as short as a column."""
    value, low, high = three
    return plain(value) if low == high else f"{plain(value)} ({plain(low)} to {plain(high)})"


def risk(step: Step) -> str:
    """The highest risk of the changes of a step."""
    return max((each.lever.risk for each in step.changes), key=RISKS.index)


def quality(step: Step) -> str:
    """What the changes of a step do to quality: the least sure of them counts."""
    return max((each.lever.quality for each in step.changes), key=list(QUALITY).index)


def so_far(plan: Plan, step: Step) -> Total:
    """How many times less after a step than today."""
    after = plan.counted.drawn(step.ledger, plan.goal)
    assert after is not None  # noqa: S101 - a path has its goal
    return total(plan.path.drawn_to(plan.path.steps.index(step) + 1, after))


def warnings(plan: Plan) -> tuple[Warn, ...]:
    """What a reader should know, each thing once: of the run today, of it after the path, of the limits."""
    said: dict[str, Warn] = {}
    for each in (*plan.start.own.warnings, *plan.start.warnings, *plan.path.after.warnings, *_unlimited(plan)):
        said.setdefault(each.text, each)
    return tuple(said.values())


def _unlimited(plan: Plan) -> Iterator[Warn]:
    for name, ratio in (("cost", plan.limits.cost), ("time", plan.limits.time)):
        if math.isfinite(ratio) and ratio != TWICE and plan.counted.drawn(plan.path.before, name) is None:
            yield Warn("no_limit", f"the {name} of the run is not known, so --max-{name} limits nothing")


# --- sentences ----------------------------------------------------------------------------------------------------


def headline(plan: Plan) -> str:
    """The answer in one sentence."""
    path = plan.path
    if not path.steps:
        return f"No path leads toward {aim(plan)}{_limited(plan)}: nothing on offer saves any of it."
    number = changes_count(path)
    work = f"{number} change{'s' if number > 1 else ''}, {days(path.effort_d[0])} of work"
    sure = "; ".join(filter(None, (factor_words(path, plan.factor), sureness(plan))))
    if plan.reached:
        whole = aim(plan)
        return f"{whole[0].upper()}{whole[1:]} in {work}: {sure}."
    return f"No path reaches {aim(plan)}{_limited(plan)}: the farthest is {sure}, with {work}."


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
    lacking = [each.lever.title for each in plan.refused if each.how == NOT_NOW and "not known" in each.why]
    if lacking:
        said.append(f"{_count(lacking)} cannot be priced until something is known ({_some(lacking)})")
    off = [each.lever.id for each in plan.refused if each.how == OFF]
    if off:
        said.append(f"{_count(off)} of unknown quality {_be(off)} off (--allow {','.join(off)})")
    forbidden = [each.lever.title for each in plan.refused if each.how == FORBIDDEN]
    if forbidden:
        said.append(f"{_count(forbidden)} {_be(forbidden)} forbidden ({_some(forbidden)})")
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


def _count(some: Sequence[str]) -> str:
    return f"{len(some)} change{'s' if len(some) > 1 else ''}"


def _be(some: Sequence[str]) -> str:
    return "are" if len(some) > 1 else "is"


def _some(names: Sequence[str], most: int = 3) -> str:
    rest = len(names) - most
    apart = "; " if any("," in name for name in names[:most]) else ", "
    return apart.join([*names[:most], *([f"{rest} more"] if rest > 0 else [])])


def amounts(plan: Plan) -> str:
    """The goal today and after the path, and what is counted."""
    symbol, of = UNITS[plan.goal], AFTER.get(plan.goal, "")
    before, after = (float(each[0]) for each in (plan.path.drawn_before, plan.path.drawn_after))
    said = f"{amount(before, symbol)}{of}"
    if plan.path.steps:
        said += f" become {amount(after, symbol)}"
    if plan.saving.low != plan.saving.high:
        saved = plan.saving
        said += f" ({amount(saved.value, symbol)} less, 90 %: {span(saved.low, saved.high, symbol, saved.value)})"
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
    rest = ", ".join(f"{name} {times(value)}" for name, value in found.items() if name not in (first, last))
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
        f"Tested on {found.n} published ratios that lent the tables nothing: {percent(found.median)} off in the "
        "median; how far levers were off is in the interval of the factor and in the draws that reach it."
    )


def tested_lever(lever: Lever) -> str:
    """How far a lever was from what was published of it."""
    found = of_lever(lever.id)
    if found is None:
        return "held against no published ratio"
    one = f"held against {found.n} published ratio{'s' if found.n > 1 else ''}"
    return f"{one}: {percent(found.median)} off in the median, {signed(found.worst)} at worst"


def signed(error: float) -> str:
    """A relative error with its sign.

    Examples
    --------
    >>> signed(-0.32), signed(0.058)
    ('-32 %', '+5.8 %')
    """
    return f"{'-' if error < 0 else '+'}{percent(abs(error))}"


def rebound(plan: Plan) -> str:
    """What is left of the saving where some of it is spent again."""
    if plan.saving.value <= 0:
        return ""
    symbol = UNITS[plan.goal]
    factor, unit = scale([each.net for each in plan.rebounds], symbol)
    left = ", ".join(f"{plain(each.net / factor)} at {percent(each.share)}" for each in plan.rebounds)
    return f"Left of the saving where a share of it is spent again on more, {unit}: {left}."


def banked(plan: Plan, source: str) -> str:
    """What counts as saved for good, and how to see to it."""
    if plan.banked_kwh is not None and plan.cap_kwh is not None:
        after = plan.counted.drawn(plan.path.after, "energy")
        over = after is not None and float(after[0]) > plan.cap_kwh
        rest = "; the run takes more than that even after the path" if over else "; what else is saved may be re-spent"
        return f"Banked by a cap of {amount(plan.cap_kwh, 'kWh')} that is kept: {amount(plan.banked_kwh, 'kWh')}{rest}."
    if plan.saving.value <= 0:
        return ""
    option, name = BUDGETS[plan.goal]
    left = plan.path.after.totals[name]
    if left is None:
        return "It is banked only where a cap on it is kept, else possibly re-spent."
    return (
        "It is banked only where a cap is kept, else possibly re-spent: "
        f"{_json(source, plan)} | jq .path.scenario | thirdwatt check - {option} {ceiling(left.value)}"
        f"{' (the run alone)' if plan.counted.factors else ''}"
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


def _json(source: str, plan: Plan) -> str:
    return f"thirdwatt plan {shlex.quote(source or plan.start.own.scenario.name)} --json"


def searched(plan: Plan) -> str:
    """How much was looked at, and what that leaves open."""
    found = plan.found
    counts = f"{found.able:,} can be"
    if math.isfinite(plan.limits.cost) or math.isfinite(plan.limits.time):
        counts += f", {found.within:,} within the limits"
    counts += f", {found.reaching:,} reach {plan.factor:g}"
    if not math.isfinite(found.complete_to_days):
        apart = f" of {found.there:,}" if found.there > found.looked else ""
        rest = ", the rest exclude each other" if apart else ""
        return f"Looked at {found.looked:,}{apart} combinations, all there are{rest}: {counts}."
    end = days(found.complete_to_days)
    gap = (
        "no path of less work exists; one that saves more may"
        if plan.reached
        else "a path of more work may exist (--most N looks further)"
    )
    return f"Looked at {found.looked:,} of {found.there:,} combinations, all up to {end} of work: {counts}; {gap}."


def rests_on(evidence: Evidence) -> str:
    """One thing that is known of a lever, with its strength and who says so."""
    return f"({evidence.strength}) {evidence.said}: {evidence.source}"


# --- for a terminal -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Room:
    """How much is told of what.

    Attributes
    ----------
    evidence
        Pieces of evidence of each change.
    front, reach, alone, notes, runners, ties
        Lines of the front and of what is out of reach, levers by themselves, warnings, other paths, steps of which it
        is told what is as good in their place.
    cut
        Whether lines are cut at the width that there is, and ``cut_steps`` whether what a step does is too.
    """

    evidence: int = 1
    front: int = 5
    reach: int = 8
    alone: int = 5
    notes: int = 3
    runners: int = 3
    ties: int = 3
    cut: bool = True
    cut_steps: bool = False

    @property
    def left_out(self) -> list[str]:
        """What is not told at all."""
        told = {
            "what it rests on": self.evidence,
            "the front": self.front,
            "what else is on offer": self.alone,
            "ties": self.ties,
        }
        return [name for name, lines in told.items() if not lines]


_MANY = 10**6
_WHOLE = _Room(_MANY, _MANY, _MANY, _MANY, _MANY, _MANY, _MANY, cut=False)
_ROOMS = (
    _Room(),
    _Room(evidence=0),
    _Room(evidence=0, front=3),
    _Room(evidence=0, front=3, cut_steps=True),
    _Room(evidence=0, front=0, cut_steps=True),
    _Room(evidence=0, front=0, reach=5, cut_steps=True),
    _Room(evidence=0, front=0, reach=5, alone=0, notes=1, runners=1, cut_steps=True),
    _Room(evidence=0, front=0, reach=3, alone=0, notes=1, runners=1, ties=1, cut_steps=True),
    _Room(evidence=0, front=0, reach=2, alone=0, notes=0, runners=1, ties=0, cut_steps=True),
)
"""From the most that is told to the least."""


def text(plan: Plan, width: int, source: str = "", *, whole: bool = False) -> str:
    """The plan for a terminal.

    Parameters
    ----------
    source
        The scenario as it was named.
    whole
        Whether everything is told, however long that is; else as much as a screen has room for.
    """
    lines: list[str] = []
    for room in (_WHOLE,) if whole else _ROOMS:
        lines = _lines(plan, width, source, room)
        if len(lines) <= SCREEN:
            break
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(plan: Plan, width: int, source: str, room: _Room) -> list[str]:
    blocks = [list(_top(plan, width))]
    if plan.path.steps:
        blocks.append(
            [*steps(plan, width, cut=room.cut_steps), *_asides(plan, width, room), *_evidence(plan, width, room)]
        )
    others = (*_runners(plan, width, room), *_alone(plan, width, room), *_front(plan, width, room))
    blocks += [[*others, *_reach(plan, width, room)], [*_below(plan, width, source), *_notes(plan, width, room)]]
    blocks.append(wrapped("next: " + " · ".join(following(plan, room)), width))
    return [line for block in blocks if block for line in ("", *block)][1:]


def _top(plan: Plan, width: int) -> Iterator[str]:
    scenario = plan.start.own.scenario
    named = textwrap.shorten(f"{scenario.title or scenario.name}", width // 2, placeholder=" …")
    yield textwrap.shorten(f"{named}: the shortest path to {aim(plan)}", width, placeholder=" …")
    yield from wrapped(headline(plan), width)
    if stopped := stops(plan):
        yield from wrapped(f"What stops it: {'; '.join(stopped)}.", width)
    yield from wrapped(amounts(plan), width)
    yield from wrapped(by_boundary(plan), width)


def _below(plan: Plan, width: int, source: str) -> Iterator[str]:
    for said in (tested(plan), floor(plan), rebound(plan), banked(plan, source), searched(plan)):
        yield from wrapped(said, width)


def steps(plan: Plan, width: int, *, cut: bool = False) -> list[str]:
    """The steps in their order below a head, and their sum; what has no room is left out from the right."""
    head, rows = table(plan)
    shown, room, lead = _columns(plan, width)
    widths = _widths(head, rows)
    lines = []
    for row in (head, *rows):
        cells = "".join(f"{row[at]:>{widths[at]}}" for at in shown)
        number, name = f"{row[0]:>{lead - GAP}}{' ' * GAP}", row[1]
        if cut and len(name) > room and len(shorter := _shorter(plan.path.steps[int(row[0]) - 1])) <= room:
            name = shorter
        if len(name) <= room:
            lines.append(f"{number}{name:{room}}{cells}")
            continue
        lines += textwrap.wrap(name, width, initial_indent=number, subsequent_indent=" " * lead)
        lines.append(f"{' ' * (lead + room)}{cells}")
    return lines


def _widths(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(len(row[at]) for row in (head, *rows)) + GAP for at in range(len(head))]


def _columns(plan: Plan, width: int) -> tuple[list[int], int, int]:
    """Which columns there is room for, how wide that of the names is, and what stands before it."""
    head, rows = table(plan)
    widths = _widths(head, rows)
    lead = widths[0]
    shown = [at for at in range(2, len(head)) if lead + LEAST_NAME + sum(widths[2 : at + 1]) <= width]
    names = max(len(row[1]) for row in rows)
    return shown, min(max(names, LEAST_NAME), width - lead - sum(widths[at] for at in shown)), lead


def table(plan: Plan) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Head and rows of the steps: number, what is done, what it takes off, and what it takes."""
    path = plan.path
    symbol = UNITS[plan.goal]
    others = [name for name in ("cost", "energy", "time") if name != plan.goal and _tells(path, name)]
    sums = {name: sum(-step.more[name].value for step in path.steps if name in step.more) for name in others}
    units = {
        name: scale([*(step.more[name].value for step in path.steps if name in step.more), sums[name]], UNITS[name])
        for name in others
    }
    names = {"cost": "", "energy": "energy, ", "time": "run, "}
    head = (
        "", "change", "takes off", "of it", "work, days",
        *(f"{names[name]}{units[name][1]}" for name in others), "risk", "share", "quality",
    )  # fmt: skip
    rows = [
        (
            str(number),
            step.words,
            amount(step.saving.value, symbol),
            less(1 - step.ratio),
            effort(step.effort_d),
            *(_signed(-step.more[name].value / units[name][0]) if name in step.more else "?" for name in others),
            risk(step),
            less(step.share),
            quality(step),
        )
        for number, step in enumerate(path.steps, 1)
    ]
    if len(rows) > 1:
        whole = float(path.drawn_after[0] / path.drawn_before[0])
        less_all, spent = less(1 - whole), effort(path.effort_d)
        changed = [_signed(sums[name] / units[name][0]) for name in others]
        rows.append(("", "all of it", amount(plan.saving.value, symbol), less_all, spent, *changed, "", "", ""))
    return head, rows


def _tells(path: Path, name: str) -> bool:
    return any(name in step.more for step in path.steps)


def less(share: float) -> str:
    """A part of something, below nothing where it is more of it."""
    size = percent(abs(share))
    return f"-{size}" if share < 0 and not size.startswith(("0", "<")) else size


def _signed(value: float) -> str:
    if abs(value) < SMALL:
        return "0"
    return f"{'+' if value > 0 else '-'}{plain(abs(value))}"


def _asides(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    """What the table has no column for, or no room: quality, risk, ties, what is ruled out."""
    head, _ = table(plan)
    shown, _, _ = _columns(plan, width)
    told = {head[at] for at in shown}
    said = ""
    if "risk" not in told:
        said += f"Risk: {_by_step(plan, risk)}. "
    if "quality" not in told:
        said += f"Quality: {_by_step(plan, lambda step: QUALITY[quality(step)])}. "
    if "share" in told and len(plan.path.steps) > 1:
        said += "Share: of the whole factor, whatever the order."
    yield from wrapped(said, width)
    steps = list(enumerate(plan.path.steps, 1))
    tied = [f"{at} is no surer first than {_some(each.tied)}." for at, each in steps if each.tied]
    instead = [f"As good in the place of {at}: {_some(each.instead)}." for at, each in steps if each.instead]
    for ties in (tied, instead):
        yield from wrapped(" ".join(ties[: room.ties]), width)
    yield from wrapped(" ".join(f"{at} rules out {_some(each.closed)}." for at, each in steps if each.closed), width)


def _by_step(plan: Plan, what: Callable[[Step], str]) -> str:
    """What steps are, those alike together."""
    groups: dict[str, list[str]] = {}
    for number, step in enumerate(plan.path.steps, 1):
        groups.setdefault(what(step), []).append(str(number))
    if len(groups) == 1:
        return next(iter(groups))
    return "; ".join(f"{', '.join(numbers)} {said}" for said, numbers in groups.items())


def _evidence(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    for number, step in enumerate(plan.path.steps, 1):
        for change in step.changes:
            for evidence in change.lever.evidence[: room.evidence]:
                yield from _told(f"{number} rests on {rests_on(evidence)}", width, room)
            if room is _WHOLE:
                yield from wrapped(f"{number} was {tested_lever(change.lever)}", width)
                yield from wrapped(f"{number} may go wrong: {change.lever.doubt}", width)


def _runners(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    for each in plan.runners[: room.runners]:
        yield from wrapped(f"or {runner(plan, each)}", width)


def runner(plan: Plan, path: Path) -> str:
    """Another path in one line."""
    sure = f", {percent(path.probability(plan.factor))} of draws" if _drawn(plan) else ""
    names = " + ".join(_shorter(step) for step in path.steps)
    return f"{times(path.factor.value)} times less{sure}, {days(path.effort_d[0])}: {names}"


def beside(plan: Plan) -> list[Alone]:
    """Levers that save something by themselves and are in no step, the most first."""
    inside = {change.lever.id for step in plan.path.steps for change in step.changes}
    return [
        each for each in plan.alone if each.lever.id not in inside and each.ratio is not None and each.ratio < 1 - 1e-3
    ]


def _alone(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    found = beside(plan)
    if not found or not room.alone:
        return
    said = [f"{each.lever.title} {less(1 - each.ratio)}" for each in found if each.ratio is not None]
    yield from wrapped(f"Not in it; alone these take off: {_some(said, room.alone)}.", width)


def spread_out(points: Sequence[Point], most: int) -> list[Point]:
    """So many points at most, from the first to the last."""
    if len(points) <= most:
        return list(points)
    return [points[round(at * (len(points) - 1) / (most - 1))] for at in range(most)]


def _front(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    points = plan.found.front
    if len(points) < 2 or not room.front:
        return
    shown = spread_out(points, room.front)
    of = f", {len(shown)} of {len(points)}" if len(shown) < len(points) else ""
    each_takes = [taken(plan, point.combination) for point in shown]
    common = [name for name in each_takes[0] if all(name in names for names in each_takes)]
    all_take = f" All take {' + '.join(common)}." if common else ""
    yield from wrapped(f"Nothing beats these in energy, cost and time at once, to today's{of}.{all_take}", width)
    for point, names in zip(shown, each_takes, strict=True):
        rest = [name for name in names if name not in common]
        yield from _told(f"{to_today(point)}: {' + '.join(rest) or 'no more'}", width, room, "  ")


def to_today(point: Point) -> str:
    """A point of the front to today's, and its work."""
    ratios = [
        f"{name} {percent(point.ratios[name])}"
        for name in ("energy", "cost", "time")
        if math.isfinite(point.ratios[name])
    ]
    return ", ".join([*ratios, days(point.days)])


def grouped(plan: Plan) -> dict[str, list[Refused]]:
    """What is out of reach by how it is, that which somebody can open first."""
    found: dict[str, list[Refused]] = {how: [] for how in (OFF, FORBIDDEN, USELESS, NOT_NOW)}
    for each in plan.refused:
        found[each.how].append(each)
    found[NOT_NOW].sort(key=lambda each: not _opens(each.why))
    return {how: some for how, some in found.items() if some}


def _opens(why: str) -> bool:
    """Whether a reason names what would change it."""
    return any(word in why for word in ("thirdwatt ", "state ", "--"))


def _reach(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    groups = grouped(plan)
    if not groups:
        return
    yield f"Out of reach, {len(plan.refused)} of {len(plan.refused) + len(plan.levers)} changes:"
    left = room.reach - 1
    for how in (OFF, FORBIDDEN, USELESS):
        if how in groups:
            names = ", ".join(each.lever.title for each in groups[how])
            ids = f" (--allow {','.join(each.lever.id for each in groups[how])})" if how == OFF else ""
            yield from _told(f"{how}{ids}: {names}", width, room, "  ")
            left -= 1
    rest = groups.get(NOT_NOW, [])
    shown = rest if len(rest) <= left else rest[: max(left - 1, 0)]
    for each in shown:
        yield from _told(f"{each.lever.title}: {each.why}", width, room, "  ")
    if len(rest) > len(shown):
        yield f"  {len(rest) - len(shown)} {'more' if shown else NOT_NOW}: --all, --json"


def _notes(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    found = warnings(plan)
    shown = found[: room.notes]
    for each in shown:
        yield from _told(f"note [{each.code}] {each.text}", width, room)
    if len(found) > len(shown):
        yield f"note: {len(found) - len(shown)} more: --all, --json"


def following(plan: Plan, room: _Room) -> Iterator[str]:
    """Options that come next."""
    if room.left_out:
        yield f"--all ({', '.join(room.left_out)})"
    elif room.cut:
        yield "--all"
    yield "--html F"
    yield "--json (the run after each step, for estimate)"
    off = [each.lever.id for each in plan.refused if each.how == OFF]
    if off:
        yield f"--allow {','.join(off)}"


def _told(said: str, width: int, room: _Room, indent: str = "") -> list[str]:
    """A sentence in one line, cut at a word, or in as many as it takes."""
    if not room.cut:
        return wrapped(said, width, indent)
    return [f"{indent}{textwrap.shorten(said, width - len(indent), placeholder=' …')}"]


def wrapped(said: str, width: int, indent: str = "") -> list[str]:
    """A sentence in lines, what follows the first set in."""
    return textwrap.wrap(
        said.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
