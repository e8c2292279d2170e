"""The shortest path to a third on a screen: as much of it as there is room for."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from thirdwatt.report.lines import piped, shown_in, wrapped
from thirdwatt.report.plan_sentences import (
    amounts,
    banked,
    by_boundary,
    cap_pipe,
    floor,
    headline,
    rebound,
    searched,
    stops,
    tested,
)
from thirdwatt.report.plan_steps import columns, steps
from thirdwatt.report.plan_words import (
    aim,
    apart,
    beside,
    grouped,
    less,
    listed,
    quality,
    rests_on,
    risk,
    runner,
    spread_out,
    strength,
    taken,
    tested_lever,
    to_today,
    warnings,
)
from thirdwatt.search.levers.lever import QUALITY
from thirdwatt.search.plan.answer import Plan
from thirdwatt.search.plan.offered import FORBIDDEN, NOT_NOW, OFF, USELESS
from thirdwatt.search.plan.path import Step

SCREEN = 45
"""Lines that a text has at most unless all are asked for, in 100 columns."""


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
    tests
        Whether it is told how far levers were off, how near the floor is, and how much was looked at.
    heads
        Whether it is told what columns mean that a reader may not know.
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
    tests: bool = True
    heads: bool = True
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
            "how far was tested and searched": self.tests,
        }
        return [name for name, lines in told.items() if not lines]


NAMED = 2
"""Things that are not told that are named."""
_MANY = 10**6
_WHOLE = _Room(_MANY, _MANY, _MANY, _MANY, _MANY, _MANY, _MANY, cut=False)
_ROOMS = (
    _Room(),
    _Room(front=3, reach=6),
    _Room(front=3, reach=5, runners=2, cut_steps=True),
    _Room(front=0, reach=5, runners=2, cut_steps=True),
    _Room(front=0, reach=4, alone=3, notes=1, runners=1, cut_steps=True),
    _Room(evidence=0, front=0, reach=5, notes=1, runners=2, cut_steps=True),
    _Room(evidence=0, front=0, reach=4, alone=0, notes=1, runners=1, cut_steps=True),
    _Room(evidence=0, front=0, reach=3, alone=0, notes=1, runners=1, ties=1, cut_steps=True),
    _Room(evidence=0, front=0, reach=2, alone=0, notes=0, runners=1, ties=0, cut_steps=True),
    _Room(evidence=0, front=0, reach=2, alone=0, notes=0, runners=1, ties=0, tests=False, cut_steps=True),
    _Room(evidence=0, front=0, reach=0, alone=0, notes=0, runners=1, ties=0, tests=False, heads=False, cut_steps=True),
)
"""From the most that is told to the least."""


def text(plan: Plan, width: int, asked: str = "", *, whole: bool = False) -> str:
    """The plan for a terminal.

    Parameters
    ----------
    asked
        The scenario and the options that the plan was asked for with, as a shell takes them.
    whole
        Whether everything is told, however long that is; else as much as a screen has room for.
    """
    lines: list[str] = []
    for room in (_WHOLE,) if whole else _ROOMS:
        lines = _lines(plan, width, asked, room)
        if len(lines) <= SCREEN:
            break
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _lines(plan: Plan, width: int, asked: str, room: _Room) -> list[str]:
    blocks = [list(_top(plan, width))]
    if plan.path.steps:
        blocks.append(
            [*steps(plan, width, cut=room.cut_steps), *_asides(plan, width, room), *_evidence(plan, width, room)]
        )
    others = (*_runners(plan, width, room), *_alone(plan, width, room), *_front(plan, width, room))
    blocks += [[*others, *_reach(plan, width, room)], [*_below(plan, width, asked, room), *_notes(plan, width, room)]]
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


def _below(plan: Plan, width: int, asked: str, room: _Room) -> Iterator[str]:
    for said in (tested(plan), floor(plan)) if room.tests else ():
        yield from wrapped(said, width)
    for said in (rebound(plan), banked(plan)):
        yield from wrapped(said, width)
    yield from piped(cap_pipe(plan, asked), width)
    if room.tests:
        yield from wrapped(searched(plan), width)


def _asides(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    """What the table has no column for, or no room: quality, risk, ties, what is ruled out."""
    told = {each.name for each in columns(plan, width)}
    said = ""
    if "risk" not in told:
        said += f"Risk: {_by_step(plan, risk)}. "
    if "quality" not in told:
        said += f"Quality: {_by_step(plan, lambda step: QUALITY[quality(step)])}. "
    if room is not _WHOLE:
        said += f"Evidence: {_by_step(plan, strength)}. "
    if room.heads and len(plan.path.steps) > 1:
        said += "Share: of what the path does, whatever the order. "
    if room.heads:
        said += "Days: one engineer's, with their range."
    yield from wrapped(said, width)
    tied = [
        f"{', '.join(some)} {'are' if len(some) > 1 else 'is'} no surer first than {names}."
        for names, some in _alike(plan, lambda step: step.tied)
    ]
    instead = [
        f"As good in the place of {', '.join(some)}: {names}."
        for names, some in _alike(plan, lambda step: step.instead)
    ]
    for ties in (tied, instead):
        yield from wrapped(" ".join(ties[: room.ties]), width)
    closed = [
        f"{', '.join(some)} {'rule' if len(some) > 1 else 'rules'} out {names}."
        for names, some in _alike(plan, lambda step: step.closed)
    ]
    yield from wrapped(" ".join(closed), width)


def _alike(plan: Plan, what: Callable[[Step], Sequence[str]]) -> Iterator[tuple[str, list[str]]]:
    """What is said of steps, and the numbers of those of which the same is."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for number, step in enumerate(plan.path.steps, 1):
        if what(step):
            groups.setdefault(tuple(what(step)), []).append(str(number))
    for names, numbers in groups.items():
        yield listed(names), numbers


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
                yield from shown_in(f"{number} rests on {rests_on(evidence)}", width, cut=room.cut)
            if room is _WHOLE:
                yield from wrapped(f"{number} was {tested_lever(change.lever)}", width)
                yield from wrapped(f"{number} may go wrong: {change.lever.doubt}", width)


def _runners(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    for each in plan.runners[: room.runners]:
        yield from wrapped(f"or {runner(plan, each)}", width)


def _alone(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    found = beside(plan)
    if not found or not room.alone:
        return
    said = [f"{each.lever.title} {less(1 - each.ratio)}" for each in found if each.ratio is not None]
    yield from wrapped(f"Not in it; alone these take off: {listed(said, room.alone)}.", width)


def _front(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    points = plan.found.front
    if len(points) < 2 or not room.front:
        return
    shown = spread_out(points, room.front)
    of = f", {len(shown)} of {len(points)}" if len(shown) < len(points) else ""
    common, besides = apart([taken(plan, point.combination) for point in shown])
    all_take = f" All take {' + '.join(common)}." if common else ""
    yield from wrapped(f"Nothing beats these in energy, cost and time at once, to today's{of}.{all_take}", width)
    for point, names in zip(shown, besides, strict=True):
        yield from shown_in(f"{to_today(point)}: {' + '.join(names) or 'no more'}", width, "  ", cut=room.cut)


def _reach(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    groups = grouped(plan)
    if not groups:
        return
    head = f"Out of reach, {len(plan.refused)} of {len(plan.refused) + len(plan.levers)} changes"
    if not room.reach:
        yield from wrapped(f"{head}: --all, --json", width)
        return
    yield f"{head}:"
    left = room.reach - 1
    for how in (OFF, FORBIDDEN, USELESS):
        if how in groups:
            names = ", ".join(each.lever.title for each in groups[how])
            ids = f" (--allow {','.join(each.lever.id for each in groups[how])})" if how == OFF else ""
            yield from shown_in(f"{how}{ids}: {names}", width, "  ", cut=room.cut)
            left -= 1
    rest = groups.get(NOT_NOW, [])
    shown = rest if len(rest) <= left else rest[: max(left - 1, 0)]
    for each in shown:
        yield from shown_in(f"{each.lever.title}: {each.why}", width, "  ", cut=room.cut)
    if len(rest) > len(shown):
        yield f"  {len(rest) - len(shown)} {'more' if shown else 'that do not apply'}: --all, --json"


def _notes(plan: Plan, width: int, room: _Room) -> Iterator[str]:
    found = warnings(plan)
    shown = found[: room.notes]
    for each in shown:
        yield from wrapped(f"note [{each.code}] {each.text}", width)
    if len(found) > len(shown):
        yield f"note: {len(found) - len(shown)} more: --all, --json"


def following(plan: Plan, room: _Room) -> Iterator[str]:
    """Options that come next."""
    if room.left_out:
        yield f"--all ({', '.join(room.left_out[:NAMED])}{' and more' if len(room.left_out) > NAMED else ''})"
    elif room.cut:
        yield "--all"
    yield "--html F"
    yield "--json (the run after each step, for estimate)"
    off = [each.lever.id for each in plan.refused if each.how == OFF]
    if off:
        yield f"--allow {','.join(off)}"
